"""Objects of git by their ids, from two `git cat-file` that stay: one says what one is, the other gives its content.

GitPython's store asks the same two processes, and knows no ids but SHA-1's; this one takes ids of either length.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from conductor.errors import OutsideRefused, UsageProblem
from conductor.providers.git_environment import git_environment


class GitBatch:
    """Reads objects of one repository."""

    def __init__(self, sizes: subprocess.Popen[bytes], contents: subprocess.Popen[bytes]) -> None:
        self._sizes = sizes
        self._contents = contents

    def read(self, sha: bytes, limit: int) -> bytes | None:
        """Return an object's content; None for one that is not here, or larger than `limit` bytes.

        Raises OutsideRefused where git ended.
        """
        size = _ask(self._sizes, sha)
        if size is None or size > limit or _ask(self._contents, sha) is None:
            return None
        output = cast("IO[bytes]", self._contents.stdout)
        return output.read(size + 1)[:size]  # a line's end follows


def _ask(git: subprocess.Popen[bytes], sha: bytes) -> int | None:
    """Return the size of an object, None where it is not here."""
    try:
        given, output = cast("IO[bytes]", git.stdin), cast("IO[bytes]", git.stdout)
        given.write(sha.hex().encode() + b"\n")
        given.flush()
        answer = output.readline()
    except BrokenPipeError:
        answer = b""
    if not answer:
        raise OutsideRefused("git cat-file ended", hint="git fsck says whether this repository is whole")
    # `<id> <type> <size>`, or `<id> missing`.
    words = answer.split()
    return int(words[2]) if len(words) == 3 else None


@contextmanager
def open_batch(folder: Path) -> Iterator[GitBatch]:
    """Open the object store for as long as the block lasts; what a partial clone lacks is not fetched."""
    environment = {**git_environment(), "GIT_NO_LAZY_FETCH": "1"}
    opened: list[subprocess.Popen[bytes]] = []
    try:
        for form in ("--batch-check", "--batch"):
            command = ["git", "-C", str(folder), "cat-file", form]
            opened.append(
                subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                )
            )
        yield GitBatch(*opened)
    except FileNotFoundError as error:
        raise UsageProblem("git is not installed, or not on PATH", hint="install git") from error
    finally:
        for one in opened:
            one.kill()
            one.communicate()
