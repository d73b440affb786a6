"""Target's GPU is unknown, or the image's torch has no kernel for it.

## What it does
Looks up the GPUs and pools of the targets (`gpu` in CONDUCTOR.md, `gpuIds` in `.runpod/hub.json`), and compares their
architecture with the kernels in the torch that the finished image has.

## Why is this bad?
A name that RunPod does not have gets no worker. On a GPU that torch was not compiled for, the first operation ends with
"no kernel image is available for execution on the device". Of a pool, a worker gets any GPU.

## Example
```dockerfile
FROM pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime
RUN pip install runpod
```
```yaml conductor.yaml
conductor: 1
build: {workflow: .github/workflows/build.yml, dockerfile: Dockerfile, context: ., image: docker.io/acme/worker}
targets:
  production: {kind: serverless, id: "env:RUNPOD_ENDPOINT", gpu: [ADA_32_PRO]}
```

## Output
```text
conductor.yaml:4:15: error[PF-TARGET-002] torch 2.5.1 for CUDA 12.4 has no kernel for RTX 5090 (sm_120), which target production asks for
    4 |   production: {kind: serverless, id: "env:RUNPOD_ENDPOINT", gpu: [ADA_32_PRO]}
      |     pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime (Dockerfile:1)
  remedy: use a torch that is compiled for the GPU, or a GPU that torch is compiled for
  docs: docs/checks/target-gpu.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime
RUN pip install runpod
```
```yaml conductor.yaml
conductor: 1
build: {workflow: .github/workflows/build.yml, dockerfile: Dockerfile, context: ., image: docker.io/acme/worker}
targets:
  production: {kind: serverless, id: "env:RUNPOD_ENDPOINT", gpu: [ADA_48_PRO]}
```

## Source
docs.runpod.io, GPU types; moi90/pytorch_compute_capabilities (the kernels in each torch build)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import Gpu, entries, runs_on, torch_build
from conductor.preflight.check import Meta
from conductor.preflight.targets import Wanted, gpus_of, wanted_by

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Fact
    from conductor.preflight.subject import Subject

META = Meta(
    id="target-gpu",
    code="PF-TARGET-002",
    title="Target's GPU is unknown, or the image's torch has no kernel for it",
    severity=Severity.ERROR,
    remedy="use a torch that is compiled for the GPU, or a GPU that torch is compiled for",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each GPU that is misspelt, and one for each target whose GPUs torch can't use."""
    for target in wanted_by(subject):
        for name in target.gpus:
            if not gpus_of(name, subject.root) and (near := _near(subject, name)):
                message = f"{target.name} asks for {name}, and RunPod has no such GPU"
                yield META.finding(subject, message, target.where, remedy=f"write {near}", severity=Severity.WARNING)
        yield from _kernels(subject, target)


def _kernels(subject: Subject, target: Wanted) -> Iterator[Finding]:
    final = subject.timeline.final
    torch = final.torch if final is not None else None
    cuda = final.torch_cuda if final is not None else None
    if torch is None or cuda is None:
        return
    build = torch_build(f"{torch.value.partition('+')[0]}+cu{cuda.value.replace('.', '')}", root=subject.root)
    wanted = [one for name in target.gpus for one in gpus_of(name, subject.root)]
    if build is None or not build.kernels:
        return
    lacking = [one for one in wanted if not runs_on(build.kernels, one.capability)]
    if lacking:
        yield _finding(subject, target, torch, cuda, lacking, certain=torch.sure and lacking == wanted)


def _finding(
    subject: Subject, target: Wanted, torch: Fact, cuda: Fact, lacking: list[Gpu], *, certain: bool
) -> Finding:
    names = ", ".join(dict.fromkeys(f"{one.name} (sm_{one.capability.replace('.', '')})" for one in lacking))
    message = f"torch {torch.value} for CUDA {cuda.value} has no kernel for {names}, which {target.name} asks for"
    severity = Severity.ERROR if certain else Severity.WARNING
    facts = dict.fromkeys((torch.origin, cuda.origin))
    return META.finding(subject, message, target.where, *facts, severity=severity)


def _near(subject: Subject, name: str) -> str:
    known = [str(one["name"]) for kind in ("gpu-pools", "gpus") for one in entries(kind, root=subject.root)]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    return near[0] if near else ""
