"""Write docs/causes from the catalogue of causes.

usage: python scripts/generate_cause_pages.py [--check]

With --check nothing is written; the exit code is 1 where a page is not what the catalogue says.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from conductor.diagnosis.causes import built_in  # noqa: E402
from conductor.diagnosis.pages import file_of, render_index, render_page  # noqa: E402

FOLDER = ROOT / "docs" / "causes"


def main(arguments: list[str]) -> int:
    """Write or check every page; return the exit code."""
    pages = {file_of(cause): render_page(cause) for cause in built_in()}
    pages["README.md"] = render_index(built_in())
    there = {path.name: path.read_text() for path in FOLDER.glob("*.md")} if FOLDER.is_dir() else {}
    if arguments == ["--check"]:
        wrong = sorted(name for name in pages.keys() | there.keys() if pages.get(name) != there.get(name))
        print(
            "\n".join(f"docs/causes/{name} is not what the catalogue says" for name in wrong), end="\n" if wrong else ""
        )
        return 1 if wrong else 0
    FOLDER.mkdir(exist_ok=True)
    for name in there.keys() - pages.keys():
        (FOLDER / name).unlink()
    for name, text in pages.items():
        (FOLDER / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
