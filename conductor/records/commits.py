"""Draft a journal entry from commits."""

from __future__ import annotations

from conductor.domain.text import one_line
from conductor.errors import NothingToDo, UsageProblem
from conductor.ports.git import Commit, Repository


def draft_from_commits(repository: Repository, span: str) -> tuple[str, str]:
    """Return What and How as the commits of the range (`REV..REV`) tell them, oldest first.

    Raises UsageProblem for something that is not a range, NothingToDo for a range without commits.
    """
    if span.startswith("-") or ".." not in span:
        raise UsageProblem(f"{span[:60]!r} is not a range of commits", hint="write REV..REV, for example HEAD~3..HEAD")
    commits = repository.log(span)[::-1]
    if not commits:
        raise NothingToDo(f"there are no commits in {span[:60]}", hint="git log --oneline shows the revisions")
    what = "\n".join(one_line(commit.subject, 300) for commit in commits)
    return what, "\n\n".join(_how(commit) for commit in commits)


def _how(commit: Commit) -> str:
    body = commit.body.strip()
    return f"{commit.revision[:7]} {one_line(commit.subject, 300)}" + (f"\n{body}" if body else "")
