"""GitHub does not take the workflow.

## What it does
Reads the workflows below `.github/workflows` as GitHub does: YAML, the keys of a workflow, a job and a step, ids,
filters that shut each other out.

## Why is this bad?
GitHub refuses the whole file. The push is shown with a run that failed without a job, and no image is built.

## Example
```dockerfile
FROM python:3.11-slim
```
```yaml .github/workflows/build.yml
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    step:
      - run: docker build .
```

## Output
```text
.github/workflows/build.yml:3:3: error[PF-FLOW-001] GitHub refuses the workflow: job build has no steps
    3 |   build:
  remedy: write steps: with at least one step
  docs: docs/checks/workflow-refused.md
.github/workflows/build.yml:5:5: error[PF-FLOW-001] GitHub refuses the workflow: job build has no key `step`
    5 |     step:
  remedy: write steps
  docs: docs/checks/workflow-refused.md
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
```

## Source
docs.github.com, Workflow syntax for GitHub Actions
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.workflows.shape import find_refusals
from conductor.workflows.steps import locate

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="workflow-refused",
    code="PF-FLOW-001",
    title="GitHub does not take the workflow",
    severity=Severity.ERROR,
    remedy="write it as the documentation of GitHub's workflow syntax has it",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each thing that makes GitHub refuse a workflow."""
    for workflow in subject.workflows.documents:
        for refusal in find_refusals(workflow):
            where = locate(workflow, (refusal.line, refusal.column))
            yield META.finding(subject, f"GitHub refuses the workflow: {refusal.message}", where, remedy=refusal.remedy)
