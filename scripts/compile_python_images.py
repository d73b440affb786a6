"""Write `conductor/knowledge/python-images.yaml`: since when each tag of the python image is there, and on what system.

    python scripts/compile_python_images.py CLONE

Run by hand. `CLONE` is a git directory of github.com/docker-library/python, whose history says it: which versions were
published from which day on, and which Debian the tags without a system's name meant.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PLACE = Path(__file__).resolve().parents[1] / "conductor" / "knowledge" / "python-images.yaml"
SINCE = "2019-06-01"
HEAD = """\
# The tags of the python image, written by scripts/compile_python_images.py. `days` of `suites`: since when a tag
# without a system's name means that Debian. Of each Python: since when a version is there; it is built anew, on the
# Debian of the day, until the next one comes, or until `ended`, when none was built any more. Older ones are left out.
subject: python-images
title: Tags of the python image, and the Debian under them
checked: '{checked}'
source: docker-library/python, its history up to {revision}
entries:
"""


def git(clone: str, *arguments: str) -> str:
    """Return what git says; nothing where it refuses."""
    done = subprocess.run(["git", "--git-dir", clone, *arguments], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def read_state(clone: str, revision: str) -> tuple[str, dict[str, str]]:
    """Return (Debian of the tags without one, minor -> version) of a commit; release candidates are left out."""
    listed = git(clone, "show", f"{revision}:versions.json")
    if listed:
        found = {minor: entry for minor, entry in json.loads(listed).items() if entry and minor[-1].isdigit()}
        suites = [
            one
            for entry in found.values()
            for one in entry["variants"][:1]
            if not one.startswith(("alpine", "slim", "windows"))
        ]
        return max(suites, key=suites.count), {minor: entry["version"] for minor, entry in found.items()}
    script = git(clone, "show", f"{revision}:generate-stackbrew-library.sh")
    suite = re.search(r"defaultDebianSuite='?(\w+)", script)
    versions = {}
    for path in git(clone, "ls-tree", "-r", "--name-only", revision).split("\n"):
        if place := re.fullmatch(r"(3\.\d+)/(\w+)/Dockerfile", path):
            version = re.search(r"ENV PYTHON_VERSION (3[.\d]+)\n", git(clone, "show", f"{revision}:{path}"))
            if version:
                versions[place[1]] = version[1]
    return suite[1] if suite else "", versions


def entries_of(clone: str) -> Iterator[dict[str, object]]:
    """Yield the entries, as the history tells them."""
    suites: dict[str, str] = {}
    days: dict[str, dict[str, str]] = {}
    ended: dict[str, str] = {}
    log = git(clone, "log", "--first-parent", "--reverse", f"--since={SINCE}", "--format=%H %cs")
    older: set[str] | None = None  # what was there already when the history begins: nobody says since when
    for revision, day in (line.split() for line in log.splitlines()):
        suite, versions = read_state(clone, revision)
        older = set(versions.values()) if older is None else older
        if suite:
            suites.setdefault(suite, day)
        for minor, version in versions.items():
            if version not in older:
                days.setdefault(minor, {}).setdefault(version, day)
        for minor in days.keys() - versions.keys() if versions else ():
            ended.setdefault(minor, day)
    yield {"name": "suites", "days": suites}
    for minor in sorted(days, key=lambda one: int(one[2:])):
        gone = {"ended": ended[minor]} if minor in ended else {}
        yield {"name": minor, "days": days[minor], **gone}


def as_line(entry: dict[str, object]) -> str:
    """Return an entry as a line of YAML."""
    return "- " + re.sub(r'"(\w+)":', r"\1:", json.dumps(entry)) + "\n"


if __name__ == "__main__":
    clone = sys.argv[1]
    revision, checked = git(clone, "log", "-1", "--format=%h %cs").split()
    PLACE.write_text(HEAD.format(checked=checked, revision=revision) + "".join(map(as_line, entries_of(clone))))
