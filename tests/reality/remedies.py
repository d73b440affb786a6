"""Remedies, done as they are said: is a broken project that follows its findings' remedies a working one?

usage: python -m tests.reality.remedies [--store FOLDER] [--out FOLDER]

Takes the broken projects in which the last comparison found the fault, applies the remedy of each new error by the table
below, or else by `preflight --fix`, builds and starts the result, and prints what became of it. A remedy that tells a person what to
think about ("correct the path") is counted apart: no program can do what it says.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.reality.__main__ import WORK
from tests.reality.engine import Missing, Store, require

Found = dict[str, Any]
_START = re.compile(r"^(?=(?:USER .*\n)?(?:ENTRYPOINT|CMD) )", re.MULTILINE)


def _before_line(folder: Path, found: Found, line: str) -> None:
    """Put an instruction before the one that the finding is about."""
    path = folder / "Dockerfile"
    lines = path.read_text().splitlines(keepends=True)
    at = found["line"] - 1
    while at and (lines[at - 1].rstrip().endswith("\\") or lines[at - 1].lstrip().startswith("#")):
        at -= 1
    path.write_text("".join([*lines[:at], line + "\n", *lines[at:]]))


def _before_start(folder: Path, found: Found, line: str) -> None:
    path = folder / "Dockerfile"
    path.write_text(_START.sub(line.replace("\\", "\\\\") + "\n", path.read_text(), count=1))


def _run(folder: Path, found: Found, line: str) -> None:
    """Put a RUN before the finding's instruction; what the start lacks comes before the start, as root."""
    about_start = found["path"] != "Dockerfile" or found["code"].startswith("PF-START")
    (_before_start if about_start else _before_line)(folder, found, line)


def _on_line(folder: Path, found: Found, pattern: str, put: str) -> None:
    path = folder / found["path"]
    lines = path.read_text().splitlines(keepends=True)
    at = found["line"] - 1
    lines[at] = re.sub(pattern, put, lines[at])
    path.write_text("".join(lines))


def _after_last_from(folder: Path, line: str) -> None:
    path = folder / "Dockerfile"
    before, start, after = path.read_text().rpartition("FROM ")
    path.write_text(before + start + after.replace("\n", f"\n{line}\n", 1))


def _scripts(folder: Path, before: bytes, after: bytes) -> None:
    """Change the project's scripts: the finding stands where one is started."""
    for path in folder.rglob("*.sh"):
        path.write_bytes(path.read_bytes().replace(before, after, 1 if before.startswith(b"\xef") else -1))


Applier = Callable[[Path, Found, re.Match[str]], None]
# What a remedy says, and what a person who does exactly that would do.
APPLIERS: tuple[tuple[str, Applier], ...] = (
    (r"RUN apt-get update && apt-get install -y [\w.+ -]+", lambda folder, found, said: _run(folder, found, said[0])),
    (r"^pip install (\S+)", lambda folder, found, said: _before_start(folder, found, f"RUN pip install --no-cache-dir '{said[1]}'")),
    (r"^COPY \S+ /\S+$", lambda folder, found, said: _before_start(folder, found, said[0])),
    (r'^SHELL \["/bin/bash", "-c"\] before it', lambda folder, found, said: _before_line(folder, found, 'SHELL ["/bin/bash", "-c"]')),
    (r"^add -y$", lambda folder, found, said: _on_line(folder, found, r"apt-get install(?! -y)", "apt-get install -y")),
    (r"^put apt-get update && before", lambda folder, found, said: _on_line(folder, found, r"apt-get install", "apt-get update && apt-get install")),
    (r"^put ENTRYPOINT \[\] before CMD", lambda folder, found, said: _before_line(folder, found, "ENTRYPOINT []")),
    (r"put USER root before it", lambda folder, found, said: _before_line(folder, found, "USER root")),
    (r"^make a virtual environment: (RUN \S+ -m venv \S+), (ENV \S+)", lambda folder, found, said: _before_line(folder, found, f"{said[1]}\n{said[2]}")),
    (r"^call python3", lambda folder, found, said: _on_line(folder, found, r"\bpython(?!\d)", "python3")),
    (r"^end the destination with /", lambda folder, found, said: _on_line(folder, found, r"\s*$", "/\n")),
    (r"^convert it to LF", lambda folder, found, said: _scripts(folder, b"\r\n", b"\n")),
    (r"^begin the file with (#!\S+)", lambda folder, found, said: _on_line(folder, {**found, "line": 1}, r"^", said[1] + "\n")),
    (r"^save the file as UTF-8 without a byte order mark", lambda folder, found, said: _scripts(folder, b"\xef\xbb\xbf", b"")),
    (r"^RUN chmod \+x it", lambda folder, found, said: _before_start(folder, found, "RUN chmod +x *.sh")),
    (r"^use ([\w.-]+==[\w.]+)$", lambda folder, found, said: _on_line(folder, found, r"[\w.-]+==[\w.]+", said[1])),
    (r"^(ENV PATH=\S+)$", lambda folder, found, said: _before_start(folder, found, said[1])),
    (r"^make it first: (RUN .+)$", lambda folder, found, said: _before_line(folder, found, said[1])),
    (r"^put (RUN .+) before USER$", lambda folder, found, said: _before_start(folder, found, said[1])),
    (r"^add (ARG \w+) below FROM", lambda folder, found, said: _after_last_from(folder, said[1])),
    (r"^add --system", lambda folder, found, said: _on_line(folder, found, r"uv pip install", "uv pip install --system")),
    (r"^take it out, or say when it is meant: (.+)$", lambda folder, found, said: _on_line(folder, found, r".+", said[1])),
    (r"^did you mean (\S+)\? The builder looks for (\S+)$", lambda folder, found, said: _on_line(folder, found, re.escape(said[2]), said[1])),
    (r"^use -r (\S+)$", lambda folder, found, said: _on_line(folder, found, r"-r \S+", f"-r {said[1]}")),
)  # fmt: skip


