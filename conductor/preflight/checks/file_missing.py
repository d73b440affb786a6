"""Command needs a file that is not in the image.

## What it does
Follows COPY, WORKDIR and what commands create, and looks for the files that `pip install -r`, `chmod`, `cp`, `mv` and
`cat` name.

## Why is this bad?
`No such file or directory`: the build stops, or under `set -e` the start does. The usual cause is a COPY that comes
later, or one that was forgotten.

## Example
```dockerfile
FROM python:3.11-slim
WORKDIR /app
RUN pip install -r requirements.txt
COPY . .
```
```text requirements.txt
runpod
```

## Output
```text
Dockerfile:3:20: error[PF-START-012] /app/requirements.txt is not in the image when pip needs it
    3 | RUN pip install -r requirements.txt
  remedy: COPY the file first, or correct the path: relative paths begin at WORKDIR
  docs: docs/checks/file-missing.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
```
```text requirements.txt
runpod
```

## Source
docs.docker.com/build/building/best-practices
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Location, Severity
from conductor.preflight.check import Meta
from conductor.preflight.environment.paths import absolute
from conductor.preflight.environment.pip import named_files, pip_words
from conductor.preflight.python.installed import KNOWN_BASES
from conductor.preflight.python.starts import starts
from conductor.preflight.questions import below, is_tested, runs, severity_of, tried, volumes_of

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.python.launch import Launch
    from conductor.preflight.python.opened import Use
    from conductor.preflight.subject import Subject

META = Meta(
    id="file-missing",
    code="PF-START-012",
    title="Command needs a file that is not in the image",
    severity=Severity.ERROR,
    remedy="COPY the file first, or correct the path: relative paths begin at WORKDIR",
)


_USUAL = ("/workspace", "/runpod-volume")

_WHEELS = re.compile(r"[^-].*[*?].*\.(whl|tar\.gz)|[*?].*\.(whl|tar\.gz)")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each file that certainly is not there."""
    seen: set[tuple[str, str]] = set()
    for command in subject.commands:
        files = command.before.files
        if files is None or is_tested(command):
            continue
        for index, text in _needed(command):
            path = absolute(command.before, text)
            if path is None or any(mark in path for mark in "*?[$") or (path, command.phase) in seen:
                continue
            if path.startswith("/run/"):  # where --mount=type=secret puts what it brings
                continue
            if files.find(path).state != "absent":
                continue
            seen.add((path, command.phase))
            # Without pipefail nothing asks whether the first of a pipe failed.
            severity = Severity.ADVICE if command.piped else severity_of(command)
            said = f"{path} is not in the image when {command.name} needs it"
            mounts = (*volumes_of(subject), *_USUAL)
            if command.phase == "start" and any(below(path, folder) for folder in mounts):
                severity = Severity.WARNING
                said += " (unless the volume has it)"
            yield META.finding(subject, said, command.at(index), severity=severity)
    yield from _included(subject)
    yield from _wheels(subject)
    yield from _opened(subject)


