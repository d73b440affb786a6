"""Questions that several checks ask of the repository's workflows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conductor.domain.finding import Location
from conductor.preflight.check import Fix
from conductor.workflows.documents import as_list, as_mapping
from conductor.workflows.images import pushed_images
from conductor.workflows.located import Table
from conductor.workflows.reading import Use, Workflow
from conductor.workflows.repairs import Edit
from conductor.workflows.steps import Step, steps_in

if TYPE_CHECKING:
    from conductor.knowledge import Entry
    from conductor.preflight.subject import Subject


def all_steps(subject: Subject) -> Iterator[Step]:
    """Yield every step of every workflow."""
    for workflow in subject.workflows.documents:
        for job_id, job in workflow.jobs.items():
            yield from steps_in(workflow, job_id, job)


def pushing_steps(subject: Subject) -> Iterator[Step]:
    """Yield each step that pushes an image with docker/build-push-action (or a fork of it), once."""
    told: set[int] = set()
    for pushed in pushed_images(all_steps(subject), subject.workflows.builds):
        step = pushed.step
        if step.used is not None and step.used.name.endswith("/build-push-action") and id(step) not in told:
            told.add(id(step))
            yield step


def place_of(workflow: Workflow, use: Use, offset: int = 0) -> Location:
    """Return where in the file something in an expression stands; `offset` counts from the expression's beginning."""
    before = use.text[:offset]
    if "\n" in before:
        return Location(workflow.path, use.line + before.count("\n"))
    return Location(workflow.path, use.line, use.column + offset)


def has_passed(subject: Subject, fact: Entry, key: str) -> bool:
    """Tell whether the day that a fact names under `key` lies behind the judgement's day."""
    return key in fact and subject.day.reached(str(fact[key]))


def labels_of(job: Table) -> list[Any]:
    """Return what a job's `runs-on` asks for, as it is written."""
    asked = job.get("runs-on")
    return as_list(as_mapping(asked).get("labels")) if isinstance(asked, dict) else as_list(asked)


def fix_of(step: Step, edit: Edit | None) -> Fix | None:
    """Return an edit of a step's workflow as a repair that `--fix` applies."""
    return Fix(step.workflow.path, edit.line, edit.old, edit.new) if edit is not None else None
