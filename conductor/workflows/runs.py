"""Walk a workflow as a run of it would go: jobs in the order of their needs, every combination of a matrix, each step.

Nothing is run. A job or step whose condition does not hold is left out; one whose condition can't be seen is walked.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conductor.workflows import located
from conductor.workflows.actions import Job, as_inputs, run_action
from conductor.workflows.builds import Build, Found
from conductor.workflows.command_files import follow_files
from conductor.workflows.commands import follow_command
from conductor.workflows.documents import Files, as_list, as_mapping, join_path, load_yaml
from conductor.workflows.events import Facts, event_contexts, find_events
from conductor.workflows.expressions import Open, Unknown, as_text, interpolate, is_true, value_of
from conductor.workflows.scripts import read_script

_MAX_COMBINATIONS = 64
_MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Trip:
    """One run of one workflow: where it began, for which event, how deep in called files it is, and which file."""

    files: Files
    facts: Facts
    workflow: str
    title: str
    event: str
    depth: int = 0
    path: str = ""


def find_builds(files: Files, facts: Facts) -> list[Found]:
    """Return every build of every workflow, once for each event that starts it with another result."""
    found: list[Found] = []
    for path in files.workflows():
        document = as_mapping(load_yaml(files.read(path) or ""))
        title = str(document.get("name") or path)
        for event in find_events(document.get("on"), facts.default_branch):
            trip = Trip(files, facts, path, title, event, path=path)
            contexts = event_contexts(event, document, facts)
            for job, build in walk_jobs(document, contexts, trip):
                if not any(_same(build, other.build) for other in found if (other.workflow, other.job) == (path, job)):
                    found.append(Found(path, title, job, event, build))
    return found


def _same(one: Build, other: Build) -> bool:
    return (one.dockerfile, one.references, bool(one.pushed), one.line) == (
        other.dockerfile,
        other.references,
        bool(other.pushed),
        other.line,
    )


def walk_jobs(document: dict[str, Any], contexts: dict[str, Any], trip: Trip) -> Iterator[tuple[str, Build]]:
    """Yield (job, build) of a workflow's jobs."""
    jobs = {name: as_mapping(job) for name, job in as_mapping(document.get("jobs")).items()}
    environment = _environment(as_mapping(document.get("env")), contexts, {})
    needs = Open()
    for name in _in_order(jobs):
        job = jobs[name]
        around = {**contexts, "needs": needs, "env": Open(environment)}
        if _is_skipped(job, needs, around):
            needs[name] = {"result": "skipped", "outputs": {}}
            continue
        outputs = Open()
        for row in _combinations(as_mapping(job.get("strategy")).get("matrix"), around):
            inner = {**around, "matrix": row, "strategy": Unknown("strategy")}
            yield from _walk_job(name, job, inner, environment, trip, outputs)
        needs[name] = Open({"result": "success", "outputs": outputs})


def _is_skipped(job: dict[str, Any], needs: dict[str, Any], contexts: dict[str, Any]) -> bool:
    """Tell whether a job surely does not run: its condition, or a job that it needs and that was skipped."""
    condition = str(job.get("if") or "")
    missing = any(as_mapping(needs.get(str(one))).get("result") == "skipped" for one in as_list(job.get("needs")))
    if missing and not re.search(r"\b(?:always|cancelled|failure)\s*\(", condition):
        return True
    return bool(condition) and is_true(condition, contexts) is False


def _walk_job(
    name: str, job: dict[str, Any], contexts: dict[str, Any], environment: dict[str, str], trip: Trip, outputs: Open
) -> Iterator[tuple[str, Build]]:
    called = str(job.get("uses") or "")
    if called:
        for _, build in _walk_called(called, job, contexts, trip):
            yield name, build
        return
    env = _environment(as_mapping(job.get("env")), contexts, environment)
    state = Job(trip.files, env)
    folder = _run_folder(job, contexts)
    contexts = {**contexts, "env": Open(state.environment), "steps": Open(), "job": Unknown("job")}
    walk_steps(as_list(job.get("steps")), contexts, state, folder, trip)
    for key, value in as_mapping(job.get("outputs")).items():
        outputs[key] = interpolate(str(value), contexts)
    for build in state.builds:
        yield name, _from_checkout(build, state)