def _opened(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each file or folder that a started Python program opens and that is not there."""
    mounts = (*volumes_of(subject), *_USUAL, *_declared(subject))
    seen: set[str] = set()
    for launch, followed in starts(subject):
        files = launch.command.before.files
        for use in followed.uses if files is not None and runs(launch.command) else ():
            if use.kind == "locale":
                yield from [_no_locale(subject, launch, use)] if _lacks_locale(subject, launch, use.path) else []
                continue
            if use.kind == "above" and use.source:
                yield _too_high(subject, launch, use)
                continue
            wanted = use.path if use.kind in {"read", "list"} else posixpath.dirname(use.path)
            if wanted in seen or files is None or any(below(wanted, folder) for folder in mounts):
                continue
            if use.kind == "folder" or not use.source or files.find(wanted).state != "absent":
                continue
            seen.add(wanted)
            shown = subject.context.display(use.source)
            verb = "opens it" if wanted == use.path else f"writes {posixpath.basename(use.path)} there"
            yield META.finding(
                subject,
                f"{wanted} is not in the image when {shown} {verb}",
                Location(shown, use.line),
                _left_out(subject, wanted),
                f"{launch.shown} is started ({launch.command.path}:{launch.command.location.line})",
                severity=severity_of(launch.command),
            )


# What the C library has without any package: tried on debian:bookworm-slim and python:3.12-slim.
_LOCALES = frozenset({"c", "posix", "c.utf8"})
_BRING_LOCALES = ("locales", "language-pack", "postgresql", "task-", "belocs")


def _lacks_locale(subject: Subject, launch: Launch, name: str) -> bool:
    """Tell whether nothing can have brought a locale of that name."""
    before = launch.command.before
    base = (before.base or "").removeprefix("docker.io/").removeprefix("library/")
    if name.lower().replace("-", "") in _LOCALES or before.opaque or not base.startswith(KNOWN_BASES):
        return False
    made = any(command.name in {"locale-gen", "localedef", "update-locale"} for command in subject.commands)
    return (
        not made and "alpine" not in base and not any(each.startswith(_BRING_LOCALES) for each in before.apt_packages)
    )


def _no_locale(subject: Subject, launch: Launch, use: Use) -> Finding:
    """Say that a program sets a locale that the image has not."""
    shown, name = subject.context.display(use.source), use.path
    charset = "ISO-8859-1" if "." not in name else name.partition(".")[2]
    full = name if "." in name else f"{name}.{charset}"
    return META.finding(
        subject,
        f"the image has no locale {name}, which {shown} sets",
        Location(shown, use.line),
        f"{launch.shown} is started ({launch.command.path}:{launch.command.location.line})",
        severity=severity_of(launch.command),
        remedy=f"RUN apt-get update && apt-get install -y locales && echo '{full} {charset}' >> /etc/locale.gen && locale-gen",
    )


def _too_high(subject: Subject, launch: Launch, use: Use) -> Finding:
    """Say that a program asks for more folders above its file than there are in the image."""
    shown, count = subject.context.display(use.source), use.path.count("/")
    return META.finding(
        subject,
        f"{shown} asks for a folder that is not above {use.path}: there are {count}",
        Location(shown, use.line),
        f"{launch.shown} is started ({launch.command.path}:{launch.command.location.line})",
        severity=severity_of(launch.command),
        remedy="COPY it as deep as it lies in the project, or ask for .parent of the folder that you mean",
    )


def _left_out(subject: Subject, path: str) -> str | None:
    """Say where a file of that name lies in the context, and what keeps it out."""
    name = posixpath.basename(path)
    for folder in ("", *sorted({posixpath.dirname(entry.path) for entry in subject.context.entries()})):
        inside = posixpath.join(folder, name)
        entry = subject.context.find(inside)
        pattern = subject.context.ignored_by(inside) if entry is not None else None
        if pattern is not None:
            return f"{inside} is left out by {subject.context.ignore_file}"
        if entry is not None:
            return f"{inside} lies in the build context"
    return None


def _declared(subject: Subject) -> list[str]:
    """Return the folders of VOLUME."""
    texts = [i.json or tuple(i.text.split()) for i in subject.dockerfile.instructions if i.name == "VOLUME"]
    return [text for words in texts for text in words]


def _included(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each file that a requirements file includes and that is not there."""
    for install in subject.pip_installs:
        named = {absolute(install.environment, text) for _, text in named_files(install.command)}
        files = install.environment.files
        for file in install.files:
            if file.content is not None or file.image_path is None or file.image_path in named or files is None:
                continue
            if files.find(file.image_path).state == "absent":
                said = f"{file.image_path} is not in the image, and a requirements file includes it"
                yield META.finding(subject, said, file.location, severity=severity_of(install.command))


def _wheels(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each pattern of wheels that matches nothing, and for an empty place of all wheels."""
    for install in tried(subject):
        files, command = install.environment.files, install.command
        for index, word in enumerate(command.words) if files is not None and runs(command) else ():
            text = word.text or ""
            path = absolute(install.environment, text) if _WHEELS.fullmatch(text) else None
            if path is not None and files is not None and files.matches_none(path):
                said = f"{text} matches no file of the image, so {install.tool} is given the pattern itself"
                yield META.finding(subject, said, command.at(index))
        empty = _empty_place(install)
        if empty is not None:
            said = f"{empty} is not in the image, and {install.tool} looks for packages only there (--no-index)"
            yield META.finding(subject, said, command.location, severity=severity_of(command))


def _empty_place(install: PipInstall) -> str | None:
    """Return the place that pip looks in alone, where nothing is there and something is wanted."""
    files, places = install.environment.files, install.options.get("--find-links", ())
    if files is None or files.anywhere or not places or not install.has("--no-index"):
        return None
    paths = [absolute(install.environment, place) if "://" not in place else None for place in places]
    if not all(path is not None and files.find(path).state == "absent" for path in paths):
        return None
    wanted = (one.name or "" for one in install.requirements if one.address is None)
    missing = any(install.environment.package(install.interpreter, name) is None for name in wanted)
    return places[0] if missing else None


def _needed(command: Command) -> list[tuple[int, str]]:
    """Return (index of the word, path) of each file that the command reads."""
    if pip_words(command) is not None:
        return named_files(command)
    words = [(n, w.text) for n, w in enumerate(command.words) if n and w.text and not w.text.startswith("-")]
    if command.name in {"cp", "mv"} and len(words) >= 2 and "-t" not in command.arguments:
        return words[:-1]
    if command.name == "chmod" and len(words) >= 2:
        return [] if any(t in {"-f", "--silent", "--quiet"} for t in command.arguments) else words[1:]
    if command.name == "cat":
        return words
    return []
