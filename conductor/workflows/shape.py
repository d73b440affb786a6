"""What GitHub refuses in a workflow before anything of it runs: its keys, their values, its jobs and steps.

Source: docs.github.com, "Workflow syntax for GitHub Actions" (read 2026-11), compared with the refusals of GitHub's own
parser as nektos/act carries it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from conductor.workflows.expression_tree import find_expressions
from conductor.workflows.located import Row, Table, Text, place, place_of_key
from conductor.workflows.reading import Workflow

_TOP = "name run-name on permissions env defaults concurrency jobs"
_JOB = (
    "name permissions needs if runs-on snapshot environment concurrency outputs env defaults steps timeout-minutes "
    "strategy continue-on-error container services uses with secrets"
)
_STEP = "id if name uses run working-directory shell with env continue-on-error timeout-minutes"
_STRATEGY = "matrix fail-fast max-parallel"
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why GitHub does not take the file: what is wrong, what to write, and where (from 1)."""

    message: str
    remedy: str
    line: int
    column: int


def find_refusals(workflow: Workflow) -> Iterator[Refusal]:
    """Yield what makes GitHub refuse the workflow."""
    if workflow.fault is not None and not workflow.fault.certain:
        return
    if workflow.fault is not None:
        yield Refusal(
            f"it is not YAML: {workflow.fault.problem}",
            "correct the line; values with ': ' or a leading '*', '&', '@', '`' need quotes",
            workflow.fault.line,
            workflow.fault.column,
        )
        return
    root = workflow.root
    if not root:
        if workflow.text.strip():
            yield Refusal("it is no mapping with `on` and `jobs`", "write on: and jobs:", 1, 1)
        return
    yield from _keys(root, _TOP, "a workflow", (_JOB, _STEP))
    for key in ("on", "jobs"):
        if key not in root:
            yield Refusal(f"it has no `{key}`", f"write {key}:", *place(root))
    jobs = root.get("jobs")
    if "jobs" in root and not isinstance(jobs, Table):
        yield Refusal("`jobs` is no mapping", "write each job below its id", *place_of_key(root, "jobs"))
    yield from _filters(root.get("on"))
    for name, job in jobs.items() if isinstance(jobs, Table) else ():
        yield from _job(name, job, place_of_key(jobs, name))
    yield from _repeated(root)


def _keys(table: Table, known: str, what: str, elsewhere: tuple[str, ...] = ()) -> Iterator[Refusal]:
    names = known.split()
    for key in table:
        if key not in names:
            remedy = _nearest(key, names) or _belongs(key, elsewhere) or f"use one of: {', '.join(names)}"
            yield Refusal(f"{what} has no key `{key}`", remedy, *place_of_key(table, key))


def _nearest(word: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(names), n=1, cutoff=0.7)
    return f"write {near[0]}" if near else ""


def _belongs(key: str, elsewhere: tuple[str, ...]) -> str:
    levels = ("a job", "a step")
    return next(
        (f"move it into {level}" for level, names in zip(levels, elsewhere, strict=False) if key in names.split()), ""
    )


def _repeated(value: Any) -> Iterator[Refusal]:
    if isinstance(value, Table):
        for key, line, column in value.repeated:
            yield Refusal(f"`{key}` stands here twice", "keep one of the two", line, column)
    if isinstance(value, Table | Row):
        for one in value.values() if isinstance(value, Table) else value:
            yield from _repeated(one)


def _filters(on: Any) -> Iterator[Refusal]:
    """Yield filters of one event that shut each other out."""
    for event, filters in on.items() if isinstance(on, Table) else ():
        for name in ("branches", "tags", "paths"):
            if isinstance(filters, Table) and name in filters and f"{name}-ignore" in filters:
                yield Refusal(
                    f"{event} has both `{name}` and `{name}-ignore`",
                    f"keep one of them, and write what is shut out as '!PATTERN' below {name}",
                    *place_of_key(filters, f"{name}-ignore"),
                )


def _job(name: str, job: Any, where: tuple[int, int]) -> Iterator[Refusal]:
    if not _ID.fullmatch(name):
        yield Refusal(
            f"{name!r} is no id of a job", "begin with a letter or _, and use letters, digits, - and _ only", *where
        )
    if not isinstance(job, Table):
        yield Refusal(f"job {name} is no mapping", "write runs-on: and steps: below it", *where)
        return
    yield from _keys(job, _JOB, f"job {name}", ("", _STEP))
    if isinstance(strategy := job.get("strategy"), Table):
        yield from _keys(strategy, _STRATEGY, f"the strategy of job {name}")
    if "uses" in job:
        for key in ("steps", "runs-on"):
            if key in job:
                yield Refusal(f"job {name} has `uses` and `{key}`", f"remove {key}", *place_of_key(job, key))
        return
    if not job.get("runs-on"):
        yield Refusal(f"job {name} has no `runs-on`", "write runs-on: ubuntu-latest", *where)
    yield from _steps(name, job.get("steps"), where)


def _steps(name: str, steps: Any, where: tuple[int, int]) -> Iterator[Refusal]:
    if not isinstance(steps, Row) or not steps:
        if not (isinstance(steps, Text) and list(find_expressions(steps))):
            yield Refusal(f"job {name} has no steps", "write steps: with at least one step", *where)
        return
    seen: dict[str, int] = {}
    for step in steps:
        yield from _step(step, seen)


def _step(step: Any, seen: dict[str, int]) -> Iterator[Refusal]:
    if not isinstance(step, Table):
        yield Refusal("a step is no mapping", "write uses: or run: below the dash", *place(step))
        return
    yield from _keys(step, _STEP, "a step", (_JOB,))
    if "uses" in step and "run" in step:
        yield Refusal("a step has both `uses` and `run`", "make two steps of it", *place_of_key(step, "run"))
    elif "uses" not in step and "run" not in step:
        yield Refusal("a step has neither `uses` nor `run`", "write what it does", *place(step))
    if identity := step.get("id"):
        where = place_of_key(step, "id")
        if not _ID.fullmatch(str(identity)) and "${{" not in identity:
            remedy = "begin with a letter or _, and use letters, digits, - and _ only"
            yield Refusal(f"{str(identity)!r} is no id of a step", remedy, *where)
        elif str(identity).lower() in seen:
            said = f"two steps of one job are called `{identity}`: the other one is on line {seen[identity.lower()]}"
            yield Refusal(said, "give one of them another id", *where)
        seen[str(identity).lower()] = where[0]