def follow(folder: Path, findings: list[Found]) -> str:
    """Do what the findings' remedies say; returns those that only a person can follow, joined, empty if all were done."""
    left = []
    for found in sorted(findings, key=lambda one: -one["line"]):
        for pattern, apply in APPLIERS:
            said = re.search(pattern, found["remedy"])
            if said:
                apply(folder, found, said)
                break
        else:
            left.append(found["remedy"])
    return "; ".join(dict.fromkeys(left))


def fix(folder: Path, conductor: Path) -> bool:
    """Run `preflight --fix` in a folder; return whether it changed a file."""
    before = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    subprocess.run(
        [conductor, "preflight", "Dockerfile", "--fix"],
        cwd=folder,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    return before != {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def load_found(out: Path) -> list[tuple[str, list[Found]]]:
    """Return the projects whose fault the last comparison found, with the errors that their parents did not get."""

    def errors(name: str) -> list[Found]:
        path = out / name / "preflight.json"
        # An interrupted run has mutants whose parents were not tried yet.
        said = json.loads(path.read_text()) if name and path.exists() else {"findings": []}
        return [one for one in said["findings"] if one["severity"] == "error"]

    found = []
    for path in sorted(out.glob("*/preflight.json")):
        if json.loads(path.read_text())["verdict"] == "found":
            parent = json.loads(path.with_name("case.json").read_text())["parent"]
            old = {(one["code"], one["message"]) for one in errors(parent)}
            found.append(
                (
                    path.parent.name,
                    [one for one in errors(path.parent.name) if (one["code"], one["message"]) not in old],
                )
            )
    return found


def main() -> int:
    """Follow, build and count; exit 1 if a followed remedy left a broken project."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.reality.remedies",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--store", type=Path, default=WORK / "store")
    parser.add_argument("--out", type=Path, default=WORK / "cases")
    parser.add_argument("--conductor", type=Path, default=Path(sys.executable).with_name("conductor"))
    asked = parser.parse_args()
    try:
        require()
    except Missing as missing:
        print(f"reality: {missing}", file=sys.stderr)
        return 2
    store, count = Store(asked.store), Counter[str]()
    for name, findings in load_found(asked.out):
        with tempfile.TemporaryDirectory() as scratch:
            folder = shutil.copytree(asked.out / name / "project", Path(scratch) / "project")
            left = follow(folder, findings)
            if left:
                folder = shutil.copytree(asked.out / name / "project", Path(scratch) / "again")
                fixable = any(one["fix"] for one in findings)
                left = "" if fixable and fix(folder, asked.conductor) else left
            if left:
                outcome = "for a person"
            else:
                truth = store.try_out(folder, "localhost/remedy-" + name)
                outcome = "works" if truth.works else "broken still"
                left = "; ".join(dict.fromkeys(one["remedy"] for one in findings)) + (
                    f"\n    {truth.error[-200:]}" if truth.error else ""
                )
        count[outcome] += 1
        print(f"{outcome}: {name}: {left}", flush=True)
    print(
        f"{count['works']} of {count['works'] + count['broken still']} remedies work; {count['for a person']} more only a person can follow"
    )
    return int(bool(count["broken still"]))


if __name__ == "__main__":
    sys.exit(main())
