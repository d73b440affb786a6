"""Image has only a moving tag.

## What it does
Looks at the tags of the image that looks most like what the workflows ship. A tag moves where a later run gives it to another image: `latest`, a
branch, a fixed word.

## Why is this bad?
Nobody can say which commit an image called `latest` was built from, a worker that has it keeps the old one, and there is
nothing to roll back to. `conductor release` looks for the commit's own tag and would not find one.

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
      - uses: docker/login-action@v4
        with:
          username: ${{ secrets.DOCKERHUB_USERNAME }}
          password: ${{ secrets.DOCKERHUB_TOKEN }}
      - uses: docker/build-push-action@v7
        with:
          push: true
          tags: acme/worker:latest
```

## Output
```text
.github/workflows/build.yml:14:11: warning[PF-FLOW-011] the image is pushed as latest only, which the next run gives to another image
    14 |           tags: acme/worker:latest
  remedy: push the commit's own tag as well: IMAGE:${{ github.sha }}
  docs: docs/checks/tag-moves.md
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
      - uses: docker/login-action@v4
        with:
          username: ${{ secrets.DOCKERHUB_USERNAME }}
          password: ${{ secrets.DOCKERHUB_TOKEN }}
      - uses: docker/build-push-action@v7
        with:
          push: true
          tags: |
            acme/worker:${{ github.sha }}
            acme/worker:latest
```

## Source
docs.runpod.io, Rolling releases (`:latest` may serve the cached version on existing workers)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.flow import all_steps, fix_of
from conductor.workflows import partial
from conductor.workflows.images import Pushed, pushed_images
from conductor.workflows.repairs import add_commit_tag
from conductor.workflows.steps import locate
from conductor.workflows.survey import order_builds
from conductor.workflows.used import place_of_input

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="tag-moves",
    code="PF-FLOW-011",
    title="Image has only a moving tag",
    severity=Severity.WARNING,
    remedy="push the commit's own tag as well: IMAGE:${{ github.sha }}",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where what looks most like the image that ships has no name for good."""
    images = pushed_images(all_steps(subject), subject.workflows.builds)
    named = {repository for one in images if not one.only_moves for repository in one.found.build.repositories()}
    told: set[tuple[str, int]] = set()
    for pushed in _shipped(subject, images):
        place = (pushed.found.build.path, pushed.found.build.line)
        released = subject.settings.build is not None and subject.settings.build.workflow == pushed.found.workflow
        elsewhere = named & set(pushed.found.build.repositories()) and not released
        if not pushed.only_moves or place in told or elsewhere:
            continue
        told.add(place)
        where = locate(pushed.step.workflow, place_of_input(pushed.step.table, "tags"))
        tags = ", ".join(dict.fromkeys(partial.show(one) for one in pushed.tags))
        said = "its branch" if "a tag" in tags else tags
        message = f"the image is pushed as {said} only, which the next run gives to another image"
        yield META.finding(subject, message, where, fix=fix_of(pushed.step, add_commit_tag(pushed.step)))


def _shipped(subject: Subject, images: list[Pushed]) -> list[Pushed]:
    """Return those of the images that look most like what ships."""
    if subject.workflows.files is None:
        return []
    ranked = order_builds(list(subject.workflows.builds), subject.workflows.files, "")
    best = {id(found) for rank, found in ranked if rank == ranked[0][0]}
    return [one for one in images if id(one.found) in best]
