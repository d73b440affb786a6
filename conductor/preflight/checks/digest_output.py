"""Nobody keeps the digest of the image.

## What it does
Looks whether anything in the workflow reads the digest of an image that it pushes.

## Why is this bad?
The digest is the only name that always means this image. Without it, what is deployed and tested afterwards is whatever
the tag means by then.

## Example
```dockerfile
FROM python:3.11-slim
LABEL org.opencontainers.image.revision=unknown
```
```yaml .github/workflows/build.yml
on: {push: {branches: [main]}}
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
        id: build
        with:
          push: true
          tags: acme/worker:${{ github.sha }}
```

## Output
```text
.github/workflows/build.yml:11:9: advice[PF-FLOW-014] nothing reads the digest of the image
    11 |       - uses: docker/build-push-action@v7
  remedy: give the job outputs: digest: ${{ steps.ID.outputs.digest }}
  docs: docs/checks/digest-output.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
LABEL org.opencontainers.image.revision=unknown
```
```yaml .github/workflows/build.yml
on: {push: {branches: [main]}}
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
docker/build-push-action, outputs
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.flow import fix_of, pushing_steps
from conductor.workflows.repairs import add_id, add_output

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="digest-output",
    code="PF-FLOW-014",
    title="Nobody keeps the digest of the image",
    severity=Severity.ADVICE,
    remedy="give the job outputs: digest: ${{ steps.ID.outputs.digest }}",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield advice for each pushed image whose digest nothing reads."""
    for step in pushing_steps(subject):
        if ".outputs.digest" not in step.workflow.text and "outputs.metadata" not in step.workflow.text:
            fix = fix_of(step, add_output(step) if step.table.get("id") else add_id(step))
            yield META.finding(subject, "nothing reads the digest of the image", step.here("uses"), fix=fix)
