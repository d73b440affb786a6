"""Model weights are downloaded into the image.

## What it does
Looks for Hugging Face downloads and for weight files that RUN or ADD fetches.

## Why is this bad?
Weights make the image tens of gigabytes: the runner's disk fills, the push and each cold pull take many minutes.

## Example
```dockerfile
FROM python:3.11-slim
RUN pip install huggingface_hub
RUN huggingface-cli download ByteDance-Seed/SeedVR2-3B
```

## Output
```text
Dockerfile:3:5: warning[PF-BUILD-002] huggingface-cli download puts model weights into the image
    3 | RUN huggingface-cli download ByteDance-Seed/SeedVR2-3B
  remedy: load them from a network volume or RunPod's cached models, once, with a checked sha256
  docs: docs/checks/model-at-build.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN pip install huggingface_hub
ENV HF_HOME=/runpod-volume/huggingface
```

## Source
docs.runpod.io/serverless, model caching; actions/runner-images (disk of a runner)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="model-at-build",
    code="PF-BUILD-002",
    title="Model weights are downloaded into the image",
    severity=Severity.WARNING,
    remedy="load them from a network volume or RunPod's cached models, once, with a checked sha256",
)


_WEIGHTS = re.compile(r"https?://\S+\.(?:safetensors|ckpt|pth|gguf|onnx|pt|bin)(?:\?\S*)?$")
_CALLS = re.compile(r"snapshot_download\(|hf_hub_download\(|from_pretrained\(")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each download of weights while building."""
    for command in subject.commands:
        if command.phase != "build":
            continue
        texts = [text or "" for text in command.arguments]
        what = _what(command.name, texts)
        if what:
            yield META.finding(subject, f"{what} puts model weights into the image", command.location)


def _what(name: str, texts: list[str]) -> str | None:
    if name in {"huggingface-cli", "hf"} and "download" in texts:
        return f"{name} download"
    if name in {"wget", "curl", "aria2c"} and any(_WEIGHTS.match(text) for text in texts):
        return name
    if name.startswith("python") and any(_CALLS.search(text) for text in texts):
        return "this program"
    if name == "git" and "clone" in texts and any("huggingface.co/" in text for text in texts):
        return "git clone"
    return None
