"""What GitPython reads of a repository: its status, its commits, and how its files differ.

Importing it takes 125 ms of processor time, more than the whole of a command that an agent types all day: only the
functions here import it, and `providers/git.py` says what is asked of git itself for that or another reason.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conductor.domain.secret import redact
from conductor.domain.text import one_line
from conductor.errors import OutsideRefused
from conductor.ports.git import Change, Commit, Patch
from conductor.providers.git_environment import FOREIGN, QUIET

if TYPE_CHECKING:
    from git import Repo

# What would have GitPython run another program than the git on PATH, or refuse to be imported.
_ITS_OWN = ("GIT_PYTHON_GIT_EXECUTABLE", "GIT_PYTHON_REFRESH", "GIT_PYTHON_TRACE")
_BLANK = " \t\r"  # of a line: git's own, not all that Unicode calls a space
# `git diff` of a person's configuration, as GitPython can read it: its patterns want a/ and b/ before the paths. No
# program that a configuration names for a kind of file (textconv) is run; it leaves out diff.external by itself.
_PLAIN_DIFF: dict[str, Any] = {"src_prefix": "a/", "dst_prefix": "b/", "submodule": "short", "no_textconv": True}


def read_status(root: Path) -> list[Change]:
    """Return what differs from HEAD, untracked files one by one.

    GitPython has no object for it, only three comparisons at three instants: its runner asks git for the one answer.
    """
    with open_repository(root, "status") as repository:
        output = repository.git.status(
            *("--porcelain=v1", "-z", "--untracked-files=all"), stdout_as_string=False, strip_newline_in_stdout=False
        )
    parts = iter(output.decode("utf-8", "surrogateescape").split("\0"))
    found = []
    for part in parts:
        if part:
            found.append(Change(part[3:], part[0], part[1]))
            if "R" in part[:2] or "C" in part[:2]:
                next(parts)  # what it was called
    return found


def read_commits(
    root: Path,
    revisions: Sequence[str],
    paths: Sequence[str],
    *,
    limit: int | None,
    since: str | None,
    naming: str | None,
    first_parent: bool,
) -> list[Commit]:
    """Return the commits that `git rev-list` finds, newest first; raises OutsideRefused for an unknown revision."""
    asked = {
        "max_count": limit,
        "since": since,
        "grep": naming,
        "fixed_strings": naming is not None,
        "first_parent": first_parent,
    }
    named = ["--end-of-options", *revisions]
    with open_repository(root, "log") as repository:
        if has_long_ids(repository):
            ids = repository.git.rev_list(*named, "--", *paths, **asked).split()
            return [_commit(one, repository.git.cat_file("commit", one, stdout_as_string=False)) for one in ids]
        # Of a list of revisions, the stubs know only the first form, one text.
        commits = repository.iter_commits(named, paths, **asked)  # type: ignore[arg-type]
        return [_commit(found.hexsha, found.data_stream.read()) for found in commits]


def read_patches(root: Path, base: str, *, context_lines: int, renames: bool) -> list[Patch]:
    """Return how the working tree differs from a revision, file by file."""
    options = {**_PLAIN_DIFF, "unified": context_lines, **({} if renames else {"no_renames": True})}
    with open_repository(root, f"diff {base[:10]}") as repository:
        if has_long_ids(repository):
            raise ValueError("GitPython can't compare files of a repository whose ids are SHA-256")
        found = repository.commit(base).diff(None, create_patch=True, **options)
    return [
        Patch(one.b_path or one.a_path or "", (one.diff or b"").decode("utf-8", "replace"))  # type: ignore[union-attr]
        for one in found
    ]


@contextmanager
def open_repository(root: Path, asked: str) -> Iterator[Repo]:
    """Open the repository for a moment; what GitPython and git refuse becomes OutsideRefused with their words.

    GitPython hands this process' environment on to git: what would point it at another repository is away meanwhile.
    The git that stays to read one object after another ends with the block.
    """
    away = {name: os.environ.pop(name) for name in (*FOREIGN, *_ITS_OWN) if name in os.environ}
    try:
        import git

        with git.Repo(root, expand_vars=False) as repository:
            repository.git.update_environment(**QUIET)
            # Its runner puts variables and a home into the folder's name, and takes this process' own where none is.
            repository.git.set_persistent_git_options(C=str(root))
            yield repository
    except (ImportError, ValueError, LookupError) as error:
        raise _refused(asked, str(error)) from error
    except (git.GitError, git.ODBError) as error:
        raise _refused(asked, str(getattr(error, "stderr", "") or error)) from error
    finally:
        os.environ.update(away)


def _refused(asked: str, words: str) -> OutsideRefused:
    return OutsideRefused(f"git {asked}: {one_line(redact(words))}", hint="check the revision or range")


def has_long_ids(repository: Repo) -> bool:
    """Tell whether the repository's ids are SHA-256, which GitPython's objects don't know."""
    with repository.config_reader("repository") as settings:
        return str(settings.get_value("extensions", "objectformat", "sha1")).lower() != "sha1"


def _commit(revision: str, content: bytes) -> Commit:
    """Return a commit as its bytes tell it: GitPython leaves out its `encoding`, and ends some headers too early."""
    head, _, message = content.partition(b"\n\n")
    encoding = re.search(rb"^encoding (\S+)$", head, re.MULTILINE)
    return Commit(revision, *split_message(_decode(message, encoding)))


def _decode(content: bytes, encoding: re.Match[bytes] | None) -> str:
    try:
        return content.decode(encoding[1].decode("ascii", "replace") if encoding else "utf-8", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def split_message(message: str) -> tuple[str, str]:
    """Return subject and body as `git log` tells them: the first paragraph as one line, and what follows it."""
    lines = _from_first_words(message.split("\n"))
    ends = next((at for at, line in enumerate(lines) if not line.strip(_BLANK)), len(lines))
    subject = " ".join(line.rstrip(_BLANK) for line in lines[:ends])
    return subject, "\n".join(_from_first_words(lines[ends:]))


def _from_first_words(lines: list[str]) -> list[str]:
    return lines[next((at for at, line in enumerate(lines) if line.strip(_BLANK)), len(lines)) :]
