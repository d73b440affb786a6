"""What was tried since a failure and can't change its cause, such as `--force-reinstall` for a wheel's tags."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conductor.diagnosis.causes import Cause
from conductor.domain.text import one_line
from conductor.ports.git import Repository

_RECORDS = (":(exclude)*.md", ":(exclude).conductor")
_MOST = 5
_MOST_COMMITS = 20


def find_futile(repository: Repository, since: str, cause: Cause) -> list[str]:
    """Return, for each such thing that a commit since that revision added to the files, that it does not change this.

    Lines that only say so (Markdown, the records, a comment) try nothing.
    """
    if not cause.futile:
        return []
    told: dict[str, str] = {}
    for commit in repository.log(f"{since}..HEAD", limit=_MOST_COMMITS):
        added = "\n".join(_added(repository, commit.revision))
        for tried, why in cause.futile:
            if re.search(rf"(?<![\w-]){re.escape(tried)}(?![\w-])", added):
                named = f'commit {commit.revision[:7]} "{one_line(commit.subject, 60)}"'
                told[tried] = f"{tried} does not change this: {why} ({named} tries it)"
    return list(told.values())[:_MOST]


def _added(repository: Repository, revision: str) -> Iterator[str]:
    answer = repository.run(
        "show", "--format=", "--no-ext-diff", "--no-color", "-U0", revision, "--", ".", *_RECORDS, check=False
    )
    for line in answer.stdout.decode("utf-8", "replace").split("\n"):
        if line.startswith("+") and not line.startswith("+++") and not line[1:].lstrip().startswith("#"):
            yield line[1:]
