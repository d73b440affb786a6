"""A repository's history for `replay`: which commits there are, and the object store that their files are read from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conductor.domain.secret import redact
from conductor.domain.text import one_line
from conductor.errors import UsageProblem
from conductor.ports.history import Objects, Revision, Span
from conductor.providers.git import GitRepository, run_git
from conductor.providers.git_batch import open_batch
from conductor.providers.git_history import open_repository
from conductor.providers.git_objects import GitObjects

if TYPE_CHECKING:
    from git import Repo


@dataclass(frozen=True, slots=True)
class GitHistory:
    """The history of the repository in a folder: a working tree's root, or a bare repository."""

    folder: Path

    @classmethod
    def find(cls, directory: Path) -> GitHistory:
        """Return the history of the repository around a directory; raises UsageProblem where there is none."""
        bare = run_git(directory, "rev-parse", "--is-bare-repository", "--absolute-git-dir").stdout.decode().split("\n")
        if bare[0] == "true":
            return cls(Path(bare[1]))
        return cls(GitRepository.find(directory).root)

    def span(self, revisions: Sequence[str]) -> Span:
        """Return the commits of the ranges, oldest first. Raises OutsideRefused for a revision that does not exist."""
        with open_repository(self.folder, "rev-list") as repository:
            form = "--format=%H%x00%P%x00%ct%x00%s"
            named = ["--end-of-options", *(revisions or ("HEAD",)), "--"]
            _require(repository, named)
            output = repository.git.rev_list("--topo-order", "--reverse", form, *named, stdout_as_string=False)
            found = tuple(_revision(line) for line in output.split(b"\n") if b"\0" in line)
            shallow = _read_shallow(Path(repository.common_dir))
            return Span(found, frozenset(one.id for one in found) & shallow, _read_pushed(Path(repository.common_dir)))

    @contextmanager
    def open(self) -> Iterator[Objects]:
        """Open the object store; what a partial clone lacks is not fetched."""
        with open_batch(self.folder) as store:
            yield GitObjects(store)


def _require(repository: Repo, named: list[str]) -> None:
    """Raise UsageProblem for a revision that does not exist."""
    import git

    try:
        repository.git.rev_list("--max-count=1", *named)
    except git.GitCommandError as error:
        words = one_line(redact(_unquoted(str(error.stderr))), 200)
        raise UsageProblem(
            f"git rev-list: {words}", hint="git log --oneline --all shows which commits there are"
        ) from error


def _unquoted(words: str) -> str:
    """Return git's own words out of what GitPython makes of them: `stderr: '…'`."""
    own = words.strip().removeprefix("stderr:").strip()
    return own[1:-1].strip() if own[:1] == own[-1:] == "'" else own


def _revision(line: bytes) -> Revision:
    revision, parents, seconds, subject = line.split(b"\0", 3)
    at = datetime.fromtimestamp(int(seconds), UTC)
    return Revision(revision.decode(), tuple(parents.decode().split()), at, subject.decode("utf-8", "replace"))


def _read_shallow(common_dir: Path) -> frozenset[str]:
    """Return the commits at which a shallow clone ends (gitrepository-layout: the file `shallow`)."""
    try:
        return frozenset((common_dir / "shallow").read_text(encoding="ascii").split())
    except (OSError, UnicodeDecodeError):
        return frozenset()


def _read_pushed(common_dir: Path) -> frozenset[str] | None:
    """Return the commits that pushes from this clone ended with: git notes each in the remote branch's reflog."""
    pushed = set()
    for log in sorted((common_dir / "logs" / "refs" / "remotes").rglob("*")):
        try:
            lines = log.read_bytes().split(b"\n") if log.is_file() else []
        except OSError:
            continue
        # gitrepository-layout: old id, new id, who, when, a tab, why.
        pushed |= {line.split(b" ", 2)[1].decode() for line in lines if line.endswith(b"\tupdate by push")}
    return frozenset(pushed) or None
