"""What a target served last that was proven: what a release goes back to, whatever stands there now."""

from __future__ import annotations

from datetime import datetime, timedelta

from conductor.release.context import Release
from conductor.release.ledger import Ledger, Line, list_ledgers

# The target's clock and this machine's may differ by so much.
CLOCKS_APART = timedelta(minutes=2)


def find_proven(release: Release, target: str, image: str) -> str:
    """Return what a rollback puts back where the target serves `image` now: that, unless no release ever proved it.

    An earlier release that stopped before its job had answered may have left its image there; then it is what that
    release found, and so on.
    """
    found = image
    for ledger in reversed(list_ledgers(release.world.repository.common_dir, release.world.clock)):
        intent = None if ledger.id == release.id else first_intent(ledger, target)
        if intent is not None and intent["image"] == found:
            if is_proven(ledger, target):
                return found
            found = str(intent["previous"])
    return found


def first_intent(ledger: Ledger, target: str) -> Line | None:
    """Return the line in which that release began to change the target; what it found there stands in `previous`."""
    return next(
        (
            line
            for line in ledger.lines
            if line["event"] == "intent"
            and line.get("action") == "deploy"
            and line.get("target") == target
            and isinstance(line.get("image"), str)
            and isinstance(line.get("previous"), str)
        ),
        None,
    )


def is_proven(ledger: Ledger, target: str) -> bool:
    """Tell whether a job of that release showed that its image works there."""
    return ledger.last("step", step="smoke", state="done", target=target) is not None


def find_replaced(release: Release, target: str, ours: str) -> str:
    """Return what the target served before `ours`, which it has already though this ledger knows of no deployment.

    That is `ours` itself where it was there before this release; where the ledger has lost its lines, this release's
    evidence tells, or else the target's own history.
    """
    for line in release.world.evidence.lines(release.id):
        told = line.evidence.detail.get("previous")
        if (
            line.evidence.kind == "deployed"
            and line.evidence.subject.startswith(f"{target}@")
            and isinstance(told, str)
        ):
            return told
    since = _begun_at(release)
    for entry in release.world.targets[target].fetch_releases():
        if entry.new_image == ours and entry.old_image is not None:
            at = _instant(entry.created_at)
            if since is not None and at is not None and at >= since - CLOCKS_APART:
                return find_proven(release, target, entry.old_image)
            break
    return find_proven(release, target, ours)


def _begun_at(release: Release) -> datetime | None:
    started = release.ledger.last("started")
    return _instant(started["at"]) if started is not None else None


def _instant(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
