"""Whether a drill ended as it must: judged by what the servers have and were asked, not by what was said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conductor.rehearsal.drill import KILLED, Drill, Ending
from conductor.rehearsal.mischief import LOCK_REF
from conductor.rehearsal.processes import git_output

if TYPE_CHECKING:
    from conductor.rehearsal.scenery import Scenery
    from conductor.release.ending import ReleaseResult


@dataclass(frozen=True, slots=True)
class Act:
    """How one act ended: the release or a resume of it. Without a `result` its process was killed."""

    result: ReleaseResult | None

    @property
    def words(self) -> str:
        """Return it in the words of `Ending.words`."""
        return f"{self.result.outcome}, exit {int(self.result.exit_code)}" if self.result else KILLED


def find_wrong_act(ending: Ending, act: Act, stage: Scenery) -> list[str]:
    """Return how an act that has just ended differs from what was declared."""
    if act.words != ending.words:
        return [f"ended {act.words}, not {ending.words}"]
    if act.result is None:
        return []
    wrong = []
    if act.result.cause != ending.cause:
        wrong.append(f"its cause is {act.result.cause}, not {ending.cause}")
    for endpoint in stage.endpoints.values():
        is_new = endpoint.fields["image"] != stage.info.previous
        if is_new != (ending.live == "new"):
            wrong.append(f"{endpoint.fields['name']} serves the {'new' if is_new else 'earlier'} image")
    if act.result.exit_code and not act.result.hint:
        wrong.append("it does not say what to do next")
    if (act.result.task_status == "COMPLETE") != (act.result.exit_code == 0):
        wrong.append(f"{act.result.task} is {act.result.task_status}")
    return wrong


def find_wrong(drill: Drill, stage: Scenery, acts: list[Act]) -> list[str]:
    """Return what is wrong once all acts are over."""
    wrong = []
    for number, endpoint in enumerate(stage.endpoints.values()):
        images = [body["image"] for body in endpoint.patches if "image" in body]
        wanted = count_deployments(drill, number, acts)
        if len(images) != wanted:
            wrong.append(f"{endpoint.fields['name']} was deployed to {len(images)} times, not {wanted}")
    if len(stage.git_host.pushes) > 1:
        wrong.append(f"{len(stage.git_host.pushes)} pushes")
    if git_output(stage.git_host.bare, "for-each-ref", LOCK_REF):
        wrong.append("the lock on the remote is still held")
    result = acts[-1].result
    if drill.diagnosed and result is not None:
        wrong += find_untold(drill.diagnosed, stage.project.root, result)
    return [*wrong, *drill.look(stage)]


def count_deployments(drill: Drill, number: int, acts: list[Act]) -> int:
    """Return how often that target's image must have been changed: targets after the one that fails are not reached."""
    verified = acts[-1].result is not None and acts[-1].result.exit_code == 0
    return drill.deployments if verified or drill.fails_last or number == 0 else 0


def find_untold(code: str, root: Path, result: ReleaseResult) -> list[str]:
    """Return what the drill's task lacks of the diagnosis: the cause with its place in a file, and the remedy."""
    found = next((finding for finding in result.findings if finding.code == code), None)
    if found is None or found.location is None or found.location.line is None:
        return [f"its logs were not found to say {code}, with the line that it comes from"]
    tasks = (root / "TASKS.md").read_text(encoding="utf-8")
    needed = (f"{found.code} at {found.location}: ", found.remedy[:60])
    return [f"its task does not say {one!r}" for one in needed if one not in tasks]
