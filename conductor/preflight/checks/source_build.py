"""A package is compiled, and what the compilation needs is missing.

## What it does
Finds installations that end in a compilation against torch: flash-attn, mamba-ssm, causal-conv1d, apex, detectron2
and their like, from the index, from a repository or from a clone of it, and projects of the build context whose
setup.py makes a CUDA extension. It checks what such a build needs: torch visible to it (`--no-build-isolation`),
`nvcc`, a compiler, and tells all that is missing. flash-attn asks for nvcc before it looks for a published wheel.

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

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Location, Severity
from conductor.preflight.check import Fix, Meta
from conductor.preflight.environment.paths import absolute
from conductor.preflight.environment.projects import folder_of
from conductor.preflight.questions import severity_of
from conductor.preflight.wheels.environment import Environment
from conductor.preflight.wheels.installs import environment_of, torch_is_absent
from conductor.preflight.wheels.name import parse_wheel
from conductor.preflight.wheels.remedy import Remedy, find_remedy
from conductor.preflight.wheels.report import replace_requirement, said

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command
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


# The compilation of these is left out where the variable says so.
_SKIPS = ("FLASH_ATTENTION_SKIP_CUDA_BUILD", "MAMBA_SKIP_CUDA_BUILD", "CAUSAL_CONV1D_SKIP_CUDA_BUILD")
_REPOSITORIES = {"flash-attention": "flash-attn", "mamba": "mamba-ssm"}


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each thing that a build from source lacks: torch, nvcc, a compiler."""
    for install in subject.pip_installs:
        for requirement, where in zip(install.requirements, install.where, strict=True):
            name = _compiled(requirement) or _cloned(install.command, _place(install.command, requirement))
            if name and not install.has("--only-binary"):
                yield from _findings(subject, install, requirement, where, name)
            elif name is None and _is_cuda_project(install, requirement):
                yield from _toolless(subject, install.command, requirement.raw, where)
    for command in subject.commands:
        if "setup.py" in command.arguments and {"install", "develop", "bdist_wheel"} & set(command.arguments):
            name = _cloned(command, command.before.workdir)
            if name:
                yield from _toolless(subject, command, name, command.location)


def _compiled(requirement: Requirement) -> str | None:
    address = requirement.address
    if address is None:
        return requirement.name if requirement.name in SOURCE_ONLY else None
    if not address.startswith("git+"):
        return None
    plain = address.partition("#")[0]
    repository = plain.rpartition("@")[0] if "@" in address.rpartition("/")[2] else plain
    return _known(repository)


def _known(repository: str) -> str | None:
    """Return the package of a repository's address, where it is one that is compiled."""
    name = repository.rstrip("/").removesuffix(".git").rpartition("/")[2].lower().replace("_", "-")
    return _REPOSITORIES.get(name, name) if _REPOSITORIES.get(name, name) in COMPILED else None


def _place(command: Command, requirement: Requirement) -> str | None:
    """Return the folder that a requirement names."""
    place = folder_of(requirement)
    return absolute(command.before, place[0]) if place is not None else None


def _cloned(command: Command, folder: str | None) -> str | None:
    """Return the package that was cloned into a folder, or above it, where it is one that is compiled."""
    while folder:
        repository = command.before.clones.get(folder)
        if repository is not None or folder == "/":
            return _known(repository) if repository else None
        folder = posixpath.dirname(folder)
    return None


def _is_cuda_project(install: PipInstall, requirement: Requirement) -> bool:
    """Tell whether a folder of the build context has a setup.py that makes a CUDA extension."""
    folder, files = _place(install.command, requirement), install.environment.files
    found = files.find(posixpath.join(folder, "setup.py")) if folder and files is not None else None
    text = files.context.read_text(found.source) if files is not None and found and found.source else None
    return text is not None and re.search(r"\bCUDAExtension\s*\(", text) is not None


def _toolless(subject: Subject, command: Command, name: str, where: Location) -> Iterator[Finding]:
    """Yield a finding for each compiler that a build lacks."""
    if any(variable in command.before.variables for variable in _SKIPS):
        return
    for tool, what in (("nvcc", "the CUDA compiler nvcc"), ("gcc", "a C++ compiler")):
        if command.before.lacks(tool):
            said = f"{name} is compiled, and {what} is not in the image"
            yield META.finding(subject, said, where, severity=severity_of(command))
            return


def _findings(
    subject: Subject, install: PipInstall, requirement: Requirement, where: Location, name: str
) -> Iterator[Finding]:
    environment, sure = environment_of(subject, install)
    absent = torch_is_absent(install, before=True)
    remedy = _wheel_instead(requirement, environment) if name == "flash-attn" else None
    # Older pips build a package without pyproject.toml in the environment itself, where torch is.
    isolated = not absent and not install.has("--no-build-isolation")
    stops = not install.command.masked and not install.command.conditional
    for problem, certain in _problems(install, name, absent=absent):
        yield META.finding(
            subject,
            problem,
            where,
            remedy=said(remedy) if remedy else _without_wheel(requirement, name, environment),
            severity=META.severity if stops and (certain or (sure and not isolated)) else Severity.WARNING,
            fix=_fix(requirement, where, remedy),
            remedy_wheel=remedy.file if remedy else None,
        )


def _problems(install: PipInstall, name: str, *, absent: bool) -> Iterator[tuple[str, bool]]:
    """Yield what is missing, and whether that is certain whatever else is true."""
    variables = install.environment.variables
    if absent:
        yield f"{name} is compiled against torch, and none is installed before", False
    elif not install.has("--no-build-isolation") and "PIP_NO_BUILD_ISOLATION" not in variables:
        yield (
            f"{name} is compiled in an isolated environment that has no torch: --no-build-isolation is missing",
            False,
        )
    if any(skip in variables or skip in dict(install.command.assignments) for skip in _SKIPS):
        return
    for tool, what in (("nvcc", "the CUDA compiler nvcc"), ("gcc", "a C++ compiler")):
        if install.environment.lacks(tool):
            yield f"{name} is compiled, and {what} is not in the image", True
            return


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
