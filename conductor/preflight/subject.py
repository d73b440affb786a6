"""What a check is given: the parsed files, the followed environment, the settings, and nothing to write with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from conductor.domain.day import CalendarDay, Day
from conductor.domain.finding import Location
from conductor.workflows.reading import Workflows

if TYPE_CHECKING:
    from conductor.config.settings import Settings
    from conductor.ports.tree import Tree
    from conductor.preflight.environment.context import Context
    from conductor.preflight.environment.model import Command
    from conductor.preflight.environment.origin import Origin
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.environment.timeline import Timeline
    from conductor.preflight.parse.dockerfile import Dockerfile


class Lookup(Protocol):
    """Questions to the outside world, answered with a time limit and from a cache; None means it could not be asked."""

    def serves(self, address: str) -> bool | None:
        """Tell whether this https address serves a file."""

    def has_image(self, reference: str) -> bool | None:
        """Tell whether a registry has this image."""

    def is_public(self, name: str) -> bool | None:
        """Tell whether a registry shows this image (`ghcr.io/owner/name`, no tag) to anybody without a login."""


def _today() -> CalendarDay:
    return CalendarDay(datetime.now(UTC).date())


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One image of one project. `dockerfile_path` is relative to `root`, as every path in a finding is.

    Facts of the world that have a date hold where `day` has reached it.
    """

    root: Tree
    dockerfile_path: str
    dockerfile: Dockerfile
    context: Context
    settings: Settings
    timeline: Timeline
    lookup: Lookup | None = None
    day: Day = field(default_factory=_today)
    workflows: Workflows = field(default_factory=Workflows)
    _sources: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return every command of the build and of the start, in the order they run."""
        return self.timeline.commands

    @property
    def pip_installs(self) -> tuple[PipInstall, ...]:
        """Return every installation of Python packages, in order."""
        return self.timeline.pip_installs

    def here(self, line: int, column: int | None = None, end_line: int | None = None) -> Location:
        """Return a place in the Dockerfile."""
        return Location(self.dockerfile_path, line, column, end_line)

    def quote(self, location: Location, *facts: str | Origin | None) -> tuple[str, ...]:
        """Return the context of a finding: the line it points at, and below it what the judgement rests on."""
        lines = self.source_lines(location.path)
        number = location.line or 0
        quoted = []
        width = len(str(number))
        if 0 < number <= len(lines):
            quoted.append(f"{number:>{width}} | {lines[number - 1][:300]}")
        quoted.extend(f"{'':>{width}} |     {_fact(fact)}" for fact in facts if fact)
        return tuple(quoted)

    def source_lines(self, path: str) -> tuple[str, ...]:
        """Return the lines of a file of the image (empty for one that cannot be read)."""
        if path == self.dockerfile_path:
            return self.dockerfile.lines
        if (lines := self.workflows.lines(path)) is not None:
            return lines
        if path not in self._sources:
            inside = path.removeprefix(f"{self.context.shown}/") if self.context.shown else path
            self._sources[path] = tuple((self.context.read_text(inside) or "").splitlines())
        return self._sources[path]


def _fact(fact: str | Origin) -> str:
    if isinstance(fact, str):
        return fact
    return f"{fact.what} ({fact.path}:{fact.line})" if fact.line else fact.what
