"""Run's token may not do what its steps do.

## What it does
Compares `permissions`, of the job or else of the workflow, with what the steps use the run's own token for: a push to
ghcr.io, attestations, releases, pages. Where neither names permissions, the repository's settings decide, and nothing is
said.

## Why is this bad?
`permissions` takes away everything that it does not name. A push to ghcr.io ends with `denied: installation not allowed
to Write organization package`, after the image was built.

## Example
```dockerfile
FROM python:3.11-slim
```
```yaml .github/workflows/build.yml
on: push
permissions: {contents: read, packages: read}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - uses: docker/login-action@v4
        with:
          registry: ghcr.io
          username: ${{ github.actor }}
          password: ${{ secrets.GITHUB_TOKEN }}
      - uses: docker/build-push-action@v7
        with:
          push: true
          tags: ghcr.io/acme/worker:${{ github.sha }}
```

## Output
```text
.github/workflows/build.yml:2:1: error[PF-FLOW-009] job build has no permission packages: write, which docker/build-push-action on line 13 needs
    2 | permissions: {contents: read, packages: read}
  remedy: write packages: write below the permissions of job build
  docs: docs/checks/permission-missing.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
```
```yaml .github/workflows/build.yml
on: push
permissions: {contents: read, packages: write}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - uses: docker/login-action@v4
        with:
          registry: ghcr.io
          username: ${{ github.actor }}
          password: ${{ secrets.GITHUB_TOKEN }}
      - uses: docker/build-push-action@v7
        with:
          push: true
          tags: ghcr.io/acme/worker:${{ github.sha }}
```

## Source
docs.github.com, Workflow syntax, `permissions`; Publishing Docker images, "Publishing images to GitHub Packages"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conductor.domain.finding import Finding, Location, Severity
from conductor.knowledge import entries
from conductor.preflight.check import Meta
from conductor.workflows.located import Table, place_of_key
from conductor.workflows.logins import logins_in, pushes_in, takes_own_token
from conductor.workflows.reading import Workflow
from conductor.workflows.steps import Step, locate, steps_in
from conductor.workflows.used import input_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="permission-missing",
    code="PF-FLOW-009",
    title="Run's token may not do what its steps do",
    severity=Severity.ERROR,
    remedy="give the job the permission it needs",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each permission that a job lacks."""
    takes = {str(one["name"]): one["needs"] for one in entries("actions", root=subject.root) if "needs" in one}
    for workflow in subject.workflows.documents:
        for job_id, job in workflow.jobs.items():
            holder = job if "permissions" in job else workflow.root if "permissions" in workflow.root else None
            given = holder.get("permissions") if holder is not None else None
            if holder is None or (isinstance(given, str) and "${{" in given):
                continue
            where = locate(workflow, place_of_key(holder, "permissions"))
            for permission, why, certain in _needed(subject, workflow, job_id, job, takes):
                if not _allows(given, permission):
                    yield _finding(subject, where, job_id, permission, why, certain=certain)


def _finding(subject: Subject, where: Location, job_id: str, permission: str, why: Step, *, certain: bool) -> Finding:
    named = why.used.name if why.used is not None else "the script"
    message = f"job {job_id} has no permission {permission}: write, which {named} on line {why.here().line} needs"
    severity = Severity.ERROR if certain else Severity.WARNING
    remedy = f"write {permission}: write below the permissions of job {job_id}"
    return META.finding(subject, message, where, remedy=remedy, severity=severity)


def _needed(
    subject: Subject, workflow: Workflow, job_id: str, job: Table, takes: dict[str, Any]
) -> Iterator[tuple[str, Step, bool]]:
    """Yield (permission, the step that needs it, whether it is sure to run and to need it)."""
    steps = list(steps_in(workflow, job_id, job))
    logins = [login for login in logins_in(steps) if login.registry in {"ghcr.io", None}]
    own = bool(logins) and all(takes_own_token(login.password) for login in logins)
    for push in pushes_in(steps, subject.workflows.builds) if own else ():
        if push.registry == "ghcr.io":
            yield "packages", push.step, push.certain
            break
    for step in steps:
        used = step.used
        if used is None or not takes_own_token(str(input_of(step.table, "token") or "${{ github.token }}")):
            continue
        for permission in takes.get(used.name, ()):
            yield permission, step, False


def _allows(given: Any, permission: str) -> bool:
    """Tell whether permissions, as they are written, allow to write."""
    if isinstance(given, Table):
        return str(given.get(permission, "")) == "write" or "${{" in str(given.get(permission, ""))
    return str(given) == "write-all"
