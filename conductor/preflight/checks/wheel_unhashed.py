"""A file is downloaded and installed without a hash.

## What it does
Finds wheels and archives that pip installs from an address without `#sha256=…` behind it and without `--hash`.

## Why is this bad?
Whoever can change the file behind the address changes the worker, with no commit of yours; and a broken download is
installed as far as it goes.

## Example
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
```

## Output
```text
Dockerfile:2:17: advice[PF-WHEEL-009] flash-attn is installed from an address without a hash
    2 | RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
  remedy: append #sha256=cd1a45ebfc1731a13e55ad68e0c9ad92390ddfffba306f9222be67c6d5a805af
  docs: docs/checks/wheel-unhashed.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl#sha256=cd1a45ebfc1731a13e55ad68e0c9ad92390ddfffba306f9222be67c6d5a805af
```

## Source
pip documentation, "Secure installs".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import published
from conductor.preflight.check import Fix, Meta

if TYPE_CHECKING:
    from conductor.domain.finding import Location
    from conductor.preflight.parse.requirements import Requirement
    from conductor.preflight.subject import Subject

META = Meta(
    id="wheel-unhashed",
    code="PF-WHEEL-009",
    title="A file is downloaded and installed without a hash",
    severity=Severity.ADVICE,
    remedy="put #sha256= and the hash of the file behind the address",
)
ARCHIVE = re.compile(r"https?://\S+\.(?:whl|tar\.gz|zip)(?:#\S*)?$")


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each file that is installed from an address without a hash."""
    for install in subject.pip_installs:
        if install.has("--require-hashes"):
            continue
        for requirement, where in zip(install.requirements, install.where, strict=True):
            address = requirement.address or ""
            if ARCHIVE.fullmatch(address) and "sha256=" not in address and not requirement.hashes:
                yield _finding(subject, requirement, where, address)


def _finding(subject: Subject, requirement: Requirement, where: Location, address: str) -> Finding:
    known = published(address.partition("#")[0])
    fix = None
    if known and known.sha256 and where.line:
        fix = Fix(where.path, where.line, address, f"{address}#sha256={known.sha256}")
    remedy = f"append #sha256={known.sha256}" if known and known.sha256 else None
    name = requirement.name or "a file"
    return META.finding(subject, f"{name} is installed from an address without a hash", where, remedy=remedy, fix=fix)
