"""A package is compiled, and what the compilation needs is missing.

## What it does
Finds installations that end in a compilation against torch: flash-attn, mamba-ssm, causal-conv1d, apex, detectron2
and their like, from the index or from a repository. It checks what such a build needs: torch visible to it
(`--no-build-isolation`), `nvcc`, a compiler. Where flash-attn would find a published wheel for the environment, no
compiler is needed.

## Why is this bad?
The isolated build has no torch and ends in "No module named 'torch'"; without `nvcc` it ends after minutes; with
everything there it takes an hour on a hosted runner and often more memory than it has.

## Example
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install flash-attn==2.8.3
```

## Output
```text
Dockerfile:2:17: warning[PF-PIP-003] flash-attn is compiled in an isolated environment that has no torch: --no-build-isolation is missing
    2 | RUN pip install flash-attn==2.8.3
  remedy: use https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3%2Bcu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl (256,027,206 bytes, sha256 cd1a45ebfc1731a13e55ad68e0c9ad92390ddfffba306f9222be67c6d5a805af)
  docs: docs/checks/source-build.md
```

## Use instead
```dockerfile
FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel
RUN pip install https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl
```

## Source
Dao-AILab/flash-attention setup.py, #246 and #1920; whyNLP/LCKV#17.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Location, Severity
from conductor.knowledge import published_wheels
from conductor.preflight.check import Fix, Meta
from conductor.preflight.wheels.environment import Environment
from conductor.preflight.wheels.installs import environment_of, torch_is_absent
from conductor.preflight.wheels.name import parse_wheel
from conductor.preflight.wheels.remedy import Remedy, find_remedy, fits
from conductor.preflight.wheels.report import replace_requirement, said

if TYPE_CHECKING:
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.parse.requirements import Requirement
    from conductor.preflight.subject import Subject

META = Meta(
    id="source-build",
    code="PF-PIP-003",
    title="A package is compiled, and what the compilation needs is missing",
    severity=Severity.ERROR,
    remedy="install torch first, start from a -devel image and add --no-build-isolation, or use a wheel",
)
# Published as source only, and its setup.py imports torch.
SOURCE_ONLY = frozenset({"flash-attn", "mamba-ssm", "causal-conv1d", "auto-gptq", "exllamav2"})
# The same when taken from a repository.
COMPILED = SOURCE_ONLY | {"apex", "detectron2", "pytorch3d", "nvdiffrast", "sageattention", "flash-attention", "natten"}


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each build from source that lacks torch, nvcc or a compiler."""
    for install in subject.pip_installs:
        for requirement, where in zip(install.requirements, install.where, strict=True):
            name = _compiled(requirement)
            if name and not install.has("--only-binary"):
                finding = _finding(subject, install, requirement, where, name)
                if finding:
                    yield finding


def _compiled(requirement: Requirement) -> str | None:
    address = requirement.address
    if address is None:
        return requirement.name if requirement.name in SOURCE_ONLY else None
    if not address.startswith("git+"):
        return None
    repository = (
        address.partition("#")[0].rpartition("@")[0] if "@" in address.rpartition("/")[2] else address.partition("#")[0]
    )
    name = repository.rstrip("/").removesuffix(".git").rpartition("/")[2].lower().replace("_", "-")
    return name if name in COMPILED else None


def _finding(
    subject: Subject, install: PipInstall, requirement: Requirement, where: Location, name: str
) -> Finding | None:
    environment, sure = environment_of(subject, install)
    absent = torch_is_absent(install, before=True)
    problem = _problem(install, requirement, name, environment, absent=absent)
    if problem is None:
        return None
    remedy = _wheel_instead(requirement, environment) if name == "flash-attn" else None
    # Older pips build a package without pyproject.toml in the environment itself, where torch is.
    isolated = not absent and not install.has("--no-build-isolation")
    certain = sure and not isolated and not install.command.masked and not install.command.conditional
    return META.finding(
        subject,
        problem,
        where,
        remedy=said(remedy) if remedy else _without_wheel(requirement, name, environment),
        severity=META.severity if certain else Severity.WARNING,
        fix=_fix(requirement, where, remedy),
        remedy_wheel=remedy.file if remedy else None,
    )


def _problem(
    install: PipInstall, requirement: Requirement, name: str, environment: Environment, *, absent: bool
) -> str | None:
    if absent:
        return f"{name} is compiled against torch, and none is installed before"
    if not install.has("--no-build-isolation") and "PIP_NO_BUILD_ISOLATION" not in install.environment.variables:
        return f"{name} is compiled in an isolated environment that has no torch: --no-build-isolation is missing"
    if name == "flash-attn" and _finds_wheel(requirement, environment):
        return None
    for tool, what in (("nvcc", "the CUDA compiler nvcc"), ("gcc", "a C++ compiler")):
        if install.environment.lacks(tool):
            return f"{name} is compiled, and {what} is not in the image"
    return None


def _finds_wheel(requirement: Requirement, environment: Environment) -> bool:
    """Tell whether flash-attn's setup.py finds a published wheel, or whether that cannot be told."""
    if requirement.pinned is None or environment.torch is None or environment.python is None:
        return True
    return any(
        item.version == requirement.pinned and item.label == environment.cxx11abi and fits(item.file, environment)
        for item in published_wheels().values()
    )


def _wheel_instead(requirement: Requirement, environment: Environment) -> Remedy | None:
    """Return the published wheel that the requirement's own words allow and that fits; None where there is none."""
    version = requirement.pinned or "0"
    asked = parse_wheel(f"flash_attn-{version}-py3-none-any.whl")
    return find_remedy(asked, environment, requirement.specifier)


def _without_wheel(requirement: Requirement, name: str, environment: Environment) -> str | None:
    """Return the remedy that says so where wheels are published and none of them is allowed and fits."""
    if name != "flash-attn" or requirement.address or not environment.python or not environment.torch:
        return None
    asked = f"{name}{requirement.specifier}" if requirement.specifier else name
    return (
        f"{META.remedy}; no published wheel of {asked} fits Python {environment.python} and torch {environment.torch}"
    )


def _fix(requirement: Requirement, where: Location, remedy: Remedy | None) -> Fix | None:
    if remedy is None or requirement.address:
        return None
    return replace_requirement(requirement, where, remedy)
