"""Logs with where they are from, and what they say together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from conductor.diagnosis.causes import Cause
from conductor.diagnosis.choose import Diagnosis
from conductor.diagnosis.explain import diagnose

Capture = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Log:
    """One log. `texts` are looked at in turn until one names a cause; without any, `missing` says why.

    The first text is the part that failed, where that is known; line numbers are the same in all of them.
    """

    name: str
    texts: tuple[str, ...]
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What was fetched. `subject` names it in evidence (`run 17 attempt 2`), `place` is where a person sees it again.

    `revision` is the commit that it ran, None where that is not known; `at_worker` is true where a worker wrote it, and
    `notes` are told beside the diagnosis.
    """

    subject: str
    place: str
    logs: tuple[Log, ...]
    revision: str | None = None
    at_worker: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What one or more logs of a source say: those of a matrix that failed for the same reason have one answer."""

    diagnosis: Diagnosis
    names: tuple[str, ...] = ()


def diagnose_source(source: Source, causes: tuple[Cause, ...] | None = None) -> list[Answer]:
    """Return what the logs say, causes first and the surest before the others; equal ones once, with all their names.

    Raises nothing for a log that is missing: it has no answer.
    """
    return merge([Answer(diagnose_log(log, causes), (log.name,)) for log in source.logs if log.texts])


def diagnose_log(log: Log, causes: tuple[Cause, ...] | None = None) -> Diagnosis:
    """Return what the first of its texts says that names a cause; what the last one says where none does."""
    found = None
    for text in log.texts:
        found = diagnose(text.encode("utf-8", "replace"), causes)
        if found.suspect is not None:
            return found
    if found is None:
        raise ValueError(f"{log.name} has no text")
    return found


def merge(answers: Sequence[Answer]) -> list[Answer]:
    """Return the answers with equal ones as one; those without a cause, each of its own, behind the others."""
    merged: dict[tuple[str, Capture], Answer] = {}
    silent = []
    for answer in answers:
        mark = mark_of(answer.diagnosis)
        if mark is None:
            silent.append(answer)
        elif mark in merged:
            merged[mark] = replace(merged[mark], names=(*merged[mark].names, *answer.names))
        else:
            merged[mark] = answer
    ranked = sorted(merged.values(), key=lambda one: -one.diagnosis.suspect.strength if one.diagnosis.suspect else 0)
    return [*ranked, *silent]


def mark_of(diagnosis: Diagnosis) -> tuple[str, Capture] | None:
    """Return what makes two failures the same one: the cause, and what the log names; None without a cause."""
    suspect = diagnosis.suspect
    return None if suspect is None else (suspect.cause.code, tuple(sorted(suspect.found.items())))
