"""What a workflow file says about pushes and steps, as far as a rehearsed run needs it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from conductor.workflows.documents import load_yaml
from conductor.workflows.events import matches_filters


@dataclass(frozen=True, slots=True)
class Workflow:
    """A parsed workflow: its path and name, its push filters, its first job and the step that builds.

    `step_keys` are the steps' ids, their places (from 0) where they have none.
    """

    path: str
    name: str
    on_push: bool
    branches: tuple[str, ...]
    paths: tuple[str, ...]
    paths_ignore: tuple[str, ...]
    job: str
    steps: tuple[str, ...]
    build_step: str
    step_keys: tuple[str, ...] = ()

    def is_triggered_by(self, branch: str, changed: list[str]) -> bool:
        """Tell whether a push of these paths to the branch starts a run, by the rules of `on.push`."""
        if not self.on_push or (self.branches and not matches_filters(self.branches, branch)):
            return False
        if self.paths and not any(matches_filters(self.paths, path) for path in changed):
            return False
        return not (self.paths_ignore and changed and all(matches_filters(self.paths_ignore, path) for path in changed))


# docs.github.com, Skipping workflow runs.
_NO_RUN = ("[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]")


def asks_for_no_run(message: str) -> bool:
    """Tell whether a commit's message asks GitHub to start nothing for its push."""
    return any(mark in message for mark in _NO_RUN) or "\nskip-checks: true" in message


def parse_workflow(path: str, text: str) -> Workflow:
    """Return the workflow; raises ValueError where the text is not one."""
    document = load_yaml(text)
    if not isinstance(document, dict):
        raise ValueError(f"{path} is not a workflow")  # noqa: TRY004 - a wrong document is a wrong value here
    push = _push_filters(document.get("on"))
    job, steps = _first_job(document.get("jobs"))
    names = tuple(_step_name(step) for step in steps)
    building = next((_step_name(step) for step in steps if _is_build(step)), names[-1])
    return Workflow(
        path=path,
        name=str(document.get("name") or path),
        on_push=push is not None,
        branches=_strings(push, "branches"),
        paths=_strings(push, "paths"),
        paths_ignore=_strings(push, "paths-ignore"),
        job=job,
        steps=names,
        build_step=building,
        step_keys=tuple(str(step.get("id") or place) for place, step in enumerate(steps)),
    )


def _push_filters(triggers: Any) -> dict[str, Any] | None:
    if triggers == "push" or (isinstance(triggers, list) and "push" in triggers):
        return {}
    if isinstance(triggers, dict) and "push" in triggers:
        return triggers["push"] or {}
    return None


def _strings(filters: dict[str, Any] | None, key: str) -> tuple[str, ...]:
    found = (filters or {}).get(key) or []
    return (str(found),) if isinstance(found, str) else tuple(str(item) for item in found)


def _first_job(jobs: Any) -> tuple[str, list[dict[str, Any]]]:
    if not isinstance(jobs, dict):
        return "build", [{"name": "Build and push"}]
    parsed = [
        (str(name), [step for step in (job or {}).get("steps") or [] if isinstance(step, dict)])
        for name, job in jobs.items()
        if isinstance(job, dict)
    ]
    with_build = [(name, steps) for name, steps in parsed if any(_is_build(step) for step in steps)]
    chosen = (with_build or parsed or [("build", [])])[0]
    return chosen[0], chosen[1] or [{"name": "Build and push"}]


def _step_name(step: dict[str, Any]) -> str:
    if step.get("name"):
        return str(step["name"])
    if step.get("uses"):
        return f"Run {step['uses']}"
    first = str(step.get("run") or "").strip().splitlines()
    return f"Run {first[0]}" if first else "Run"


def _is_build(step: dict[str, Any]) -> bool:
    return "build-push-action" in str(step.get("uses") or "") or bool(
        re.search(r"\bdocker\s+(?:buildx\s+)?build\b", str(step.get("run") or ""))
    )
