"""Compile the large knowledge files from YAML to JSON: `python scripts/compile_knowledge.py`.

A file over 30 kB is read as JSON at run time, because YAML of that size takes longer to load than the whole check.
"""

from __future__ import annotations

import json
from pathlib import Path

from conductor.knowledge.entries import HERE, read_yaml

LARGE_BYTES = 30_000


def compile_file(source: Path) -> str:
    """Return the JSON text of a YAML knowledge file: one entry a line, so that a change shows as one line."""
    document = read_yaml(source.read_bytes())
    rows = document.pop("entries")
    head = json.dumps(document, separators=(",", ":"))[:-1]
    body = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    return f'{head},"entries":[\n{body}\n]}}\n'


def large_files() -> list[Path]:
    """Return the YAML files that ship compiled."""
    return [path for path in sorted(HERE.glob("*.yaml")) if path.stat().st_size > LARGE_BYTES]


if __name__ == "__main__":
    for path in large_files():
        path.with_suffix(".json").write_text(compile_file(path), encoding="utf-8")
        print(path.with_suffix(".json").name)
