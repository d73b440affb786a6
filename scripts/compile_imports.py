"""Write `conductor/knowledge/import-names.yaml`: which distribution brings a module. Run by hand.

    python scripts/compile_imports.py pigar-2.2.0-py3-none-any.whl ranked.txt 2026-11-28

`pigar` (its wheel: `pip download --no-deps pigar`) carries the top-level names that each distribution's own files have.
`ranked.txt` lists distributions, one a line, the most used first. Only the first of them count, so that nobody is sent
to a stranger's package; a module that several of those bring is left out, because a remedy may not guess. The date is
that of the two sources.
"""

from __future__ import annotations

import re
import sqlite3
import sys
import tempfile
import zipfile
from collections import defaultdict
from pathlib import Path

PLACE = Path(__file__).resolve().parents[1] / "conductor" / "knowledge" / "import-names.yaml"
MOST_USED = 3000
# What packages bring by mistake: their tests, examples and the like.
NO_MODULE = frozenset(
    """
    test tests testing docs doc example examples samples scripts script benchmark benchmarks build dist setup src lib
    bin data tools tool utils util common config core resources assets static templates demo demos notebooks hooks
    conftest tasks ci main misc packaging requirements licenses license contrib experimental integration
    """.split()  # noqa: SIM905 - a list that is read as words
)
HEAD = """\
# Which distribution brings a module, written by scripts/compile_imports.py: `name` is the module, `of` the only one
# among the most used distributions that has it. `same` are modules that only a distribution of their own name brings.
subject: import-names
title: Distributions by the modules that they bring
source: top-level names of the distributions' own files, as pigar 2.2.0 carries them; the {count:,} most downloaded
checked: '{checked}'
entries:
"""


def normalise(name: str) -> str:
    """Return a distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_modules(wheel: Path, wanted: frozenset[str]) -> dict[str, set[str]]:
    """Return module -> the wanted distributions that bring it."""
    found: dict[str, set[str]] = defaultdict(set)
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(wheel) as archive:
            place = archive.extract("pigar/.db.sqlite3", folder)
        with sqlite3.connect(place) as database:
            rows = database.execute(
                "SELECT m.name, d.name FROM top_level_module_names m JOIN distributions d ON d.id = m.distribution_id"
            )
            for module, distribution in rows:
                name = normalise(distribution)
                if name in wanted and module.isidentifier() and not module.startswith("_"):
                    found[module].add(name)
    return {module: names for module, names in found.items() if module.lower() not in NO_MODULE}


def render(modules: dict[str, set[str]], checked: str) -> str:
    """Return the text of the knowledge file."""
    single = {module: min(names) for module, names in modules.items() if len(names) == 1}
    same = sorted(module for module, name in single.items() if normalise(module) == name)
    other = sorted((module, name) for module, name in single.items() if normalise(module) != name)
    rows = [f"- {{name: '{module}', of: {name}}}" for module, name in other]
    return HEAD.format(count=MOST_USED, checked=checked) + "\n".join(
        [*rows, f"- {{name: '*', same: {' '.join(same)}}}", ""]
    )


if __name__ == "__main__":
    wheel, ranked, checked = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    names = [normalise(line.strip()) for line in ranked.read_text(encoding="utf-8").splitlines() if line.strip()]
    PLACE.write_text(render(read_modules(wheel, frozenset(names[:MOST_USED])), checked), encoding="utf-8")
    print(PLACE.name, f"{PLACE.stat().st_size:,} bytes")
