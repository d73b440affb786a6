"""What a worker wrote, where its job or its rollout failed: fetched while the worker is there, kept, and quoted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from conductor.domain.finding import Confidence, Finding
from conductor.domain.secret import redact
from conductor.domain.text import one_line, quoted_line, strip_controls
from conductor.errors import OutsideRefused
from conductor.release.context import Release
from conductor.release.diagnosed import diagnose_worker_log
from conductor.release.ledger import releases_dir

# So many lines are shown; the file has all that could be had.
SHOWN_LINES = 12
# How a traceback ends; then, whatever else names an error.
_TELLING = (
    re.compile(r"\s*(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception)(?::|$)"),
    re.compile(r".*\b[A-Z]\w*Error\b|.*error:"),
)
# The marks that a traceback puts under a line.
_MARKS = re.compile(r"[\s^~]*")


@dataclass(frozen=True, slots=True)
class WorkerLog:
    """A worker's log without credentials and control characters.

    `place` says where a person reads it in the service's own pages; empty where it was kept here, in a file that the
    release's closing lines name. `cause` is what it says went wrong, None where that is not known.
    """

    lines: tuple[str, ...]
    place: str = ""
    cause: Finding | None = None

    @property
    def telling(self) -> str:
        """Return the line that tells most: the last one that names an error, or else the last; empty without any."""
        for pattern in _TELLING:
            for line in reversed(self.lines):
                if pattern.match(line):
                    return line
        return self.lines[-1] if self.lines else ""

    @property
    def address(self) -> str:
        """Return `: ` and the place, for the end of a hint."""
        return f": {self.place}" if self.place else ""

    def explain(self, cause: str, remedy: str) -> tuple[Finding, ...]:
        """Return what went wrong, as far as the log tells it, and its last lines as a finding; nothing without any."""
        if not self.lines:
            return ()
        message = f'the worker\'s log says "{one_line(self.telling, 300)}"'
        shown = tuple(quoted_line(line) for line in self.lines[-SHOWN_LINES:])
        last = Finding(cause, message, remedy, confidence=Confidence.MEDIUM, context=shown)
        return (self.cause, last) if self.cause else (last,)


def keep_worker_log(release: Release, target: str, worker: str | None) -> WorkerLog:
    """Fetch a worker's log (None: that of one on the new image) and keep it beside the ledger.

    Never raises for a log that can't be had or kept: why it was wanted matters more.
    """
    service = release.world.targets[target]
    try:
        wanted = worker or _find_fresh(release, target)
        text = service.fetch_worker_log(wanted) if wanted else ""
    except OutsideRefused:
        wanted, text = worker, ""
    lines = tuple(line.rstrip() for line in redact(strip_controls(text)).splitlines() if not _MARKS.fullmatch(line))
    place = service.describe_log(wanted)
    if wanted is None or not lines:
        return WorkerLog((), place)
    cause = diagnose_worker_log(release, text)
    name = name_kept(wanted)
    path = release.ledger.logs / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError:
        return WorkerLog(lines, place, cause)
    release.ledger.write("result", action="worker_log", target=target, worker=wanted, file=name)
    return WorkerLog(lines, cause=cause)


def name_kept(worker: str) -> str:
    """Return the name of the file in which a worker's log is kept beside the ledger."""
    return f"worker-{re.sub(r'[^A-Za-z0-9_-]', '_', worker)[:80]}.log"


def find_kept(common_dir: Path, worker: str) -> str:
    """Return what the newest release that kept this worker's log has of it; empty where none did."""
    for path in sorted(releases_dir(common_dir).glob(f"*/{name_kept(worker)}"), reverse=True):
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
    return ""


def _find_fresh(release: Release, target: str) -> str | None:
    listing = release.world.targets[target].fetch_workers()
    return next((worker.id for worker in listing.workers if not worker.is_stale), None)
