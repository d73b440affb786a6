"""Questions that several checks ask of a followed command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Severity

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command, Environment, Fact
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.python.launch import Launch
    from conductor.preflight.subject import Subject


def runs(command: Command) -> bool:
    """Tell whether the command certainly runs and its failure stops the build or the start."""
    return not (command.conditional or command.masked or command.piped or is_tested(command))


def is_tested(command: Command) -> bool:
    """Tell whether the command is a condition, or only its output is used."""
    return command.tested


def severity_of(command: Command) -> Severity:
    """Return error where the command's failure stops what it is part of, else warning."""
    return Severity.ERROR if runs(command) else Severity.WARNING


def severity_of_start(launch: Launch) -> Severity:
    """Return how bad it is that a program fails while it is loaded: advice where it may not run at all."""
    if not runs(launch.command):
        return Severity.ADVICE
    return Severity.WARNING if launch.ends_well else Severity.ERROR


def release_of(environment: Environment) -> Fact | None:
    """Return the operating system release, where it is known for sure."""
    return environment.os if environment.os is not None and environment.os.sure else None


def volumes_of(subject: Subject) -> dict[str, str]:
    """Return the folders over which a volume is mounted at the start, with who says so."""
    return {
        target.volume.rstrip("/"): f"target {target.name} mounts its volume there"
        for target in subject.settings.targets
        if target.volume and target.volume.startswith("/")
    }


def below(path: str, folder: str) -> bool:
    """Tell whether a path is in that folder."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def acts_as_other(subject: Subject, command: Command) -> bool:
    """Tell whether a word before the command, on its line, makes it run as another user (`sudo`, `su`, `gosu`)."""
    line, column = command.location.line, command.location.column or 0
    return any(
        other.name in {"sudo", "su", "gosu", "runuser", "su-exec", "doas"}
        and other.location.line == line
        and (other.location.column or 0) <= column
        for other in subject.commands
    )


def tried(subject: Subject) -> Iterator[PipInstall]:
    """Yield the installations whose failure nobody expects: not those with a `||` that says what to do then."""
    return (install for install in subject.pip_installs if not install.command.caught)
