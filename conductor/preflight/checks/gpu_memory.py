"""Target's GPU has less memory than a job takes.

## What it does
Compares `build.vram_gib` of CONDUCTOR.md, what the largest job takes as you measured it, with the memory that the GPUs of
the targets are sold with. Without that key nothing is said: what a model needs depends on sizes, batches and tiling.

## Why is this bad?
`torch.OutOfMemoryError: CUDA out of memory` at the first large job, after image, rollout and small smoke jobs went well. Of
a pool, a worker gets any GPU.

## Example
```dockerfile
FROM python:3.11-slim
```
```yaml conductor.yaml
conductor: 1
build: {workflow: .github/workflows/build.yml, dockerfile: Dockerfile, context: ., image: docker.io/acme/worker, vram_gib: 35}
targets:
  production: {kind: serverless, id: "env:RUNPOD_ENDPOINT", gpu: [ADA_24]}
```

## Output
```text
conductor.yaml:4:15: error[PF-TARGET-005] a job takes 35 GiB (build.vram_gib), and target production asks for L4 (24 GiB), RTX 4090 (24 GiB)
    4 |   production: {kind: serverless, id: "env:RUNPOD_ENDPOINT", gpu: [ADA_24]}
  remedy: ask for GPUs with more memory, or let a job take less: tiles, smaller batches, smaller weights
  docs: docs/checks/gpu-memory.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
```
```yaml conductor.yaml
conductor: 1
build: {workflow: .github/workflows/build.yml, dockerfile: Dockerfile, context: ., image: docker.io/acme/worker, vram_gib: 35}
targets:
  production: {kind: serverless, id: "env:RUNPOD_ENDPOINT", gpu: [ADA_48_PRO]}
```

## Source
NVIDIA product pages (memory of each GPU, in the knowledge); docs.runpod.io, GPU types (the pools)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.targets import gpus_of, place_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="gpu-memory",
    code="PF-TARGET-005",
    title="Target's GPU has less memory than a job takes",
    severity=Severity.ERROR,
    remedy="ask for GPUs with more memory, or let a job take less: tiles, smaller batches, smaller weights",
)
# Of these, several sizes are sold under one name, and the facts have the smallest: nothing is said of them.
_SEVERAL_SIZES = frozenset({"A100", "V100", "RTX 3080", "H100", "RTX 4080", "Jetson Orin", "GH200"})


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each target with a GPU that is too small: an error where every one is."""
    build = subject.settings.build
    if build is None or build.vram_gib is None or build.dockerfile != subject.dockerfile_path:
        return
    for target in subject.settings.targets:
        known = [gpus_of(name, subject.root) for name in target.gpu]
        wanted = list(dict.fromkeys(one for gpus in known for one in gpus))
        sized = [one for one in wanted if one.vram_gib is not None and one.name not in _SEVERAL_SIZES]
        small = [one for one in sized if one.vram_gib is not None and one.vram_gib < build.vram_gib]
        if not small:
            continue
        sure = small == wanted and all(known)
        names = ", ".join(f"{one.name} ({one.vram_gib} GiB)" for one in small)
        message = f"a job takes {build.vram_gib:g} GiB (build.vram_gib), and target {target.name} asks for {names}"
        severity = Severity.ERROR if sure else Severity.WARNING
        yield META.finding(subject, message, place_of(subject, target), severity=severity)
