"""What the git hooks check: history that a commit would remove, pushes over HTTPS, and agents without a grant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conductor.domain.finding import Finding, Location, Severity
from conductor.ports.git import Repository
from conductor.sessions.grants import GrantStore, find_agent

RECORDS = ("TASKS.md", "JOURNAL.md")
_HEADING = re.compile(rb"^#{2,3} (.+?)\s*$", re.MULTILINE)


def check_commit(repository: Repository, grants: GrantStore, now: str) -> Iterator[Finding]:
    """Check what is staged: who commits, and whether the records lose an entry that no archive takes over."""
    yield from _check_grant("commit", grants, now)
    names = repository.run("diff", "--cached", "--name-only", "-z", check=False).stdout.decode("utf-8", "replace")
    staged = [name for name in names.split("\0") if name]
    for name in staged:
        if name.rsplit("/", 1)[-1] in RECORDS:
            yield from _check_history(repository, name, staged)


def check_message(message: str) -> Iterator[Finding]:
    """Check a commit message for claims that nobody has seen proof of."""
    for number, line in enumerate(message.splitlines(), start=1):
        if not line.startswith("#") and re.search(
            r"\b(proven|tested on|verified|confirmed working)\b", line, re.IGNORECASE
        ):
            yield Finding(
                "CL-001",
                f"a claim without evidence: {line.strip()!r}",
                "say what was observed and where, or leave the claim out",
                Severity.ADVICE,
                location=Location("commit message", number),
            )


def check_push(url: str, grants: GrantStore, now: str) -> Iterator[Finding]:
    """Check where a push goes and who pushes."""
    if re.match(r"https?://", url, re.IGNORECASE):
        yield Finding(
            "R8a",
            "this push goes over HTTPS",
            "git remote set-url origin git@github.com:OWNER/NAME.git",
            docs="docs/rules/https_remote.md",
        )
    yield from _check_grant("push", grants, now)


def _check_grant(action: str, grants: GrantStore, now: str) -> Iterator[Finding]:
    agent = find_agent()
    if agent is not None and grants.take("commit_push", action, now) is None:
        yield Finding(
            "R8",
            f"an agent ({agent} is set) would {action}, and its user has not asked for it",
            f"ask your user; in a terminal of their own they can run: conductor grant {action} --once",
            docs="docs/rules/commit_push.md",
        )


def _check_history(repository: Repository, name: str, staged: list[str]) -> Iterator[Finding]:
    before = repository.read("HEAD", name)
    if before is None:
        return
    after = repository.read("", name) or b""
    kept = set(_HEADING.findall(after))
    folder = name.rpartition("/")[0]
    prefix = f"{folder}/" if folder else ""
    for path in staged:
        if path.startswith((f"{prefix}JOURNAL_ARCHIVE/", f"{prefix}TASKS_ARCHIVE/")):
            kept |= set(_HEADING.findall(repository.read("", path) or b""))
    lost = [title for title in _HEADING.findall(before) if title not in kept and _is_entry(title)]
    if lost:
        first = lost[0].decode("utf-8", "replace")
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        yield Finding(
            "R10",
            f"this commit would remove {first!r}{more} from {name}",
            f"git restore --staged --worktree {name}; conductor records compact moves old entries to the archive",
            location=Location(name),
            docs="docs/rules/history.md",
        )


def _is_entry(title: bytes) -> bool:
    return re.match(rb"\d{4}-\d\d-\d\d|.*\|(?:TASK|ERROR):|TASK-\d{4}", title) is not None
