"""The one error hierarchy and the exit codes. Every error carries a hint: what to do next, as an imperative."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """What a `conductor` process answers; the same in every command."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    NOTHING = 3
    MALFORMED = 4
    OUTSIDE = 5
    STOPPED = 6
    LOCKED = 7
    NOT_RESTORED = 8
    BUG = 70
    INTERRUPTED = 130


MEANING: dict[ExitCode, str] = {
    ExitCode.OK: "fine",
    ExitCode.FINDINGS: "findings (also: claimed, not complete)",
    ExitCode.USAGE: "usage, configuration or trust",
    ExitCode.NOTHING: "nothing to check or release, or no cause found",
    ExitCode.MALFORMED: "a record is malformed",
    ExitCode.OUTSIDE: "the outside said no",
    ExitCode.STOPPED: "the release stopped; what was live before is live now, or nothing was deployed yet",
    ExitCode.LOCKED: "a lock is held",
    ExitCode.NOT_RESTORED: "the release stopped and what is live is not what was live before, or is unknown",
    ExitCode.BUG: "a bug in Conductor",
    ExitCode.INTERRUPTED: "interrupted; a release can be resumed",
}


class ConductorError(Exception):
    """An error a person can act on.

    `hint` is an imperative with the exact command or edit; `path` (relative to the project), `line` and `column`
    (both from 1) say where, if there is a where.
    """

    exit_code = ExitCode.USAGE

    def __init__(
        self, message: str, *, hint: str, path: str | None = None, line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = path
        self.line = line
        self.column = column


class UsageProblem(ConductorError):
    """What was typed, or where it was typed, cannot work."""


class MissingExtra(UsageProblem):
    """A command needs packages that the core does not install."""


class Problems(ConductorError):
    """Several errors that are told at once; `problems` holds every one of them."""

    def __init__(self, problems: list[ConductorError]) -> None:
        first = problems[0]
        super().__init__(first.message, hint=first.hint, path=first.path, line=first.line, column=first.column)
        self.problems = problems


class ConfigurationProblem(Problems):
    """CONDUCTOR.md, conductor.yaml or the user's configuration is wrong."""


class NotReady(Problems):
    """A release can't be begun: all that is missing, and behind it what is only worth knowing."""

    def __init__(self, missing: list[ConductorError], notes: list[ConductorError]) -> None:
        super().__init__(missing)
        self.notes = notes


class Untrusted(ConductorError):
    """The repository asks for something that its user has not trusted yet."""


class NothingToDo(ConductorError):
    """There is nothing to check, to release or to explain."""

    exit_code = ExitCode.NOTHING


class RecordSyntaxError(ConductorError):
    """A record file cannot be read or edited as what it should be."""

    exit_code = ExitCode.MALFORMED


class OutsideRefused(ConductorError):
    """A service answered no, answered nonsense, or did not answer in time."""

    exit_code = ExitCode.OUTSIDE


class ReleaseStopped(ConductorError):
    """A release ended early and what was live before is live now."""

    exit_code = ExitCode.STOPPED


class LockHeld(ConductorError):
    """Somebody else holds the lock."""

    exit_code = ExitCode.LOCKED
