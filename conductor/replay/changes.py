"""Which files differ between two commits, found by the ids of their trees: folders that are alike are not opened."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conductor.ports.history import RevisionTree

MAX_CHANGES = 300


def changed_files(tree: RevisionTree, before: RevisionTree) -> tuple[str, ...]:
    """Return the paths of the files that differ, at most `MAX_CHANGES`."""
    return tuple(sorted(islice(_changed(tree, before, ""), MAX_CHANGES)))


def _changed(tree: RevisionTree, before: RevisionTree, folder: str) -> Iterator[str]:
    now, then = tree.listing(folder), before.listing(folder)
    for name in now.keys() | then.keys():
        if now.get(name) == then.get(name):
            continue
        path = f"{folder}/{name}" if folder else name
        if "folder" in {listed[name][0] for listed in (now, then) if name in listed}:
            yield from _changed(tree, before, path)
        else:
            yield path
