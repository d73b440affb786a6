"""The steps of a job with what they stand in, and their places as findings name them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conductor.domain.finding import Location
from conductor.workflows.located import Table, place, place_of_key
from conductor.workflows.reading import Workflow, steps_of
from conductor.workflows.used import Used, used_by


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A step with what it stands in; `number` counts from 0. `used` is its action, None for any other step."""

    workflow: Workflow
    job_id: str
    job: Table
    number: int
    table: Table
    used: Used | None

    @property
    def script(self) -> str:
        """Return the text of its `run:`."""
        return str(self.table.get("run") or "")

    def here(self, key: str = "") -> Location:
        """Return where the step, or one of its keys, stands."""
        return locate(self.workflow, place_of_key(self.table, key) if key else place(self.table))


def steps_in(workflow: Workflow, job_id: str, job: Table) -> Iterator[Step]:
    """Yield the steps of one job."""
    for number, table in enumerate(steps_of(job)):
        yield Step(workflow, job_id, job, number, table, used_by(table, workflow.lines))


def locate(workflow: Workflow, where: tuple[int, int]) -> Location:
    """Return a place in a workflow."""
    return Location(workflow.path, *where)
