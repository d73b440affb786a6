"""Write conductor/knowledge/apt-patterns.yaml: what apt-get makes of names that a release lacks.

usage: python scripts/compile_apt_patterns.py debian12=FOLDER …

Run by hand: FOLDER is an apt state (`Dir::State`) whose lists are fresh. Releases whose index is not read keep what is
written by hand below. The names are those of apt-packages.yaml and `python3.N` with its usual endings.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from conductor.knowledge import entries  # noqa: E402

TARGET = ROOT / "conductor/knowledge/apt-patterns.yaml"
PATTERN = re.compile(r"[.?+*|\[^$]")
HEAD = """\
# What apt-get does with a name that holds one of .?+*|[^$ and that no package of the release has: it takes it as a
# regular expression over all names, also those that are merely mentioned. `nothing`: names that match only what cannot
# be installed, so that it ends with 0 and installs nothing; `installs`: names that match something else, which it
# installs; `stops`: names that match nothing. A name in none of them is not known. Written by
# scripts/compile_apt_patterns.py.
subject: apt-patterns
title: Names that apt-get takes as patterns
checked: '2026-11-27'
source: apt's cacheset.cc, and the package index of the release as apt-cache reads it
entries:
"""
BY_HAND = """\
- name: ubuntu18.04
  nothing: []
  installs: []
  stops: [python3.9, python3.9-dev, python3.9-distutils]
  source: 'what apt-get said: bubblesub/bubblesub#87'
- name: ubuntu20.04
  nothing: []
  installs: []
  stops: [python3.10, python3.10-dev, python3.10-tk, python3.10-distutils, python3.10-venv]
  source: 'what apt-get said: deadsnakes/issues#328, ElNiak/PANTHER#76, Huanshere/VideoLingo#526'
- name: ubuntu22.04
  nothing: []
  installs: []
  stops: [libssl1.1, python3.12-venv]
  source: 'what apt-get said: ESUG/esug.github.io#382, TheMurmabis/StatusOpenVPN#2'
- name: ubuntu24.04
  nothing: []
  installs: []
  stops: [python3.9, python3.10, python3.10-dev, python3.10-venv, python3.10-distutils,
    python3.11, python3.11-dev, python3.11-venv, python3.11-distutils]
  source: 'what apt-get said: manzolo/openai-whisper-docker#1, sruckh/SeedVR-RunPod at 163c384 and e423201'
"""


def ask(folder: str, question: list[str]) -> str:
    """Return what apt-cache says about the lists of that folder alone."""
    places = {
        "Dir::State": folder,
        "Dir::State::lists": f"{folder}/lists",
        "Dir::State::status": f"{folder}/status",
        "Dir::Cache": f"{folder}/cache",
        "Dir::Etc::sourcelist": f"{folder}/sources.list",
        "Dir::Etc::sourceparts": "/none",
    }
    options = [word for key, value in places.items() for word in ("-o", f"{key}={value}")]
    return subprocess.run(["apt-cache", *options, *question], capture_output=True, text=True, check=True).stdout


def names_in_question() -> Iterator[str]:
    """Yield the names that people ask for and that some release lacks."""
    yield from (name for entry in entries("apt-packages") if PATTERN.search(name := str(entry["name"])))
    for minor in range(5, 16):
        for ending in ("", "-dev", "-venv", "-distutils", "-minimal", "-full", "-dbg"):
            yield f"python3.{minor}{ending}"


def answer(folder: str) -> dict[str, list[str]]:
    """Return what apt-get does with each name that no package has."""
    mentioned = set(ask(folder, ["pkgnames", "--all-names"]).split())
    index = ask(folder, ["dumpavail"])
    real = set(re.findall(r"(?m)^Package: (\S+)", index))
    provided = {
        one.split()[0] for line in re.findall(r"(?m)^Provides: (.+)", index) for one in line.split(",") if one.strip()
    }
    found: dict[str, list[str]] = {"nothing": [], "installs": [], "stops": []}
    for name in sorted(set(names_in_question()) - real):
        matches = {one for one in mentioned if re.search(name, one)}
        if name in mentioned or not matches:
            found["stops"].append(name)
        else:
            found["installs" if matches & (real | provided) else "nothing"].append(name)
    return found


if __name__ == "__main__":
    text = HEAD + BY_HAND
    for release, _, state in (argument.partition("=") for argument in sys.argv[1:]):
        text += f"- name: {release}\n"
        text += "".join(f"  {key}: [{', '.join(names)}]\n" for key, names in answer(state).items())
    TARGET.write_text(text)
