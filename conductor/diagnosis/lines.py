"""A line of a log: its text without what stands before it, its number, and the step that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from conductor.domain.text import strip_controls

LONGEST = 4096  # bytes of a line that are read; of a longer one, those around the words

# Quotation marks of other locales and of rich tracebacks.
_QUOTES = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
# What stands before the text of a line: GitHub's time, BuildKit's step and seconds, compose's and Kubernetes's names,
# the stream of a container runtime, the job and step of `gh run view`, a job of RunPod.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\d]*(?:Z|[+-]\d\d:?\d\d)?\s?")
_STEP = re.compile(r"#(?P<step>\d+) (?:\d+\.\d+ )?")
_SECONDS = re.compile(r"\d+\.\d+ (?=\S)")
_NAME = re.compile(r"[\w./-]{1,60}\s{0,30}\| ")
_GROUP = re.compile(r"##\[(?:error|warning|group|endgroup|command|debug)\]")
_SOURCE = re.compile(
    r"std(?:out|err) [FP] |[\w-]{6,60}\[(?:info|error|warn|warning|debug)\]|\[pod/[\w./-]{1,120}\] "
    r"|[^\t]{1,120}\t[^\t]{1,120}\t(?=\ufeff?\d{4}-\d\d-\d\dT)"
    r"|[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ [\w.-]{1,60}:\d+\] "
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S{1,60} \S{1,60}\[\d+\]: "
)

# Where a step begins that has no number on each of its lines: buildah, the classic builder, kaniko, GitHub's steps.
_STEP_WORDS = (b"STEP ", b"Step ", b"##[group]Run ", b"INFO[")
_BEFORE_STEP = 64  # bytes: the time of a line
_BEGINS = re.compile(
    rb"(?:\S{0,40}\dZ )?"
    rb"(?P<step>(?:STEP \d+(?:/\d+)?: |Step \d+/\d+ : |##\[group\]Run |INFO\[\d+\] (?:RUN|COPY|ADD) )[^\n]{0,200})"
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log: its number from 1, its text without what stands before it, its step where that is known."""

    number: int
    text: str
    step: str = ""


class Place:
    """Where the lines of a piece stand; asked in the order of the lines.

    `steps` are where steps begin in the piece and their names, `step` the one in which it begins.
    """

    def __init__(self, rest: bytes, steps: list[tuple[int, str]], step: str) -> None:
        self.rest = rest
        self._steps, self._step = steps, step
        self._next = 0

    @property
    def last_step(self) -> str:
        """Return the step in which the piece ends."""
        return self._steps[-1][1] if self._steps else self._step

    def read(self, start: int, number: int) -> tuple[Line, str]:
        """Return the line of that number that begins there, and its whole text in lower case."""
        while self._next < len(self._steps) and self._steps[self._next][0] <= start:
            self._step = self._steps[self._next][1]
            self._next += 1
        end = self.rest.find(b"\n", start, start + LONGEST)
        raw = self.rest[start : end if end >= 0 else start + LONGEST]
        text = strip_controls(raw.decode("utf-8", "replace").rstrip("\r\n")).translate(_QUOTES)
        bare, own = _bare(text)
        return Line(number, bare, own or self._step), text.lower()


def find_steps(rest: bytes, start: int, end: int) -> list[tuple[int, str]]:
    """Return where the steps begin that begin between the two places, and their names; few lines hold such a word."""
    found = (at for word in _STEP_WORDS for at in _places(rest, word, start, end))
    starts = {rest.rfind(b"\n", max(0, at - _BEFORE_STEP), at) + 1 for at in found}
    matches = ((at, _BEGINS.match(rest, at, end)) for at in sorted(starts))
    return [(at, match["step"].strip().decode("utf-8", "replace")) for at, match in matches if match]


def _places(text: bytes, word: bytes, start: int, end: int) -> Iterator[int]:
    at = text.find(word, start, end)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word), end)


def _bare(text: str) -> tuple[str, str]:
    """Return a line without time, step, seconds and names before it, and the step's number where it has one."""
    step = ""
    for _ in range(3):
        before = text
        text = _TIME.sub("", text, count=1) if _TIME.match(text) else text
        text = _GROUP.sub("", text, count=1) if _GROUP.match(text) else text
        text = _SOURCE.sub("", text, count=1).lstrip("\ufeff") if _SOURCE.match(text) else text
        if match := _STEP.match(text):
            step, text = f"#{match['step']}", text[match.end() :]
        text = text[match.end() :] if (match := _SECONDS.match(text)) else text
        text = text[match.end() :] if (match := _NAME.match(text)) else text
        if text == before:
            break
    return text, step
