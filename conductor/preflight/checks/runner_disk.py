"""Build may not fit on the runner's disk.

## What it does
Adds up what the base images, the largest packages and pip's cache take on a disk, and compares the sum with what a hosted
runner has free: what GitHub guarantees, and the middle of what people measured. Every figure is a least one, so the sum is
too. Where the job frees space first, or runs on another runner, that counts.

## Why is this bad?
The build ends with "no space left on device", often without a log: the runner has no room for it either.

## Example
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install tensorflow[and-cuda] vllm xformers runpod
```

## Output
```text
Dockerfile:1: warning[PF-DISK-001] the build takes at least 23.2 GB of the runner's disk
    1 | FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
      |     13.3 pytorch/pytorch -devel + 1.8 tensorflow[and-cuda] + 3.4 NVIDIA's libraries + 1.1 vllm + 0.4 xformers + 3.2 pip's cache in the layer = 23.2 GB
      |     a hosted runner is sure to have 14 GB free, and usually had 20.5
  remedy: start from a smaller base, install with --no-cache-dir, or free space in a step before the build
  docs: docs/checks/runner-disk.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime
RUN pip install --no-cache-dir runpod
```

## Source
actions/runner-images#10237, #13348, #14492; the figures stand in the knowledge, with their sources
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Confidence, Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.flow import all_steps, labels_of
from conductor.preflight.sizes import estimate, runner_disk
from conductor.workflows.steps import Step, steps_in
from conductor.workflows.used import input_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="runner-disk",
    code="PF-DISK-001",
    title="Build may not fit on the runner's disk",
    severity=Severity.WARNING,
    remedy="start from a smaller base, install with --no-cache-dir, or free space in a step before the build",
    confidence=Confidence.MEDIUM,
)
_FREES = ("free-disk-space", "maximize-build-space", "free-root-space", "free-disk")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the build takes more than a hosted runner surely or usually has."""
    sum_of = estimate(subject)
    disk = runner_disk(subject.root)
    builders = [step for step in all_steps(subject) if _builds_this(subject, step)]
    hosted = [step for step in builders if _is_hosted(step)]
    if builders and not hosted:
        return
    freed = disk.freed_gb if hosted and all(_is_freed(step) for step in hosted) else 0.0
    # Loading writes the finished image a second time, into the engine.
    again = sum_of.image_gb if any(str(input_of(step.table, "load")) == "true" for step in hosted) else 0.0
    needed = sum_of.build_gb + again
    if needed <= disk.guaranteed_gb + freed:
        return
    over = sum_of.build_gb > disk.typical_gb + freed
    has = f"a hosted runner is sure to have {disk.guaranteed_gb:.0f} GB free, and usually had {disk.typical_gb:.1f}"
    facts = [sum_of.shown(), f"load: true takes {again:.1f} more" if again else None]
    facts.append(has + (f"; the job frees about {freed:.0f} more" if freed else ""))
    message = f"the build takes at least {needed:.1f} GB of the runner's disk"
    severity = Severity.WARNING if over else Severity.ADVICE
    where = subject.here(subject.dockerfile.stages[-1].start.line)
    yield META.finding(subject, message, where, *facts, severity=severity)


def _builds_this(subject: Subject, step: Step) -> bool:
    where = (step.workflow.path, step.here().line)
    return any(
        (found.build.path, found.build.line) == where and found.build.dockerfile in {subject.dockerfile_path, None}
        for found in subject.workflows.builds
    )


def _is_hosted(step: Step) -> bool:
    """Tell whether the job runs on one of GitHub's standard runners, which have all the same disk."""
    labels = [str(label) for label in labels_of(step.job)]
    return len(labels) == 1 and labels[0].startswith("ubuntu-") and "core" not in labels[0]


def _is_freed(step: Step) -> bool:
    """Tell whether a step of the job before this one frees space."""
    for one in list(steps_in(step.workflow, step.job_id, step.job))[: step.number]:
        if one.used is not None and one.used.name.rpartition("/")[2] in _FREES:
            return True
        if "rm -rf" in one.script and any(word in one.script for word in ("dotnet", "ghc", "android", "AGENT_TOOLS")):
            return True
    return False
