"""The files of a project at two moments: as they are now, and as they were when a task began."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path
from typing import Protocol

from conductor.ports.git import Repository
from conductor.records.beginning import LARGEST_BYTES, Start

_LINK, _SUBMODULE = "120000", "160000"
# What stands for a file that was not committed when the task began and is not what it was: equal to no text.
_LOST = b"# nothing tells what this file said then\n"


class Tree(Protocol):
    """Files by their path below the project's root, with forward slashes."""

    def read(self, path: str) -> bytes | None:
        """Return a regular file's bytes, or None where there is none."""
        ...

    def names(self, folder: str) -> list[str]:
        """Return the names of the files directly in a folder (empty for the root), in order."""
        ...


def join(folder: str, path: str) -> str | None:
    """Return the path below the root, or None where it leads out of the project or can't be known."""
    if not path.isprintable() or path.startswith(("/", "~")):
        return None
    joined = posixpath.normpath(posixpath.join(folder, path))
    return None if joined.startswith("..") else "" if joined == "." else joined


class WorkTree:
    """The files as they stand in the working tree, ignored ones too."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str) -> bytes | None:
        """Return a regular file's bytes; None where there is none, or it is larger than anybody writes by hand."""
        where = self._root / path
        try:
            if not where.is_file() or where.stat().st_size > LARGEST_BYTES:
                return None
            return where.read_bytes()
        except (OSError, ValueError):
            return None

    def names(self, folder: str) -> list[str]:
        """Return the names of the files directly in a folder, in order."""
        try:
            return sorted(entry.name for entry in os.scandir(self._root / folder) if entry.is_file())
        except OSError:
            return []


class PastTree:
    """The files as they were when a task began: a revision's, and what was not committed then, as far as it is known.

    What git tells nothing of is taken to have been what it is, and named in `unsure`: a submodule's files, and where
    this host did not note the beginning, files that git ignores.
    """

    def __init__(self, repository: Repository, start: Start, now: Tree) -> None:
        self._repository = repository
        self._start = start
        self._now = now
        self._read: dict[str, bytes | None] = {}
        self.unsure: list[str] = []
        listed = repository.run("ls-tree", "-r", "-z", start.revision, check=False).stdout
        rows = (row.partition("\t") for row in listed.decode("utf-8", "surrogateescape").split("\0") if row)
        self._paths = {path: row[:6] for row, _, path in rows}

    def read(self, path: str) -> bytes | None:
        """Return the bytes the file had then, or None where there was none."""
        if path not in self._read:
            self._read[path] = None  # where a link leads back to itself
            self._read[path] = self._find(path)
        return self._read[path]

    def _find(self, path: str) -> bytes | None:
        if self._start.has(path):
            content = self._now.read(path)
            if self._start.is_same(path, content):
                return content
            return None if self._start.is_same(path, None) else _LOST
        if path in self._paths:
            content = self._repository.read(self._start.revision, path)
            if content is not None and self._paths[path] == _LINK:
                target = join(posixpath.dirname(path), content.decode("utf-8", "replace"))
                return self.read(target) if target and target != path else None
            return content if content is not None and len(content) <= LARGEST_BYTES else None
        content = self._now.read(path)
        if content is not None and (self._is_foreign(path) or (not self._start.known and self._is_ignored(path))):
            self.unsure.append(path)
            return content
        return None

    def _is_foreign(self, path: str) -> bool:
        """Tell whether the path lies in a submodule, whose files this repository does not know."""
        return any(mode == _SUBMODULE and path.startswith(f"{name}/") for name, mode in self._paths.items())

    def _is_ignored(self, path: str) -> bool:
        return self._repository.run("check-ignore", "-q", "--", path, check=False).returncode == 0

    def names(self, folder: str) -> list[str]:
        """Return the names of the files directly in a folder, in order."""
        names = {posixpath.basename(path) for path in self._paths if posixpath.dirname(path) == folder}
        for name in self._now.names(folder):
            if name not in names and self.read(posixpath.join(folder, name)) is not None:
                names.add(name)
        return sorted(names)


def text_of(content: bytes | None) -> str:
    """Return a file's text with plain line ends; empty where there is none."""
    return "" if content is None else content.decode("utf-8", "replace").replace("\r\n", "\n")
