"""Started program imports what nothing installs.

## What it does
Follows what the start runs, module by module as Python imports them: files beside the program, the standard library of
the image's Python, packages that pip, uv and apt install with what they require, and the project's own. Imports in
functions, in `try` and under conditions are left out.

An error rests on a complete list: where an unread file, a base that nobody looked up or a package whose requirements
are not known may bring the module, it is advice.

## Why is this bad?
The worker dies with `ModuleNotFoundError` before its handler is registered. Imports inside `try` and functions are
left alone.

## Example
```dockerfile
FROM python:3.11-slim
RUN pip install requests
COPY handler.py /handler.py
CMD ["python", "-u", "/handler.py"]
```
```python handler.py
import runpod

runpod.serverless.start({"handler": print})
```

## Output
```text
handler.py:1: error[PF-START-006] runpod is imported: nothing installs it
    1 | import runpod
      |     python:3.11-slim (Dockerfile:1)
      |     handler.py is started (Dockerfile:4)
  remedy: pip install runpod
  docs: docs/checks/import-missing.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN pip install requests runpod
COPY handler.py /handler.py
CMD ["python", "-u", "/handler.py"]
```
```python handler.py
import runpod

runpod.serverless.start({"handler": print})
```

## Source
docs.python.org, the import system
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Confidence, Finding, Location, Severity
from conductor.preflight.check import Meta
from conductor.preflight.environment.distributions import distributions_of
from conductor.preflight.python.standard import base_with
from conductor.preflight.python.starts import starts
from conductor.preflight.questions import severity_of_start

if TYPE_CHECKING:
    from conductor.preflight.python.followed import Problem
    from conductor.preflight.python.launch import Launch
    from conductor.preflight.subject import Subject

META = Meta(
    id="import-missing",
    code="PF-START-006",
    title="Started program imports what is not there",
    severity=Severity.ERROR,
    remedy="add the package to what the image installs",
)
_KINDS = frozenset({"module", "name", "relative"})


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each import that ends the start, once a place."""
    seen: set[tuple[str | None, int, str]] = set()
    for launch, followed in starts(subject):
        command = launch.command
        if command.masked or command.rescued or command.tested:
            continue
        for problem in followed.problems:
            place = (problem.path, problem.line, problem.module)
            if problem.kind not in _KINDS or place in seen or (not problem.path and launch.code is None):
                continue
            seen.add(place)
            yield _finding(subject, launch, problem)


def _finding(subject: Subject, launch: Launch, problem: Problem) -> Finding:
    where = launch.command.location
    if problem.path:
        where = Location(subject.context.display(problem.path), problem.line)
    said, remedy = _of_another_version(subject, launch, problem) or _said(subject, problem)
    severity = severity_of_start(launch)
    if not problem.sure:
        said, severity = f"{said} (unless another package brings it)", Severity.ADVICE
    elif problem.unless and severity is Severity.ERROR:
        said, severity = f"{said} (unless {problem.unless} is given another value)", Severity.WARNING
    return META.finding(
        subject,
        said,
        where,
        launch.interpreter.origin if launch.interpreter else None,
        f"{launch.shown} is started ({launch.command.path}:{launch.command.location.line})",
        severity=severity,
        confidence=Confidence.HIGH if problem.sure else Confidence.LOW,
        remedy=remedy,
    )


def _of_another_version(subject: Subject, launch: Launch, problem: Problem) -> tuple[str, str] | None:
    """Say that a virtual environment of another stage came to a Python of another version, which reads other folders."""
    python = launch.interpreter
    if problem.kind != "module" or python is None or python.kind != "venv":
        return None
    for _, base, end in subject.timeline.stages:
        before = next((each for each in end.interpreters.get(python.path, {}).values()), None)
        made_for = before.version if before is not None else None
        has = any(end.package(before, name) is not None for name in distributions_of(problem.module))
        if has and made_for and made_for != python.version:
            said = f"{problem.module} is imported: it is installed for Python {made_for}, and {python.path}/python is {python.version} here"
            return said, f"let both stages stand on one Python: FROM {base}"
    return None


def _said(subject: Subject, problem: Problem) -> tuple[str, str | None]:
    """Return the message and the remedy."""
    if problem.kind == "relative":
        remedy = "start it as a module (python -m PACKAGE.MODULE), or import it by its full name"
        return f"{problem.module} cannot be imported: {problem.why}", remedy
    if problem.kind == "name":
        package, _, last = problem.module.rpartition(".")
        return f"{last} cannot be imported from {package}: {problem.why}", "correct the name, or define it there"
    if problem.install:
        return f"{problem.module} is missing: {problem.why}", f"pip install {problem.install}"
    local = _beside(subject, problem)
    if local is not None:
        said = f"{problem.module} is imported, and {subject.context.display(local)} is not where Python looks for it"
        return said, f"COPY {local} beside the program too, or put its folder into PYTHONPATH"
    names = distributions_of(problem.module)
    install = f"pip install {names[0]}" if len(names) == 1 else None
    other_python = base_with(problem.module)
    if problem.module.partition(".")[0] == "distutils":
        other_python = f"{other_python}; setuptools brings one of its own: pip install setuptools"
    return f"{problem.module} is imported: {problem.why}", other_python or install


def _beside(subject: Subject, problem: Problem) -> str | None:
    """Return the file of the context that holds the module beside the importing file or at its root, if one does."""
    name = problem.module.replace(".", "/")
    for folder in dict.fromkeys((posixpath.dirname(problem.path or ""), "", "src")):
        for candidate in (f"{name}.py", f"{name}/__init__.py"):
            entry = subject.context.find(posixpath.join(folder, candidate))
            if entry is not None and not entry.is_folder:
                return entry.path
    return None
