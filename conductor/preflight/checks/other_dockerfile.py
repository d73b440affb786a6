"""Workflow builds a Dockerfile that is not there, or another one.

## What it does
Compares the Dockerfiles that workflows build with the files of the repository, and with the one that is judged.

## Why is this bad?
A path that leads nowhere ends the build. A Dockerfile that no workflow builds can be repaired for days without effect.

## Example
```dockerfile
FROM python:3.11-slim
```
```yaml .github/workflows/build.yml
on: {push: {branches: [main]}}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - uses: docker/build-push-action@v7
        with:
          file: docker/Dockerfile
          tags: acme/worker:${{ github.sha }}
```

## Output
```text
.github/workflows/build.yml:9:11: error[PF-FLOW-016] the step builds docker/Dockerfile, and the repository has no such file
    9 |           file: docker/Dockerfile
  remedy: name the Dockerfile in the step: context is relative to the checkout, and so is file
  docs: docs/checks/other-dockerfile.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
```
```yaml .github/workflows/build.yml
on: {push: {branches: [main]}}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - uses: docker/build-push-action@v7
        with:
          file: Dockerfile
          tags: acme/worker:${{ github.sha }}
```

## Source
docker/build-push-action, inputs `context` and `file`
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Location, Severity
from conductor.preflight.check import Meta
from conductor.preflight.flow import all_steps
from conductor.workflows.steps import Step, locate, steps_in
from conductor.workflows.used import input_of, place_of_input

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject
    from conductor.workflows.builds import Found

META = Meta(
    id="other-dockerfile",
    code="PF-FLOW-016",
    title="Workflow builds a Dockerfile that is not there, or another one",
    severity=Severity.ERROR,
    remedy="name the Dockerfile in the step: context is relative to the checkout, and so is file",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each build of a missing file, and one where the judged Dockerfile is built by none."""
    files = subject.workflows.files
    steps = {(step.workflow.path, step.here().line): step for step in all_steps(subject)}
    told: set[tuple[str, int]] = set()
    for found in subject.workflows.builds:
        place = (found.build.path, found.build.line)
        step, path = steps.get(place), found.build.dockerfile
        if files is None or step is None or path is None or place in told or files.is_file(path):
            continue
        if _surely_builds(step, path):
            told.add(place)
            where = locate(step.workflow, place_of_input(step.table, "file"))
            yield META.finding(subject, f"the step builds {path}, and the repository has no such file", where)
    yield from _judged_is_built(subject)


def _surely_builds(step: Step, path: str) -> bool:
    """Tell whether the step builds from this repository's own files, and no step before may write the Dockerfile."""
    if step.used is None or not step.used.name.endswith("/build-push-action") or step.table.get("if"):
        return False
    before = list(steps_in(step.workflow, step.job_id, step.job))[: step.number]
    name = path.rpartition("/")[2]
    checkouts = [one for one in before if one.used is not None and one.used.name == "actions/checkout"]
    plain = len(checkouts) == 1 and not any(
        input_of(checkouts[0].table, one) for one in ("repository", "ref", "path", "submodules")
    )
    context = str(input_of(step.table, "context") or "")
    # Without a context, BuildKit takes the commit from git, as it is.
    from_git = not context and "build-contexts" not in str(step.table.get("with"))
    if from_git and not input_of(step.table, "file"):
        return False
    others = [one for one in before if one not in checkouts]
    quiet = all(_writes_no_file(one, name) for one in others)
    return plain and quiet and "://" not in context and "${{" not in f"{context}{input_of(step.table, 'file') or ''}"


def _writes_no_file(step: Step, name: str) -> bool:
    if step.script:
        return name not in step.script and not any(
            word in step.script
            for word in ("git clone", "git checkout", "cp ", "mv ", "tar ", "unzip", "make", "python", "./")
        )
    return step.used is not None and step.used.name.startswith(("docker/", "actions/setup-", "actions/cache"))


def _judged_is_built(subject: Subject) -> Iterator[Finding]:
    """Yield a warning where the configured workflow builds other Dockerfiles only, advice where every workflow does."""
    build, judged = subject.settings.build, subject.dockerfile_path
    if build is not None and build.dockerfile != judged:
        return
    own = [one for one in subject.workflows.builds if build is None or one.workflow == build.workflow]
    paths = [found.build.dockerfile for found in own]
    if not own or None in paths or judged in paths or not any(found.build.pushed for found in own):
        return
    who = build.workflow if build is not None else "no workflow"
    others = ", ".join(sorted({str(one) for one in paths}))
    message = (
        f"{who} builds {others}, not {judged}" if build is not None else f"{judged} is built by {who}: {others} is"
    )
    remedy = f"let its step build {judged}, or correct build.dockerfile in CONDUCTOR.md"
    severity = Severity.WARNING if build is not None else Severity.ADVICE
    yield META.finding(subject, message, _place(own[0]), remedy=remedy, severity=severity)


def _place(found: Found) -> Location:
    return Location(found.build.path, found.build.line or None)
