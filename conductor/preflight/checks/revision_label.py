"""Image does not say which commit it was built from.

## What it does
Looks for the label `org.opencontainers.image.revision` at the images that workflows push, in the Dockerfile and in the
step, and where its value comes from.

## Why is this bad?
`conductor release` compares the label with the commit that it pushed, and stops without it. `github.sha` is the commit of
the event: where another `ref` is checked out, the image is labelled with a commit that it was not built from.

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
        with: {ref: release}
      - uses: docker/login-action@v4
        with:
          username: ${{ secrets.DOCKERHUB_USERNAME }}
          password: ${{ secrets.DOCKERHUB_TOKEN }}
      - uses: docker/build-push-action@v7
        with:
          push: true
          tags: acme/worker:${{ github.sha }}
          labels: org.opencontainers.image.revision=${{ github.sha }}
```

## Output
```text
.github/workflows/build.yml:16:11: warning[PF-FLOW-013] the label org.opencontainers.image.revision is the event's commit, and line 6 checks out another
    16 |           labels: org.opencontainers.image.revision=${{ github.sha }}
  remedy: label it org.opencontainers.image.revision with what `git rev-parse HEAD` says in the checkout that is built
  docs: docs/checks/revision-label.md
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
        with: {ref: release}
      - id: source
        run: echo "revision=$(git rev-parse HEAD)" >> "$GITHUB_OUTPUT"
      - uses: docker/login-action@v4
        with:
          username: ${{ secrets.DOCKERHUB_USERNAME }}
          password: ${{ secrets.DOCKERHUB_TOKEN }}
      - uses: docker/build-push-action@v7
        with:
          push: true
          tags: acme/worker:${{ steps.source.outputs.revision }}
          labels: org.opencontainers.image.revision=${{ steps.source.outputs.revision }}
```

## Source
docker/metadata-action#206; docs/release.md, What your workflow must do
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.flow import fix_of, pushing_steps
from conductor.workflows.images import REVISION, metadata_of
from conductor.workflows.repairs import add_label
from conductor.workflows.steps import Step, locate, steps_in
from conductor.workflows.used import input_of, place_of_input

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="revision-label",
    code="PF-FLOW-013",
    title="Image does not say which commit it was built from",
    severity=Severity.WARNING,
    remedy=f"label it {REVISION} with what `git rev-parse HEAD` says in the checkout that is built",
)
_OF_EVENT = re.compile(r"\$\{\{\s*github\.(?:sha|event\.[\w.]*sha)\s*\}\}")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each pushed image without the label, or with one of another commit."""
    in_dockerfile = any(
        instruction.name == "LABEL" and REVISION in instruction.text
        for stage in subject.dockerfile.stages
        for instruction in stage.body
    )
    for step in pushing_steps(subject):
        steps = list(steps_in(step.workflow, step.job_id, step.job))
        where = locate(step.workflow, place_of_input(step.table, "labels"))
        if other := _other_checkout(step, steps):
            if _is_of_event(step, steps):
                message = f"the label {REVISION} is the event's commit, and line {other.here().line} checks out another"
                yield META.finding(subject, message, where)
        elif not in_dockerfile and not _has_label(step, steps):
            released = subject.settings.build is not None and subject.settings.build.workflow == step.workflow.path
            severity = Severity.WARNING if released else Severity.ADVICE
            message = f"the image has no label {REVISION}" + (": a release stops there" if released else "")
            fix = fix_of(step, add_label(step, REVISION))
            yield META.finding(subject, message, where, severity=severity, fix=fix)


def _other_checkout(step: Step, steps: Sequence[Step]) -> Step | None:
    """Return the checkout before the step that takes another commit than the event's."""
    for one in steps[: step.number]:
        if one.used is not None and one.used.name == "actions/checkout" and not input_of(one.table, "repository"):
            ref = str(input_of(one.table, "ref") or "")
            if ref and not _OF_EVENT.fullmatch(ref.strip()) and not re.search(r"github\.(?:ref|sha)\b", ref):
                return one
    return None


def _is_of_event(step: Step, steps: Sequence[Step]) -> bool:
    labels = str(input_of(step.table, "labels") or "")
    if re.search(re.escape(REVISION) + r"=\s*" + _OF_EVENT.pattern, labels):
        return True
    meta = metadata_of(step, steps)
    named = meta is not None and f"steps.{meta.table.get('id')}.outputs.labels" in labels
    return named and meta is not None and str(input_of(meta.table, "context") or "workflow") != "git"


def _has_label(step: Step, steps: Sequence[Step]) -> bool:
    """Tell whether the step gives the label, or labels that can't be seen."""
    labels = str(input_of(step.table, "labels") or "")
    return REVISION in labels or "${{" in labels or metadata_of(step, steps) is not None
