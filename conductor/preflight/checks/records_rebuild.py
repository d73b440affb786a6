"""Push that changes no file of the image builds it again.

## What it does
Looks whether the workflow that pushes the image is started by every push, whatever it changes.

## Why is this bad?
A commit that only writes a record or a page builds and pushes the same image once more: half an hour of a runner, and a
tag that means another digest than the one that was tested.

## Example
```dockerfile
FROM python:3.11-slim
LABEL org.opencontainers.image.revision=unknown
```
```yaml .github/workflows/build.yml
on:
  push:
    branches: [main]
jobs:
  build:
    runs-on: ubuntu-latest
    outputs:
      digest: ${{ steps.build.outputs.digest }}
    steps:
      - uses: actions/checkout@v6
      - uses: docker/login-action@v4
        with:
          username: ${{ secrets.DOCKERHUB_USERNAME }}
          password: ${{ secrets.DOCKERHUB_TOKEN }}
      - uses: docker/build-push-action@v7
        id: build
        with:
          push: true
          tags: acme/worker:${{ github.sha }}
```

## Output
```text
.github/workflows/build.yml:2:3: advice[PF-FLOW-015] every push builds the image, also one that only writes records or documentation
    2 |   push:
  remedy: write paths-ignore: [TASKS.md, JOURNAL.md, ERRORS.md, "*_ARCHIVE/**", .conductor/**, docs/**] below push
  docs: docs/checks/records-rebuild.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
LABEL org.opencontainers.image.revision=unknown
```
```yaml .github/workflows/build.yml
on:
  push:
    branches: [main]
    paths-ignore: [TASKS.md, JOURNAL.md, ERRORS.md, "*_ARCHIVE/**", .conductor/**, docs/**]
jobs:
  build:
    runs-on: ubuntu-latest
    outputs:
      digest: ${{ steps.build.outputs.digest }}
    steps:
      - uses: actions/checkout@v6
      - uses: docker/login-action@v4
        with:
          username: ${{ secrets.DOCKERHUB_USERNAME }}
          password: ${{ secrets.DOCKERHUB_TOKEN }}
      - uses: docker/build-push-action@v7
        id: build
        with:
          push: true
          tags: acme/worker:${{ github.sha }}
```

## Source
docs.github.com, Workflow syntax, `on.<push|pull_request>.<paths|paths-ignore>`
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Fix, Meta
from conductor.preflight.flow import all_steps
from conductor.workflows.images import pushed_images
from conductor.workflows.located import Table, place_of_key
from conductor.workflows.steps import locate

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject
    from conductor.workflows.reading import Workflow

META = Meta(
    id="records-rebuild",
    code="PF-FLOW-015",
    title="Push that changes no file of the image builds it again",
    severity=Severity.ADVICE,
    remedy='write paths-ignore: [TASKS.md, JOURNAL.md, ERRORS.md, "*_ARCHIVE/**", .conductor/**, docs/**] below push',
)
_IGNORED = 'paths-ignore: [TASKS.md, JOURNAL.md, ERRORS.md, "*_ARCHIVE/**", .conductor/**, docs/**]'


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield advice for each workflow that pushes an image on every push to a branch."""
    told: set[str] = set()
    for pushed in pushed_images(all_steps(subject), subject.workflows.builds):
        workflow = next(one for one in subject.workflows.documents if one.path == pushed.found.workflow)
        on = workflow.root.get("on")
        push = on.get("push") if isinstance(on, Table) else None
        filtered = isinstance(push, Table) and {"paths", "paths-ignore"} & set(push)
        if pushed.found.event != "push" or filtered or workflow.path in told:
            continue
        told.add(workflow.path)
        where = locate(
            workflow, place_of_key(on, "push") if isinstance(on, Table) else place_of_key(workflow.root, "on")
        )
        # A file inside of the context is part of the image: what is ignored must lie beside it.
        inside = pushed.found.build.context in {None, ".", "docs"}
        fix = None if inside else _fix(workflow, push)
        message = "every push builds the image, also one that only writes records or documentation"
        yield META.finding(subject, message, where, fix=fix)


def _fix(workflow: Workflow, push: object) -> Fix | None:
    """Return the filter, where the push's other filters stand on lines of their own."""
    if not isinstance(push, Table) or not push.places:
        return None
    line, column = place_of_key(push, next(iter(push.places)))
    before = workflow.lines[line - 1][: column - 1]
    return None if before.strip() else Fix(workflow.path, line, "", f"{before}{_IGNORED}")
