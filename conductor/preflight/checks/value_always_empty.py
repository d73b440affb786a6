"""Expression whose value is always empty.

## What it does
Follows `steps.ID`, `needs.JOB`, `github.…`, `inputs.…` and `matrix.…` to what they name: a step of the same job that
runs before, a job that is needed, an output that is written, an input that is declared.

## Why is this bad?
GitHub takes what it does not find as empty and says nothing. A tag then ends at its colon and the build fails; a digest
that another job deploys is no digest. It is an error where a pushed image's name is made of it.

## Example
```dockerfile
FROM python:3.11-slim
```
```yaml .github/workflows/build.yml
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    outputs:
      digest: ${{ steps.bild.outputs.digest }}
    steps:
      - uses: actions/checkout@v6
      - id: source
        run: echo "revision=$(git rev-parse HEAD)" >> "$GITHUB_OUTPUT"
      - id: build
        uses: docker/build-push-action@v7
        with:
          push: true
          tags: ghcr.io/acme/worker:${{ steps.source.outputs.revison }}
          labels: org.opencontainers.image.revision=${{ steps.source.outputs.revision }}
```

## Output
```text
.github/workflows/build.yml:6:19: warning[PF-FLOW-005] `steps.bild.outputs.digest` is always empty: no step of the job is called bild
    6 |       digest: ${{ steps.bild.outputs.digest }}
  remedy: write steps.build.outputs.digest
  docs: docs/checks/value-always-empty.md
.github/workflows/build.yml:15:41: error[PF-FLOW-005] `steps.source.outputs.revison` is always empty: step source writes no such output
    15 |           tags: ghcr.io/acme/worker:${{ steps.source.outputs.revison }}
  remedy: write steps.source.outputs.revision
  docs: docs/checks/value-always-empty.md
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
    outputs:
      digest: ${{ steps.build.outputs.digest }}
    steps:
      - uses: actions/checkout@v6
      - id: source
        run: echo "revision=$(git rev-parse HEAD)" >> "$GITHUB_OUTPUT"
      - id: build
        uses: docker/build-push-action@v7
        with:
          push: true
          tags: ghcr.io/acme/worker:${{ steps.source.outputs.revision }}
          labels: org.opencontainers.image.revision=${{ steps.source.outputs.revision }}
```

## Source
docs.github.com, Contexts reference
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Fix, Meta
from conductor.preflight.flow import place_of
from conductor.workflows.names import Missing, find_missing
from conductor.workflows.steps import steps_in
from conductor.workflows.used import input_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject
    from conductor.workflows.reading import Use, Workflow

META = Meta(
    id="value-always-empty",
    code="PF-FLOW-005",
    title="Expression whose value is always empty",
    severity=Severity.ERROR,
    remedy="name a step of the same job that runs before, with an output that it writes",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each name that leads to nothing."""
    for workflow in subject.workflows.documents:
        for use in workflow.uses():
            for missing in find_missing(workflow, use):
                where = place_of(workflow, use, missing.offset)
                severity = Severity.ERROR if _names_pushed_image(workflow, use) else Severity.WARNING
                yield META.finding(
                    subject,
                    f"`{missing.text}` is always empty: {missing.reason}",
                    where,
                    remedy=f"write {missing.instead}" if missing.instead else None,
                    severity=severity,
                    fix=_fix(workflow, missing, where.line or 0),
                )


def _names_pushed_image(workflow: Workflow, use: Use) -> bool:
    """Tell whether the expression stands alone, or at a name's end, in the tags of an image that is surely pushed."""
    if use.job is None or use.step is None or use.path[4:6] != ("with", "tags"):
        return False
    step = next((one for one in steps_in(workflow, use.job, workflow.jobs[use.job]) if one.number == use.step), None)
    if step is None or step.used is None or not step.used.name.endswith("/build-push-action"):
        return False
    lone = len((str(input_of(step.table, "tags")) or "").split()) <= use.text.count(" ") + 3
    return lone and input_of(step.table, "push") == "true" and "||" not in use.text and not step.table.get("if")


def _fix(workflow: Workflow, missing: Missing, line: int) -> Fix | None:
    """Return the repair where only one name of this kind is near, and the line has the wrong one once."""
    source = workflow.lines[line - 1] if 0 < line <= len(workflow.lines) else ""
    if not missing.instead or source.count(missing.text) != 1:
        return None
    return Fix(workflow.path, line, missing.text, missing.instead)
