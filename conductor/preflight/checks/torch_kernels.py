"""torch has no kernels for the target's GPU.

## What it does
Compares the GPUs that the targets ask for with the architectures that the torch of the finished image was built for.

## Why is this bad?
"no kernel image is available for execution on the device": the worker starts, and every job fails.

## Example
```dockerfile
FROM python:3.11-slim-bookworm
RUN pip install torch==2.6.0 --index-url https://download.pytorch.org/whl/cu124
```
```markdown CONDUCTOR.md
---
conductor: 1
build: {workflow: w.yml, dockerfile: Dockerfile, context: ., image: docker.io/acme/worker}
targets:
  production: {kind: serverless, id: abc, gpu: [RTX 5090]}
---
```

## Output
```text
Dockerfile:2: error[PF-GPU-012] torch 2.6+cu124 has no kernels for RTX 5090 (12.0); its newest are for 8.0, 8.6, 9.0
    2 | RUN pip install torch==2.6.0 --index-url https://download.pytorch.org/whl/cu124
      |     pip installs torch==2.6.0 (Dockerfile:2)
  remedy: take a torch that is built for this GPU (2.7 with CUDA 12.8 or newer for Blackwell), or another GPU
  docs: docs/checks/torch-kernels.md
```

## Use instead
```dockerfile
FROM python:3.11-slim-bookworm
RUN pip install torch==2.7.1 --index-url https://download.pytorch.org/whl/cu128
```

## Source
the architectures in the torch builds (knowledge/torch-kernels.yaml); NVIDIA's compatibility guide for the rule
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Location, Severity
from conductor.knowledge import entries, gpu, runs_on
from conductor.preflight.check import Meta
from conductor.preflight.wheels.installs import target_gpus

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Environment
    from conductor.preflight.subject import Subject

META = Meta(
    id="torch-kernels",
    code="PF-GPU-012",
    title="torch has no kernels for the target's GPU",
    severity=Severity.ERROR,
    remedy="take a torch that is built for this GPU (2.7 with CUDA 12.8 or newer for Blackwell), or another GPU",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each GPU that the image's torch cannot use."""
    final = subject.timeline.final
    build = _build(final) if final is not None else None
    if final is None or final.torch is None or build is None:
        return
    kernels = next(
        (entry["sm"] for entry in entries("torch-kernels", root=subject.root) if entry["name"] == build), None
    )
    for name in dict.fromkeys(target_gpus(subject)):
        found = gpu(name, root=subject.root)
        if kernels is None or found is None or runs_on(kernels, found.capability):
            continue
        newest = ", ".join(f"{sm // 10}.{sm % 10}" for sm in kernels[-3:])
        message = f"torch {build} has no kernels for {name} ({found.capability}); its newest are for {newest}"
        origin = final.torch.origin
        severity = (
            Severity.ERROR if final.torch.sure and final.torch_cuda and final.torch_cuda.sure else Severity.WARNING
        )
        yield META.finding(subject, message, Location(origin.path, origin.line), origin, severity=severity)


def _build(environment: Environment) -> str | None:
    """Return the torch of an image as the facts name it, `2.6+cu124`."""
    torch, cuda = environment.torch, environment.torch_cuda
    if torch is None or cuda is None:
        return None
    return f"{'.'.join(torch.value.split('.')[:2])}+cu{cuda.value.replace('.', '')}"
