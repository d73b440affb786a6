"""See for oneself what a task expects: a named command, a file, a commit, a measured time, a person's word."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conductor.config.settings import PerformanceSettings, Settings
from conductor.domain.evidence import Evidence, EvidenceLine, Outcome
from conductor.domain.secret import redact
from conductor.domain.speed import Limits, compare
from conductor.domain.text import strip_controls
from conductor.errors import Untrusted, UsageProblem
from conductor.ports.clock import Clock
from conductor.ports.git import Repository
from conductor.records.beginning import Start
from conductor.records.expectations import Expectation
from conductor.sessions.selection.compare import compare_selection

COMMAND_TIMEOUT_S = 1800.0
# By how many percent a job may be slower than at the release before, where smoke.expect.performance says nothing.
SLOWER_PERCENT = 25.0
_TAIL_LINES = 20
# Where a caller could have make or a test runner do less than the project's files say.
_SELECTING = frozenset({
    "PYTEST_ADDOPTS", "PYTEST_PLUGINS", "MAKEFLAGS", "MFLAGS", "GNUMAKEFLAGS", "MAKEFILES", "MAKEOVERRIDES",
    "MAKELEVEL", "BASH_ENV", "ENV", "TOX_SKIP_ENV", "TOXENV", "NOXSESSION",
})  # fmt: skip
_RECORDS = ("TASKS.md", "JOURNAL.md", "ERRORS.md", ".conductor/", "TASKS_ARCHIVE/", "JOURNAL_ARCHIVE/")


@dataclass(frozen=True, slots=True)
class Unseen:
    """Why nothing could be observed, in words that follow an expectation."""

    reason: str


@dataclass(frozen=True, slots=True)
class Observer:
    """What an observation needs; `asked` are the settings as the repository wants them, before trust.

    `task` is whose expectation is looked at, `start` the state of the project when it began: a command is compared with
    what it ran then.
    """

    root: Path
    repository: Repository
    clock: Clock
    settings: Settings
    asked: Settings
    lines: Sequence[EvidenceLine] = ()
    task: str | None = None
    start: Start | None = None

    def observe(self, one: Expectation, since: str | None) -> Evidence | Unseen:
        """Return what was observed for the expectation, or why nothing was.

        `since` is the day (YYYY-MM-DD) or minute (ISO 8601) the task was created: what is older proves nothing about
        it. Raises Untrusted for a command that waits for trust.
        """
        if one.kind == "command":
            return self.run_command(one.argument)
        if one.kind == "file":
            return self.find_file(one.argument, since)
        if one.kind == "commit":
            return self.find_commit(since)
        if one.kind == "performance":
            return self.compare_time(one.argument)
        return Unseen("a person's word: conductor task confirm" if one.kind == "manual" else "a release observes it")

    def run_command(self, name: str, timeout_s: float = COMMAND_TIMEOUT_S) -> Evidence:
        """Run a named command of CONDUCTOR.md, which its user trusted, and return how it ended."""
        text = self.settings.commands.get(name)
        if text is None and name in self.asked.commands:
            raise Untrusted(
                f"commands.{name} is not trusted as it stands, so it is not run",
                hint="read it in CONDUCTOR.md, then run conductor trust in a terminal of your own",
            )
        if text is None:
            known = ", ".join(self.settings.commands) or "none"
            raise UsageProblem(
                f"CONDUCTOR.md has no command {name!r} (it has: {known})", hint=f"add commands: {{{name}: make test}}"
            )
        selection = compare_selection(self.repository, name, text, self.start) if self.start is not None else None
        began = self.clock.monotonic()
        code, output = run_shell(text, self.root, timeout_s)
        detail: dict[str, Any] = {
            "exit": code,
            "seconds": round(self.clock.monotonic() - began, 1),
            "revision": self.repository.head(),
            "uncommitted": self._uncommitted(),
            "tail": redact(strip_controls(output)).splitlines()[-_TAIL_LINES:],
        }
        if self.task is not None:
            detail["task"] = self.task
        if selection is not None:
            detail["selection"] = selection.as_json()
        if removed := _selecting_variables():
            detail["environment"] = f"without {', '.join(removed)}"
        outcome = Outcome.PASSED if code == 0 else Outcome.FAILED
        return Evidence("command", name, outcome, self._now(), f"sh -c {text!r}", detail)

    def find_file(self, path: str, since: str | None) -> Evidence | Unseen:
        """Return the commit that changed the file since then."""
        if any(change.path == path for change in self.repository.changes()):
            return Unseen("changed, and not committed yet")
        commits = self.repository.log(paths=[path], since=_instant(since), limit=1)
        if not commits:
            return Unseen(f"not changed since {since}" if since else "in no commit")
        revision = commits[0].revision
        content = self.repository.read("HEAD", path)
        digest = hashlib.sha256(content).hexdigest() if content is not None else None
        detail = {"revision": revision, "sha256": digest, "subject": commits[0].subject}
        source = f"git log -1 {revision} -- {path}"
        return Evidence("file", path, Outcome.OBSERVED, self._now(), source, detail)

    def find_commit(self, since: str | None) -> Evidence | Unseen:
        """Return HEAD where everything is committed and something was since then."""
        if waiting := self._uncommitted():
            shown = ", ".join(waiting[:3]) + (", …" if len(waiting) > 3 else "")
            return Unseen(f"not committed: {shown}")
        commits = self.repository.log(since=_instant(since), limit=1)
        if not commits:
            return Unseen(f"no commit since {since}" if since else "no commit yet")
        revision = commits[0].revision
        detail = {"revision": revision, "subject": commits[0].subject}
        return Evidence("commit", revision, Outcome.OBSERVED, self._now(), f"git log -1 {revision}", detail)

    def compare_time(self, target: str) -> Evidence | Unseen:
        """Compare a target's last smoke job with those of the release before it, on one GPU, warm and cold apart."""
        passed = [
            line
            for line in self.lines
            if line.evidence.kind == "smoke"
            and line.evidence.outcome is Outcome.PASSED
            and line.evidence.subject.partition("@")[0] == target
        ]
        if not passed:
            return Unseen(f"no smoke job passed on {target} yet")
        last = max(passed, key=lambda line: (line.evidence.observed_at, line.seq))
        smoke = self.settings.smoke
        asked = smoke.performance or PerformanceSettings(SLOWER_PERCENT, SLOWER_PERCENT)
        found = compare(last, self.lines, Limits(asked.warm_percent, asked.cold_percent, smoke.max_warm_s))
        if not found.rows:
            return Unseen(f"no time to compare: set smoke.expect.max_warm_s, or release twice ({found.told})")
        against = dict.fromkeys(row.against for row in found.rows if row.against)
        source = f"evidence {last.reference}" + (f" against {', '.join(against)}" if against else "")
        outcome = Outcome.FAILED if found.slower else Outcome.PASSED
        return Evidence("performance", last.evidence.subject, outcome, self._now(), source, found.as_detail())

    def _uncommitted(self) -> list[str]:
        return [change.path for change in self.repository.changes() if not change.path.startswith(_RECORDS)]

    def _now(self) -> str:
        return self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def confirm(who: str, expectation: Expectation, at: str, waiting: EvidenceLine | None = None) -> Evidence:
    """Return a person's word as evidence; that it was a person is checked by who calls this.

    With `waiting`, it is their word that what that command ran was right, changed as it was.
    """
    if waiting is None:
        return Evidence("manual", who, Outcome.PASSED, at, "conductor task confirm", {"agreed": expectation.text})
    detail = {**waiting.evidence.detail, "confirmed_by": who, "confirms": waiting.reference}
    return Evidence("command", waiting.evidence.subject, Outcome.PASSED, at, waiting.evidence.source, detail)


def run_shell(text: str, root: Path, timeout_s: float) -> tuple[int, str]:
    """Run a command line in the root and return its exit code with its output; 124 where it took too long.

    It runs in a process group of its own, which is ended whole, and without the variables that would have a runner
    leave tests out.
    """
    removed = _selecting_variables()
    process = subprocess.Popen(
        ["/bin/sh", "-c", text],
        cwd=root,
        env={name: value for name, value in os.environ.items() if name not in removed},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=timeout_s)
        code = process.returncode
    except BaseException as error:
        _end_group(process)
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        output, code = process.communicate()[0], 124
    return code, output.decode("utf-8", "replace")


def _selecting_variables() -> list[str]:
    return sorted(_SELECTING & os.environ.keys())


def _end_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.wait()


def _since(moment: str | None) -> list[str]:
    if moment is None:
        return []
    return [f"--since={moment}" if "T" in moment else f"--since={moment}T00:00:00"]


def _instant(moment: str | None) -> str | None:
    return moment if moment is None or "T" in moment else f"{moment}T00:00:00"
