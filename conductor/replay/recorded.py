"""What a commit did to the records: what it lost, renamed or brought back, and which tasks it claims to be complete."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conductor.records.grammar import DONE_MARK, DROPPED_MARK
from conductor.records.history import PATHS, Sighting, read_sightings, words_in_common
from conductor.records.task_heads import is_closed, read_status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conductor.ports.history import RevisionTree

MAX_RECORD = 4_000_000
_KEPT = 64
_CALLED = {"task": "task", "row": "row of the task chain", "entry": "journal entry", "error": "error"}


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that a commit took out of every record; `planned` is a task that was neither done nor dropped."""

    kind: str
    key: str
    title: str
    planned: bool

    @property
    def name(self) -> str:
        """Return what it is called in a sentence."""
        title = f" ({self.title})" if self.title and self.title != self.key else ""
        key = self.key if self.kind in {"task", "error"} else repr(self.key)
        return f"{_CALLED[self.kind]} {key}{title}"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one commit did to the records; `renamed` are (id, title before, title now), `claims` ids made COMPLETE."""

    lost: tuple[Loss, ...] = ()
    found: frozenset[tuple[str, str]] = frozenset()
    renamed: tuple[tuple[str, str, str], ...] = ()
    claims: tuple[tuple[str, str], ...] = ()


_Held = dict[tuple[str, str], Sighting]
NOTHING = Recorded()


class RecordReader:
    """Compares the records of a commit with those of its parents; a version of a file is read once."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[tuple[str, str], ...], _Held] = OrderedDict()

    def compare(self, tree: RevisionTree, parents: Sequence[RevisionTree]) -> Recorded:
        """Return what the commit did; nothing where it has no parent that can be read."""
        files, before = _files(tree), [_files(parent) for parent in parents]
        if not before or files in before:
            return NOTHING
        now = self._held(tree, files)
        held = [self._held(parent, one) for parent, one in zip(parents, before, strict=True)]
        every: _Held = {key: one for old in reversed(held) for key, one in old.items()}
        renamed_to = {one.title for key, one in now.items() if key not in every}
        return Recorded(
            tuple(_losses(every, now, renamed_to)),
            frozenset(now.keys() - every.keys()),
            tuple(_renamed(every, now)),
            tuple(_claims(every, now)),
        )

    def _held(self, tree: RevisionTree, files: tuple[tuple[str, str], ...]) -> _Held:
        if files not in self._known:
            held: _Held = {}
            for path, _ in files:
                text = (tree.read(path, MAX_RECORD) or b"").decode("utf-8", "replace")
                for one in read_sightings(text, path, ""):
                    known = held.get((one.kind, one.key))
                    # A task stands in its block and in the chain: its block has the title.
                    if known is None or (not known.title and one.title):
                        held[(one.kind, one.key)] = one
            self._known[files] = held
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return self._known[files]


def _files(tree: RevisionTree) -> tuple[tuple[str, str], ...]:
    """Return the record files with what stands for their content."""
    names = sorted(tree.names("") or ())
    found = []
    for name in names:
        if name.startswith(PATHS):
            below = tree.names(name)
            paths = [f"{name}/{one}" for one in sorted(below)] if below is not None else [name]
            found += [(path, mark) for path in paths if (mark := tree.mark(path)) is not None]
    return tuple(found)


def _losses(every: _Held, now: _Held, renamed_to: set[str]) -> Iterator[Loss]:
    for (kind, key), one in every.items():
        if (kind, key) in now:
            continue
        if kind in {"row", "entry"} and any(words_in_common(key, title) >= 0.5 for title in renamed_to):
            continue
        closed = one.state in {DONE_MARK, DROPPED_MARK} or is_closed(one.state)
        yield Loss(kind, key, one.title, planned=kind in {"task", "row"} and not closed)


def _renamed(every: _Held, now: _Held) -> Iterator[tuple[str, str, str]]:
    for (kind, key), one in now.items():
        before = every.get((kind, key))
        if kind != "task" or before is None or not before.title or not one.title or before.title.startswith("["):
            continue
        if words_in_common(before.title, one.title) < 0.5:
            yield key, before.title, one.title


def _claims(every: _Held, now: _Held) -> Iterator[tuple[str, str]]:
    for (kind, key), one in now.items():
        before = every.get((kind, key))
        done = _is_done(one.state)
        if kind == "task" and done and not (before is not None and _is_done(before.state)):
            yield key, one.title


def _is_done(state: str) -> bool:
    return state == DONE_MARK or read_status(state).startswith("COMPLETE")
