"""Look through a log of any size for the lines that tell something: in pieces, so that memory does not grow with it.

Each sign of a cause has words that its line must hold. Most of a log holds none of them: whole pieces are searched for
the words, and only a line with one is looked at by itself.
"""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Protocol

from conductor.diagnosis.causes import Cause, Sign
from conductor.diagnosis.ends import WORDS, failed_step, is_bad, is_good, is_job_failure
from conductor.diagnosis.lines import LONGEST, Line, Place, find_steps
from conductor.diagnosis.own_error import READERS, OwnError
from conductor.diagnosis.words import DIGITS, Words, shape_of

PIECE = 1 << 20
_AROUND = 8  # lines on each side that `near` looks at
_MOST_HITS = 40  # of one sign; what a log says a thousand times it says in the first forty
_MOST_SAME, _MOST_KNOWN = 20, 50_000  # how often a line of one shape is looked at, and how many shapes are kept
_OVERLAP = 256  # bytes that two parts of a long line share
_MOST_TOLD = 12  # lines that are shown where no cause is found
_TAIL = 1 << 17  # bytes at the end that are kept whole


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that has a sign of a cause; `found` are the sign's named groups."""

    cause: Cause
    sign: Sign
    line: Line
    found: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass
class Seen:
    """What a log holds: hits in its order, the lines that say that something failed, and how it ended.

    `tail` are its last lines, of at most 128 kB; `own` is what its programs say themselves there.
    """

    hits: list[Hit] = field(default_factory=list)
    lines: int = 0
    bad: list[Line] = field(default_factory=list)
    last_bad: int = 0
    last_good: int = 0
    failed_steps: set[str] = field(default_factory=set)
    job_failed: bool = False
    tail: list[Line] = field(default_factory=list)
    own: list[tuple[Cause, OwnError]] = field(default_factory=list)


class _Kind:
    """The lines of one shape: their words, how many more are looked at, how they say it went."""

    __slots__ = ("left", "mark", "words")

    def __init__(self, words: list[bytes]) -> None:
        self.words = words
        self.left = _MOST_SAME
        self.mark = 0


