"""Ids as people and agents type them: in any case, with or without zeros, and as short as names one record only.

`TASK-2026-01-05-002`, `task-2026-1-5-2`, `01-05-002`, `002` and `2` can all name one task. In front of a text, a word
is an id if it is written like one, or is a plain number with one more argument behind it; a number that begins a
sentence in separate words is refused where a task has it, for it could be either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from conductor.domain.text import one_line
from conductor.errors import UsageProblem
from conductor.records.files import ERRORS, TASK_ARCHIVE, TASKS
from conductor.records.grammar import NOT_FURTHER, is_error_id, is_task_id
from conductor.records.store import Records
from conductor.records.task_lists import load_tasks

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed: its prefix if it has one, its numbers from the left, its letter, and whether it must be an id."""

    prefix: str
    parts: tuple[int, ...]
    letter: str
    is_sure: bool

    def fits(self, record_id: str) -> bool:
        """Tell whether the id ends with these numbers, and begins with this prefix."""
        if not is_task_id(record_id) and not is_error_id(record_id):
            return False
        prefix, *numbers = record_id.split("-")
        letter = numbers[-1][-1] if numbers[-1][-1].isalpha() else ""
        values = tuple(int(number.rstrip("abcdefghijklmnopqrstuvwxyz")) for number in numbers)
        same = self.prefix in {"", prefix} and self.letter in {"", letter}
        return same and values[-len(self.parts) :] == self.parts


@dataclass(frozen=True, slots=True)
class _Kind:
    noun: str
    prefix: str
    listing: str
    load: Callable[[Records, bool], dict[str, str]]
    files: Callable[[Records], list[str]]


def _tasks(records: Records, archives: bool) -> dict[str, str]:  # noqa: FBT001 - one of two places to look
    return {task.id: task.title for task in load_tasks(records, archives=archives)}


def _errors(records: Records, _: bool) -> dict[str, str]:  # noqa: FBT001 - the ledger has no archive
    from conductor.records.errors_ledger import load_errors

    return {row.id: row.area for row in load_errors(records)}


_TASK = _Kind(
    "task",
    "TASK",
    "conductor task list --all",
    _tasks,
    lambda records: [TASKS, *records.archives(TASK_ARCHIVE)],
)
_ERROR = _Kind("error", "ERR", "conductor error list --all", _errors, lambda _: [ERRORS])


def resolve_task_id(records: Records, word: str) -> str:
    """Return the id of the one task that the word names; raises UsageProblem, with the nearest ids, for any other."""
    return _resolve(records, _TASK, word)


def resolve_error_id(records: Records, word: str) -> str:
    """Return the id of the one error that the word names; raises UsageProblem, with the nearest ids, for any other."""
    return _resolve(records, _ERROR, word)


def take_task_id(records: Records, words: list[str]) -> tuple[str | None, list[str]]:
    """Return the task that the first of several words names, or None, and the text behind it.

    Raises UsageProblem where that word is written like an id and names no task, where it could be either, and where
    an id has no text behind it. Nothing that is written like an id is ever taken for text.
    """
    typed = parse_typed(words[0]) if words else None
    if typed is None or typed.prefix == "ERR":
        return None, words
    rest = words[1:]
    if not rest:
        if typed.is_sure or _fitting(typed, _known(records, _TASK, typed)):
            raise UsageProblem(
                f"{words[0][:40]!r} names a task, and no text follows", hint='write the text behind it: … 2 "the text"'
            )
        return None, words
    if typed.is_sure:
        return _resolve(records, _TASK, words[0]), rest
    apart = len(rest) == 1 or any(" " in word for word in rest)
    if apart and (not typed.letter and len(typed.parts) == 1):
        return _resolve(records, _TASK, words[0]), rest
    if not _fitting(typed, _known(records, _TASK, typed)):
        return None, words
    if apart:
        return _resolve(records, _TASK, words[0]), rest
    raise UsageProblem(
        f"{words[0][:40]!r} could be a task or the beginning of the text",
        hint=f'quote the text: "{one_line(" ".join(words), 60)}", or {words[0]} "{one_line(" ".join(rest), 60)}"',
    )


def whole_id(word: str) -> str:
    """Return a task's or error's id that was typed in full, in its one form; raises UsageProblem for anything else."""
    typed = parse_typed(word)
    if typed is None or not typed.prefix or len(typed.parts) != 4:
        raise UsageProblem(
            f"{word[:80]!r} is not the whole id of a task or an error",
            hint="an id reads TASK-2026-01-05-002 or ERR-2026-01-05-001",
        )
    year, month, day, number = typed.parts
    return f"{typed.prefix}-{year:04d}-{month:02d}-{day:02d}-{number:03d}{typed.letter}"


def unknown_id(records: Records, word: str) -> UsageProblem:
    """Return the error for a task that no record names, with the nearest ids."""
    return _unknown(records, _TASK, word)


@cache
def _shape() -> re.Pattern[str]:
    return re.compile(
        r"(?i:(?P<prefix>TASK|ERR|ERROR)[-_#]?|#)?(?P<numbers>(?:[0-9]{1,9}-)*[0-9]{1,9})(?P<letter>[a-z]?)"
    )


