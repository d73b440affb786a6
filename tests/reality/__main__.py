"""Write projects, build and start them for real, and compare with what preflight says.

usage: python -m tests.reality [build|compare] [--seed N] [--pairs N] [--only TEXT] [--store FOLDER] [--out FOLDER] [--write] [--keep FOLDER] [--doubtful]

Each pair is a project that should work and a mutant of it with one fault (shapes.py, twists.py, faults.py). Without a word
both are done: `build` writes OUT/NAME/{project/,case.json,truth.json,log.txt}, leaving alone what has a truth already, so
that an interrupted run goes on; `compare` asks preflight about all that have one, and prints the table and the disagreements.
Needs root and buildah; base images that the store lacks are pulled, or made of this machine's Debian and Pythons.
"""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.reality.bases import require_bases
from tests.reality.compare import Row, compare_all, find_doubtful
from tests.reality.engine import Missing, Store, require
from tests.reality.keep import keep
from tests.reality.plan import plan
from tests.reality.report import render_rows, render_table
from tests.reality.truths import build_all

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"
WORK = ROOT / "build" / "reality"


def main() -> int:
    """Build, compare and print; exit 1 where preflight called a working project broken, 2 where something is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.reality", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=["all", "build", "compare"], default="all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=165)
    parser.add_argument("--only", default="", metavar="TEXT", help="only the cases whose name holds it")
    parser.add_argument("--store", type=Path, default=WORK / "store", help="buildah's folder, with the base images")
    parser.add_argument(
        "--pythons", type=Path, default=Path.home() / ".pyenv/versions", help="CPythons, for bases that can't be pulled"
    )
    parser.add_argument("--out", type=Path, default=WORK / "cases")
    parser.add_argument("--conductor", type=Path, default=Path(sys.executable).with_name("conductor"))
    parser.add_argument(
        "--doubtful", action="store_true", help="only where preflight contradicts what the generator means"
    )
    parser.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    parser.add_argument("--keep", type=Path, help="copy one case of each new kind of disagreement there")
    asked = parser.parse_args()
    cases = [case for case in plan(asked.seed, asked.pairs) if asked.only in case.name]
    cases = find_doubtful(cases, asked.conductor) if asked.doubtful else cases
    try:
        if asked.what != "compare":
            require()
            store = Store(asked.store)
            require_bases(store, asked.pythons)
            build_all(store, cases, asked.out)
    except Missing as missing:
        print(f"reality: {missing}", file=sys.stderr)
        return 2
    if asked.what == "build":
        return 0
    rows = compare_all(asked.out, asked.conductor, asked.only)
    print(render_rows(rows))
    print(render_table(rows))
    if asked.write:
        write_page(rows)
    if asked.keep:
        print(*keep(rows, asked.out, asked.keep), sep="\n")
    return int(any(row.verdict == "false" for row in rows))


def write_page(rows: list[Row]) -> None:
    """Put the table into the page."""
    text = f"On {datetime.now(UTC):%Y-%m-%d}:\n\n{render_table(rows)}\n"
    page = PAGE.read_text(encoding="utf-8")
    page = re.sub(r"(<!-- reality -->\n).*?(<!-- /)", lambda found: found[1] + text + found[2], page, flags=re.DOTALL)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
