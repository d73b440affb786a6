"""What a release does to the remote repository, over SSH."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PushResult:
    """One ref after a push; `old` is what it named before, None where it is new or was not told."""

    ref: str
    revision: str
    old: str | None
    was_there: bool
    url: str


class RemoteRefs(Protocol):
    """The refs of one remote."""

    def push(self, revision: str, branch: str) -> PushResult:
        """Push that revision to that branch, never by force; a branch that has it already is success."""
        ...

    def read(self, ref: str) -> str | None:
        """Return the object the remote's ref names, or None where there is no such ref."""
        ...

    def swap(self, ref: str, new: str | None, expected: str | None) -> bool:
        """Set (with None: delete) the ref only if it names `expected` (None: is not there); tell whether it did."""
        ...

    def write_note(self, text: str) -> str:
        """Store the text as a commit of its own, without files, and return its id."""
        ...

    def read_note(self, ref: str) -> str | None:
        """Return the text of the commit the remote's ref names, or None where it can't be had."""
        ...
