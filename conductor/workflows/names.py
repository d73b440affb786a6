"""Names in expressions that lead to nothing: GitHub takes them as empty and says nothing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from conductor.workflows.documents import as_list, as_mapping
from conductor.workflows.expression_tree import Member, Tree, path_of, walk
from conductor.workflows.reading import Use, Workflow, steps_of
from conductor.workflows.used import used_by

_GITHUB = (
    "action action_path action_ref action_repository action_status actor actor_id api_url base_ref env event "
    "event_name event_path graphql_url head_ref job path ref ref_name ref_protected ref_type repository "
    "repository_id repository_owner repository_owner_id repositoryurl repository_visibility retention_days run_id "
    "run_number run_attempt secret_source server_url sha token triggering_actor workflow workflow_ref workflow_sha "
    "workspace output state step_summary artifact_cache_size_limit "
)
# Outputs as the action.yml of the newest release lists them.
_OUTPUTS = {
    "docker/build-push-action": "imageid digest metadata",
    "docker/metadata-action": "version tags tag-names labels annotations json bake-file-tags bake-file-labels "
    "bake-file-annotations bake-file",
    "actions/checkout": "ref commit",
}
_WRITES = re.compile(r"([A-Za-z_][\w-]*)(?:=|<<)")


@dataclass(frozen=True, slots=True)
class Missing:
    """A name that leads to nothing: as it is written, why, what may be meant (or ""), and where in the expression."""

    text: str
    reason: str
    instead: str
    offset: int


def find_missing(workflow: Workflow, use: Use) -> Iterator[Missing]:
    """Yield the names of an expression that are always empty."""
    if use.tree is None:
        return
    for path, offset in _paths(use.tree):
        root = path[0].lower()
        if root == "github" and len(path) > 1:
            yield from _typo(path, 1, _GITHUB.split(), "GitHub has no such value", offset)
        elif root == "steps" and len(path) > 1 and use.job is not None:
            yield from _step(workflow, use, path, offset)
        elif root == "needs" and len(path) > 1 and use.job is not None:
            yield from _need(workflow, use, path, offset)
        elif root == "inputs" and len(path) > 1:
            yield from _typo(path, 1, _inputs(workflow), "the workflow declares no such input", offset)
        elif root == "matrix" and len(path) > 1 and use.job is not None:
            yield from _typo(path, 1, _axes(workflow.jobs.get(use.job)), "the matrix has no such key", offset)


def _paths(tree: Tree) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the longest literal path of each name, and where it begins."""
    inner: set[int] = set()
    for one in walk(tree):
        path = path_of(one) if isinstance(one, Member) and id(one) not in inner else None
        if path is not None:
            begin: Tree = one
            while isinstance(begin, Member):
                inner.add(id(begin))
                begin = begin.whole
            yield path, begin.offset


def _typo(path: tuple[str, ...], place: int, known: Iterable[str], reason: str, offset: int) -> Iterator[Missing]:
    """Yield a name that is not among the known ones and near one of them; another one may be new."""
    names = list(known)
    lowered = {name.lower(): name for name in names}
    if not names or path[place].lower() in lowered:
        return
    near = difflib.get_close_matches(path[place].lower(), list(lowered), n=1, cutoff=0.8)
    if near:
        yield _missing(path, place, lowered[near[0]], reason, offset)


def _missing(path: tuple[str, ...], place: int, instead: str, reason: str, offset: int) -> Missing:
    right = ".".join((*path[:place], instead, *path[place + 1 :])) if instead else ""
    return Missing(".".join(path), reason, right, offset)


def _step(workflow: Workflow, use: Use, path: tuple[str, ...], offset: int) -> Iterator[Missing]:
    steps = steps_of(workflow.jobs.get(use.job or ""))
    written = {str(step["id"]).lower(): str(step["id"]) for step in steps if step.get("id")}
    numbers = {str(step["id"]).lower(): number for number, step in enumerate(steps) if step.get("id")}
    if any("${{" in one for one in written):
        return
    name, last = path[1].lower(), _steps_before(use, len(steps))
    if name not in numbers:
        near = difflib.get_close_matches(name, sorted(one for one in numbers if numbers[one] < last), n=1)
        yield _missing(path, 1, written[near[0]] if near else "", f"no step of the job is called {path[1]}", offset)
    elif numbers[name] >= last:
        yield _missing(path, 1, "", f"step {path[1]} runs later", offset)
    elif len(path) > 3 and path[2].lower() == "outputs":
        known = _written(workflow, steps[numbers[name]])
        yield from _typo(path, 3, known, f"step {path[1]} writes no such output", offset)


def _steps_before(use: Use, count: int) -> int:
    """Return how many of the job's steps have run where the expression is worked out."""
    return count if use.step is None else use.step


def _written(workflow: Workflow, step: Any) -> frozenset[str]:
    """Return the outputs that a step can have, empty where that can't be seen."""
    used = used_by(step, workflow.lines)
    if used is not None:
        return frozenset(_OUTPUTS.get(used.name, "").split())
    script = str(step.get("run") or "")
    return frozenset(_WRITES.findall(script)) if "GITHUB_OUTPUT" in script or "::set-output" in script else frozenset()


def _need(workflow: Workflow, use: Use, path: tuple[str, ...], offset: int) -> Iterator[Missing]:
    job = workflow.jobs.get(use.job or "", {})
    needed = {str(one).lower(): str(one) for one in as_list(job.get("needs")) if isinstance(one, str)}
    if path[1].lower() not in needed:
        # Where a needed job is not there, that is what is wrong.
        if needed.keys() <= {name.lower() for name in workflow.jobs}:
            near = difflib.get_close_matches(path[1].lower(), list(needed), n=1, cutoff=0.6)
            said = f"job {use.job} does not need {path[1]}"
            yield _missing(path, 1, needed[near[0]] if near else "", said, offset)
        return
    other = next((one for name, one in workflow.jobs.items() if name.lower() == path[1].lower()), None)
    if len(path) > 3 and path[2].lower() == "outputs" and other is not None and "uses" not in other:
        outputs = {name.lower(): name for name in as_mapping(other.get("outputs"))}
        if path[3].lower() not in outputs:
            near = difflib.get_close_matches(path[3].lower(), list(outputs), n=1, cutoff=0.6)
            said = f"job {path[1]} has no such output"
            yield _missing(path, 3, outputs[near[0]] if near else "", said, offset)


def _inputs(workflow: Workflow) -> list[str]:
    on = as_mapping(workflow.root.get("on"))
    return [
        name
        for event in ("workflow_dispatch", "workflow_call")
        for name in as_mapping(as_mapping(on.get(event)).get("inputs"))
    ]


def _axes(job: Any) -> list[str]:
    """Return the keys of a matrix that is written out, none where an expression makes it."""
    matrix = as_mapping(as_mapping(job).get("strategy")).get("matrix")
    if not isinstance(matrix, dict):
        return []
    rows = matrix.get("include", [])
    if any(isinstance(value, str) and "${{" in value for value in (rows, matrix.get("exclude"))):
        return []
    names = [name for name in matrix if name not in {"include", "exclude"}]
    return names + [name for row in as_list(rows) for name in as_mapping(row)]
