"""Look through a log of any size for the lines that tell something: in pieces, so that memory does not grow with it.

Each sign of a cause has words that its line must hold. Most of a log holds none of them: whole pieces are searched for
the words, and only a line with one is looked at by itself.
"""

from __future__ import annotations

import functools
import itertools
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from conductor.diagnosis.causes import Cause, Sign
from conductor.diagnosis.ends import WORDS, failed_step, is_bad, is_good, is_job_failure
from conductor.domain.text import strip_controls

PIECE = 1 << 20
_AROUND = 8  # lines on each side that `near` looks at
_LONGEST = 4096  # bytes of a line that are read; of a longer one, those around the words
_MOST_HITS = 40  # of one sign; what a log says a thousand times it says in the first forty
_MOST_SAME, _MOST_KNOWN = 20, 50_000  # how often a line of one shape is looked at, and how many shapes are kept
_OVERLAP = 256  # bytes that two parts of a long line share
# Quotation marks of other locales and of rich tracebacks.
_QUOTES = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
_DIGITS = b"0123456789"
_MOST_TOLD = 12  # lines that are shown where no cause is found

# What stands before the text of a line: GitHub's time, BuildKit's step and seconds, compose's and Kubernetes's names.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\d]*(?:Z|[+-]\d\d:?\d\d)?\s?")
_STEP = re.compile(r"#(?P<step>\d+) (?:\d+\.\d+ )?")
_SECONDS = re.compile(r"\d+\.\d+ (?=\S)")
_NAME = re.compile(r"[\w./-]{1,60}\s{0,30}\| ")
_GROUP = re.compile(r"##\[(?:error|warning|group|endgroup|command|debug)\]")

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


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that has a sign of a cause; `found` are the sign's named groups."""

    cause: Cause
    sign: Sign
    line: Line
    found: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass
class Seen:
    """What a log holds: hits in its order, the lines that say that something failed, and how it ended."""

    hits: list[Hit] = field(default_factory=list)
    lines: int = 0
    bad: list[Line] = field(default_factory=list)
    last_bad: int = 0
    last_good: int = 0
    failed_steps: set[str] = field(default_factory=set)
    job_failed: bool = False
    tail: list[Line] = field(default_factory=list)


class _Kind:
    """The lines of one shape (digits left out): their words, how many more are looked at, how they say it went."""

    __slots__ = ("left", "mark", "words")

    def __init__(self, words: list[bytes]) -> None:
        self.words = words
        self.left = _MOST_SAME
        self.mark = 0


class _Place:
    """Where the lines of a piece stand; asked in the order of the lines."""

    def __init__(self, rest: bytes, number: int, steps: list[tuple[int, str]], step: str) -> None:
        self.rest = rest
        self._number, self._counted = number, 0
        self._steps, self._step = steps, step
        self._next = 0

    @property
    def last_step(self) -> str:
        """Return the step in which the piece ends."""
        return self._steps[-1][1] if self._steps else self._step

    def end(self, start: int) -> int:
        """Return where the line ends that begins there, or where no more of it is read."""
        found = self.rest.find(b"\n", start, start + _LONGEST)
        return found if found >= 0 else min(len(self.rest), start + _LONGEST)

    def number(self, start: int) -> int:
        """Return the number of the line."""
        if start > self._counted:
            self._number += self.rest.count(b"\n", self._counted, start)
            self._counted = start
        return self._number

    def line(self, start: int) -> Line:
        """Return the line that begins there."""
        while self._next < len(self._steps) and self._steps[self._next][0] <= start:
            self._step = self._steps[self._next][1]
            self._next += 1
        text = strip_controls(self.rest[start : self.end(start)].decode("utf-8", "replace").rstrip("\r\n"))
        text, own = _bare(text.translate(_QUOTES))
        return Line(self.number(start), text, own or self._step)


