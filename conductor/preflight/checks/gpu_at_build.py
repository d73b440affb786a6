"""Build needs a GPU.

## What it does
Looks in RUN for nvidia-smi, for programs that assert a GPU, and for imports that look for a driver.

## Why is this bad?
The builder has no GPU and no driver: nvidia-smi is not found, torch.cuda.is_available() is False.

## Example
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN nvidia-smi
```

## Output
```text
Dockerfile:2:5: error[PF-BUILD-001] nvidia-smi is run while building, where there is no GPU
    2 | RUN nvidia-smi
  remedy: leave it to the start; for compilers set TORCH_CUDA_ARCH_LIST
  docs: docs/checks/gpu-at-build.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
ENV TORCH_CUDA_ARCH_LIST=8.9
```

## Source
docs.docker.com/build; NVIDIA container toolkit (drivers are mounted at run time)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.questions import runs

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="gpu-at-build",
    code="PF-BUILD-001",
    title="Build needs a GPU",
    severity=Severity.ERROR,
    remedy="leave it to the start; for compilers set TORCH_CUDA_ARCH_LIST",
)


_ASSERTS = re.compile(
    r"assert\s+torch\.cuda\.is_available\(\)|\.cuda\(\)|\.to\(['\"]cuda|device=['\"]cuda|get_device_name|cuda\.init\(\)"
)


# They ask for the driver or the CUDA toolkit when they are imported.
_LOOKS = re.compile(r"\b(?:import|from)\s+(?:\w+\s*,\s*)*(deepspeed|xfuser|vllm|apex|tensorrt)\b")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each step that only works with a GPU."""
    for command in subject.commands:
        if command.phase == "build" and command.name == "nvidia-smi" and runs(command):
            yield META.finding(subject, "nvidia-smi is run while building, where there is no GPU", command.location)
    for command, index in subject.timeline.inline_python:
        text = command.words[index].text if index < len(command.words) else None
        match = _ASSERTS.search(text or "")
        if command.phase == "build" and text and match and not _guarded(text) and runs(command):
            said = f"the program needs a GPU ({match[0]}), and the builder has none"
            yield META.finding(subject, said, command.at(index))
        elif command.phase == "build" and text and (looks := _LOOKS.search(text)) and runs(command):
            said = f"importing {looks[1]} looks for a driver or for nvcc, and the builder has no GPU"
            yield META.finding(subject, said, command.at(index), severity=Severity.WARNING)


def _guarded(text: str) -> bool:
    return " if " in text or "try:" in text or "device_count" in text
