"""Which of the causes that a log shows is the first one: the others follow from it, or are of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from conductor.diagnosis.causes import HINT, LIKELY, SURE, Cause
from conductor.diagnosis.ends import is_warning
from conductor.diagnosis.lines import Line
from conductor.diagnosis.scan import Hit, Seen
from conductor.domain.finding import Confidence

_MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class Suspect:
    """A cause with the lines that show it; `strength` is how much speaks for it, 1 to 3, `sure` how much its words do.

    The first is less than the second where a line only warns, or stands in a step that did not fail.
    """

    cause: Cause
    strength: int
    sure: int
    lines: tuple[Line, ...]
    found: dict[str, str]
    step: str

    @property
    def first(self) -> int:
        """Return the number of the first line that shows it as strongly."""
        return self.lines[0].number


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a log says: the first cause and how sure that is, further ones of their own, and what to read otherwise."""

    suspect: Suspect | None
    confidence: Confidence
    also: tuple[Suspect, ...]
    told: tuple[Line, ...]
    lines: int


def choose(seen: Seen) -> Diagnosis:
    """Return the diagnosis of a log that was looked through."""
    known = [_ended_by(one, seen) for one in _without_consequences(_suspects(seen))]
    suspects = _without_consequences([*known, *_own_errors(seen, known)])
    ranked = sorted(suspects, key=lambda one: (-one.strength, bool(one.cause.reads), one.first, -one.sure))
    told = tuple(seen.bad or [line for line in seen.tail if line.text.strip()][-6:])
    if not ranked or _ended_well(seen, ranked[0]):
        return Diagnosis(None, Confidence.LOW, (), told, seen.lines)
    best = ranked[0]
    also = tuple(one for one in ranked[1:] if one.step not in {"", best.step} and _stands_alone(one, best, seen))
    return Diagnosis(best, _confidence(best, seen), also, told, seen.lines)


def _ended_by(suspect: Suspect, seen: Seen) -> Suspect:
    """Return a suspect that is only hinted at as a likely one, where the program ended with that very exception."""
    ending = {line.number for _, own in seen.own if own.exception and own.last for line in own.lines}
    if suspect.strength == HINT and any(line.number in ending for line in suspect.lines):
        return replace(suspect, strength=LIKELY)
    return suspect


def _own_errors(seen: Seen, known: list[Suspect]) -> Iterator[Suspect]:
    """Yield what programs say themselves and nothing that is known explains; the exception before the command."""
    for cause, own in seen.own:
        explained = {line.number for one in known if cause.code not in one.cause.after for line in one.lines}
        if not any(own.begins <= number <= own.ends for number in explained):
            strength = LIKELY if own.exception and own.last else HINT
            yield Suspect(cause, strength, strength, own.lines, dict(own.found), own.lines[0].step)
            return


def _stands_alone(one: Suspect, best: Suspect, seen: Seen) -> bool:
    """Tell whether a cause of another step is one of its own: a sure one beside a sure one, or its step failed too."""
    if one.cause.reads:
        return False
    return one.strength == best.strength == SURE or (one.strength >= LIKELY and one.step in seen.failed_steps)


def _suspects(seen: Seen) -> list[Suspect]:
    by_cause: dict[str, list[tuple[int, Hit]]] = {}
    for hit in seen.hits:
        strength = _strength(hit, seen)
        if strength:
            by_cause.setdefault(hit.cause.code, []).append((strength, hit))
    return [_suspect(found) for found in by_cause.values()]


def _suspect(found: list[tuple[int, Hit]]) -> Suspect:
    strength = max(one for one, _ in found)
    hits = [hit for one, hit in found if one == strength]
    lines = tuple({hit.line.number: hit.line for hit in hits}.values())[:_MOST_LINES]
    groups: dict[str, str] = {}
    for hit in hits:
        groups = {**hit.found, **groups}
    sure = max(hit.sign.sure for _, hit in found)
    return Suspect(hits[0].cause, strength, sure, lines, groups, hits[0].line.step)


def _strength(hit: Hit, seen: Seen) -> int:
    """Return how much the line speaks for its cause: less where it warns, or stands in a step that did not fail."""
    strength = hit.sign.sure
    if is_warning(hit.line.text):
        strength -= 1
    if seen.failed_steps and hit.line.step.startswith("#") and hit.line.step not in seen.failed_steps:
        strength -= 1
    return strength


def _without_consequences(suspects: list[Suspect]) -> list[Suspect]:
    sure = {one.cause.code: one.sure for one in suspects}
    return [one for one in suspects if all(sure.get(code, 0) < one.strength for code in one.cause.after)]


def _ended_well(seen: Seen, best: Suspect) -> bool:
    last = best.lines[-1].number
    return seen.last_good > max(seen.last_bad, last)


def _confidence(best: Suspect, seen: Seen) -> Confidence:
    failed = seen.last_bad > 0
    # What a log goes on after, as if nothing had been, may have been somebody's `|| true`.
    ends_it = seen.last_bad > best.lines[0].number or best.lines[-1].number == seen.lines
    if ends_it and (best.strength == SURE or (best.strength == LIKELY and failed)):
        return Confidence.HIGH
    if best.strength == SURE:
        return Confidence.MEDIUM
    return Confidence.MEDIUM if best.strength == LIKELY or (best.strength == HINT and failed) else Confidence.LOW
