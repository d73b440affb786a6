"""Which files of a build context the builder never sees: `.dockerignore` as moby's patternmatcher reads it."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field

_CLASS = re.compile(r"\[(\^?)((?:\\.|[^\]\\])+)\]")


@dataclass(frozen=True, slots=True)
class IgnorePattern:
    """One line of the file: `text` as written, `line` from 1; `keeps` is true for a `!` line."""

    text: str
    line: int
    keeps: bool
    segments: tuple[re.Pattern[str] | None, ...]  # None is `**`: any number of folders

    def matches(self, parts: tuple[str, ...]) -> bool:
        """Tell whether the pattern names this path or one of the folders above it."""
        reached = {0}
        for part in parts:
            reached = _closure(self.segments, reached)
            if len(self.segments) in reached:
                return True
            reached = _step(self.segments, reached, part)
        last = self.segments[-1] is None if self.segments else False
        return len(self.segments) in (reached if last else _closure(self.segments, reached))


@dataclass(frozen=True, slots=True)
class DockerIgnore:
    """The patterns of one file, in order; `problems` holds lines the builder refuses, as (line, text)."""

    patterns: tuple[IgnorePattern, ...] = ()
    problems: tuple[tuple[int, str], ...] = field(default=())

    def ignored_by(self, path: str) -> IgnorePattern | None:
        """Return the pattern that takes this path out of the context, or None where the builder sees it.

        `path` is relative to the context with forward slashes. The last matching line decides, as in Docker.
        """
        parts = tuple(part for part in path.split("/") if part not in {"", "."})
        decision: IgnorePattern | None = None
        for pattern in self.patterns:
            if pattern.keeps == (decision is not None) and pattern.matches(parts):
                decision = None if pattern.keeps else pattern
        return decision

    def ignores(self, path: str) -> bool:
        """Tell whether this path is not part of the context."""
        return self.ignored_by(path) is not None

    @property
    def has_exceptions(self) -> bool:
        """Tell whether a `!` line exists, so that an ignored folder may still hold files the builder sees."""
        return any(pattern.keeps for pattern in self.patterns)


def parse_dockerignore(text: str) -> DockerIgnore:
    """Read the text of a `.dockerignore`; lines that are not patterns become `problems`, none raises."""
    patterns: list[IgnorePattern] = []
    problems: list[tuple[int, str]] = []
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        pattern = "" if raw.startswith("#") else raw.strip()
        if not pattern:
            continue
        keeps = pattern.startswith("!")
        cleaned = _clean(pattern[1:].strip() if keeps else pattern)
        if cleaned == ".":
            continue  # Docker keeps this line without meaning, for old files
        try:
            segments = tuple(_segment(part) for part in cleaned.split("/"))
        except re.error:
            problems.append((number, raw.strip()))
            continue
        patterns.append(IgnorePattern(pattern, number, keeps, segments))
    return DockerIgnore(tuple(patterns), tuple(problems))


def _clean(pattern: str) -> str:
    """Return the path as Go's filepath.Clean gives it, without a leading slash."""
    if not pattern:
        return "."
    cleaned = posixpath.normpath(pattern)
    cleaned = cleaned[1:] if cleaned.startswith("//") else cleaned
    return cleaned[1:] if len(cleaned) > 1 and cleaned.startswith("/") else cleaned


def _segment(text: str) -> re.Pattern[str] | None:
    """Compile one part of a pattern; each star takes as little as it can and never gives back, so time is linear."""
    if text == "**":
        return None
    pieces = [""]
    position = 0
    while position < len(text):
        character = text[position]
        bracket = _CLASS.match(text, position) if character == "[" else None
        if character == "*":
            while text.startswith("*", position):
                position += 1
            pieces.append("")
            continue
        if character == "[" and bracket is None:
            raise re.error("unterminated character class")
        if bracket is not None:
            pieces[-1] += f"[{bracket[1]}{bracket[2].replace('[', chr(92) + '[')}]"
            position = bracket.end()
        elif character == "\\" and position + 1 < len(text):
            pieces[-1] += re.escape(text[position + 1])
            position += 2
        else:
            pieces[-1] += "." if character == "?" else re.escape(character)
            position += 1
    return re.compile(_join(pieces), re.DOTALL)


def _join(pieces: list[str]) -> str:
    """Return one expression from the parts between the stars."""
    if len(pieces) == 1:
        return pieces[0]
    middle = "".join(f"(?>.*?{piece})" for piece in pieces[1:-1])
    return f"{pieces[0]}{middle}.*{pieces[-1]}"


def _closure(segments: tuple[re.Pattern[str] | None, ...], states: set[int]) -> set[int]:
    """Add the states that are reached because `**` may stand for no folder at all."""
    reached = set(states)
    for state in range(len(segments)):
        if state in reached and segments[state] is None:
            reached.add(state + 1)
    return reached


def _step(segments: tuple[re.Pattern[str] | None, ...], states: set[int], part: str) -> set[int]:
    """Return the states after one more path part."""
    reached: set[int] = set()
    for state in states:
        if state == len(segments):
            continue
        segment = segments[state]
        if segment is None:
            reached.update({state, state + 1} if state == len(segments) - 1 else {state})
        elif segment.fullmatch(part):
            reached.add(state + 1)
    return reached
