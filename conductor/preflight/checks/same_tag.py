"""Two workflows push the same tag on the same event.

## What it does
Compares the names of the images that different workflows push when the same event starts them.

## Why is this bad?
Both run at once, and whichever is done last owns the tag: another image on each push, from another Dockerfile perhaps.

## Example
```dockerfile
FROM python:3.11-slim
```
```yaml .github/workflows/a.yml
on: {push: {branches: [main]}}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: |
          docker login -u acme -p "$TOKEN"
          docker build -t acme/worker:latest .
          docker push acme/worker:latest
```
```yaml .github/workflows/b.yml
on: {push: {branches: [main]}}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: |
          docker login -u acme -p "$TOKEN"
          docker build -t acme/worker:latest .
          docker push acme/worker:latest
```

## Output
```text
.github/workflows/b.yml:6: warning[PF-FLOW-012] a push starts .github/workflows/a.yml as well, which pushes docker.io/acme/worker:latest too
    6 |       - run: |
  remedy: let one workflow push the tag, or give the other one a tag of its own
  docs: docs/checks/same-tag.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
```
```yaml .github/workflows/a.yml
on: {push: {branches: [main]}}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: |
          docker login -u acme -p "$TOKEN"
          docker build -t acme/worker:latest .
          docker push acme/worker:latest
```

## Source
docs.github.com, Events that trigger workflows
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Location, Severity
from conductor.preflight.check import Meta
from conductor.workflows import partial
from conductor.workflows.builds import Found, repository_of
from conductor.workflows.documents import as_mapping
from conductor.workflows.images import tag_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="same-tag",
    code="PF-FLOW-012",
    title="Two workflows push the same tag on the same event",
    severity=Severity.WARNING,
    remedy="let one workflow push the tag, or give the other one a tag of its own",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each tag that a second workflow pushes as well."""
    filtered = {one.path for one in subject.workflows.documents if _has_paths(one.root.get("on"))}
    owners: dict[tuple[str, str], Found] = {}
    told: set[tuple[str, str, str]] = set()
    for found in subject.workflows.builds:
        if not found.build.pushed or found.event not in {"push", "tag", "release", "schedule"}:
            continue
        for reference in found.build.references:
            repository = repository_of(reference)
            if repository is None or not partial.is_known(reference):
                continue
            name = f"{repository}:{tag_of(reference)}"
            first = owners.setdefault((found.event, name), found)
            # Two filters on paths may shut each other out.
            both = {first.workflow, found.workflow} <= filtered
            if first.workflow == found.workflow or both or (first.workflow, found.workflow, name) in told:
                continue
            told.add((first.workflow, found.workflow, name))
            event = "a git tag" if found.event == "tag" else f"a {found.event}"
            message = f"{event} starts {first.workflow} as well, which pushes {name} too"
            yield META.finding(subject, message, Location(found.build.path, found.build.line))


def _has_paths(on: object) -> bool:
    return bool({"paths", "paths-ignore"} & set(as_mapping(as_mapping(on).get("push"))))
