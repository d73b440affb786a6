"""What a drill is: something that goes wrong on the stage, and how the release must end."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conductor.config.settings import BuildSettings
from conductor.errors import ExitCode
from conductor.rehearsal.actions import Shape
from conductor.rehearsal.builder import BuildFault

if TYPE_CHECKING:
    from conductor.rehearsal.scenery import Scenery

# Edits the temporary clone (root, build settings, handler's path) and returns the commit's message.
Change = Callable[[Path, BuildSettings, str | None], str]
Prepare = Callable[["Scenery", random.Random], None]
Correct = Callable[["Scenery"], None]
# Looks at the stage after the end and returns what is wrong there, in words.
Look = Callable[["Scenery"], list[str]]


def nothing_to_prepare(_stage: Scenery, _chance: random.Random) -> None:
    """Leave the stage as it is."""


def nothing_to_look_at(_stage: Scenery) -> list[str]:
    """See nothing wrong."""
    return []


@dataclass(frozen=True, slots=True)
class Ending:
    """How one act must end. `live` is what every target serves then: `before` or `new`."""

    outcome: str
    exit_code: int
    cause: str | None
    live: str = "before"

    @property
    def words(self) -> str:
        """Return it in words."""
        return self.outcome if self.outcome == KILLED else f"{self.outcome}, exit {int(self.exit_code)}"


AS_USUAL = Shape()
# The release's process was killed, and says nothing any more.
KILLED = "killed"
VERIFIED = Ending("verified", ExitCode.OK, None, "new")


def stopped(cause: str, code: ExitCode = ExitCode.STOPPED, *, live: str = "before") -> Ending:
    """Return the end of a release that stopped."""
    return Ending("stopped", code, cause, live)


def rolled_back(cause: str) -> Ending:
    """Return the end of a release after which the earlier image serves again, proven by a job."""
    return Ending("rolled_back", ExitCode.STOPPED, cause)


@dataclass(frozen=True, slots=True)
class Drill:
    """One thing that goes wrong.

    The first of `endings` is the release's, each further one that of `release --resume`, before which the one of
    `corrections` puts something right. `prepare` spoils the stage, with the seed's chances. `deployments` is how often
    an image was configured at the target where it goes wrong: the first, or the last where it is about a promotion.
    `diagnosed` is what the logs must be found to say. With `acted`, workers play parts; with `two_targets` the release
    goes to a target before the project's own; `poll` are settings of waiting other than a release's own.
    """

    name: str
    summary: str
    endings: tuple[Ending, ...]
    deployments: int
    change: Change | None = None
    prepare: Prepare = nothing_to_prepare
    corrections: tuple[Correct, ...] = ()
    look: Look = nothing_to_look_at
    build_faults: tuple[BuildFault, ...] = ()
    diagnosed: str | None = None
    shape: Shape = AS_USUAL
    acted: bool = True
    two_targets: bool = False
    fails_last: bool = False
    handler_must_run: bool = False
    poll: tuple[tuple[str, float], ...] = ()

    @property
    def declared(self) -> str:
        """Return how it must end, in words."""
        return "; resumed: ".join(ending.words for ending in self.endings)
