"""What the journal says about a release: only what evidence shows."""

from __future__ import annotations

from conductor.domain.evidence import Outcome
from conductor.domain.release import ReleaseOutcome
from conductor.domain.text import one_line
from conductor.errors import ConductorError
from conductor.release.context import Release, cause_of

_SHOWN = ("push", "build", "image", "deployed", "rollout", "smoke", "performance", "restored")


def entry_title(release: Release, outcome: ReleaseOutcome) -> str:
    """Return the entry's title."""
    revision = release.plan.revision[:7]
    targets = ", ".join(target.name for target in release.plan.targets)
    known = release.plan.known
    did, what = f"Released {revision} to {targets}", "Release"
    if known and known.source:
        did, what = f"Promoted {revision} from {known.source.name} to {targets}", "Promotion"
    elif known:
        did, what = f"Put {revision} back on {targets}", "Return"
    ended = {
        ReleaseOutcome.VERIFIED: did,
        ReleaseOutcome.ROLLED_BACK: f"{what} of {revision} to {targets} rolled back",
        ReleaseOutcome.ROLLBACK_FAILED: f"{what} of {revision} to {targets} failed, and so did its rollback",
        ReleaseOutcome.SUPERSEDED: f"{what} of {revision} superseded",
        ReleaseOutcome.CANCELLED: f"{what} of {revision} cancelled",
        ReleaseOutcome.STOPPED: f"{what} of {revision} stopped",
    }
    return ended[outcome]


def entry_lines(release: Release, outcome: ReleaseOutcome, error: ConductorError | None = None) -> list[str]:
    """Return the entry's lines: what was released, what was seen, and why it ended where it did."""
    lines = [
        f"Release {release.id}: {outcome}",
        f"Revision {release.plan.revision} ({one_line(release.plan.subject, 120)})",
    ]
    for line in release.world.evidence.lines(release.id):
        evidence = line.evidence
        if evidence.kind in _SHOWN:
            failed = " FAILED:" if evidence.outcome is Outcome.FAILED else ""
            summary = one_line(str(evidence.detail.get("summary", evidence.subject)), 300)
            lines.append(f"{evidence.kind}:{failed} {summary} (evidence {line.reference})")
    if error is not None:
        lines.append(f"Cause: {cause_of(error)}: {one_line(error.message, 400)}")
        lines.append(f"Next: {one_line(error.hint, 300)}")
    return lines
