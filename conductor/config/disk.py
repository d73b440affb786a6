"""The one reader of a project's files on disk: regular files only, at most so many bytes, never out of its folder."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from conductor.ports.tree import Kind, Node

_KINDS: dict[int, Kind] = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}


@dataclass(frozen=True, slots=True)
class DiskTree:
    """A folder as a `Tree`; it needs not exist."""

    root: Path

    def names(self, folder: str) -> frozenset[str] | None:
        """Return the names in a folder; None where there is none, or it can't be listed."""
        try:
            if not self._holds(folder):
                return None
            with os.scandir(self.root / folder) as entries:
                return frozenset(entry.name for entry in entries)
        except (OSError, ValueError, RuntimeError):
            return None

    def node(self, path: str) -> Node | None:
        """Return what stands at the path, or None where nothing does, or nobody may look."""
        try:
            mode = (self.root / path).lstat().st_mode
        except (OSError, ValueError):
            return None
        return Node(_KINDS.get(stat.S_IFMT(mode), "other"), bool(mode & 0o111))

    def read(self, path: str, limit: int) -> bytes | None:
        """Return a regular file's first `limit` bytes; a pipe is never waited for."""
        try:
            descriptor = os.open(self.root / path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        except (OSError, ValueError):
            return None
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode) or not self._holds(path):
                return None
            with open(descriptor, "rb", closefd=False) as file:
                return file.read(limit)
        except (OSError, RuntimeError):
            return None
        finally:
            os.close(descriptor)

    def below(self, folder: str) -> DiskTree:
        """Return the tree of a folder in this one."""
        return DiskTree(self.root / folder)

    def _holds(self, path: str) -> bool:
        return (self.root / path).resolve().is_relative_to(self.root.resolve())
