"""Write what Python packages bring: `scripts/compile_packages.py pip SITE-PACKAGES REPORT.json…`, or `… apt LISTS`.

Run by hand, by who keeps the tables. `pip` reads the metadata of everything installed in a folder, and reports of `pip
install --dry-run --report` for what is too large to install, and writes conductor/knowledge/python-packages.yaml. `apt`
reads a folder of apt's lists with Contents and Packages of one Debian release (`apt-get update` with a Contents target,
see docs/knowledge.md), and writes conductor/knowledge/apt-python.yaml: of the packages `python3-…`, those that many
others need, or that hold a module of the first table.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parents[1] / "conductor/knowledge"
# Markers of requirements that no Linux image with Python 3.8 or newer heeds.
_ELSEWHERE = re.compile(
    r"(sys_platform|platform_system|os_name)\s*==\s*['\"](win32|Windows|nt|darwin|Darwin|emscripten|cygwin)"
)
_OLD = re.compile(r"python_(full_)?version\s*<=?\s*['\"](2\.|3\.[0-8]([.'\"]|$))")
# A Debian package that so many others need is worth a line.
_USUAL = 12
# Folders that some wheels put beside their modules by mistake.
_NO_MODULES = frozenset(
    {"..", "__pycache__", "tests", "test", "docs", "examples", "scripts", "benchmarks", "bin", "etc", "share"}
)
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)")


def normalise(name: str) -> str:
    """Return the name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def split(requirements: Iterable[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Return what is needed always, and what each extra adds; an extra of a requirement is kept as `name[extra]`."""
    needs: set[str] = set()
    extras: dict[str, set[str]] = defaultdict(set)
    for text in requirements:
        body, _, marker = text.partition(";")
        match = re.match(r"\s*([\w.-]+)\s*(\[[^\]]*\])?", body)
        if match is None or _ELSEWHERE.search(marker) or _OLD.search(marker):
            continue
        name = normalise(match[1]) + re.sub(r"\s", "", match[2] or "").lower()
        extra = _EXTRA.search(marker)
        (extras[normalise(extra[1])] if extra else needs).add(name)
    return sorted(needs), {name: sorted(found) for name, found in sorted(extras.items())}


def tops_of(distribution: importlib.metadata.Distribution) -> set[str]:
    """Return the top-level modules among a distribution's files."""
    found = set()
    for file in distribution.files or ():
        first = file.parts[0]
        if first.endswith((".dist-info", ".egg-info", ".data", ".libs")) or first in _NO_MODULES:
            continue
        if len(file.parts) > 1:
            found.add(first)
        elif file.suffix in {".py", ".so"}:
            found.add(first.partition(".")[0])
    return {name for name in found if name.isidentifier()}


def row(name: str, requires: Iterable[str], tops: set[str] | None, scripts: Iterable[str]) -> dict[str, object]:
    """Return one entry; what its name says already is left out."""
    needs, extras = split(requires)
    entry: dict[str, object] = {"name": name}
    if tops is not None and tops != {name.replace("-", "_")}:
        entry["modules"] = sorted(tops)
    if needs:
        entry["needs"] = needs
    wanted = {key: value for key, value in extras.items() if not re.search(r"test|dev|doc|lint|bench|typing", key)}
    if wanted:
        entry["extras"] = wanted
    if list(scripts):
        entry["scripts"] = sorted(scripts)
    return entry


def from_pip(site: Path, reports: list[Path], by_hand: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return an entry for each distribution of a folder and of reports; those written by hand go before."""
    found: dict[str, dict[str, object]] = {}
    for distribution in importlib.metadata.distributions(path=[str(site)]):
        name = normalise(distribution.metadata["Name"])
        scripts = {point.name for point in distribution.entry_points if point.group == "console_scripts"}
        # Programs that are no Python: uv, ruff.
        scripts |= {
            file.name for file in distribution.files or () if file.parts[-2:-1] == ("bin",) and ".." in file.parts
        }
        found[name] = row(name, distribution.requires or (), tops_of(distribution), scripts)
    for report in reports:
        for install in json.loads(report.read_text())["install"]:
            metadata = install["metadata"]
            name = normalise(metadata["name"])
            if name not in found and not name.startswith("nvidia-"):
                found[name] = row(name, metadata.get("requires_dist", ()), None, ())
    for entry in by_hand:
        name = str(entry["name"])
        found[name] = {**found.get(name, {}), **entry}
    return [found[name] for name in sorted(found)]


def stanzas(text: str) -> Iterator[dict[str, str]]:
    """Yield the fields of each package of apt's lists."""
    for stanza in text.split("\n\n"):
        fields = dict(re.findall(r"^([A-Z][\w-]*): (.*)$", stanza, re.MULTILINE))
        if "Package" in fields:
            yield fields


def modules_of(contents: str) -> dict[str, set[str]]:
    """Return package → top-level modules of Debian's own Python, from the lines of Contents."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in contents.splitlines():
        path, _, packages = line.rpartition(" ")
        parts = path.strip().removeprefix("usr/lib/python3/dist-packages/").split("/")
        top = parts[0].partition(".")[0] if len(parts) == 1 else parts[0]
        if (
            (len(parts) == 1 and not parts[0].endswith((".py", ".so")))
            or not top.isidentifier()
            or top == "__pycache__"
        ):
            continue
        for package in packages.split(","):
            found[package.rpartition("/")[2]].add(top)
    return found


def from_apt(lists: Path, wanted: set[str]) -> list[dict[str, object]]:
    """Return an entry for each package with Python modules that others need or that holds a wanted module."""

    def text(pattern: str) -> str:
        files = sorted(lists.glob(pattern))
        return subprocess.run(
            ["/usr/lib/apt/apt-helper", "cat-file", *files], check=True, capture_output=True, text=True
        ).stdout

    contents = (line for line in text("*_main_Contents-*").splitlines() if line.startswith("usr/lib/python3/dist-pack"))
    modules = modules_of("\n".join(contents))
    needs, recommends, asked = {}, {}, Counter[str]()
    for fields in stanzas(text("*_main_binary-amd64_Packages*")):
        names = {
            key: {re.split(r"[ (:|]", part.strip())[0] for part in fields.get(key, "").split(",") if part.strip()}
            for key in ("Depends", "Recommends")
        }
        needs[fields["Package"]], recommends[fields["Package"]] = names["Depends"], names["Recommends"]
        asked.update(names["Depends"])
    kept = {
        package
        for package, found in modules.items()
        if package.startswith("python3-") and (asked[package] >= _USUAL or found & wanted)
    }
    while True:
        more = {need for package in kept for need in needs.get(package, ()) if need in modules} - kept
        if not more:
            break
        kept |= more
    rows = []
    for package in sorted(kept):
        entry: dict[str, object] = {"name": package}
        if modules[package] != {package.removeprefix("python3-").replace("-", "_")}:
            entry["modules"] = sorted(modules[package])
        for key, found in (("needs", needs), ("recommends", recommends)):
            here = sorted(found.get(package, set()) & kept)
            if here:
                entry[key] = here
        rows.append(entry)
    return rows


def write(path: Path, head: str, rows: list[dict[str, object]]) -> None:
    """Write a knowledge file: one entry a line."""
    lines = [f"- {json.dumps(each, separators=(', ', ': '))}" for each in rows]
    today = datetime.now(tz=UTC).date().isoformat()
    path.write_text(f"{head}checked: '{today}'\nentries:\n" + "\n".join(lines) + "\n", encoding="utf-8")
    print(path.name, len(rows))


def head_of(path: Path) -> str:
    """Return what stands above `checked:` in a knowledge file."""
    return path.read_text(encoding="utf-8").partition("checked:")[0]


def main(arguments: list[str]) -> int:
    """Write one of the tables."""
    packages, apt = HERE / "python-packages.yaml", HERE / "apt-python.yaml"
    if arguments[:1] == ["pip"] and len(arguments) > 1:
        from conductor.knowledge import entries

        by_hand = [
            {key: value for key, value in entry.items() if key not in {"source", "checked"}}
            for entry in entries("python-packages-by-hand")
        ]
        write(packages, head_of(packages), from_pip(Path(arguments[1]), [Path(a) for a in arguments[2:]], by_hand))
    elif arguments[:1] == ["apt"] and len(arguments) == 2:
        from conductor.knowledge import entries

        wanted = {m for e in entries("python-packages") for m in e.get("modules", [str(e["name"]).replace("-", "_")])}
        write(apt, head_of(apt), from_apt(Path(arguments[1]), wanted))
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
