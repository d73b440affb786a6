"""What is wrong with a configuration though every key has the right type: values nobody filled in, files not there."""

from __future__ import annotations

import re
from pathlib import Path

from conductor.config.schema import FILL_IN
from conductor.config.settings import Settings
from conductor.domain.finding import Finding, Location
from conductor.errors import ConductorError, ConfigurationProblem

DOCS = "docs/configuration.md#what-is-not-filled-in"
# Host, then path components as the distribution specification has them; no tag, no digest.
_REPOSITORY = re.compile(
    r"(?:[A-Za-z0-9.-]+(?::\d+)?/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
)
_WHAT = {
    "build.workflow": "the workflow that builds and pushes the image, as .github/workflows/NAME.yml",
    "build.dockerfile": "the Dockerfile, from the project's root",
    "build.context": "the folder that the image is built in, from the project's root",
    "build.image": "the image's repository without a tag, as ghcr.io/owner/name",
}


def is_repository(text: str) -> bool:
    """Tell whether this names an image's repository that can be pushed to: lower case, an owner, no tag, no digest."""
    return _REPOSITORY.fullmatch(text) is not None and "/" in text.removeprefix("docker.io/")


def find_faults(root: Path, settings: Settings) -> list[Finding]:
    """Return what keeps the configuration from being used, each with its line and what to write."""
    found = _find_unfilled(settings)
    given = {"smoke.input": settings.smoke.input, "smoke.example": settings.smoke.example}
    if settings.smoke.quality is not None:
        given["smoke.expect.quality.reference"] = settings.smoke.quality.reference
    for name, path in given.items():
        if path is not None and name not in settings.unfilled and not (root / path).is_file():
            remedy = f"commit {path}, or name the file that is there"
            found.append(_fault("CF-PATH-001", settings, name, f"{name}: there is no {path}", remedy))
    if settings.build is None:
        return found
    for name in ("build.workflow", "build.dockerfile", "build.context"):
        path = _value_of(settings, name)
        if name not in settings.unfilled and not (root / path).exists():
            remedy = f"write {_WHAT[name]}, or add {path}"
            found.append(_fault("CF-PATH-001", settings, name, f"{name}: there is no {path}", remedy))
    return found


def require_filled(settings: Settings) -> None:
    """Raise ConfigurationProblem, with every one of them, where a value is not filled in or can't be used."""
    problems = [
        ConductorError(
            finding.message,
            hint=finding.remedy,
            path=finding.location.path if finding.location else settings.source,
            line=finding.location.line if finding.location else None,
        )
        for finding in _find_unfilled(settings)
    ]
    if problems:
        raise ConfigurationProblem(problems)


def _find_unfilled(settings: Settings) -> list[Finding]:
    found = []
    for name in settings.unfilled:
        what = _WHAT.get(name) or ("the endpoint's id, or env:VARIABLE," if name.endswith(".id") else "its value")
        remedy = f"write {what} in the place of {_value_of(settings, name)!r}"
        found.append(_fault("CF-FILL-001", settings, name, f"{name} is not filled in", remedy))
    build = settings.build
    if build is not None and "build.image" not in settings.unfilled and not is_repository(build.image):
        message = f"build.image: {build.image!r} is not a repository's name"
        remedy = "write it in lower case, with its owner, without a tag or digest: docker.io/owner/name"
        found.append(_fault("CF-IMAGE-001", settings, "build.image", message, remedy))
    return found


def _fault(code: str, settings: Settings, name: str, message: str, remedy: str) -> Finding:
    return Finding(code, message, remedy, location=_place(settings, name), docs=DOCS)


def _place(settings: Settings, name: str) -> Location:
    line, column = settings.places.get(name, (None, None))
    return Location(settings.source or "CONDUCTOR.md", line, column)


def _value_of(settings: Settings, name: str) -> str:
    if name.startswith("build.") and settings.build is not None:
        return str(getattr(settings.build, name.removeprefix("build.")))
    parts = name.split(".")
    if parts[0] == "targets":
        return next((str(getattr(one, parts[-1])) for one in settings.targets if one.name == parts[1]), FILL_IN)
    return FILL_IN
