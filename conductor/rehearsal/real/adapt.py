"""The Dockerfile as this machine can build it: what fetches from where nothing answers is left out, and said."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from conductor.preflight.parse.dockerfile import Instruction, parse_dockerfile

_ADDRESS = re.compile(r"https?://(?:[^/\s\"'@]*@)?([A-Za-z0-9.-]+)(?::(\d+))?")
_GIT = re.compile(r"\.git(?:#|\s|$)")
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}")
_SYNTAX = re.compile(r"^#\s*syntax\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Adapted:
    """The text that is built, as many lines as were written, and each difference in words."""

    text: str
    differences: tuple[str, ...]


def list_addresses(text: str) -> list[str]:
    """Return the hosts, with the port where it is written, that the file's RUN and ADD lines name."""
    fetching = (one for one in parse_dockerfile(text).instructions if one.name in {"RUN", "ADD"})
    return sorted({_host(match) for instruction in fetching for match in _ADDRESS.finditer(_whole(instruction))})


def adapt(text: str, silent: Collection[str]) -> Adapted:
    """Return the file without what can't be had here: what hosts in `silent` serve, and digests of base images.

    An engine older than 23 adds no git repository either, and a frontend named by `# syntax=` is in no registry here.
    A base image that was pushed again, or stands in, has a digest of its own.
    """
    dockerfile = parse_dockerfile(text)
    lines, differences = list(dockerfile.lines), []
    for index, line in enumerate(lines):
        if _SYNTAX.match(line):
            lines[index] = "#"
            differences.append(f"line {index + 1}: no frontend is fetched ({line.strip()})")
        elif line.strip() and not line.lstrip().startswith("#"):
            break
    for instruction in dockerfile.instructions:
        first, last = instruction.line - 1, instruction.end_line
        if instruction.name in {"FROM", "COPY"} and _DIGEST.search(lines[first]):
            lines[first] = _DIGEST.sub("", lines[first])
            differences.append(f"line {instruction.line}: the digest of the base image is left out")
            continue
        reason = _why_not(instruction, silent)
        if reason:
            lines[first:last] = [_instead(instruction), *["#"] * (last - first - 1)]
            differences.append(f"line {instruction.line}: {instruction.name} left out, {reason}")
    return Adapted("\n".join(lines) + "\n", tuple(differences))


def _why_not(instruction: Instruction, silent: Collection[str]) -> str:
    if instruction.name not in {"RUN", "ADD"}:
        return ""
    hosts = [_host(match) for match in _ADDRESS.finditer(_whole(instruction))]
    gone = [host for host in hosts if host in silent]
    if gone:
        return f"{gone[0]} does not answer here"
    if instruction.name == "ADD" and hosts and _GIT.search(instruction.text):
        return "this engine adds no git repository"
    return ""


def _instead(instruction: Instruction) -> str:
    place = instruction.text.split()[-1] if instruction.name == "ADD" else ""
    return f"RUN mkdir -p {place}" if place.startswith("/") else "# left out by the rehearsal"


def _whole(instruction: Instruction) -> str:
    return " ".join([instruction.text, *(document.content for document in instruction.heredocs)])


def _host(match: re.Match[str]) -> str:
    return f"{match[1]}:{match[2]}" if match[2] else match[1]