class Scanner:
    """Reads one log: `feed` each piece, `end` it, then look at `seen`."""

    def __init__(self, causes: tuple[Cause, ...], piece: int = PIECE) -> None:
        self.seen = Seen()
        self._piece = piece
        self._signs, self._groups = _index(causes)
        self._hits: Counter[int] = Counter()
        self._rest = b""
        self._done = 0  # bytes of `_rest` whose lines have been looked at
        self._number = 0  # lines before `_rest`
        self._step = ""
        self._known: dict[bytes, _Kind | None] = {}

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the log."""
        self._rest += piece
        if len(self._rest) >= self._piece:
            self._look(final=False)

    def end(self) -> Seen:
        """Look at what is left and return what the log holds."""
        self._look(final=True)
        self.seen.hits.sort(key=lambda hit: hit.line.number)
        self.seen.lines = self._number + self._rest.count(b"\n") + (not self._rest.endswith(b"\n") if self._rest else 0)
        return self.seen

    def _look(self, *, final: bool) -> None:
        rest = self._rest
        # The last lines wait for those behind them: `near` looks at both sides.
        limit = len(rest) if final else _line_end(rest, len(rest) - _LONGEST)
        place = _Place(rest, self._number + 1, list(self._steps(rest, limit)), self._step)
        lines = list(_parts(rest[self._done : limit].lower(), self._done))
        kinds = self._kinds({shape: low for _, low, shape in lines})
        for start, low, shape in lines:
            kind = kinds.get(shape)
            if kind is not None:
                self._one(place, kind, low, start)
        if final:
            self.seen.tail = [place.line(start) for start in _last_starts(rest, 6)]
        self._step = place.last_step
        keep = 0 if final else max(0, _line_end(rest, limit - _LONGEST))
        self._number += rest.count(b"\n", 0, keep)
        self._rest, self._done = rest[keep:], limit - keep

    def _kinds(self, shapes: dict[bytes, bytes]) -> dict[bytes, _Kind]:
        """Return those of the shapes that hold words of a sign; each comes with a line of it.

        The words are looked for in all new lines at once: most are in none of them.
        """
        known = {shape: self._known[shape] for shape in shapes if shape in self._known}
        new = [(shape, low) for shape, low in shapes.items() if shape not in known]
        text = b"\n".join(low for _, low in new)
        ends = list(itertools.accumulate(len(low) + 1 for _, low in new))
        held: dict[int, list[bytes]] = {}
        for word, group in self._groups.items():
            at = text.find(word)
            while at >= 0:
                index = bisect_right(ends, at)
                low = new[index][1]
                held.setdefault(index, []).extend(has for has in group if has in low)
                at = text.find(word, ends[index])
        for index, (shape, _) in enumerate(new):
            kind = _Kind(held[index]) if held.get(index) else None
            if len(self._known) < _MOST_KNOWN:
                self._known[shape] = kind
            if kind:
                known[shape] = kind
        return {shape: kind for shape, kind in known.items() if kind}

    def _one(self, place: _Place, kind: _Kind, low: bytes, start: int) -> None:
        """Look at a line, unless enough of its kind have been seen."""
        if kind.left:
            kind.left -= 1
            line = place.line(start)
            for has in kind.words:
                for cause, sign in self._signs.get(has, ()):
                    self._try(cause, sign, line, place.rest, start)
            kind.mark = self._note(line, low)
            self._mark(kind.mark, line.number)
        elif kind.mark:
            self._mark(kind.mark, place.number(start))

    def _mark(self, mark: int, number: int) -> None:
        if mark < 0:
            self.seen.last_bad = number
        elif mark > 0:
            self.seen.last_good = number

    def _try(self, cause: Cause, sign: Sign, line: Line, rest: bytes, start: int) -> None:
        if self._hits[id(sign)] >= _MOST_HITS:
            return
        found = sign.match.search(line.text) if sign.match else None
        if (sign.match and not found) or (sign.unless and sign.unless.search(line.text)):
            return
        if sign.near and not sign.near.search(_window(rest, start)):
            return
        self._hits[id(sign)] += 1
        groups = {name: value for name, value in found.groupdict().items() if value} if found else {}
        self.seen.hits.append(Hit(cause, sign, line, groups))

    def _note(self, line: Line, low: bytes) -> int:
        """Note a line that says how it went: return -1 for one that says badly, 1 for well, 0 for neither."""
        seen = self.seen
        if step := failed_step(low):
            seen.failed_steps.add(step)
        seen.job_failed = seen.job_failed or is_job_failure(low)
        if is_bad(line.text, low):
            if len(seen.bad) < _MOST_TOLD or line.text != seen.bad[-1].text:
                seen.bad = [*seen.bad[: _MOST_TOLD // 2], *seen.bad[_MOST_TOLD // 2 :][-_MOST_TOLD // 2 :], line]
            return -1
        return 1 if is_good(line.text, job_failed=seen.job_failed) else 0

    def _steps(self, rest: bytes, limit: int) -> Iterator[tuple[int, str]]:
        """Yield where the steps begin that begin in what has not been looked at; few lines hold a word of theirs."""
        found = (at for word in _STEP_WORDS for at in _places(rest, word, self._done, limit))
        starts = {rest.rfind(b"\n", max(0, at - _BEFORE_STEP), at) + 1 for at in found}
        for start in sorted(starts):
            if match := _BEGINS.match(rest, start, limit):
                yield start, match["step"].strip().decode("utf-8", "replace")


def _places(text: bytes, word: bytes, start: int, end: int) -> Iterator[int]:
    at = text.find(word, start, end)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word), end)


def _parts(text: bytes, start: int) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield each line, or part of a long one, with where it begins and its shape."""
    for line in text.split(b"\n"):
        if len(line) <= _LONGEST:
            yield start, line, line.translate(None, _DIGITS)
        else:
            for at in range(0, len(line), _LONGEST - _OVERLAP):
                part = line[at : at + _LONGEST]
                yield start + at, part, part.translate(None, _DIGITS)
        start += len(line) + 1