class Scanner:
    """Reads one log: `feed` each piece, `end` it, then look at `seen`."""

    def __init__(self, causes: tuple[Cause, ...], piece: int = PIECE) -> None:
        self.seen = Seen()
        self._piece = piece
        self._causes = causes
        self._signs, self._words = _index(causes)
        self._hits: Counter[int] = Counter()
        self._rest = b""
        self._done = 0  # bytes of `_rest` whose lines have been looked at
        self._number = 0  # lines before `_rest`
        self._step = ""  # where `_rest` begins
        self._known: dict[bytes, _Kind | None] = {}

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the log."""
        self._rest += piece
        if len(self._rest) - self._done >= self._piece:
            self._look(final=False)

    def end(self) -> Seen:
        """Look at what is left and return what the log holds."""
        self._look(final=True)
        self.seen.hits.sort(key=lambda hit: hit.line.number)
        self.seen.lines = self._number + self._rest.count(b"\n") + (not self._rest.endswith(b"\n") if self._rest else 0)
        self.seen.tail = list(self._tail())
        read = ((cause, READERS[cause.reads](self.seen.tail)) for cause in self._causes if cause.reads)
        self.seen.own = [(cause, own) for cause, own in read if own]
        return self.seen

    def _look(self, *, final: bool) -> None:
        rest, done = self._rest, self._done
        # The last lines wait for those behind them: `near` looks at both sides.
        limit = len(rest) if final else max(done, _line_end(rest, len(rest) - LONGEST))
        place = Place(rest, find_steps(rest, done, limit), self._step)
        starts, numbers, shapes = _parts(rest[done:limit].lower(), done, self._number + rest.count(b"\n", 0, done) + 1)
        kinds = self._kinds(shapes)
        for index, shape in enumerate(shapes):
            if shape in kinds:
                self._one(place, kinds[shape], starts[index], numbers[index])
        self._step = place.last_step
        keep = 0 if final else max(0, _line_end(rest, limit - _TAIL))
        self._number += rest.count(b"\n", 0, keep)
        self._rest, self._done = rest[keep:], limit - keep

    def _kinds(self, shapes: list[bytes]) -> dict[bytes, _Kind]:
        """Return those of the shapes that hold words of a sign."""
        new, known = [], {}
        for shape in dict.fromkeys(shapes):
            if shape not in self._known:
                new.append(shape)
            elif kind := self._known[shape]:
                known[shape] = kind
        held = self._words.find(new)
        for index, shape in enumerate(new):
            kind = _Kind(held[index]) if index in held else None
            if len(self._known) < _MOST_KNOWN:
                self._known[shape] = kind
            if kind:
                known[shape] = kind
        return known

    def _one(self, place: Place, kind: _Kind, start: int, number: int) -> None:
        """Look at a line, unless enough of its kind have been seen."""
        if kind.left:
            kind.left -= 1
            line, low = place.read(start, number)
            for word in kind.words:
                for cause, sign in self._signs.get(word, ()):
                    if sign.has in low:
                        self._try(cause, sign, line, place.rest, start)
            kind.mark = self._note(line, low)
        if kind.mark < 0:
            self.seen.last_bad = number
        elif kind.mark > 0:
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

    def _note(self, line: Line, low: str) -> int:
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

    def _tail(self) -> Iterator[Line]:
        """Yield the last lines, with the steps that they belong to."""
        rest = self._rest[-_TAIL:]
        if not rest.strip():
            return
        before = len(self._rest) - len(rest)
        number = self._number + self._rest.count(b"\n", 0, before)
        place = Place(rest, find_steps(rest, 0, len(rest)), self._step)
        starts = accumulate((len(line) + 1 for line in rest.rstrip().split(b"\n")[:-1]), initial=0)
        for index, start in enumerate(starts):
            yield place.read(start, number + index + 1)[0]


def _parts(low: bytes, start: int, number: int) -> tuple[list[int], list[int], list[bytes]]:
    """Return where each line begins, or part of a long one, its number and its shape."""
    lines = low.split(b"\n")
    starts = list(accumulate((len(line) + 1 for line in lines[:-1]), initial=start))
    if len(max(lines, key=len)) <= LONGEST:
        return starts, list(range(number, number + len(lines))), low.translate(None, DIGITS).split(b"\n")
    places = [
        (begin + at, number + index, line[at : at + LONGEST].translate(None, DIGITS))
        for index, (begin, line) in enumerate(zip(starts, lines, strict=True))
        for at in (range(0, len(line), LONGEST - _OVERLAP) if len(line) > LONGEST else (0,))
    ]
    return [one[0] for one in places], [one[1] for one in places], [one[2] for one in places]


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


@functools.lru_cache(maxsize=4)
def _index(causes: tuple[Cause, ...]) -> tuple[dict[bytes, list[tuple[Cause, Sign]]], Words]:
    """Return the signs by the shape of their words, and what finds all the words."""
    signs: dict[bytes, list[tuple[Cause, Sign]]] = defaultdict(list)
    for cause in causes:
        for sign in cause.signs:
            signs[shape_of(sign.has)].append((cause, sign))
    return dict(signs), Words([*(sign.has for cause in causes for sign in cause.signs), *WORDS])


def _line_end(text: bytes, at: int) -> int:
    """Return where the line begins that holds the byte before `at`, or `at` itself in a line without an end."""
    return text.rfind(b"\n", max(0, at - LONGEST), max(0, at)) + 1 or max(0, at)


def _window(rest: bytes, start: int) -> str:
    before = start
    for _ in range(_AROUND):
        before = max(rest.rfind(b"\n", max(0, before - LONGEST), max(0, before - 1)) + 1, 0)
    after = start
    for _ in range(_AROUND + 1):
        found = rest.find(b"\n", after, after + LONGEST)
        if found < 0:
            after = min(len(rest), after + LONGEST)
            break
        after = found + 1
    return rest[max(before, start - LONGEST) : after].decode("utf-8", "replace")
