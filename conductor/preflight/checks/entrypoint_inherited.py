"""CMD goes to the base image's server as arguments.

## What it does
Looks for a CMD that names a program, without an ENTRYPOINT, on a base whose ENTRYPOINT is a server (vLLM, llama.cpp,
Ollama, Text Generation Inference).

## Why is this bad?
The base's server starts with `python -u handler.py` as its arguments, complains about them, and ends.

## Example
```dockerfile
FROM vllm/vllm-openai:v0.10.2
RUN pip install runpod
COPY handler.py /handler.py
CMD ["python3", "-u", "/handler.py"]
```
```python handler.py
import runpod

runpod.serverless.start({"handler": print})
```

## Output
```text
Dockerfile:4: error[PF-START-015] vllm's API server of vllm/vllm-openai:v0.10.2 starts with this CMD as its arguments: the base has an ENTRYPOINT
    4 | CMD ["python3", "-u", "/handler.py"]
  remedy: put ENTRYPOINT [] before CMD
  docs: docs/checks/entrypoint-inherited.md
```

## Use instead
```dockerfile
FROM vllm/vllm-openai:v0.10.2
RUN pip install runpod
COPY handler.py /handler.py
ENTRYPOINT []
CMD ["python3", "-u", "/handler.py"]
```
```python handler.py
import runpod

runpod.serverless.start({"handler": print})
```

## Source
docs.docker.com/reference/dockerfile, how CMD and ENTRYPOINT interact
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta

if TYPE_CHECKING:
    from conductor.preflight.parse.dockerfile import Instruction
    from conductor.preflight.subject import Subject

META = Meta(
    id="entrypoint-inherited",
    code="PF-START-015",
    title="CMD goes to the base image's server as arguments",
    severity=Severity.ERROR,
    remedy="put ENTRYPOINT [] before CMD",
)
_REGISTRY = re.compile(r"^(?:docker\.io|ghcr\.io)/")
_PROGRAM = re.compile(r"(.*/)?(python[\d.]*|(ba)?sh)|[./].*")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where an inherited ENTRYPOINT takes what CMD says."""
    start, final = subject.timeline.start, subject.timeline.final
    if start is None or final is None or start.instruction is None or start.instruction.name != "CMD":
        return
    base = final.base or ""
    server = _server(base)
    if server and _names_a_program(start.instruction):
        message = f"{server} of {base} starts with this CMD as its arguments: the base has an ENTRYPOINT"
        yield META.finding(subject, message, subject.here(start.instruction.line))


def _server(base: str) -> str | None:
    from conductor.knowledge import entries

    name = _REGISTRY.sub("", base).partition("@")[0]
    return next((str(one["starts"]) for one in entries("entrypoints") if re.fullmatch(one["match"], name)), None)


def _names_a_program(instruction: Instruction) -> bool:
    """Tell whether CMD cannot be meant as arguments; its shell form always begins with a shell."""
    if instruction.json is None:
        return True
    return bool(instruction.json) and _PROGRAM.fullmatch(instruction.json[0]) is not None
