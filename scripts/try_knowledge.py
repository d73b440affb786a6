"""Try the rows of known-bad and library-names: install what each names, import, and say where reality differs.

usage: python scripts/try_knowledge.py known-bad|library-names [NAME …]

Needs an index of packages, uv, and the Pythons that the rows name; each row takes some seconds. Run by hand when
rows are added and when the tables' date is renewed. Exit code 1 where a row is not so.
"""

from __future__ import annotations

import argparse
import functools
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from conductor.knowledge import entries  # noqa: E402

LIMIT_S = 300
# Old releases have wheels for old Pythons only.
OLD, NEW = "3.7", "3.11"


@functools.cache
def versions(name: str) -> tuple[Version, ...]:
    """Return the published versions of a distribution that are no pre-releases, oldest first."""
    done = _run([sys.executable, "-m", "pip", "index", "versions", name])
    listed = re.search(r"Available versions: (.*)", done.stdout)
    found = [Version(each.strip()) for each in listed[1].split(",")] if listed else []
    return tuple(sorted(each for each in found if not each.is_prerelease))


def imports(python: str, code: str, *wanted: str) -> tuple[bool | None, str]:
    """Install in a new environment and run the code: (does it work, the last line it said); None: not installable."""
    with tempfile.TemporaryDirectory(prefix="conductor-knowledge-") as folder:
        _run(["uv", "venv", "--quiet", "--python", python, folder])
        done = _run(["uv", "pip", "install", "--quiet", "--python", folder, *wanted])
        if done.returncode:
            return None, _last(done.stderr)
        done = _run([f"{folder}/bin/python", "-I", "-c", code])
        return done.returncode == 0, _last(done.stderr)


def try_name(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is not so of a row of library-names: the last version before `gone` has it, later ones not."""
    if "gone" not in row:
        return
    module, _, name = str(row["name"]).rpartition(".")
    code = f"from {module} import {name}" if module else f"import {name}"
    before = [each for each in versions(row["of"]) if each < Version(str(row["gone"]))]
    since = [each for each in versions(row["of"]) if each in SpecifierSet(f">={row['gone']}")]
    for each, expected in ((before[-1:], True), (since[:1], False), (since[-1:], False)):
        for version in each:
            works, said = imports(NEW, code, f"{row['of']}=={version}")
            if works is None:
                works, said = imports(OLD, code, f"{row['of']}=={version}")
            if works is not expected:
                yield f"{row['of']} {version}: {'works' if works else said}"


def try_pair(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is not so of a row of known-bad that names an `import`: the newest version it means must fail."""
    if "import" not in row:
        return
    left, right = Requirement(str(row["left"])), Requirement(str(row["right"]))
    meant = [each for each in versions(left.name) if each in left.specifier]
    python = max(("3.11", "3.12", "3.13"), key=lambda each: each in right.specifier) if right.name == "python" else NEW
    for version in dict.fromkeys(meant[-1:] + meant[len(meant) // 2 : len(meant) // 2 + 1]):
        works, said = imports(python, f"import {row['import']}", f"{left.name}=={version}")
        if works is not False:
            yield f"{left.name} {version}: {'works' if works else said}"
    works, said = imports(python, f"import {row['import']}", left.name)
    if works is False and right.name != "python":
        yield f"the newest {left.name} fails too: {said}"


def _run(argv: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=LIMIT_S)


def _last(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1][:160]


def main() -> int:
    """Try the rows and print one line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("subject", choices=("known-bad", "library-names"))
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    wrong = 0
    for row in entries(given.subject):
        if given.names and row["name"] not in given.names:
            continue
        said = list((try_name if given.subject == "library-names" else try_pair)(row))
        wrong += bool(said)
        print(f"{row['name']}: {'; '.join(said) or 'so'}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