def parse_typed(word: str) -> Typed | None:
    """Return what a word says as an id, or None where it is none: another word, a date, a version, a large number."""
    text = re.sub("[\u2010-\u2015\u2212]", "-", _in_ascii(word).strip()).strip("[](),:;`'\"")
    if text[:4].upper() in {"TASK", "ERR_"}:
        text = text.replace("_", "-")
    match = _shape().fullmatch(text if text[-1:] not in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" else text[:-1] + text[-1:].lower())
    if match is None:
        return Typed("TASK", (), "", is_sure=True) if text.upper().startswith("TASK-YYYY") else None
    numbers = match["numbers"].split("-")
    parts = tuple(map(int, numbers))
    prefix = {"T": "TASK", "E": "ERR"}.get((match["prefix"] or "").upper()[:1], "")
    if not prefix and (parts[-1] == 0 or len(numbers[-1]) > 4 or not _can_be_id(numbers)):
        return None
    padded = len(numbers[-1]) >= 3 and numbers[-1][0] == "0"
    dated = len(parts) > 2 and parts[-3] <= 12 and parts[-2] <= 31 and len(numbers[-1]) >= 3
    return Typed(prefix, parts, match["letter"], is_sure=bool(prefix) or padded or dated or len(parts) == 4)


def _in_ascii(word: str) -> str:
    """Return the word with plain letters and digits where it has wide or other ones, without what can't be seen."""
    if word.isascii():
        return word
    import unicodedata

    seen = [letter for letter in unicodedata.normalize("NFKC", word) if unicodedata.category(letter) != "Cf"]
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in seen)


def _can_be_id(numbers: list[str]) -> bool:
    """Tell whether these can be the last parts of an id: three of them are no date, four begin with a year."""
    if len(numbers) == 3:
        return len(numbers[0]) < 4 and len(numbers[2]) < 4
    return len(numbers) < 4 or (len(numbers) == 4 and len(numbers[0]) == 4)


def _resolve(records: Records, kind: _Kind, word: str) -> str:
    typed = parse_typed(word)
    if typed is None or not typed.parts or typed.prefix not in {"", kind.prefix}:
        raise UsageProblem(
            f"{one_line(word, 80)!r} is not {_article(kind)}'s id",
            hint=f"an id reads {kind.prefix}-2026-01-05-002, and 2 is enough where it names one only"
            + _nearest(records, kind, word),
        )
    if len(typed.parts) == 4:
        name = whole_id(f"{kind.prefix}-{'-'.join(map(str, typed.parts))}{typed.letter}")
        if _stands(records, kind, name):
            return name
    found = _fitting(typed, _known(records, kind, typed))
    if len(found) == 1:
        return next(iter(found))
    if not found:
        raise _unknown(records, kind, word)
    raise UsageProblem(
        f"{word[:40]!r} fits {len(found)} {kind.noun}s", hint=f"write more of the id: {_told(found.items())}"
    )


def _known(records: Records, kind: _Kind, typed: Typed) -> dict[str, str]:
    """Return titles by id: of what is at hand, and of the archives where nothing at hand fits."""
    known = kind.load(records, False)
    return known if _fitting(typed, known) else kind.load(records, True)


def _fitting(typed: Typed, known: dict[str, str]) -> dict[str, str]:
    found = {name: title for name, title in known.items() if typed.fits(name)}
    exact = {name: title for name, title in found.items() if name[-1].isalpha() == bool(typed.letter)}
    return exact or found


def _stands(records: Records, kind: _Kind, name: str) -> bool:
    """Tell whether a record names the id: by its bytes, so that a damaged file doesn't hide it."""
    pattern = re.compile(name.encode() + NOT_FURTHER.encode())
    for path in kind.files(records):
        found = records.root / path
        if found.is_file() and (name in path or pattern.search(found.read_bytes())):
            return True
    return False


def _unknown(records: Records, kind: _Kind, word: str) -> UsageProblem:
    return UsageProblem(
        f"no record names {one_line(word, 80)}",
        hint=f"{kind.listing} shows every {kind.noun}{_nearest(records, kind, word)}",
        path=kind.files(records)[0],
    )


def _nearest(records: Records, kind: _Kind, word: str) -> str:
    import difflib

    known = kind.load(records, True)
    typed = parse_typed(word)
    last = typed.parts[-1:] if typed else ()
    same = [name for name in known if typed and Typed("", last, "", is_sure=False).fits(name)] if last else []
    close = difflib.get_close_matches(word.upper(), known, n=_SHOWN, cutoff=0.5)
    names = list(dict.fromkeys([*(close if len(word) > 8 else []), *same, *close, *sorted(known, reverse=True)]))
    return f"; nearest: {_told((name, known[name]) for name in names)}" if names else ""


def _told(found: Iterable[tuple[str, str]]) -> str:
    every = [f"{name} ({one_line(title, 40)})" if title else name for name, title in found]
    return ", ".join(every[:_SHOWN])


def _article(kind: _Kind) -> str:
    return "an error" if kind.prefix == "ERR" else "a task"
