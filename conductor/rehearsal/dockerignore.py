"""Which files of a build context `.dockerignore` leaves (rules: docs.docker.com, "dockerignore files")."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class IgnorePattern:
    """One line: a pattern from the context's root, and whether it takes files back in (`!`)."""

    pattern: str
    takes_back: bool

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """Return the pattern compiled; it must match a path as a whole."""
        return re.compile(_translate(self.pattern), re.DOTALL)

    def matches(self, path: str) -> bool:
        """Tell whether the path, or a folder above it, is what the pattern names."""
        parts = path.split("/")
        return any(self.expression.fullmatch("/".join(parts[:end])) for end in range(len(parts), 0, -1))


def parse_dockerignore(text: str) -> tuple[IgnorePattern, ...]:
    """Return the patterns in their order; comments and blank lines are none."""
    found = []
    for raw in text.removeprefix("\ufeff").splitlines():
        line = raw.strip()
        if raw.startswith("#") or not line:
            continue
        takes_back = line.startswith("!")
        cleaned = posixpath.normpath(line.removeprefix("!").strip()).lstrip("/")
        if cleaned and cleaned != ".":
            found.append(IgnorePattern(cleaned, takes_back))
    return tuple(found)


def is_ignored(path: str, patterns: tuple[IgnorePattern, ...]) -> bool:
    """Tell whether the file stays out of the context: the last pattern that matches it decides."""
    ignored = False
    for pattern in patterns:
        if ignored == pattern.takes_back and pattern.matches(path):
            ignored = not pattern.takes_back
    return ignored


def _translate(pattern: str) -> str:
    out = ""
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if pattern.startswith("**", at):
            at += 2
            if pattern.startswith("/", at):
                at += 1
            out += ".*" if at == len(pattern) else "(?:.*/)?"
            continue
        if character == "*":
            out += "[^/]*"
        elif character == "?":
            out += "[^/]"
        elif character == "[" and (end := _class_end(pattern, at)):
            out += _translate_class(pattern[at + 1 : end])
            at = end
        elif character == "\\" and at + 1 < len(pattern):
            at += 1
            out += re.escape(pattern[at])
        else:
            out += re.escape(character)
        at += 1
    return out


def _class_end(pattern: str, start: int) -> int | None:
    """Return where the class that opens at `start` closes, or None where it never does."""
    first = start + 2 if pattern[start + 1 : start + 2] == "^" else start + 1
    end = pattern.find("]", first + 1)
    return end if end > 0 else None


def _translate_class(inner: str) -> str:
    negated, members = (True, inner[1:]) if inner.startswith("^") else (False, inner)
    escaped = members.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace("^", "\\^")
    return f"[{'^/' if negated else ''}{escaped}]"
