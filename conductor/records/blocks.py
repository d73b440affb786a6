"""What TASKS.md is made of: the section of a task, and the row of the chain that stands for one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from conductor.records.document import Document
from conductor.records.markup import unescape_title
from conductor.records.sections import Field, read_fields, read_values
from conductor.records.task_heads import meant_value

FORMERLY = "Formerly"  # the field that says what a task was called before a merge gave it another id


@dataclass(frozen=True)
class Block:
    """A task's section: its id, the `index` of its heading, and its offsets in the document."""

    document: Document
    id: str
    index: int
    start: int
    end: int

    @cached_property
    def fields(self) -> dict[str, Field]:
        """Return the `**Name**: value` lines below the heading."""
        return read_fields(self.document, *self.document.heading_body(self.index))

    @cached_property
    def values(self) -> dict[str, str]:
        """Return the values of the fields."""
        return read_values(self.document, *self.document.heading_body(self.index))

    @property
    def title(self) -> str:
        """Return the title as it was given; `None` and `[words]` are titles like any other."""
        return unescape_title(self.values.get("Title", "").strip())

    def value(self, name: str) -> str | None:
        """Return a field's value, or None where it is missing, empty or a placeholder in brackets."""
        return meant_value(self.values.get(name))


@dataclass(frozen=True, slots=True)
class ChainRow:
    """A row of the chain: `1. ✅ Title (TASK-…)`; `start` and `end` are its bytes, further lines included.

    `id` is the one task it stands for, `ids` are those of a range that its line names.
    """

    number: int
    mark: str | None
    title: str
    id: str | None
    ids: tuple[str, ...]
    start: int
    end: int
