"""A wheel that pip refused, judged against what the Dockerfile's base image is known to hold."""

from __future__ import annotations

import re

from conductor.domain.finding import Confidence, Finding, Location
from conductor.preflight.wheels.environment import Environment
from conductor.preflight.wheels.judge import Judgement, judge
from conductor.preflight.wheels.report import said

CODE = "WHEEL_PLATFORM"
REMEDY = "use a wheel whose cpXY and platform tags fit the Python of the image, or change the image's Python"
_FROM = re.compile(r"^\s*FROM\s+(?:--platform=\S+\s+)?(?P<image>[^\s$]+)(?:\s+AS\s+(?P<stage>\S+))?\s*$", re.IGNORECASE)


def explain_wheel(file: str, quoted: tuple[str, ...], dockerfile: str, path: str) -> Finding:
    """Return why the image does not take the wheel, and which one it would.

    `quoted` are the log's lines, `dockerfile` is the text that was built and `path` its name in the project.
    """
    base = find_base(dockerfile)
    environment = Environment.from_image(base[1]) if base else Environment()
    context = [*quoted]
    if base and environment.python:
        context.append(f"{path}:{base[0]} ({base[1]}) has Python {environment.python}")
    judgement = judge(file, environment)
    named = find_line(dockerfile, file) or (base[0] if base else None)
    return Finding(
        CODE,
        _message(file, judgement, base[1] if base else None),
        said(judgement.remedy) if judgement.remedy else REMEDY,
        confidence=Confidence.HIGH if judgement.faults else Confidence.MEDIUM,
        location=Location(path, named),
        context=tuple(context),
    )


def _message(file: str, judgement: Judgement, image: str | None) -> str:
    if not judgement.faults or image is None:
        return f"{file} does not fit the image it is installed into"
    return f"{file}: {judgement.faults[0].message} ({image})"


def find_base(dockerfile: str) -> tuple[int, str] | None:
    """Return line and image of the last FROM that names an image rather than an earlier stage."""
    stages: set[str] = set()
    found = None
    for number, line in enumerate(dockerfile.splitlines(), start=1):
        if match := _FROM.match(line):
            if match["image"].lower() not in stages:
                found = number, match["image"]
            if match["stage"]:
                stages.add(match["stage"].lower())
    return found


def find_line(dockerfile: str, file: str) -> int | None:
    """Return the line that names the wheel."""
    forms = {file, file.replace("+", "%2B"), file.replace("+", "%2b")}
    for number, line in enumerate(dockerfile.splitlines(), start=1):
        if any(form in line for form in forms):
            return number
    return None
