"""A git repository as the rooms below the providers see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
    """One commit, with its message as subject and body."""

    revision: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Change:
    """One path of `git status`: `index` and `tree` are porcelain's letters (`?` = untracked).

    What was renamed has its new path.
    """

    path: str
    index: str
    tree: str


@dataclass(frozen=True, slots=True)
class Patch:
    """How one file differs: its path now (before, where it was deleted), and git's hunks without their file header."""

    path: str
    hunks: str

    def added(self) -> Iterator[tuple[int, str]]:
        """Yield the number that each added line has now, and the line without its `+`; without context lines only."""
        number = 0
        for line in self.hunks.split("\n"):
            if line.startswith("@@"):
                number = int(line.partition("+")[2].split(" ")[0].partition(",")[0])
            elif line.startswith("+"):
                yield number, line[1:].removesuffix("\r")
                number += 1


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

    def changes(self) -> list[Change]:
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

    def patches(self, base: str, *, context_lines: int, renames: bool = True) -> list[Patch]:
        """Return how the working tree differs from a revision, file by file; binary files have no hunks."""
        ...

    def log(
        self,
        *revisions: str,
        paths: Sequence[str] = (),
        limit: int | None = None,
        since: str | None = None,
        naming: str | None = None,
        first_parent: bool = False,
    ) -> list[Commit]:
        """Return the commits these revisions reach (HEAD's without any), newest first; none before the first commit.

        A revision may be a range, or `^` before what is left out. Only commits that touch one of the paths, were made
        since that time (ISO 8601), or name those words in their message are returned where that is asked; at most
        `limit`.
        """
        ...