class Readable(Protocol):
    """What a log is read from, a piece at a time."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes, none at the end."""
        ...


def scan(stream: Readable, causes: tuple[Cause, ...]) -> Seen:
    """Read a log to its end. Raises OSError where the stream can't be read."""
    scanner = Scanner(causes)
    while piece := stream.read(PIECE):
        scanner.feed(piece)
    return scanner.end()


def _bare(text: str) -> tuple[str, str]:
    """Return a line without time, step, seconds and names before it, and the step's number where it has one."""
    step = ""
    for _ in range(3):
        before = text
        text = _TIME.sub("", text, count=1) if _TIME.match(text) else text
        text = _GROUP.sub("", text, count=1) if _GROUP.match(text) else text
        if match := _STEP.match(text):
            step, text = f"#{match['step']}", text[match.end() :]
        text = text[match.end() :] if (match := _SECONDS.match(text)) else text
        text = text[match.end() :] if (match := _NAME.match(text)) else text
        if text == before:
            break
    return text, step


@functools.lru_cache(maxsize=4)
def _index(causes: tuple[Cause, ...]) -> tuple[dict[bytes, list[tuple[Cause, Sign]]], dict[bytes, list[bytes]]]:
    """Return the signs by their words, and all words by the few that find them."""
    signs: dict[bytes, list[tuple[Cause, Sign]]] = defaultdict(list)
    for cause in causes:
        for sign in cause.signs:
            signs[sign.has].append((cause, sign))
    return dict(signs), _group((*signs, *WORDS))


def _group(words: Iterable[bytes]) -> dict[bytes, list[bytes]]:
    """Return a few short words such that each given one holds one of them, with those that do."""
    left = set(words)
    parts = {
        part for word in left for part in (word, *(one for one in re.split(rb"[^a-z0-9_]+", word) if len(one) > 3))
    }
    held = {part: {word for word in left if part in word} for part in sorted(parts)}
    groups: dict[bytes, list[bytes]] = {}
    while left:
        best = max(held, key=lambda part: (len(held[part] & left), len(part)))
        groups[best] = sorted(held[best] & left)
        left -= held[best]
    return groups


def _line_end(text: bytes, at: int) -> int:
    """Return where the line begins that holds the byte before `at`, or `at` itself in a line without an end."""
    return text.rfind(b"\n", max(0, at - _LONGEST), max(0, at)) + 1 or max(0, at)


def _last_starts(text: bytes, count: int) -> Iterator[int]:
    found: list[int] = []
    end = len(text.rstrip())
    while end > 0 and len(found) < count:
        end = max(text.rfind(b"\n", 0, end), 0)
        found.append(end + 1 if text[end : end + 1] == b"\n" else end)
    yield from reversed(found)


def _window(rest: bytes, start: int) -> str:
    before = start
    for _ in range(_AROUND):
        before = max(rest.rfind(b"\n", max(0, before - _LONGEST), max(0, before - 1)) + 1, 0)
    after = start
    for _ in range(_AROUND + 1):
        found = rest.find(b"\n", after, after + _LONGEST)
        if found < 0:
            after = min(len(rest), after + _LONGEST)
            break
        after = found + 1
    return rest[max(before, start - _LONGEST) : after].decode("utf-8", "replace")
