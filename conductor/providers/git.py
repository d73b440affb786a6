"""Git on this machine.

GitPython reads status, commits and differences (`git_history.py`). Everything else is asked of git itself:
- HEAD, blobs and the unmerged paths of the index are read by what an agent types all day and by git's own hooks, where
  importing GitPython would take longer than the whole command;
- remotes and settings, because GitPython's reader of configurations leaves out the person's, `includeIf` and
  `insteadOf`, and a remote that is not seen is an HTTPS remote that no rule stops;
- what a push and a lock ref must do exactly (`push.py`), because it is compared and swapped by git, with a key.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from conductor.domain.secret import redact
from conductor.domain.text import strip_controls
from conductor.errors import OutsideRefused, UsageProblem
from conductor.ports.git import Change, Commit, GitResult, Patch, Remote
from conductor.providers.git_environment import git_environment


def run_git(
    directory: Path, *arguments: str, stdin: bytes | None = None, environment: dict[str, str] | None = None
) -> GitResult:
    """Run git there and return its answer; raises UsageProblem where git is not installed."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=directory,
            input=stdin if stdin is not None else b"",
            capture_output=True,
            env=environment or git_environment(),
            check=False,
        )
    except FileNotFoundError as error:
        raise UsageProblem("git is not installed, or not on PATH", hint="install git") from error
    return GitResult(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


class GitRepository:
    """A working tree on this machine."""

    def __init__(self, root: Path, git_dir: Path, common_dir: Path) -> None:
        self.root = root
        self.git_dir = git_dir
        self.common_dir = common_dir

    @classmethod
    def find(cls, directory: Path) -> GitRepository:
        """Return the repository that holds the directory; raises UsageProblem where there is none."""
        result = run_git(
            directory, "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-dir", "--git-common-dir"
        )
        lines = result.stdout.decode("utf-8", "surrogateescape").splitlines()
        if "dubious ownership" in result.stderr:
            raise UsageProblem(
                f"git refuses {directory}: it belongs to another user (dubious ownership)",
                hint=f"if you trust it: git config --global --add safe.directory {shlex.quote(str(directory))}",
            )
        if result.returncode != 0 or len(lines) != 3:
            raise UsageProblem(
                f"{directory} is not in a git working tree",
                hint="cd into the project's repository, or start one with: git init",
            )
        return cls(Path(lines[0]), Path(lines[1]), Path(lines[2]))

    def run(self, *arguments: str, stdin: bytes | None = None, check: bool = True) -> GitResult:
        """Run git in the root; with `check`, a non-zero answer raises OutsideRefused with git's own words."""
        result = run_git(self.root, *arguments, stdin=stdin)
        if check and result.returncode != 0:
            words = redact(strip_controls(result.stderr)).strip() or f"exit {result.returncode}"
            raise OutsideRefused(f"git {arguments[0]}: {words}", hint=f"run git {arguments[0]} by hand to see why")
        return result

    def head(self) -> str | None:
        """Return the revision HEAD names, or None before the first commit."""
        result = self.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}", check=False)
        return result.stdout.decode().strip() if result.returncode == 0 else None

    def branch(self) -> str | None:
        """Return the branch's short name, or None where HEAD is detached."""
        result = self.run("symbolic-ref", "--quiet", "--short", "HEAD", check=False)
        return result.stdout.decode().strip() if result.returncode == 0 else None

    def changes(self) -> list[Change]:
        """Return what differs from HEAD, untracked files one by one."""
        from conductor.providers.git_history import read_status

        return read_status(self.root)

    def remotes(self) -> list[Remote]:
        """Return every remote."""
        names = self.run("remote").stdout.decode().split()
        return [
            Remote(
                name,
                self._urls("remote", "get-url", "--all", name),
                self._urls("remote", "get-url", "--push", "--all", name),
                self._urls("config", "--get-all", f"remote.{name}.url"),
            )
            for name in names
        ]

    def _urls(self, *arguments: str) -> tuple[str, ...]:
        return tuple(self.run(*arguments, check=False).stdout.decode("utf-8", "replace").splitlines())

    def read(self, revision: str, path: str) -> bytes | None:
        """Return the file's bytes at that revision, or None where it is not there."""
        result = self.run("cat-file", "blob", f"{revision}:{path}", check=False)
        return result.stdout if result.returncode == 0 else None

    def read_many(self, objects: Sequence[str]) -> list[bytes | None]:
        """Return the blobs named `<revision>:<path>` or by id, in order, by one process."""
        if not objects:
            return []
        asked = "".join(f"{name}\n" for name in objects).encode("utf-8", "surrogateescape")
        output = self.run("cat-file", "--batch", stdin=asked).stdout
        found: list[bytes | None] = []
        at = 0
        for _ in objects:
            end = output.index(b"\n", at)
            header = output[at:end].rsplit(b" ", 2)
            at = end + 1
            if len(header) == 3 and header[1] in (b"blob", b"commit", b"tree", b"tag"):
                size = int(header[2])
                found.append(output[at : at + size] if header[1] == b"blob" else None)
                at += size + 1
            else:
                found.append(None)
        return found

    def unmerged(self, paths: Sequence[str]) -> list[str]:
        """Return those of the paths that the index holds unmerged.

        Most often the index shows by itself that there is nothing to ask git about (gitformat-index: two bytes of
        flags stand before a path, the stage in bits 12 and 13; two more where an entry is extended).
        """
        try:
            index = (self.git_dir / "index").read_bytes()
        except OSError:
            return []
        plain = index[4:8] in {b"\0\0\0\2", b"\0\0\0\3"} and b"link\0\0" not in index
        asked = [path for path in paths if not plain or _has_stage(index, os.fsencode(path))]
        if not asked:
            return []
        listed = self.run("--literal-pathspecs", "ls-files", "--unmerged", "-z", "--", *asked, check=False).stdout
        found = {os.fsdecode(line.partition(b"\t")[2]) for line in listed.split(b"\0")}
        return [path for path in paths if path in found]

    def patches(self, base: str, *, context_lines: int, renames: bool = True) -> list[Patch]:
        """Return how the working tree differs from a revision, file by file; binary files have no hunks."""
        from conductor.providers.git_history import read_patches

        return read_patches(self.root, base, context_lines=context_lines, renames=renames)

    def log(
        self,
        *revisions: str,
        paths: Sequence[str] = (),
        limit: int | None = None,
        since: str | None = None,
        naming: str | None = None,
        first_parent: bool = False,
    ) -> list[Commit]:
        """Return the commits these revisions reach (HEAD's without any), newest first; none before the first commit."""
        from conductor.providers.git_history import read_commits

        if not revisions and self.head() is None:
            return []
        return read_commits(
            *(self.root, revisions or ("HEAD",), paths),
            limit=limit, since=since, naming=naming, first_parent=first_parent,
        )  # fmt: skip


def _has_stage(index: bytes, path: bytes) -> bool:
    at = index.find(path + b"\0")
    while at >= 0:
        if any(index[at - back] & 0x30 for back in (2, 4) if at >= back):
            return True
        at = index.find(path + b"\0", at + 1)
    return False
