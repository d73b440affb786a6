"""R8: the user decides what is committed and pushed. A commit nobody asked for is work nobody wanted to own yet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from conductor.domain.grant import PUSHES, Grant
from conductor.domain.rule import BY_ID
from conductor.domain.text import one_line
from conductor.rules.answer import Answer, RuleMeta, Status
from conductor.rules.context import RuleContext, SessionView
from conductor.rules.example import Story

META = RuleMeta(
    BY_ID["R8"],
    "Commit and push only when asked",
    "Commits and pushes were made only when the user asked for them.",
    "grants and answered permission dialogs against the reflog and the remote refs",
    example='git commit -m "Fix the wheel"',
)
EXAMPLE = Story(
    "The agent commits, and nobody asked for it.",
    (("2026-01-05T10:00:00Z", "Bash", "git commit"),),
)
# A rebase counts by its end; what `git pull` brings in is allowed, and so is moving forward to what is there.
_MAKES_COMMIT = re.compile(r"(?!merge [^:]*: Fast-forward$)(?:commit|merge|cherry-pick|revert|am)\b|rebase.*\bfinish")
_SERIES = ("cherry-pick", "revert", "am")


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
    acts: dict[Act, None] = {}  # newest first
    for line in answer.stdout.decode("utf-8", "replace").splitlines():
        parts = line.split("\0")
        if len(parts) != 3:
            continue
        action = _action(parts[0], parts[2])
        stamp = re.search(r"@\{(\d+)\}$", parts[0])
        if action and stamp:
            at = datetime.fromtimestamp(int(stamp[1]), UTC).isoformat(timespec="seconds")
            acts[Act(action, at, parts[1], parts[2])] = None
    start, end = _instant(session.started_at), _instant(session.ended_at) if session.ended_at else None
    chosen = [act for act in reversed(acts) if _instant(act.at) >= start and (end is None or _instant(act.at) <= end)]
    return _join_series(sorted(chosen, key=lambda act: act.at))


def _join_series(acts: list[Act]) -> list[Act]:
    """Return the acts with a series of picks as the one act it is: what one command did was granted once."""

    def verb(act: Act) -> str:
        return act.words.partition(":")[0].partition(" ")[0]

    pairs = zip([None, *acts], acts, strict=False)
    return [act for before, act in pairs if not (before and verb(act) in _SERIES and verb(before) == verb(act))]


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
        named = _is_about(grant, act) or act.action in (grant.command or "").split()
        return named and grant.used_at is not None and at <= _instant(grant.used_at)
    if not _is_about(grant, act):
        return False
    if grant.scope == "once":
        return grant.used_at is not None
    ends = [_instant(moment) for moment in (grant.expires_at, grant.revoked_at) if moment]
    return grant.expires_at is not None and at < min(ends)


def _is_about(grant: Grant, act: Act) -> bool:
    """Tell whether the grant names the act; the reflog does not tell a forced push from another."""
    return grant.action in (None, act.action) or (act.action == "push" and grant.action in PUSHES)
