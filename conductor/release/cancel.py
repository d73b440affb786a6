"""Cancel a release: end its process where one is at work, put back what it changed, and let it rest."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

from conductor.domain.release import ReleaseOutcome
from conductor.errors import LockHeld, NothingToDo
from conductor.release.context import Release, StepFailed
from conductor.release.ending import ReleaseResult, note_failure, open_failure
from conductor.release.ledger import WITHDRAWN, Ledger, releases_dir
from conductor.release.lock import hold_local_lock, is_locked
from conductor.release.progress import Observer
from conductor.release.run import Desk, plan_again, take_up

# A process that was told to end writes a line and says what is live; it asks services that may be slow.
ENDING_S = 60.0
PAUSE_S = 0.2


def cancel_release(desk: Desk, ledger: Ledger, observer: Observer) -> ReleaseResult:
    """End the release and return how; what it deployed is put back with proof, as after a failure.

    Raises NothingToDo where it has come to its end, LockHeld where its process can't be ended.
    """
    require_open(ledger)
    end_process(desk, ledger)
    ledger = Ledger(ledger.path, desk.clock)
    # It may have come to its end meanwhile.
    require_open(ledger)
    plan = plan_again(desk, ledger)
    world = desk.connect(plan)
    with hold_local_lock(desk.repository.common_dir):
        release = Release(ledger.id, plan, world, ledger, observer)
        if open_failure(release) is None or (ledger.last("failed") or {}).get("keep"):
            ledger.write("resumed", host=socket.gethostname(), pid=os.getpid(), after="cancel")
            note_failure(release, "cancel", None, withdrawn(ledger), 0.0)
        return take_up(desk, ledger, plan, world, observer)


def require_open(ledger: Ledger) -> None:
    """Raise NothingToDo where the release has come to an end that nothing can be added to."""
    ended = ledger.ended
    if ended is not None and ledger.is_final:
        raise NothingToDo(
            f"{ledger.id} has ended ({ended['outcome']}): there is nothing to cancel",
            hint=f"conductor rollback {ledger.id} puts back what it replaced"
            if ended["outcome"] == ReleaseOutcome.VERIFIED
            else f"conductor release status {ledger.id}",
        )


def end_process(desk: Desk, ledger: Ledger) -> None:
    """Ask the process that works on this release to end, and wait until it has; nothing where none does.

    The lock of this machine names the process, and the ledger's last beginning must name the same: no other is touched.
    """
    common = desk.repository.common_dir
    if not is_locked(common):
        return
    held = read_holder(common)
    begun = next((line for line in reversed(ledger.lines) if line["event"] in {"started", "resumed"}), {})
    if held is None or begun.get("pid") != held or begun.get("host") != socket.gethostname():
        raise LockHeld(
            f"another release runs from this repository (process {held or '?'}), not {ledger.id}",
            hint="conductor release list shows it; cancel that one, or wait for it",
        )
    try:
        os.kill(held, signal.SIGTERM)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise LockHeld(
            f"the process {held} that works on {ledger.id} is another user's", hint="cancel it as that user"
        ) from error
    deadline = desk.clock.monotonic() + ENDING_S
    while is_locked(common):
        if desk.clock.monotonic() >= deadline:
            raise LockHeld(
                f"the process {held} that works on {ledger.id} does not end",
                hint=f"end it (kill -9 {held}), then conductor release cancel {ledger.id}",
            )
        desk.clock.sleep(PAUSE_S)


def read_holder(common_dir: Path) -> int | None:
    """Return the id of the process that holds this machine's lock, None where the lock does not say."""
    try:
        text = (releases_dir(common_dir) / "lock").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


def withdrawn(ledger: Ledger) -> StepFailed:
    """Return the end of a release that a person cancelled."""
    run = ledger.last("result", action="run")
    going = f"; the run that its push started goes on: {run['url']}" if run and run.get("url") else ""
    return StepFailed(
        WITHDRAWN,
        "a person cancelled it",
        hint=f"conductor release starts a new one{going}",
        outcome=ReleaseOutcome.CANCELLED,
    )
