"""R8: the user decides what is committed and pushed. A commit nobody asked for is work nobody wanted to own yet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from conductor.domain.grant import Grant
from conductor.domain.rule import BY_ID
from conductor.domain.text import one_line
from conductor.rules.answer import Answer, RuleMeta, Status
from conductor.rules.context import RuleContext, SessionView

META = RuleMeta(
    BY_ID["R8"],
    "Commit and push only when asked",
    "Commits and pushes were made only when the user asked for them.",
    "grants and answered permission dialogs against the reflog and the remote refs",
    example='git commit -m "Fix the wheel"',
)
_MAKES_COMMIT = re.compile(r"^(?:commit|merge|cherry-pick|revert|rebase|am|pull)\b")


@dataclass(frozen=True, slots=True)
class Act:
    """A commit or push as the reflog tells it; `at` is ISO 8601 in UTC."""

    action: str
    at: str
    revision: str
    words: str


def report(context: RuleContext) -> Answer:
    """Answer by putting each commit and push of the session beside a grant."""
    session = context.session
    if session is None:
        return Answer(Status.NOT_OBSERVED, ("no session to compare the reflog with",))
    acts = find_acts(context, session)
    if not acts:
        return Answer(Status.KEPT, (f"reflog: no commit and no push since {session.started_at}",))
    left = sorted(session.grants, key=lambda grant: grant.by != "dialog")
    granted, bare = [], []
    for act in acts:
        grant = next((one for one in left if _covers(one, act)), None)
        if grant is None:
            bare.append(act)
            continue
        if grant.scope == "once" and grant.by != "dialog":
            left.remove(grant)
        granted.append(f"{describe(act)}: grant {grant.id} ({one_line(grant.why, 80) or 'no reason given'})")
    if not bare:
        return Answer(Status.KEPT, tuple(granted))
    told = tuple(f"{describe(act)}: no grant" for act in bare[:5])
    if session.calls is None and session.decisions is None:
        return Answer(Status.NOT_OBSERVED, (*told, "neither ledger nor guard log tells who asked for them"))
    return Answer(Status.VIOLATED, (*told, *granted))


def describe(act: Act) -> str:
    """Return one act as evidence."""
    return f"reflog {act.at}: {act.action} {act.revision[:7]} ({one_line(act.words, 80)})"


def find_acts(context: RuleContext, session: SessionView) -> list[Act]:
    """Return the session's commits and pushes from the reflogs, oldest first."""
    arguments = ("log", "--walk-reflogs", "--all", "HEAD", "--date=unix", "--format=%gD%x00%H%x00%gs")
    answer = context.repository.run(*arguments, check=False)
    acts = set()
    for line in answer.stdout.decode("utf-8", "replace").splitlines():
        parts = line.split("\0")
        if len(parts) != 3:
            continue
        action = _action(parts[0], parts[2])
        stamp = re.search(r"@\{(\d+)\}$", parts[0])
        if action and stamp:
            at = datetime.fromtimestamp(int(stamp[1]), UTC).isoformat(timespec="seconds")
            acts.add(Act(action, at, parts[1], parts[2]))
    start, end = _instant(session.started_at), _instant(session.ended_at) if session.ended_at else None
    chosen = [act for act in acts if _instant(act.at) >= start and (end is None or _instant(act.at) <= end)]
    return sorted(chosen, key=lambda act: (act.at, act.action, act.revision))


def _action(selector: str, words: str) -> str | None:
    if selector.startswith(("refs/remotes/", "remotes/")):
        return "push" if words == "update by push" else None
    return "commit" if selector.startswith("HEAD@") and _MAKES_COMMIT.match(words) else None


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _covers(grant: Grant, act: Act) -> bool:
    at, given = _instant(act.at), _instant(grant.at).replace(microsecond=0)
    if grant.rule != META.rule.name or at < given:
        return False
    if grant.by == "dialog":
        # The person said yes to the command as a whole, and it ran between the question and `used_at`.
        named = grant.action in (None, act.action) or act.action in (grant.command or "").split()
        return named and grant.used_at is not None and at <= _instant(grant.used_at)
    if grant.action not in (None, act.action):
        return False
    if grant.scope == "once":
        return grant.used_at is not None
    ends = [_instant(moment) for moment in (grant.expires_at, grant.revoked_at) if moment]
    return grant.expires_at is not None and at < min(ends)
