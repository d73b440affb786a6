"""From a log to a finding: the cause, the lines that show it, where in the project it comes from, and what to do."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from conductor.diagnosis.causes import Cause, built_in
from conductor.diagnosis.choose import Diagnosis, Suspect, choose
from conductor.diagnosis.lines import Line
from conductor.diagnosis.scan import Readable, scan
from conductor.diagnosis.wheel_platform import explain_wheel
from conductor.domain.finding import Finding, Location
from conductor.domain.secret import redact
from conductor.domain.text import one_line, quoted_line

DOCS = "docs/causes"
_SHORTEST = 3
# What fails in these phases may come from the program itself; a build only copies it.
_PYTHON_PHASES = frozenset({"start", "run"})


def diagnose(log: bytes | Readable, causes: tuple[Cause, ...] | None = None) -> Diagnosis:
    """Return what a log says, read in pieces. Raises OSError where it can't be read."""
    stream = io.BytesIO(log) if isinstance(log, bytes) else log
    return choose(scan(stream, built_in() if causes is None else causes))


def explain(
    diagnosis: Diagnosis, files: dict[str, str], dockerfile: str | None = None, *, at_worker: bool = False
) -> Finding | None:
    """Return the cause as a finding, None where there is none; what the log names is in its data.

    `files` are texts of the project by path; `dockerfile` is the path of the one that was built. With `at_worker`, a
    worker wrote the log: some remedies are others there.
    """
    suspect = diagnosis.suspect
    if suspect is None:
        return None
    quoted = tuple(quote(line) for line in suspect.lines)
    wheel = suspect.found.get("wheel")
    if suspect.cause.code == "WHEEL_PLATFORM" and wheel and dockerfile in files and ".whl" in files[dockerfile]:
        finding = explain_wheel(one_line(wheel.replace("%2B", "+"), 250), quoted, files[dockerfile], dockerfile)
        return replace(finding, data=data_of(suspect))
    return Finding(
        suspect.cause.code,
        message_of(suspect),
        (at_worker and suspect.cause.at_worker) or suspect.cause.remedy,
        confidence=diagnosis.confidence,
        location=find_place(suspect, files),
        context=quoted,
        docs=page_of(suspect.cause),
        data=data_of(suspect),
    )


def data_of(suspect: Suspect) -> dict[str, Any]:
    """Return what the log names, by its name in the catalogue and without secrets; empty where it names nothing."""
    found = {name: one_line(redact(value), 250) for name, value in sorted(suspect.found.items())}
    return {"found": found} if found else {}


def message_of(suspect: Suspect) -> str:
    """Return the cause's meaning, with what the log names."""
    if suspect.cause.reads:
        return f"{suspect.cause.meaning} {one_line(redact(_said(suspect.found)), 300)}"
    named = ", ".join(f"{name} {one_line(redact(value), 120)}" for name, value in suspect.found.items())
    return f"{suspect.cause.meaning} ({named})" if named else suspect.cause.meaning


def _said(found: Mapping[str, str]) -> str:
    """Return what a program said itself: its exception with its place, or its command with exit code and words."""
    if error := found.get("error"):
        place = f" ({found['file']}:{found['at']})" if "at" in found else ""
        return f"{error}: {found['message']}{place}" if "message" in found else f"{error}{place}"
    ended = f"exit code {found['exit']}" if "exit" in found else "no exit code"
    return ": ".join(one for one in (found.get("command", "It"), ended, found.get("says", "")) if one)


def quote(line: Line) -> str:
    """Return a line of the log as it is shown: its number, its step where that has a name, its text without secrets."""
    step = f" in {quoted_line(line.step, 60)}" if line.step else ""
    return f"log line {line.number}{step}: {quoted_line(redact(line.text), 300).strip()}"


def page_of(cause: Cause) -> str:
    """Return the page of a cause, below the project's docs."""
    return f"{DOCS}/{cause.code.lower().replace('_', '-')}.md"


def _framed(found: Mapping[str, str], files: Iterable[str]) -> Location | None:
    """Return the line that a traceback names, of the file that its path ends with; the longest such path."""
    path, line = found.get("file", "").replace("\\", "/"), found.get("at", "")
    if not path or not line.isdecimal():
        return None
    ends = [name for name in files if f"/{path}".endswith((f"/{name}", f"/{name.partition('/')[2]}"))]
    return Location(max(ends, key=len), int(line)) if ends else None


def find_place(suspect: Suspect, files: dict[str, str]) -> Location | None:
    """Return the first line of the project's files that names what the log names; comments name nothing.

    Where a traceback names a file of the project and its line, it is that one; what a program says of itself is a text
    of its own, and stands nowhere else.
    """
    if (place := _framed(suspect.found, files)) or suspect.cause.reads:
        return place
    words = [value.strip("'\"`:,") for value in suspect.found.values()]
    for word in (word for word in words if len(word) >= _SHORTEST):
        forms = {word, word.rpartition("/")[2] or word, word.replace("+", "%2B")}
        for path, text in files.items():
            if path.endswith(".py") and suspect.cause.phase not in _PYTHON_PHASES:
                continue
            for number, line in enumerate(text.splitlines(), start=1):
                if not line.lstrip().startswith("#") and any(form in line for form in forms):
                    return Location(path, number)
    return None