def _walk_called(called: str, job: dict[str, Any], contexts: dict[str, Any], trip: Trip) -> Iterator[tuple[str, Build]]:
    """Walk a reusable workflow of this repository; its inputs are what the caller gives, or their defaults."""
    path = join_path(".", called) if called.startswith("./") else None
    document = as_mapping(load_yaml(trip.files.read(path) or "")) if path else {}
    if not document or trip.depth >= _MAX_DEPTH:
        return
    declared = as_mapping(as_mapping(as_mapping(document.get("on")).get("workflow_call")).get("inputs"))
    given = {key: value_of(str(value), contexts) for key, value in as_mapping(job.get("with")).items()}
    inputs = _inputs(declared, given)
    inner = {**contexts, "inputs": inputs, "env": Open(), "matrix": {}}
    yield from walk_jobs(document, inner, replace(trip, depth=trip.depth + 1, path=path or ""))


def walk_steps(steps: list[Any], contexts: dict[str, Any], job: Job, folder: str, trip: Trip) -> None:
    """Follow steps: what they build is added to the job, what they hand on to its variables and outputs."""
    for step in steps:
        if not isinstance(step, dict):
            continue
        before = job.environment
        own = _environment(as_mapping(step.get("env")), contexts, before)
        inner = {**contexts, "env": Open(own)}
        outcome, outputs = "skipped", dict[str, Any]()
        built = len(job.builds)
        condition = str(step.get("if") or "")
        if not condition or is_true(condition, inner) is not False:
            job.environment = dict(own)
            outcome, outputs = "success", _walk_step(step, inner, job, folder, trip)
            handed_on = {key: value for key, value in job.environment.items() if own.get(key) != value}
            job.environment = before | handed_on
            contexts["env"] = Open(job.environment)
            _note_place(job.builds[built:], step, trip.path)
        if step.get("id"):
            told = Open(outputs) if outcome == "success" else outputs
            contexts["steps"][str(step["id"])] = Open(outputs=told, outcome=outcome, conclusion=outcome)


def _note_place(builds: list[Build], step: dict[str, Any], path: str) -> None:
    """Note at the builds of a step where it stands; an action's own steps have noted theirs."""
    for build in builds:
        if not build.line:
            build.path, build.line = path, located.place(step)[0]


def _walk_step(step: dict[str, Any], contexts: dict[str, Any], job: Job, folder: str, trip: Trip) -> dict[str, Any]:
    if "run" in step:
        where = join_path(".", interpolate(str(step.get("working-directory") or folder), contexts)) or "."
        return _walk_script(interpolate(str(step["run"]), contexts), job, where, trip)
    used = interpolate(str(step.get("uses") or ""), contexts)
    given = as_inputs(as_mapping(step.get("with")), lambda text: interpolate(text, contexts))
    if used.startswith("./"):
        return _walk_composite(join_path(".", used) or ".", given, contexts, job, trip)
    return dict(run_action(used.partition("@")[0].lower(), given, job))


def _walk_script(text: str, job: Job, folder: str, trip: Trip) -> dict[str, Any]:
    script = read_script(text, {**trip.facts.shell_variables(trip.event), **job.environment}, job.files, folder)
    job.files = job.files.after(script.written)
    for command in script.commands:
        if not follow_files(command.words, command.folder, job):
            follow_command(command.words, command.folder, job.builds)
    job.environment.update(script.environment)
    return dict(script.outputs)


def _walk_composite(
    folder: str, given: Mapping[str, str], contexts: dict[str, Any], job: Job, trip: Trip
) -> dict[str, Any]:
    """Follow an action of this repository, where it is one of steps, and return its outputs."""
    path = trip.files.first([f"{folder}/action.yml", f"{folder}/action.yaml"])
    document = as_mapping(load_yaml(trip.files.read(path) or "")) if path else {}
    runs = as_mapping(document.get("runs"))
    if runs.get("using") != "composite" or trip.depth >= _MAX_DEPTH:
        return {}
    inputs = _inputs(as_mapping(document.get("inputs")), dict(given))
    inner = {**contexts, "inputs": inputs, "steps": Open()}
    walk_steps(as_list(runs.get("steps")), inner, job, ".", replace(trip, depth=trip.depth + 1, path=path or ""))
    outputs = as_mapping(document.get("outputs"))
    return {key: interpolate(str(as_mapping(value).get("value") or ""), inner) for key, value in outputs.items()}


