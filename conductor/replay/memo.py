"""What was judged once is not judged again: a judgement holds for every commit that answers its questions alike.

A judgement asks a tree for names, kinds and contents, and whether a day had come. All of that is written down; a later
commit for which every answer is the same has the same judgement, however much else it changes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from conductor.domain.day import CalendarDay
from conductor.ports.history import RevisionTree
from conductor.ports.tree import Node

T = TypeVar("T")
# (folder that the tree was opened below, what was asked, path) -> the answer; a read is remembered by its mark.
_Asked = dict[tuple[str, str, str], object]
_KEPT = 24


@dataclass(frozen=True, slots=True, eq=False)
class TracedTree:
    """A tree that notes what it is asked."""

    tree: RevisionTree
    asked: _Asked
    folder: str = ""

    def names(self, folder: str) -> frozenset[str] | None:
        """Return the names in a folder."""
        answer = self.tree.names(folder)
        self.asked[(self.folder, "names", folder)] = answer
        return answer

    def node(self, path: str) -> Node | None:
        """Return what stands at the path."""
        answer = self.tree.node(path)
        self.asked[(self.folder, "node", path)] = answer
        return answer

    def read(self, path: str, limit: int) -> bytes | None:
        """Return a file's first `limit` bytes."""
        self.asked[(self.folder, "read", path)] = self.tree.mark(path)
        return self.tree.read(path, limit)

    def below(self, folder: str) -> TracedTree:
        """Return the tree that has this folder for its root."""
        below = f"{self.folder}/{folder}" if self.folder else folder
        return TracedTree(self.tree.below(folder), self.asked, below)


@dataclass(frozen=True, slots=True)
class TracedDay:
    """A day that notes which other days it was asked about."""

    day: CalendarDay
    asked: dict[str, bool]

    def reached(self, other: str) -> bool:
        """Tell whether that day had come."""
        answer = self.day.reached(other)
        self.asked[other] = answer
        return answer


@dataclass(slots=True)
class Trace:
    """The questions of one judgement with their answers."""

    files: _Asked = field(default_factory=dict)
    days: dict[str, bool] = field(default_factory=dict)

    def holds(self, tree: RevisionTree, day: CalendarDay) -> bool:
        """Tell whether this tree and this day answer every question alike."""
        if any(day.reached(other) != answer for other, answer in self.days.items()):
            return False
        below: dict[str, RevisionTree] = {"": tree}
        for (folder, what, path), answer in self.files.items():
            if folder not in below:
                below[folder] = tree.below(folder)
            place = below[folder]
            given = place.mark(path) if what == "read" else place.names(path) if what == "names" else place.node(path)
            if given != answer:
                return False
        return True


class Memo(Generic[T]):
    """The latest judgements with what they asked."""

    def __init__(self) -> None:
        self._known: deque[tuple[Trace, T]] = deque(maxlen=_KEPT)

    def find(self, tree: RevisionTree, day: CalendarDay) -> T | None:
        """Return a judgement that holds for this tree and day, or None."""
        for index, (trace, judged) in enumerate(self._known):
            if trace.holds(tree, day):
                if index:
                    del self._known[index]
                    self._known.appendleft((trace, judged))
                return judged
        return None

    def keep(self, trace: Trace, judged: T) -> None:
        """Remember a judgement."""
        self._known.appendleft((trace, judged))
