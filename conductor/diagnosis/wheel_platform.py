"""WHEEL_PLATFORM: pip refused a wheel because its tags don't fit the image's Python.

One cause of a failed build, read from the log and compared with what the Dockerfile's base image is known to hold.
"""

from __future__ import annotations

import re
from pathlib import Path

from conductor.config.settings import Settings
from conductor.domain.finding import Confidence, Finding, Location
from conductor.domain.text import one_line, strip_controls
from conductor.knowledge.images import ImageFacts, image_facts
from conductor.knowledge.published import PublishedWheel, published, published_wheels

CODE = "WHEEL_PLATFORM"
_REFUSED = re.compile(
    r"(?P<file>[A-Za-z0-9_.]+-[^\s/'\"]+-(?P<python>[a-z]{2}\d+(?:\.[a-z]{2}\d+)*)-[^\s/'\"-]+-[^\s/'\"]+\.whl)"
    r" is not a supported wheel on this platform"
)
_WHEEL = re.compile(r"(?P<file>[A-Za-z0-9_.]+-[^\s/'\"]+-(?P<python>cp\d+|py\d+)-[^\s/'\"-]+-[^\s/'\"]+\.whl)")
_FROM = re.compile(r"^\s*FROM\s+(?:--platform=\S+\s+)?(?P<image>[^\s$]+)(?:\s+AS\s+(?P<stage>\S+))?\s*$", re.IGNORECASE)


def explain_log(log: str, dockerfile: str, path: str) -> Finding | None:
    """Return why the log's build failed, where pip refused a wheel; None for every other cause.

    `dockerfile` is the text that was built and `path` its name in the project.
    """
    lines = strip_controls(log).splitlines()
    for number, line in enumerate(lines, start=1):
        if match := _REFUSED.search(line):
            file = one_line(match["file"].replace("%2B", "+"), 250)
            return _explain(file, match["python"], number, line, dockerfile, path)
    return None


def _explain(file: str, tag: str, number: int, line: str, dockerfile: str, path: str) -> Finding:
    base = find_base(dockerfile)
    image = base[1] if base else None
    facts = image_facts(image) if image else None
    wanted = read_python(tag)
    context = [f"log line {number}: {one_line(line, 300)}"]
    message, confidence = f"{file} does not fit the image it is installed into", Confidence.MEDIUM
    if wanted and facts and facts.python and base:
        context.append(f"{path}:{base[0]} ({image}) has Python {facts.python}")
        if wanted != facts.python:
            message, confidence = f"{file} needs Python {wanted}; {image} has Python {facts.python}", Confidence.HIGH
    fitting = find_fitting(file, facts)
    if fitting:
        known = f" (sha256 {fitting.sha256})" if fitting.sha256 else ""
        remedy = f"use {fitting.file}{known}: {fitting.url}"
    else:
        remedy = "use a wheel whose cpXY and platform tags fit the Python of the image, or change the image's Python"
    where = find_line(dockerfile, file) or (base[0] if base else None)
    return Finding(CODE, message, remedy, confidence=confidence, location=Location(path, where), context=tuple(context))


def read_python(tag: str) -> str | None:
    """Return `3.10` for the tag `cp310`; None for tags that bind no minor version."""
    match = re.fullmatch(r"(?:cp|py)(\d)(\d+)", tag)
    return f"{match[1]}.{match[2]}" if match else None


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


def find_fitting(file: str, facts: ImageFacts | None) -> PublishedWheel | None:
    """Return the published wheel of the same version that fits the image's Python, torch, CUDA and C++ ABI."""
    refused = published(file)
    if refused is None or facts is None or not facts.python or not facts.torch:
        return None
    torch = ".".join(facts.torch.split("+")[0].split(".")[:2])
    cuda = (facts.cuda or refused.cuda).removeprefix("cu").partition(".")[0]
    for wheel in published_wheels().values():
        if (
            wheel.version == refused.version
            and wheel.python == facts.python
            and wheel.machine == refused.machine
            and wheel.torch == torch
            and wheel.cuda.partition(".")[0] == cuda
            and wheel.label == bool(facts.cxx11abi)
        ):
            return wheel
    return None


def check_wheels(root: Path, settings: Settings) -> list[Finding]:
    """Return the wheels that the Dockerfile names by address and that its base image's Python refuses."""
    if settings.build is None:
        return []
    path = settings.build.dockerfile
    try:
        text = (root / path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return [Finding("PF-DOCKERFILE-001", f"{path} can't be read", f"git add {path}", location=Location(path))]
    base = find_base(text)
    facts = image_facts(base[1]) if base else None
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        for match in () if line.lstrip().startswith("#") else _WHEEL.finditer(line):
            wanted = read_python(match["python"])
            if base and facts and facts.python and wanted and wanted != facts.python:
                file = match["file"].replace("%2B", "+")
                found.append(_explain(file, match["python"], number, line, text, path))
    return found
