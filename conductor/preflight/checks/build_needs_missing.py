"""The build of a project lacks what it needs.

## What it does
Looks at the folders that pip installs: whether there is a project in them, whether it is for this Python
(`requires-python`), and whether its build finds its backend and what its setup.py imports. With
`--no-build-isolation` both must be installed before; without it they must stand in `[build-system] requires`. The
files that the backend reads must be there: the readme, git's folder where it gives the version, and a module of the
project's name, or one package that setuptools can take by itself.

## Why is this bad?
"Cannot import 'setuptools.build_meta'", "No module named 'torch'", "does not appear to be a Python project",
"requires a different Python": each ends the build. Pythons from 3.12 on come without setuptools and distutils.

## Example
```dockerfile
FROM python:3.12-slim
WORKDIR /src
COPY . .
RUN pip install --no-build-isolation .
```
```text pyproject.toml
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "worker"
version = "1"
```

## Output
```text
Dockerfile:4:38: error[PF-PIP-022] the build needs setuptools, which is not installed: --no-build-isolation takes what is there
    4 | RUN pip install --no-build-isolation .
  remedy: put pip install setuptools before it, or leave --no-build-isolation out
  docs: docs/checks/build-needs-missing.md
```

## Use instead
```dockerfile
FROM python:3.12-slim
WORKDIR /src
COPY . .
RUN pip install .
```
```text pyproject.toml
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "worker"
version = "1"
```

## Source
PEP 517 and 518; pip.pypa.io/en/stable/reference/build-system; tried on python:3.10-slim to 3.12-slim
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.environment.built import build_problem
from conductor.preflight.environment.distributions import distributions_of
from conductor.preflight.environment.projects import find_project, folder_of
from conductor.preflight.parse.build_system import (
    SETUPTOOLS,
    BuildSystem,
    imported_first,
    read_build_system,
    toml_problem,
)
from conductor.preflight.python.installed import installed
from conductor.preflight.python.standard import is_standard
from conductor.preflight.questions import severity_of, tried

if TYPE_CHECKING:
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.parse.requirements import Requirement
    from conductor.preflight.subject import Subject

META = Meta(
    id="build-needs-missing",
    code="PF-PIP-022",
    title="The build of a project lacks what it needs",
    severity=Severity.ERROR,
    remedy="install it before, or leave --no-build-isolation out",
)
# They bring each other: a build with setuptools finds these modules.
_OF_SETUPTOOLS = frozenset({"setuptools", "pkg_resources", "distutils", "_distutils_hack"})


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each folder that pip cannot install."""
    for install in tried(subject):
        for requirement, where in zip(install.requirements, install.where, strict=True):
            folder = _folder(install, requirement)
            problem = _problem(install, folder, requirement) if folder is not None else None
            if problem:
                message, remedy = problem
                severity = severity_of(install.command)
                yield META.finding(subject, message, where, remedy=remedy, severity=severity)
    yield from _versions(subject)


def _folder(install: PipInstall, requirement: Requirement) -> str | None:
    """Return the folder of the image that a requirement names, None for any other, or where it is not known."""
    place, workdir = folder_of(requirement), install.environment.workdir
    if place is None or install.environment.files is None or (workdir is None and not place[0].startswith("/")):
        return None
    return posixpath.normpath(posixpath.join(workdir or "/", place[0]))


def _problem(install: PipInstall, folder: str, requirement: Requirement) -> tuple[str, str | None] | None:
    texts = {name: _text(install, folder, name) for name in ("pyproject.toml", "setup.py", "setup.cfg")}
    if all(text is None for text in texts.values()):
        files = install.environment.files
        absent = files is not None and all(files.find(f"{folder}/{name}").state == "absent" for name in texts)
        named = requirement.raw.removeprefix("-e ").strip()
        remedy = f"COPY pyproject.toml or setup.py to {folder} before it"
        return (
            (f"{named} is no Python project: {folder} has neither pyproject.toml nor setup.py", remedy)
            if absent
            else None
        )
    broken = toml_problem(texts["pyproject.toml"] or "")
    if broken is not None:
        return f"pyproject.toml in {folder} cannot be read: {broken}", "correct it: a text needs quotes"
    system = read_build_system(texts["pyproject.toml"])
    if system is None:
        return None
    return _backend(install, system, texts["setup.py"]) or _files(install, folder, system)


