"""Values that GitHub refuses in a workflow: permissions, numbers, inputs, and keys of the other kind of step."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any

from conductor.workflows.located import Row, Table, Text, place, place_of_key
from conductor.workflows.refusal import Refusal

_SCOPES = (
    "actions artifact-metadata attestations checks contents deployments discussions id-token issues models packages "
    "pages pull-requests repository-projects security-events statuses"
)
_LEVELS = "read write none"
_FEWER_LEVELS = {"id-token": "write none", "models": "read none"}
_INPUT_TYPES = "string boolean choice number environment"
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def find_value_refusals(root: Table) -> Iterator[Refusal]:
    """Yield the values of a workflow's keys that GitHub refuses."""
    yield from _permissions(root)
    on = root.get("on")
    if isinstance(on, Text | Row | Table) and not on and "on" in root:
        yield Refusal("`on` is empty", "write an event, for example on: push", *place_of_key(root, "on"))
    yield from _inputs(on.get("workflow_dispatch") if isinstance(on, Table) else None)
    jobs = root.get("jobs")
    for job in jobs.values() if isinstance(jobs, Table) else ():
        if isinstance(job, Table):
            yield from _permissions(job)
            yield from _number(job, "timeout-minutes")
            yield from _number(job.get("strategy"), "max-parallel")
            for step in job["steps"] if isinstance(job.get("steps"), Row) else ():
                yield from _number(step, "timeout-minutes")
                yield from _kind_of_step(step)


def _permissions(holder: Table) -> Iterator[Refusal]:
    given = holder.get("permissions")
    if isinstance(given, Text) and given and "${{" not in given and given not in {"read-all", "write-all"}:
        remedy = "write read-all or write-all, or each permission below it"
        yield Refusal(f"permissions can't be `{given}`", remedy, *place(given))
    for scope, level in given.items() if isinstance(given, Table) else ():
        near = difflib.get_close_matches(scope, _SCOPES.split(), n=1, cutoff=0.75)
        # A scope that is like none of these may be newer than they are.
        if scope not in _SCOPES.split() and near:
            yield Refusal(f"there is no permission `{scope}`", f"write {near[0]}", *place_of_key(given, scope))
        levels = _FEWER_LEVELS.get(scope, _LEVELS).split()
        if isinstance(level, Text) and level not in levels and "${{" not in level:
            said = f"the permission {scope} can't be `{level}`"
            yield Refusal(said, f"write one of: {', '.join(levels)}", *place(level))


def _inputs(trigger: Any) -> Iterator[Refusal]:
    inputs = trigger.get("inputs") if isinstance(trigger, Table) else None
    for name, one in inputs.items() if isinstance(inputs, Table) else ():
        kind = one.get("type") if isinstance(one, Table) else None
        if isinstance(kind, Text) and kind and kind not in _INPUT_TYPES.split():
            remedy = f"write one of: {', '.join(_INPUT_TYPES.split())}"
            yield Refusal(f"the input {name} can't be of type `{kind}`", remedy, *place(kind))
        elif kind == "choice" and not one.get("options"):
            yield Refusal(f"the input {name} is a choice without options", "write options: below it", *place(kind))


def _number(table: Any, key: str) -> Iterator[Refusal]:
    value = table.get(key) if isinstance(table, Table) else None
    if isinstance(value, Text) and value and "${{" not in value and not _NUMBER.fullmatch(value):
        yield Refusal(f"`{key}` is no number: {value}", "write a number", *place(value))


def _kind_of_step(step: Any) -> Iterator[Refusal]:
    """Yield the keys that only the other kind of step has."""
    if not isinstance(step, Table) or ("uses" in step) == ("run" in step):
        return
    foreign = ("working-directory", "shell") if "uses" in step else ("with",)
    kind = "an action" if "uses" in step else "a script"
    for key in foreign:
        if key in step:
            remedy = f"remove {key}" if "uses" in step else "hand values over as env: instead"
            yield Refusal(f"a step that runs {kind} has no `{key}`", remedy, *place_of_key(step, key))
