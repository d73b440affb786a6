"""What a person may choose from: priorities and statuses, with the nearest choice for a word that is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conductor.domain.text import one_line
from conductor.errors import UsageProblem
from conductor.records.task_heads import STATUSES

# A priority as it is written -> its rank, 0 first. Files may hold other words; they are kept, and rank in the middle.
PRIORITIES = {"P0": 0, "critical": 0, "P1": 1, "high": 1, "P2": 2, "medium": 2, "P3": 3, "low": 3}
_MIDDLE = 2
_OTHER_STATUS = {
    **dict.fromkeys(("DONE", "COMPLETED", "FINISHED", "CLOSED", "RESOLVED"), "COMPLETE"),
    **dict.fromkeys(("TODO", "OPEN", "NEW", "PLANNED", "PENDING", "BACKLOG"), "PLANNING"),
    **dict.fromkeys(("DOING", "WIP", "ACTIVE", "STARTED", "CURRENT", "ONGOING"), "IN_PROGRESS"),
    **dict.fromkeys(("REVIEW", "TEST", "IN_REVIEW"), "TESTING"),
    **dict.fromkeys(("CANCELLED", "CANCELED", "WONTFIX", "ABANDONED"), "DROPPED"),
    **dict.fromkeys(("WAITING", "STUCK", "ON_HOLD"), "BLOCKED"),
}
_OTHER_PRIORITY = {"URGENT": "critical", "NORMAL": "medium", "HIGHEST": "critical", "LOWEST": "low", "BLOCKER": "P0"}


def read_priority(text: str, present: Iterable[str] = ()) -> str:
    """Return the priority as it is written, in any case; `present` are further words that files hold.

    Raises UsageProblem, with the choices, for any other word.
    """
    return _choose("priority", text, {**_by_name(PRIORITIES), **_by_name(present)}, _OTHER_PRIORITY, PRIORITIES)


def read_status_choice(text: str, present: Iterable[str] = ()) -> str:
    """Return the status as it is written, in any case; `present` are further words that files hold.

    Raises UsageProblem, with the choices, for any other word.
    """
    return _choose("status", text, {**_by_name(STATUSES), **_by_name(present)}, _OTHER_STATUS, STATUSES)


def rank(priority: str | None) -> tuple[int, str]:
    """Return what tasks are ordered by: the most urgent first."""
    known = _by_name(PRIORITIES).get(_plain(priority or ""))
    return PRIORITIES[known] if known else _MIDDLE, priority or ""


def _by_name(words: Iterable[str]) -> dict[str, str]:
    return {_plain(word): word for word in words}


def _plain(word: str) -> str:
    return word.strip().upper().replace("-", "_").replace(" ", "_")


def _choose(what: str, text: str, known: Mapping[str, str], others: Mapping[str, str], shown: Iterable[str]) -> str:
    word = _plain(text)
    if word in known:
        return known[word]
    import difflib

    near = others.get(word) or next((known[one] for one in difflib.get_close_matches(word, known, n=1)), None)
    meant = f"; did you mean {near}?" if near else ""
    raise UsageProblem(f"{one_line(text, 40)!r} is not a {what}{meant}", hint="use one of " + ", ".join(shown))
