"""Whether a release that met a fault has ended as it must: at the goal, or stopped with all that a person needs."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from tests.faults.stand import Ending, QuickWorker, Stand
from tests.faults.table import Case, Hung

# Ended by the case itself, not by what it met.
KILLED = -signal.SIGKILL


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a case: how it ended, how it ended after a resume without the fault, and what is wrong."""

    case: Case
    first: Ending
    second: Ending | None
    met: int
    wrong: tuple[str, ...]

    @property
    def kind(self) -> str:
        """Return the column of the table."""
        if self.wrong:
            return "wrong"
        if not self.met:
            return "not met"
        if self.first.code == 0:
            return "as without"
        return "went back" if "rolled_back" in self.first.state and self.first.code == 6 else "stopped"


def play(stand: Stand, case: Case) -> Verdict:
    """Release under the fault, then resume without it, and judge both."""
    stand.reset()
    if case.place.failing:
        QuickWorker.fails_but = stand.stage.info.previous
    hung = Hung(stand, case)
    first = stand.release()
    for server in stand.servers.values():
        server.fault = None
    stand.free_disk()
    stand.jump.unlink(missing_ok=True)
    wrong = [*find_wrong(stand, first)]
    second = None
    if first.code not in (0, 2) and '"outcome": "rolled_back"' not in first.state:
        second = stand.release("--resume")
        wrong += [f"resumed: {text}" for text in find_wrong(stand, second)]
        wanted = (6,) if case.place.failing else (0, 6) if "rollback" in first.state else (0,)
        if second.code not in wanted:
            wrong.append(f"resumed: exit {second.code}, not {wanted}")
    wrong += find_twice(stand, second or first)
    return Verdict(case, first, second, hung.met, tuple(wrong))


def find_wrong(stand: Stand, ending: Ending) -> list[str]:
    """Return what is wrong with how one process ended."""
    wrong = []
    if "Traceback" in ending.output:
        wrong.append("a traceback")
    if ending.code == KILLED:
        return wrong
    previous, live = stand.stage.info.previous, ending.live
    if ending.code == 0 and live == previous:
        wrong.append("exit 0, and the earlier image is live")
    if ending.code in (5, 6, 7) and live != previous:
        wrong.append(f"exit {ending.code}, and another image than before is live")
    if ending.code not in (0, 5, 6, 7, 8, 130):
        wrong.append(f"exit {ending.code}")
    if ending.code in (8, 130) and live != previous and "serve" not in ending.output:
        wrong.append("it does not say what is live")
    if ending.code != 0 and not any(word in ending.output for word in ("Next: ", "To go on: ")):
        wrong.append("it does not say what to do next")
    return wrong


def find_twice(stand: Stand, ending: Ending) -> list[str]:
    """Return what was done twice: an endless to and fro of images, a push, or more jobs than were needed."""
    wrong = []
    if len(ending.deploys) > 2 or len(set(ending.deploys)) != len(ending.deploys):
        wrong.append(f"{len(ending.deploys)} changes of the image")
    if ending.pushes > 1:
        wrong.append(f"{ending.pushes} pushes")
    # Three for the release where the queue forgets each, two for its rollback, one for a rollback that is resumed.
    if ending.jobs > 6:
        wrong.append(f"{ending.jobs} jobs")
    return wrong
