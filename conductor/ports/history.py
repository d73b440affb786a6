"""A repository's history as `replay` reads it: which commits there are, and the files of each, without a checkout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from conductor.ports.tree import Kind, Tree


@dataclass(frozen=True, slots=True)
class Revision:
    """One commit: `parents` are those this clone knows of, `at` is when it was committed (aware, UTC)."""

    id: str
    parents: tuple[str, ...]
    at: datetime
    subject: str


@dataclass(frozen=True, slots=True)
class Span:
    """The commits of a range, oldest first, a parent always before its child.

    `shallow` are the commits whose parents this clone does not have. `pushed` are the commits that a push from this
    clone ended with, as far as its reflogs tell; None where none tells anything.
    """

    revisions: tuple[Revision, ...]
    shallow: frozenset[str]
    pushed: frozenset[str] | None


class RevisionTree(Tree, Protocol):
    """The files of one commit."""

    def mark(self, path: str) -> str | None:
        """Return what stands for the content that a read of this path gives: equal marks, equal content."""
        ...

    def listing(self, folder: str) -> Mapping[str, tuple[Kind, str]]:
        """Return what a folder holds: the kind and the id of each name; equal ids, equal content. Empty for none."""
        ...

    def below(self, folder: str) -> RevisionTree:
        """Return the tree that has this folder for its root."""
        ...


class Objects(Protocol):
    """An open object store."""

    def tree(self, revision: str) -> RevisionTree:
        """Return the files of a commit. Raises OutsideRefused where this clone does not have it."""
        ...


class History(Protocol):
    """The history of one repository. It can be given to another process; `open` is called in the one that reads."""

    def span(self, revisions: Sequence[str]) -> Span:
        """Return the commits that these ranges or revisions name (HEAD's without any).

        Raises OutsideRefused for a revision that does not exist.
        """
        ...

    def open(self) -> AbstractContextManager[Objects]:
        """Open the object store for as long as the block lasts."""
        ...