def _inputs(declared: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    defaults = {key: as_mapping(value).get("default", "") for key, value in declared.items()}
    booleans = {key for key, value in declared.items() if as_mapping(value).get("type") == "boolean"}
    found = {**defaults, **given}
    return {
        key: value == "true" if key in booleans and isinstance(value, str) else value for key, value in found.items()
    }


def _environment(given: dict[str, Any], contexts: dict[str, Any], before: dict[str, str]) -> dict[str, str]:
    around = {**contexts, "env": Open(before)}
    return {**before, **{key: interpolate(str(value), around) for key, value in given.items()}}


def _run_folder(job: dict[str, Any], contexts: dict[str, Any]) -> str:
    run = as_mapping(as_mapping(job.get("defaults")).get("run"))
    return interpolate(str(run.get("working-directory") or "."), contexts)


def _in_order(jobs: dict[str, dict[str, Any]]) -> list[str]:
    """Return the jobs' names, each behind those it needs."""
    ordered: dict[str, None] = {}

    def add(name: str, waiting: tuple[str, ...]) -> None:
        for needed in as_list(jobs[name].get("needs")):
            if isinstance(needed, str) and needed in jobs and needed not in ordered and needed not in waiting:
                add(needed, (*waiting, name))
        ordered[name] = None

    for name in jobs:
        add(name, (name,))
    return list(ordered)


def _combinations(matrix: Any, contexts: dict[str, Any]) -> list[Any]:
    """Return the rows of a matrix; one row of which nothing can be seen where an expression makes it."""
    if isinstance(matrix, str) and matrix:
        matrix = value_of(matrix, contexts)
    if isinstance(matrix, Unknown):
        return [Open()]
    given = as_mapping(matrix)
    axes = {key: _axis(value, contexts) for key, value in given.items() if key not in {"include", "exclude"}}
    if any(isinstance(values, Unknown) for values in axes.values()):
        return [Open({key: values[0] for key, values in axes.items() if isinstance(values, list) and len(values) == 1})]
    rows = _without(_product(axes), _axis(given.get("exclude"), contexts))
    included = _axis(given.get("include"), contexts)
    if isinstance(included, Unknown):
        return rows or [Open()]
    for extra in included[:_MAX_COMBINATIONS]:
        if isinstance(extra, dict):
            _include(extra, rows, set(axes))
    return rows or [{}]


def _product(axes: dict[str, list[Any]]) -> list[Any]:
    """Return a row for each combination of the axes' values, as many as are looked at; none without an axis."""
    product = itertools.product(*axes.values()) if axes else iter(())
    return [dict(zip(axes, values, strict=True)) for values in itertools.islice(product, _MAX_COMBINATIONS)]


def _without(rows: list[Any], excluded: Any) -> list[Any]:
    """Return the rows that no `exclude` covers; one that can't be seen takes none away."""
    left_out = [one for one in excluded if isinstance(one, dict)] if isinstance(excluded, list) else []
    return [row for row in rows if not any(_covers(one, row) for one in left_out)]


def _axis(value: Any, contexts: dict[str, Any]) -> Any:
    if isinstance(value, str):
        return found if isinstance(found := value_of(value, contexts), list | Unknown) else []
    return [_deep(one, contexts) for one in as_list(value)]


def _deep(value: Any, contexts: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _deep(one, contexts) for key, one in value.items()}
    return interpolate(value, contexts) if isinstance(value, str) else value


def _covers(some: dict[str, Any], row: dict[str, Any]) -> bool:
    return all(as_text(row.get(key)) == as_text(value) for key, value in some.items())


def _include(extra: dict[str, Any], rows: list[dict[str, Any]], axes: set[str]) -> None:
    """Add an `include` to the rows that it does not contradict, or as a row of its own where there is none."""
    fitting = [
        row for row in rows if axes and all(as_text(row.get(key)) == as_text(extra[key]) for key in axes & extra.keys())
    ]
    for row in fitting:
        row.update({key: value for key, value in extra.items() if key not in axes})
    if not fitting:
        rows.append(dict(extra))


def _from_checkout(build: Build, job: Job) -> Build:
    """Return the build with its paths from the root, where the repository was checked out into a folder."""
    for place in job.checkouts:
        for name in ("dockerfile", "context"):
            path = getattr(build, name)
            if path is not None and (path == place or path.startswith(f"{place}/")):
                setattr(build, name, path.removeprefix(place).strip("/") or ".")
    build.dockerfile = _usual_file(build.dockerfile, job.files)
    return build


def _usual_file(path: str | None, files: Files) -> str | None:
    """Return `dockerfile` where no `Dockerfile` is there: BuildKit looks for the one after the other."""
    folder, slash, name = (path or "").rpartition("/")
    lower = f"{folder}{slash}dockerfile"
    return lower if name == "Dockerfile" and not files.is_file(path or "") and files.is_file(lower) else path
