"""Two installed packages are known to fail together.

## What it does
Compares what one Python has installed with the pairs in `conductor knowledge show known-bad`. A version counts that a
pin, a lock or the base image states, and the newest one where nothing holds it back: an old pin whose own requirement
is open gets a new neighbour with every build. One of the two may be Python itself.

It is an error where the program that is started imports what fails, and nothing that could not be read may hold the
other version back.

## Why is this bad?
Each was found by somebody in production: a removed function, an incompatible binary, jobs that get mixed up.

## Example
```dockerfile
FROM python:3.11-slim-bookworm
RUN pip install torch==2.2.2 numpy==2.1.0
```

## Output
```text
Dockerfile:2:17: warning[PF-PIP-004] numpy>=2 with torch<2.3: torch before 2.3 was compiled against NumPy 1 and cannot exchange arrays with NumPy 2
    2 | RUN pip install torch==2.2.2 numpy==2.1.0
      |     pytorch/pytorch#107302
  remedy: use numpy<2
  docs: docs/checks/known-bad-pair.md
```

## Use instead
```dockerfile
FROM python:3.11-slim-bookworm
RUN pip install torch==2.2.2 numpy==1.26.4
```

## Source
The entry of the pair names its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from packaging.requirements import Requirement as Wanted
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from conductor.domain.finding import Confidence, Finding, Severity
from conductor.knowledge import Entry, entries
from conductor.preflight.check import Meta
from conductor.preflight.environment.python_effects import apply_pip
from conductor.preflight.python.starts import starts
from conductor.preflight.python.versions import Holds, holds
from conductor.preflight.questions import runs

if TYPE_CHECKING:
    from conductor.domain.finding import Location
    from conductor.preflight.environment.model import Environment, Interpreter
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.subject import Subject

META = Meta(
    id="known-bad-pair",
    code="PF-PIP-004",
    title="Two installed packages are known to fail together",
    severity=Severity.WARNING,
    remedy="use a version outside the pair",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for the installation that completes a bad pair."""
    reported: set[str] = set()
    pairs = entries("known-bad", root=subject.root)
    for install in subject.pip_installs:
        if install.interpreter is None or not install.requirements:
            continue
        after = install.environment.copy()
        apply_pip(install, after)
        for pair in pairs:
            state = _together(pair, after, install.interpreter) if pair["name"] not in reported else Holds.NO
            if state not in {Holds.YES, Holds.LIKELY}:
                continue
            reported.add(str(pair["name"]))
            fails = state is Holds.YES and _is_imported(subject, pair, install.interpreter)
            yield META.finding(
                subject,
                f"{_spoken(pair, after, install.interpreter)}: {pair['effect']}",
                _where(install, pair),
                str(pair["source"]),
                severity=Severity.ERROR if fails else Severity.WARNING,
                confidence=Confidence.HIGH if state is Holds.YES else Confidence.MEDIUM,
                remedy=f"use {pair['remedy']}",
            )


def _together(pair: Entry, environment: Environment, interpreter: Interpreter) -> Holds:
    """Tell whether both halves of a pair are there at once."""
    left, right = Wanted(str(pair["left"])), Wanted(str(pair["right"]))
    first = holds(left.specifier, canonicalize_name(left.name), environment, interpreter)
    if first is not Holds.YES or _spared(pair, environment, interpreter):
        return Holds.NO
    if right.name == "python":
        known = interpreter.version is not None and right.specifier.contains(interpreter.version, prereleases=True)
        return Holds.YES if known else Holds.NO
    name = canonicalize_name(right.name)
    return holds(right.specifier, name, environment, interpreter, through=canonicalize_name(left.name))


def _spared(pair: Entry, environment: Environment, interpreter: Interpreter) -> bool:
    """Tell whether something is installed with which the pair does work."""
    return any(
        holds(SpecifierSet(), canonicalize_name(name), environment, interpreter) is not Holds.NO
        for name in pair.get("unless", ())
    )


def _is_imported(subject: Subject, pair: Entry, interpreter: Interpreter) -> bool:
    """Tell whether a program that certainly runs imports what fails, and has the pair then."""
    module = pair.get("import")
    return module is not None and any(
        runs(launch.command)
        and not (launch.command.masked or launch.command.rescued or launch.command.tested)
        and launch.interpreter is not None
        and launch.interpreter.path == interpreter.path
        and (
            launch.by == module
            or any(name == module or name.startswith(f"{module}.") for name, _, _ in followed.elsewhere)
        )
        and _together(pair, launch.command.before, launch.interpreter) is Holds.YES
        for launch, followed in starts(subject)
    )


def _spoken(pair: Entry, environment: Environment, interpreter: Interpreter) -> str:
    """Return the pair in words; says so where the second comes only because nothing holds it back."""
    right = Wanted(str(pair["right"]))
    there = environment.package(interpreter, canonicalize_name(right.name))
    newest = right.name != "python" and (there is None or there.version is None)
    return f"{pair['left']} with {pair['right']}{' (the newest is taken)' if newest else ''}"


def _where(install: PipInstall, pair: Entry) -> Location:
    names = {canonicalize_name(Wanted(str(pair[side])).name) for side in ("left", "right")}
    for requirement, where in zip(install.requirements, install.where, strict=True):
        if requirement.name in names:
            return where
    return install.command.location
