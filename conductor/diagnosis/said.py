"""What a log itself says is to be done: causes whose lines name the thing that is missing, as findings with a remedy.

Used where preflight, which sees the project only, finds nothing: an index's answer, a program that the base lacks.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable

from conductor.diagnosis.choose import Suspect
from conductor.diagnosis.explain import find_place
from conductor.domain.finding import Confidence, Finding, Location
from conductor.knowledge import entries
from conductor.preflight.environment.distributions import distributions_of, packages

_STEP = re.compile(r"(?:STEP \d+(?:/\d+)?: |Step \d+/\d+ : )(?P<begin>(?:RUN|COPY|ADD) .{8,40})")
_PIN = re.compile(r"([\w.-]+)(?:\[[\w,.-]*\])?\s*(?:===?|~=|[<>]=?)\s*([\w.+!]+)")


def _module(suspect: Suspect) -> str | None:
    module = suspect.found.get("module", "")
    if module.partition(".")[0] in {"distutils", "pkg_resources", "setuptools"}:
        return "pip install setuptools"
    names = distributions_of(module) or ((module,) if module in packages() else ()) if module else ()
    return f"pip install {names[0]}" if len(names) == 1 else None


def _library(suspect: Suspect) -> str | None:
    library = suspect.found.get("library", "libGL.so.1" if suspect.cause.code == "LIBGL_MISSING" else "")
    named = {name: package for entry in entries("shared-libraries") for name, package in entry["libraries"].items()}
    named |= {name: str(entry["name"]) for entry in entries("apt-contents") for name in entry.get("libraries", ())}
    if library == "libGL.so.1":
        return _apt("libgl1 libglib2.0-0")
    return _apt(named[library]) if library in named else None


def _program(suspect: Suspect) -> str | None:
    program = suspect.found.get("program", "").rpartition("/")[2]
    package = next((str(entry["name"]) for entry in entries("apt-contents") if program in entry.get("gives", ())), None)
    return _apt(package) if package else None


def _user(suspect: Suspect) -> str | None:
    user = suspect.found.get("user", "").strip("'\"`").split(":")[0]
    return f"make it first: RUN useradd --create-home {user}" if re.fullmatch(r"[a-z_][\w-]{0,30}", user) else None


def _version(suspect: Suspect) -> str | None:
    """Return the published version next to the one that was asked for, or the known name next to the one written."""
    line = next((one.text for one in suspect.lines if "from versions:" in one.text), "")
    pin = _PIN.search(suspect.found.get("requirement", ""))
    listed = re.search(r"from versions: ([^)]+)", line)
    if listed and listed[1].strip() != "none":
        near = _nearest(pin[2], re.split(r",\s*", listed[1].strip())) if pin else None
        return f"use {pin[1]}=={near}" if pin and near else None
    name = re.split(r"[^\w.-]", suspect.found.get("requirement", ""))[0]
    if not name or name.lower() in packages():
        return None
    close = difflib.get_close_matches(name.lower(), packages(), n=2, cutoff=0.85)
    return f"write {close[0]} for {name}" if len(close) == 1 else None


def _nearest(wanted: str, listed: list[str]) -> str | None:
    """Return the newest final version up to the one that was wanted, or the oldest above it."""
    from packaging.version import InvalidVersion, Version

    try:
        goal = Version(wanted)
        known = sorted(Version(one) for one in listed if re.fullmatch(r"[\w.!+]+", one))
    except InvalidVersion:
        return None
    final = [one for one in known if not one.is_prerelease and not one.is_devrelease]
    below = [one for one in final if one <= goal]
    return str(below[-1] if below else final[0]) if final else None


def _apt(packages_: str) -> str:
    return f"RUN apt-get update && apt-get install -y {packages_}"


_SAID: dict[str, Callable[[Suspect], str | None]] = {
    "MODULE_MISSING": _module,
    "STDLIB_REMOVED": _module,
    "LIBGL_MISSING": _library,
    "LIBRARY_MISSING": _library,
    "TOOL_MISSING": _program,
    "USER_UNKNOWN": _user,
    "PIP_NO_VERSION": _version,
    "NUMPY2_ABI": lambda _: "pip install numpy<2",
    "PYTHON_NOT_FOUND": lambda _: "call python3",
    "BUILD_OOM": lambda _: "write ENV MAX_JOBS=1 before it",
    "TLS_CERTIFICATE": lambda _: _apt("ca-certificates"),
}


def remedy_said(suspect: Suspect, files: dict[str, str]) -> Finding | None:
    """Return the cause as a finding whose remedy names what to do; None where its lines don't tell. `files` by path."""
    said = _SAID.get(suspect.cause.code)
    remedy = said(suspect) if said else None
    if remedy is None:
        return None
    named, step = find_place(suspect, files), _step_place(suspect, files)
    place = (named or step) if suspect.cause.code == "PIP_NO_VERSION" else (step or named)
    return Finding(suspect.cause.code, suspect.cause.meaning, remedy, confidence=Confidence.MEDIUM, location=place)


def _step_place(suspect: Suspect, files: dict[str, str]) -> Location | None:
    """Return the instruction that the cause stands in, where the log names it (`STEP 4/6: RUN pip …`)."""
    said = _STEP.match(suspect.lines[0].step)
    path, text = next(iter(files.items()), ("", ""))
    begin = " ".join(said["begin"].split()) if said else ""
    starts = [" ".join(line.split()).startswith(begin) for line in text.splitlines()] if begin else []
    return Location(path, starts.index(True) + 1) if starts.count(True) == 1 else None
