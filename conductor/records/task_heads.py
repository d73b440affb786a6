"""Tasks as a list shows them, and the blocks of a file that has thousands of them, read in one go."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from conductor.records.document import Document
from conductor.records.files import TASKS
from conductor.records.grammar import field_lines, is_task_id, task_ids
from conductor.records.headings import hidden_regions
from conductor.records.markup import unescape_title
from conductor.records.sections import plain_title

STATUSES = ("PLANNING", "IN_PROGRESS", "BLOCKED", "TESTING", "CLAIMED", "COMPLETE", "DROPPED", "SUPERSEDED")
CLOSED = ("COMPLETE", "DROPPED", "SUPERSEDED")
CURRENT_HEADING = "Current Task"
_NOTHING = frozenset({"none", "-", "n/a", "not yet"})
_STATUS_WORD = re.compile(r"[A-Za-z_]+")
# A block as Conductor and its family begin it: the first fields in this order, the others behind them.
_HEAD = re.compile(
    rb"\n##[ \t]+([^\n]*?)[ \t]*\n\*\*Task ID\*\*:[ \t]*([^\n]*?)[ \t]*\n(?:\*\*Formerly\*\*:[^\n]*\n)?"
    rb"\*\*Title\*\*:[ \t]*([^\n]*?)[ \t]*\n\*\*Status\*\*:[ \t]*([^\n]*?)[ \t]*(?:\n|\Z)((?:\*\*[^\n]*(?:\n|\Z))*)"
)


class Task:
    """A task as a list shows it; `place` is block, chain or archive.

    What a list does not always show (its line, from 1, and the further fields) is read when it is asked for.
    """

    __slots__ = ("_document", "_fields", "_start", "current", "id", "place", "status", "title")

    def __init__(
        self,
        task_id: str,
        title: str,
        status: str,
        place: str,
        document: Document,
        start: int,
        *,
        current: bool = False,
        fields: dict[str, str] | bytes = b"",
    ) -> None:
        self.id, self.title, self.status, self.place, self.current = task_id, title, status, place, current
        self._document, self._start, self._fields = document, start, fields

    def __repr__(self) -> str:
        return f"<{self.id} {self.status} {self.title!r}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Task) and self._shown() == other._shown()

    def __hash__(self) -> int:
        return hash(self.id)

    def _shown(self) -> tuple[object, ...]:
        return (self.id, self.title, self.status, self.place, self.current, self.path, self.line, *self._more())

    def _more(self) -> tuple[object, ...]:
        return (self.priority, self.phase, self.started, self.depends)

    @property
    def closed(self) -> bool:
        """Tell whether nothing is left to do: complete, dropped or superseded."""
        return is_closed(self.status)

    @property
    def path(self) -> str:
        """Return the file it stands in."""
        return self._document.path

    @property
    def line(self) -> int:
        """Return the line it begins at."""
        return self._document.line_of(self._start)

    @property
    def priority(self) -> str | None:
        """Return how urgent it is, as it is written."""
        return self._value("Priority")

    @property
    def phase(self) -> str | None:
        """Return the phase it belongs to."""
        return self._value("Phase")

    @property
    def started(self) -> str | None:
        """Return when it was begun, as it is written."""
        return self._value("Started")

    @property
    def depends(self) -> tuple[str, ...]:
        """Return the tasks that must be closed before it."""
        if isinstance(self._fields, bytes) and b"TASK-" not in self._fields:
            return ()
        return tuple(task_ids().findall(self._value("Dependencies") or ""))

    def _value(self, name: str) -> str | None:
        if isinstance(self._fields, bytes):
            found = reversed(field_lines().findall(self._fields))
            self._fields = {key.decode("utf-8", "replace"): text.decode("utf-8", "replace") for key, text in found}
        return meant_value(self._fields.get(name))


def meant_value(text: str | None) -> str | None:
    """Return a field's value, or None where it is missing, empty or a placeholder in brackets."""
    value = text.strip() if text else ""
    if not value or value.lower() in _NOTHING:
        return None
    return None if value[0] == "[" and value[-1] == "]" else value


@cache
def read_status(text: str) -> str:
    """Return the status a line means: one of ours where its first word is one, else the text as it stands.

    `COMPLETE (SUPERSEDED BY TASK-…)` is SUPERSEDED.
    """
    if "SUPERSEDED BY" in text.upper():
        return "SUPERSEDED"
    word = _STATUS_WORD.match(text)
    name = word[0].upper() if word else ""
    return name if name in STATUSES and "|" not in text else text


@cache
def is_closed(status: str) -> bool:
    """Tell whether a status, in any spelling, means that nothing is left to do."""
    return read_status(status).startswith(CLOSED)


def is_complete(status: str) -> bool:
    """Tell whether a status, in any spelling, says that the work is done: `✅ Completed` does too."""
    read = read_status(status)
    word = _STATUS_WORD.search(read)
    return word is not None and "|" not in read and word[0].upper().startswith("COMPLETE")


@cache
def is_current_heading(text: str) -> bool:
    """Tell whether a heading's text says that the current task stands below."""
    return plain_title(text) == CURRENT_HEADING.casefold()


def read_heads(document: Document, *, only_open: bool, most: int | None = None) -> dict[str, Task | None] | None:
    """Return the tasks of every block by id, in the file's order; None for a closed one where only open ones count.

    Of more than `most` open ones the others are None too.

    Returns None where the file has blocks in another shape, or something that may hide one: it has to be read heading
    by heading then.
    """
    heads = _find_heads(document)
    if heads is None:
        return None
    place = "block" if document.path == TASKS else "archive"
    found: dict[str, Task | None] = {}
    opened = 0
    for match in heads:
        heading, written, title, status, fields = match.groups()
        name = written.decode("utf-8", "replace")
        state = _state_of(status)
        if name in found or not is_task_id(name):
            continue
        if only_open and (is_closed(state) or opened == most):
            found[name] = None
            continue
        opened += 1
        current = place == "block" and is_current_heading(heading.decode("utf-8", "replace"))
        words = title.decode("utf-8", "replace")
        found[name] = Task(
            name, unescape_title(words), state, place, document, match.start(), current=current, fields=fields
        )
    return found


@cache
def _state_of(status: bytes) -> str:
    return read_status(meant_value(status.decode("utf-8", "replace")) or "PLANNING")


def match_heads(document: Document) -> list[tuple[int, bytes, bytes]] | None:
    """Return where each block begins, with its id and its status as they are written; None as `read_heads` does."""
    heads = _find_heads(document)
    return None if heads is None else [(match.start(), match[2], match[4]) for match in heads]


@lru_cache(maxsize=64)
def _find_heads(document: Document) -> list[re.Match[bytes]] | None:
    plain = document.plain
    heads = list(_HEAD.finditer(b"\n" + plain))
    if len(heads) != plain.count(b"**Task ID"):
        return None
    is_hidden = any(b"**Task ID" in plain[start:end] for start, end in hidden_regions(plain))
    return None if is_hidden else heads
