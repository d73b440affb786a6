"""Base image was never published.

## What it does
Knows how the tags of nvidia/cuda and pytorch/pytorch are built: which CUDA versions each torch was published for,
which cuDNN suffix belongs to which CUDA, and that nvidia/cuda has no latest and always three numbers. In a history
(`conductor replay`) a base that was published after the commit did not exist either.

## Why is this bad?
The build stops at its first line: `not found` or `manifest unknown`.

## Example
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.4-cudnn9-runtime
```

## Output
```text
Dockerfile:1: error[PF-BASE-004] pytorch/pytorch:2.7.1-cuda12.4-cudnn9-runtime does not exist: torch 2.7 was published for CUDA 11.8, 12.6, 12.8
    1 | FROM pytorch/pytorch:2.7.1-cuda12.4-cudnn9-runtime
  remedy: use pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime
  docs: docs/checks/base-never-existed.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime
```

## Source
hub.docker.com, tags of pytorch/pytorch and nvidia/cuda; docker-library/python; the day of a torch on the index
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import image_facts, published_on, python_image_since, was_there
from conductor.knowledge.images import normalise
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="base-never-existed",
    code="PF-BASE-004",
    title="Base image was never published",
    severity=Severity.ERROR,
    remedy="choose a tag that exists; conductor preflight --online asks the registry",
)


_PYTORCH = re.compile(r"(\d+\.\d+)\.\d+-cuda(\d+\.\d+)-cudnn(\d+)-(?:runtime|devel)")
_CUDA = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?(?:-cudnn(\d*))?-(?:base|runtime|devel)(?:-.*)?")
# torch minor -> (cuDNN, the CUDA versions its images were published with)
_PUBLISHED = {
    "2.0": ("8", ("11.7",)),
    "2.1": ("8", ("11.8", "12.1")),
    "2.2": ("8", ("11.8", "12.1")),
    "2.3": ("8", ("11.8", "12.1")),
    "2.4": ("9", ("11.8", "12.1", "12.4")),
    "2.5": ("9", ("11.8", "12.1", "12.4")),
    "2.6": ("9", ("11.8", "12.4", "12.6")),
    "2.7": ("9", ("11.8", "12.6", "12.8")),
    "2.8": ("9", ("12.6", "12.8", "12.9")),
    "2.9": ("9", ("12.6", "12.8", "13.0")),
}


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each base whose tag cannot exist."""
    for stage, reference, _ in subject.timeline.stages:
        if stage.index not in subject.timeline.needed or not reference or "@" in reference:
            continue
        name, _, tag = normalise(reference).partition(":")
        wrong = _cuda(tag) if name == "nvidia/cuda" else _pytorch(tag) if name == "pytorch/pytorch" else None
        early = _too_early(subject, reference, name, tag) if wrong is None else None
        if early:
            message = f"{reference} was not there yet: {early}"
            yield META.finding(
                subject, message, subject.here(stage.start.line), remedy="choose a base that was there on that day"
            )
        if wrong:
            said, instead = wrong
            remedy = f"use {name}:{instead}" if instead else None
            yield META.finding(
                subject, f"{reference} does not exist: {said}", subject.here(stage.start.line), remedy=remedy
            )


def _too_early(subject: Subject, reference: str, name: str, tag: str) -> str | None:
    """Say since when there is a base that was not there on the judgement's day."""
    version = re.match(r"3\.\d+(\.\d+)?(?=-|$)", tag) if name == "python" else None
    facts = image_facts(reference, root=subject.root) if version is None else None
    torch = facts.torch if facts is not None else None
    since = python_image_since(version[0]) if version else published_on("torch", torch) if torch else None
    if was_there(since, subject.day):
        return None
    return f"{f'torch {torch} came out' if torch else 'its first image came'} on {since}"


def _pytorch(tag: str) -> tuple[str, str | None] | None:
    match = _PYTORCH.fullmatch(tag)
    known = _PUBLISHED.get(match[1]) if match else None
    if match is None or known is None:
        return None
    cudnn, cudas = known
    if match[2] not in cudas:
        near = min(cudas, key=lambda cuda: abs(float(cuda) - float(match[2])))
        instead = tag.replace(f"cuda{match[2]}", f"cuda{near}").replace(f"cudnn{match[3]}", f"cudnn{cudnn}")
        return f"torch {match[1]} was published for CUDA {', '.join(cudas)}", instead
    if match[3] != cudnn:
        return f"torch {match[1]} comes with cuDNN {cudnn}", tag.replace(f"cudnn{match[3]}", f"cudnn{cudnn}")
    return None


def _cuda(tag: str) -> tuple[str, str | None] | None:
    if tag in {"", "latest"}:
        return "nvidia/cuda has no latest", "12.6.3-cudnn-runtime-ubuntu22.04"
    match = _CUDA.fullmatch(tag)
    if match is None:
        return None
    version = (int(match[1]), int(match[2]))
    if match[3] is None and version >= (12, 0):
        return "its tags have three numbers (12.6.3)", None
    if match[4] and version >= (12, 4):
        return "since CUDA 12.4 the suffix is -cudnn-", tag.replace(f"-cudnn{match[4]}-", "-cudnn-")
    if match[4] == "" and (11, 0) <= version <= (12, 2):
        return "before CUDA 12.4 the suffix names the version, -cudnn8-", tag.replace("-cudnn-", "-cudnn8-")
    return None