def _files(install: PipInstall, folder: str, system: BuildSystem) -> tuple[str, str] | None:
    """Return what the newest backend does not find; one that is installed already may be another."""
    isolated = not install.has("--no-build-isolation") and "PIP_NO_BUILD_ISOLATION" not in install.environment.variables
    given = frozenset(name for name, _ in install.command.assignments)
    return build_problem(install.environment, folder, system.requires, given) if isolated else None


def _text(install: PipInstall, folder: str, name: str) -> str | None:
    files = install.environment.files
    found = files.find(posixpath.join(folder, name)) if files is not None else None
    return files.context.read_text(found.source) if files is not None and found and found.source else None


def _backend(install: PipInstall, system: BuildSystem, setup_py: str | None) -> tuple[str, str | None] | None:
    """Return what the build itself lacks."""
    isolated = not install.has("--no-build-isolation") and "PIP_NO_BUILD_ISOLATION" not in install.environment.variables
    if isolated and install.tool == "pip" and system.backend == SETUPTOOLS and SETUPTOOLS not in system.requires:
        return None  # older pips build it in the environment itself
    has = _finds(install, system, isolated=isolated)
    if has is None:
        return None
    if not isolated and not has(system.backend):
        remedy = f"put pip install {' '.join(sorted(system.requires) or [system.backend])} before it, or leave --no-build-isolation out"
        return (
            f"the build needs {system.backend}, which is not installed: --no-build-isolation takes what is there",
            remedy,
        )
    if setup_py is None or system.backend != SETUPTOOLS:
        return None
    for module in imported_first(setup_py):
        if is_standard(module, _python(install)) is not False or module in _OF_SETUPTOOLS or has(module):
            continue
        if not distributions_of(module):
            continue  # a module of the project itself, or of a package nobody listed
        where = "[build-system] requires" if isolated else "what is installed before"
        name = distributions_of(module)[0]
        return (
            f"setup.py imports {module}, which is not in {where}",
            f"add {name} to [build-system] requires in pyproject.toml",
        )
    return None


def _finds(install: PipInstall, system: BuildSystem, *, isolated: bool) -> Callable[[str], bool] | None:
    """Return a function that tells whether the build may import a module; None where nobody can tell."""
    if isolated:
        names = system.requires
        return lambda module: bool(names & {module.replace("_", "-").lower(), *distributions_of(module)})
    if install.interpreter is None:
        return None
    found = installed(install.environment, install.interpreter)
    return None if found.unlisted or found.strange else found.has


def _python(install: PipInstall) -> str | None:
    return install.interpreter.version if install.interpreter else None


def _versions(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each project that is for other Pythons than the one that installs it."""
    for install in tried(subject):
        python = _python(install)
        for requirement, where in zip(install.requirements, install.where, strict=True):
            place = folder_of(requirement)
            if place is None or python is None or install.has("--ignore-requires-python"):
                continue
            found = find_project(install.environment, *place, editable=False)
            asked = found.project.python if found is not None else None
            if asked and _refuses(asked, python):
                said = f"the project is for Python {asked}, and this {install.tool} belongs to Python {python}"
                remedy = f"start from a base with Python {asked}, or change requires-python"
                yield META.finding(subject, said, where, remedy=remedy, severity=severity_of(install.command))


def _refuses(specifier: str, python: str) -> bool:
    minor = ".".join(python.split(".")[:2])
    try:
        asked = SpecifierSet(specifier)
    except InvalidSpecifier:
        return False
    return not any(asked.contains(f"{minor}.{patch}", prereleases=True) for patch in (0, 5, 20))
