"""Read requirements and constraints files as pip does: options, hashes, markers, addresses, includes, continuations."""

from __future__ import annotations

import codecs
import functools
import re
from dataclasses import dataclass, replace

from conductor.programs import known

_COMMENT = re.compile(r"(^|\s+)#.*$")
_HASH = re.compile(r"\s--hash[= ](\S+)")
_NAME = re.compile(r"^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?\s*(.*)$", re.DOTALL)
_OPTION = re.compile(r"^(--?[A-Za-z][A-Za-z-]*)(?:[ =]\s*(.*))?$")
_ADDRESS = re.compile(r"^(?:git\+|hg\+|svn\+|bzr\+)?(?:https?|file|ssh|git)(?:\+\w+)?:")

_ENDLESS = re.compile(r"\d{200}")  # no version; Python refuses to read such a number

_PIP = known("pip").command(["install"])  # a file's options are the command's


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing to install: `name` is normalised (PEP 503) or None for a bare address or path.

    `specifier` is the version part as written (`==2.7.1+cu126`), `address` the URL or path, `marker` what follows `;`.
    """

    name: str | None
    extras: tuple[str, ...]
    specifier: str
    address: str | None
    marker: str | None
    hashes: tuple[str, ...]
    line: int
    column: int
    raw: str
    editable: bool = False

    @property
    def pinned(self) -> str | None:
        """Return the version of an exact pin, local part included, or None."""
        match = re.fullmatch(r"===?\s*([^\s,*;]+)", self.specifier)
        return match[1] if match else None


@dataclass(frozen=True, slots=True)
class Option:
    """A line of the file that is an option: `--index-url ADDRESS`, `-r other.txt`."""

    name: str
    value: str | None
    line: int


@dataclass(frozen=True, slots=True)
class RequirementsFile:
    """Everything in one file; `problems` are lines that are neither, as (line, text)."""

    requirements: tuple[Requirement, ...]
    options: tuple[Option, ...]
    problems: tuple[tuple[int, str], ...]


def normalise(name: str) -> str:
    """Return the name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def decode(content: bytes | None) -> str | None:
    """Return the text of a requirements file as pip does: by its byte order mark, else UTF-8; None for a binary file.

    Editors of Windows write UTF-16, which pip reads.
    """
    if content is None:
        return None
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    return None if b"\0" in content[:8000] else content.decode("utf-8-sig", errors="replace")


@functools.lru_cache(maxsize=64)
def parse_requirements(text: str) -> RequirementsFile:
    """Read the text of a requirements or constraints file; never raises."""
    requirements: list[Requirement] = []
    options: list[Option] = []
    problems: list[tuple[int, str]] = []
    for line, content in _logical_lines(text):
        if content.startswith("-"):
            match = _OPTION.match(content)
            if match is None:
                problems.append((line, content[:200]))
                continue
            value = (match[2] or "").strip() or None
            if _PIP.long(match[1]) == "--editable" and value:
                requirements.append(replace(_read(value, line, 1), editable=True))
            else:
                options.append(Option(_PIP.long(match[1]), value, line))
            continue
        requirement = parse_requirement(content, line)
        if requirement is None:
            problems.append((line, content[:200]))
        else:
            requirements.append(requirement)
    return RequirementsFile(tuple(requirements), tuple(options), tuple(problems))


def parse_requirement(text: str, line: int = 1, column: int = 1) -> Requirement | None:
    """Read one requirement as a file or a command line gives it; None where it is none."""
    hashes = tuple(_HASH.findall(text))
    content = _HASH.sub("", text).strip()
    if not content:
        return None
    requirement = _read(content, line, column)
    if requirement.name is None and requirement.address is None:
        return None
    return Requirement(
        requirement.name,
        requirement.extras,
        requirement.specifier,
        requirement.address,
        requirement.marker,
        hashes,
        line,
        column,
        text.strip(),
    )


def _read(content: str, line: int, column: int) -> Requirement:
    body, _, marker = content.partition(" ;") if _ADDRESS.match(content) else content.partition(";")
    body, marker_text = body.strip(), marker.strip() or None
    if _ADDRESS.match(body) or body.startswith((".", "/")) or re.fullmatch(r"\S+\.(whl|tar\.gz|zip)", body):
        return Requirement(_name_of(body), (), "", body, marker_text, (), line, column, content)
    match = _NAME.match(body)
    if match is None:
        return Requirement(None, (), "", None, marker_text, (), line, column, content)
    extras = tuple(part.strip() for part in (match[2] or "").strip("[]").split(",") if part.strip())
    rest = match[3].strip()
    if rest.startswith("@"):
        return Requirement(normalise(match[1]), extras, "", rest[1:].strip(), marker_text, (), line, column, content)
    specifier = rest.strip("() ")
    if _ENDLESS.search(specifier):
        return Requirement(None, (), "", None, marker_text, (), line, column, content)
    if specifier and not re.fullmatch(r"\s*(?:(?:===?|[<>!~]=|[<>])\s*[^\s,<>=!~]+\s*,?\s*)+", specifier):
        return Requirement(None, (), "", None, marker_text, (), line, column, content)
    return Requirement(normalise(match[1]), extras, specifier, None, marker_text, (), line, column, content)


def _name_of(address: str) -> str | None:
    """Return the distribution that an address names: `#egg=`, or the first part of a wheel's or archive's name."""
    egg = re.search(r"[#&]egg=([A-Za-z0-9._-]+)", address)
    if egg:
        return normalise(egg[1])
    file = address.partition("#")[0].partition("?")[0].rsplit("/", 1)[-1]
    wheel = re.match(r"([A-Za-z0-9][A-Za-z0-9._]*)-[^-]+(?:-\d[^-]*)?-[^-]+-[^-]+-[^-]+\.whl$", file)
    if wheel:
        return normalise(wheel[1])
    archive = re.match(r"([A-Za-z0-9][A-Za-z0-9._-]*?)-\d[^-]*\.(?:tar\.gz|zip)$", file)
    return normalise(archive[1]) if archive else None


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Join continuation lines and drop comments; the number is that of the first line."""
    lines: list[tuple[int, str]] = []
    pending: list[str] = []
    start = 0
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if not pending:
            start = number
        stripped = raw.rstrip()
        if stripped.endswith("\\") and not stripped.lstrip().startswith("#"):
            pending.append(stripped[:-1] + " ")
            continue
        content = _COMMENT.sub("", "".join(pending) + raw).strip()
        pending = []
        if content:
            lines.append((start, content))
    if pending:
        content = _COMMENT.sub("", "".join(pending)).strip()
        if content:
            lines.append((start, content))
    return lines
