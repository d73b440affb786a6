"""A git repository as the rooms below the providers see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class GitResult:
    """What a git process answered; the output is bytes because paths and blobs are."""

    returncode: int
    stdout: bytes
    stderr: str


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit; times are aware, in UTC."""

    revision: str
    parents: tuple[str, ...]
    author: str
    authored_at: datetime
    committed_at: datetime
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Change:
    """One path of `git status`: `index` and `tree` are porcelain's letters (`?` = untracked)."""

    path: str
    index: str
    tree: str
    renamed_from: str | None = None


@dataclass(frozen=True, slots=True)
class Patch:
    """How one file differs: its path now (before, where it was deleted), and git's hunks without their file header."""

    path: str
    hunks: str


@dataclass(frozen=True, slots=True)
class Remote:
    """A remote with its URLs after `insteadOf` and `pushInsteadOf`, and as they stand in the configuration."""

    name: str
    fetch_urls: tuple[str, ...]
    push_urls: tuple[str, ...]
    configured_urls: tuple[str, ...]


class Repository(Protocol):
    """A working tree with its repository."""

    root: Path
    git_dir: Path
    common_dir: Path

    def run(self, *arguments: str, stdin: bytes | None = None, check: bool = True) -> GitResult:
        """Run git in the root; with `check`, a non-zero answer raises OutsideRefused with git's own words."""
        ...

    def head(self) -> str | None:
        """Return the revision HEAD names, or None before the first commit."""
        ...

    def branch(self) -> str | None:
        """Return the branch's short name, or None where HEAD is detached."""
        ...

    def changes(self, *, ignored: bool = False) -> list[Change]:
        """Return what differs from HEAD, untracked files one by one."""
        ...

    def remotes(self) -> list[Remote]:
        """Return every remote."""
        ...

    def read(self, revision: str, path: str) -> bytes | None:
        """Return the file's bytes at that revision, or None where it is not there."""
        ...

    def read_many(self, objects: Sequence[str]) -> list[bytes | None]:
        """Return the blobs named `<revision>:<path>` or by id, in order, by one process."""
        ...

    def unmerged(self, paths: Sequence[str]) -> list[str]:
        """Return those of the paths that the index holds unmerged: a merge has left them to be settled."""
        ...

    def patches(self, base: str) -> list[Patch]:
        """Return how the working tree differs from a revision, file by file; binary files have no hunks."""
        ...

    def refs(self) -> dict[str, str]:
        """Return every ref's full name with the object it names."""
        ...

    def log(self, *arguments: str) -> list[Commit]:
        """Return the commits `git log` gives for these arguments (a range, `--all`, `-- path`), newest first."""
        ...
