"""Registry is used before the login to it.

## What it does
Compares, in each job, the step that pushes to or pulls from a registry with the step that logs in to it.

## Why is this bad?
A push without a login is denied, after the whole image was built. A pull without one counts against the limit of
everybody who shares the runner's address.

## Example
```dockerfile
FROM python:3.11-slim
```
```yaml .github/workflows/build.yml
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - uses: docker/build-push-action@v7
        with:
          push: true
          tags: acme/worker:${{ github.sha }}
      - uses: docker/login-action@v4
        with:
          username: ${{ secrets.DOCKERHUB_USERNAME }}
          password: ${{ secrets.DOCKERHUB_TOKEN }}
```

## Output
```text
.github/workflows/build.yml:7:9: error[PF-FLOW-010] pushes to docker.io, and the login to it is only on line 11
    7 |       - uses: docker/build-push-action@v7
  remedy: log in to the registry in a step before
  docs: docs/checks/login-order.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
```
```yaml .github/workflows/build.yml
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - uses: docker/login-action@v4
        with:
          username: ${{ secrets.DOCKERHUB_USERNAME }}
          password: ${{ secrets.DOCKERHUB_TOKEN }}
      - uses: docker/build-push-action@v7
        with:
          push: true
          tags: acme/worker:${{ github.sha }}
```

## Source
docker/login-action; docs.docker.com, Docker Hub usage and limits
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from conductor.domain.finding import Confidence, Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.flow import labels_of
from conductor.workflows.logins import Login, Push, logins_in, pushes_in
from conductor.workflows.steps import Step, steps_in

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="login-order",
    code="PF-FLOW-010",
    title="Registry is used before the login to it",
    severity=Severity.ERROR,
    remedy="log in to the registry in a step before",
)
# Actions that surely log in to no registry.
_HARMLESS = ("actions/", "docker/setup-", "docker/metadata-action", "docker/build-push-action", "docker/bake-action")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each registry that a job pushes to too early."""
    for workflow in subject.workflows.documents:
        for job_id, job in workflow.jobs.items():
            steps = list(steps_in(workflow, job_id, job))
            logins = logins_in(steps)
            told: set[str] = set()
            for push in pushes_in(steps, subject.workflows.builds):
                if push.registry is None or push.registry in told or any(one.registry is None for one in logins):
                    continue
                told.add(push.registry)
                yield from _judge_push(subject, push, logins, steps)
            yield from _judge_builder(subject, logins, steps)


def _judge_push(subject: Subject, push: Push, logins: list[Login], steps: Sequence[Step]) -> Iterator[Finding]:
    own = [one for one in logins if one.registry == push.registry]
    before = steps[: push.step.number]
    if any(one.step.number <= push.step.number for one in own) or any(_may_log_in(step) for step in before):
        return
    where = push.step.here()
    if own and push.certain and _is_hosted(push.step):
        message = f"pushes to {push.registry}, and the login to it is only on line {own[0].step.here().line}"
        yield META.finding(subject, message, where)
    elif not own and push.registry in {"docker.io", "ghcr.io"} and _is_hosted(push.step):
        message = f"pushes to {push.registry}, and no step of the job logs in to it"
        yield META.finding(subject, message, where, severity=Severity.WARNING, confidence=Confidence.MEDIUM)


def _judge_builder(subject: Subject, logins: list[Login], steps: Sequence[Step]) -> Iterator[Finding]:
    """Yield advice where the builder is pulled from Docker Hub before the login."""
    hub = next((one.step for one in logins if one.registry == "docker.io"), None)
    builder = next((one for one in steps if one.used and one.used.name == "docker/setup-buildx-action"), None)
    if hub is not None and builder is not None and builder.number < hub.number:
        message = f"pulls the builder from Docker Hub before the login on line {hub.here().line}"
        remedy = "log in first: a pull without login counts against a limit that many runners share"
        yield META.finding(subject, message, builder.here(), remedy=remedy, severity=Severity.ADVICE)


def _may_log_in(step: Step) -> bool:
    """Tell whether a step may log in in a way that is not seen: another action, or a script that writes credentials."""
    if step.script:
        return any(
            word in step.script for word in ("login", "config.json", "DOCKER_AUTH", "auth", "./", "make ", "bash ")
        )
    text = str(step.table.get("uses") or "")
    return bool(text) and not text.lower().startswith(_HARMLESS) and not text.startswith("docker/login-action")


def _is_hosted(step: Step) -> bool:
    """Tell whether the job surely runs on one of GitHub's own runners, in no container."""
    labels = [str(label) for label in labels_of(step.job)]
    return len(labels) == 1 and labels[0].startswith("ubuntu-") and "container" not in step.job
