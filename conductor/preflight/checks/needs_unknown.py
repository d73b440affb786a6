"""Job needs a job that there is not, or itself.

## What it does
Follows `needs` from job to job.

## Why is this bad?
GitHub refuses the workflow where a job needs one that the file does not have, and where jobs need each other in a
circle.

## Example
```dockerfile
FROM python:3.11-slim
```
```yaml .github/workflows/build.yml
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    needs: deploy
    steps:
      - run: docker build .
  deploy:
    runs-on: ubuntu-latest
    needs: build
    steps:
      - run: ./deploy.sh
```

## Output
```text
.github/workflows/build.yml:5:5: error[PF-FLOW-003] jobs wait for each other for ever: build needs deploy needs build
    5 |     needs: deploy
  remedy: let each job need only jobs that are done before it
  docs: docs/checks/needs-unknown.md
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
      - run: docker build .
  deploy:
    runs-on: ubuntu-latest
    needs: build
    steps:
      - run: ./deploy.sh
```

## Source
docs.github.com, Workflow syntax for GitHub Actions, `jobs.<job_id>.needs`
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.workflows.documents import as_list
from conductor.workflows.located import place, place_of_key
from conductor.workflows.steps import locate

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject
    from conductor.workflows.reading import Workflow

META = Meta(
    id="needs-unknown",
    code="PF-FLOW-003",
    title="Job needs a job that there is not, or itself",
    severity=Severity.ERROR,
    remedy="let each job need only jobs that are done before it",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each job that can't be waited for."""
    for workflow in subject.workflows.documents:
        needed = {name: [str(one).lower() for one in as_list(job.get("needs"))] for name, job in workflow.jobs.items()}
        # GitHub compares ids of jobs without regard to case.
        ids = {name.lower(): name for name in workflow.jobs}
        for name, job in workflow.jobs.items():
            for one in as_list(job.get("needs")):
                if isinstance(one, str) and one.lower() not in ids and "${{" not in one:
                    near = difflib.get_close_matches(one, list(workflow.jobs), n=1)
                    remedy = f"write {near[0]}" if near else f"write one of: {', '.join(workflow.jobs)}"
                    message = f"job {name} needs {one}, and the workflow has no such job"
                    yield META.finding(subject, message, locate(workflow, place(one)), remedy=remedy)
        yield from _circles(subject, workflow, {name.lower(): needed[name] for name in needed}, ids)


def _circles(
    subject: Subject, workflow: Workflow, needed: dict[str, list[str]], ids: dict[str, str]
) -> Iterator[Finding]:
    """Yield one finding for each circle, at the job that stands first in the file."""
    told: set[str] = set()
    for start in needed:
        path = _way_back(start, needed)
        if path and not told & set(path):
            told |= set(path)
            way = " needs ".join(ids[one] for one in (*path, path[0]))
            where = locate(workflow, place_of_key(workflow.jobs[ids[start]], "needs"))
            yield META.finding(subject, f"jobs wait for each other for ever: {way}", where)


def _way_back(start: str, needed: dict[str, list[str]]) -> list[str]:
    """Return the shortest way from a job over what it needs back to it, empty where there is none."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop(0)
        for one in needed.get(way[-1], []):
            if one == start:
                return way
            if one in needed and one not in seen:
                seen.add(one)
                ways.append([*way, one])
    return []
