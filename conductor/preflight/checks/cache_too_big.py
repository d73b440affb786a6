"""Build cache does not fit into GitHub's.

## What it does
Compares the compressed layers of the build with the cache that GitHub gives a repository, where a step keeps all of them
there (`type=gha,mode=max`, or a local cache that actions/cache saves).

## Why is this bad?
GitHub deletes what is over its limit, the oldest first: each build saves its layers for many minutes, and the next finds
none of them.

## Example
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install tensorflow[and-cuda] vllm xformers runpod
```
```yaml .github/workflows/build.yml
on: {push: {branches: [main]}}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - uses: docker/setup-buildx-action@v4
      - uses: docker/build-push-action@v7
        with:
          tags: acme/worker:${{ github.sha }}
          cache-from: type=gha
          cache-to: type=gha,mode=max
```

## Output
```text
.github/workflows/build.yml:12:11: warning[PF-DISK-002] the layers take at least 12.8 GB compressed, and GitHub keeps 10 GB
    12 |           cache-to: type=gha,mode=max
       |     unpacked: 13.3 pytorch/pytorch -devel + 1.8 tensorflow[and-cuda] + 3.4 NVIDIA's libraries + 1.1 vllm + 0.4 xformers + 3.2 pip's cache in the layer = 23.2 GB
  remedy: keep the cache in the registry: cache-to: type=registry,ref=IMAGE:cache,mode=max
  docs: docs/checks/cache-too-big.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install tensorflow[and-cuda] vllm xformers runpod
```
```yaml .github/workflows/build.yml
on: {push: {branches: [main]}}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - uses: docker/setup-buildx-action@v4
      - uses: docker/build-push-action@v7
        with:
          tags: acme/worker:${{ github.sha }}
          cache-from: type=registry,ref=acme/worker:cache
          cache-to: type=registry,ref=acme/worker:cache,mode=max
```

## Source
docs.docker.com, GitHub Actions cache; docs.github.com, Dependency caching, usage limits; ggml-org/llama.cpp#16348
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Confidence, Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.flow import all_steps
from conductor.preflight.sizes import estimate, runner_disk
from conductor.workflows.steps import Step, locate, steps_in
from conductor.workflows.used import input_of, place_of_input

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="cache-too-big",
    code="PF-DISK-002",
    title="Build cache does not fit into GitHub's",
    severity=Severity.WARNING,
    remedy="keep the cache in the registry: cache-to: type=registry,ref=IMAGE:cache,mode=max",
    confidence=Confidence.MEDIUM,
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each step that keeps more layers than GitHub does."""
    sum_of = estimate(subject)
    limit = runner_disk(subject.root).cache_gb
    if sum_of.compressed_gb <= limit:
        return
    judged = {
        (found.build.path, found.build.line)
        for found in subject.workflows.builds
        if found.build.dockerfile in {subject.dockerfile_path, None}
    }
    for step in all_steps(subject):
        if (step.workflow.path, step.here().line) in judged and _keeps_all(step):
            message = (
                f"the layers take at least {sum_of.compressed_gb:.1f} GB compressed, and GitHub keeps {limit:.0f} GB"
            )
            where = locate(step.workflow, place_of_input(step.table, "cache-to"))
            yield META.finding(subject, message, where, f"unpacked: {sum_of.shown()}")


def _keeps_all(step: Step) -> bool:
    """Tell whether a step writes every layer into GitHub's cache, by itself or by actions/cache."""
    kept = str(input_of(step.table, "cache-to") or "")
    if "type=gha" in kept:
        return "mode=max" in kept
    return "type=local" in kept and any(
        one.used is not None and one.used.name.startswith("actions/cache")
        for one in steps_in(step.workflow, step.job_id, step.job)
    )
