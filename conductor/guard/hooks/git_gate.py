"""What the git hooks check: history that a commit would remove, pushes over HTTPS, and agents without a grant."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from conductor.domain.finding import Finding, Location, Severity
from conductor.domain.grant import PushLine
from conductor.guard.asked import read_questions
from conductor.ports.git import Repository
from conductor.sessions.acts import COMMIT_PUSH, Wish, wish_to_commit, wish_to_push
from conductor.sessions.grants import GrantStore, find_agent
from conductor.sessions.traces import STILL, Traces

# How long a question in an agent's dialog can wait for its answer.
ASKED_FOR = timedelta(hours=12)
# Conductor's own refs on the remote: a release takes its lock there.
OWN_REFS = "refs/conductor/"
RECORDS = ("TASKS.md", "JOURNAL.md")
_HEADING = re.compile(rb"^#{2,3} (.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Gate:
    """Where the hooks stand: the repository, its grants, the time (ISO 8601 in UTC), and the rules' levels by name."""

    repository: Repository
    grants: GrantStore
    now: str
    levels: dict[str, str] = field(default_factory=dict)

    def weigh(self, rule: str, finding: Finding) -> Iterator[Finding]:
        """Yield the finding as the rule's level has it, so that the hooks stop what the guard would stop."""
        level = self.levels.get(rule, "block")
        if level != "off":
            yield replace(finding, severity=Severity.WARNING) if level == "warn" else finding

    def traces(self) -> Traces:
        """Return what commits and pushes have left in the repository."""
        return Traces(self.repository.common_dir)


def check_commit(gate: Gate) -> Iterator[Finding]:
    """Check what is staged: who commits, and whether the records lose an entry that no archive takes over."""
    if agent := find_agent():
        disguise = os.environ.get("GIT_REFLOG_ACTION", "")
        if disguise.startswith(STILL):
            finding = Finding(
                "R8",
                f"GIT_REFLOG_ACTION={disguise} would put this commit into the log as something else",
                "unset GIT_REFLOG_ACTION, then commit again",
                docs="docs/rules/commit_push.md",
            )
            yield from gate.weigh(COMMIT_PUSH, finding)
        else:
            wish = wish_to_commit(gate.traces(), gate.repository.git_dir)
            yield from _check_grant(gate, wish, "commit", f"an agent ({agent} is set) would commit")
    repository = gate.repository
    names = repository.run("diff", "--cached", "--name-only", "-z", check=False).stdout.decode("utf-8", "replace")
    staged = [name for name in names.split("\0") if name]
    for name in staged:
        if name.rsplit("/", 1)[-1] in RECORDS:
            for finding in _check_history(repository, name, staged):
                yield from gate.weigh("history", finding)


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


def read_push_lines(text: str) -> tuple[PushLine, ...]:
    """Return what git tells its pre-push hook, a line a ref: `<local ref> <local sha> <remote ref> <remote sha>`."""
    fields = (line.rsplit(" ", 3) for line in text.splitlines())
    return tuple((row[1], row[2], row[3]) for row in fields if len(row) == 4)


def check_push(gate: Gate, remote: str, url: str, lines: Iterable[PushLine], *, releasing: bool) -> Iterator[Finding]:
    """Check where a push goes, who pushes, and whether it would take away what others may have.

    `remote` is the remote's name (the address, where it has none); `releasing` says that a release from this
    repository is under way, which takes and gives back its lock on the remote.
    """
    if re.match(r"https?://", url, re.IGNORECASE):
        finding = Finding(
            "R8a",
            "this push goes over HTTPS",
            "git remote set-url origin git@github.com:OWNER/NAME.git",
            docs="docs/rules/https_remote.md",
        )
        told = list(gate.weigh("https_remote", finding))
        yield from told
        if any(one.severity is Severity.ERROR for one in told):
            return  # a grant is not used up for a push that is refused
    agent = find_agent()
    if agent is None:
        return
    given = tuple(lines)
    wanted = tuple(line for line in given if not (releasing and line[1].startswith(OWN_REFS)))
    if given and not wanted:
        return
    lost = [line[1] for line in wanted if is_rewriting(gate.repository, line)]
    wish = wish_to_push(gate.traces(), remote, wanted, rewrites=bool(lost), in_git=True)
    does = f"would rewrite or remove {lost[0]} on {remote}" if lost else "would push"
    yield from _check_grant(gate, wish, wish.actions[0] or "push", f"an agent ({agent} is set) {does}")


def is_rewriting(repository: Repository, line: PushLine) -> bool:
    """Tell whether a line of a push removes a ref, moves a tag, or leaves out commits that the remote has.

    What the remote has and this repository does not know counts as left out: git pushes that by force only.
    """
    local, ref, before = line
    if _is_none(local):
        return not _is_none(before or "")
    if before is None or _is_none(before) or before == local:
        return False
    if ref.startswith("refs/tags/"):
        return True
    return repository.run("merge-base", "--is-ancestor", before, local, check=False).returncode != 0


def _is_none(revision: str) -> bool:
    """Tell whether it is git's way to write that there is no object: zeros only."""
    return not revision.strip("0")


def _check_grant(gate: Gate, wish: Wish, action: str, what: str) -> Iterator[Finding]:
    if gate.grants.settle([wish], gate.now, gate.traces()) is not None or _is_answered(gate, wish):
        return
    finding = Finding(
        "R8",
        f"{what}, and its user has not asked for it",
        f"ask your user; in a terminal of their own they can run: conductor grant {action} --once",
        docs="docs/rules/commit_push.md",
    )
    yield from gate.weigh(COMMIT_PUSH, finding)


def _is_answered(gate: Gate, wish: Wish) -> bool:
    """Tell whether this runs inside a call that an agent's dialog has asked about: after a no it would not run."""
    listed = gate.repository.run("worktree", "list", "--porcelain", check=False).stdout.splitlines()
    roots = [os.fsdecode(line.removeprefix(b"worktree ")) for line in listed if line.startswith(b"worktree ")]
    for question in (question for root in roots for question in read_questions(root)):
        if datetime.fromisoformat(gate.now) - datetime.fromisoformat(question.at) > ASKED_FOR:
            continue
        for action in question.actions:
            use = replace(wish.use, action=action, call=question.call, session=question.session)
            wanted = not action or action in wish.actions
            if wanted and gate.grants.answer(wish.rule, action, use, question, gate.now):
                return True
    return False


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
    from conductor.records.grammar import find_links, read_stamp, task_ids

    text = title.decode("utf-8", "replace")
    return bool(read_stamp(text) or find_links(text) or task_ids().match(text))
