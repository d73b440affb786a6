"""The files of a project as the rooms that judge it read them: a folder on disk, or a revision straight from git.

A path is relative to the tree's root with `/` between its parts, "" for the root itself; names are compared exactly, as
on Linux. Nothing outside the root is read, whatever a path or a link says, and nothing but regular files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

# `module` is a git submodule, whose content is another repository's; `other` a pipe, a socket or a device.
Kind = Literal["file", "folder", "link", "module", "other"]


@dataclass(frozen=True, slots=True)
class Node:
    """What stands at a path, links not followed; `executable` is whether anyone may execute it."""

    kind: Kind
    executable: bool = False


class Tree(Protocol):
    """One state of a project's files."""

    def names(self, folder: str) -> frozenset[str] | None:
        """Return the names in a folder, links to folders of this tree followed; None where there is no such folder."""
        ...

    def node(self, path: str) -> Node | None:
        """Return what stands at the path, or None where nothing does."""
        ...

    def read(self, path: str, limit: int) -> bytes | None:
        """Return a regular file's first `limit` bytes, links inside the tree followed; None where it can't be read."""
        ...

    def below(self, folder: str) -> Tree:
        """Return the tree that has this folder for its root; what lies beside the folder is outside of it."""
        ...
