"""Expression that GitHub does not understand.

## What it does
Parses every `${{ … }}` and every `if:`, and compares its contexts and functions with what GitHub offers at that place.

## Why is this bad?
GitHub refuses the whole workflow for one misspelt context, a double quote, or a `secrets` in a condition.

## Example
```dockerfile
FROM python:3.11-slim
```
```yaml .github/workflows/build.yml
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - if: github.ref == "refs/heads/main"
        run: docker build -t worker:${{ github.sha }} .
      - run: docker push worker:${{ gihub.sha }}
```

## Output
```text
.github/workflows/build.yml:6:27: error[PF-FLOW-004] `github.ref == "refs/heads/main"` is no expression: texts stand in single quotes, not in double ones
    6 |       - if: github.ref == "refs/heads/main"
  remedy: write it as GitHub's documentation of expressions has it
  docs: docs/checks/expression-invalid.md
.github/workflows/build.yml:8:37: error[PF-FLOW-004] `gihub.sha`: there is no context `gihub`
    8 |       - run: docker push worker:${{ gihub.sha }}
  remedy: write github
  docs: docs/checks/expression-invalid.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
```
```yaml .github/workflows/build.yml
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - if: github.ref == 'refs/heads/main'
        run: docker build -t worker:${{ github.sha }} .
      - run: docker push worker:${{ github.sha }}
```

## Source
docs.github.com, Evaluate expressions in workflows and actions; Contexts reference, Context availability
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.preflight.check import Meta
from conductor.preflight.flow import place_of
from conductor.workflows.availability import CONTEXTS, FUNCTIONS, Available, find_available
from conductor.workflows.expression_tree import Call, Name, walk

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject
    from conductor.workflows.reading import Use, Workflow

META = Meta(
    id="expression-invalid",
    code="PF-FLOW-004",
    title="Expression that GitHub does not understand",
    severity=Severity.ERROR,
    remedy="write it as GitHub's documentation of expressions has it",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each expression that makes GitHub refuse the workflow."""
    for workflow in subject.workflows.documents:
        for use in workflow.uses():
            available = find_available(use.path)
            if use.fault is not None and available is not None:
                message = f"`{_short(use.text)}` is no expression: {use.fault.problem}"
                yield META.finding(subject, message, place_of(workflow, use, use.fault.offset))
            elif use.tree is not None and available is not None:
                yield from _judge_tree(subject, workflow, use, available)


def _judge_tree(subject: Subject, workflow: Workflow, use: Use, available: Available) -> Iterator[Finding]:
    for tree in walk(use.tree) if use.tree is not None else ():
        problem: tuple[str, str | None] | None = None
        if isinstance(tree, Name):
            problem = _judge_context(tree.name, available)
        elif isinstance(tree, Call):
            problem = _judge_call(tree, available)
        if problem is not None:
            message = f"`{_short(use.text)}`: {problem[0]}"
            yield META.finding(subject, message, place_of(workflow, use, tree.offset), remedy=problem[1])


def _judge_context(name: str, available: Available) -> tuple[str, str | None] | None:
    if name.lower() in available.contexts:
        return None
    usable = ", ".join(sorted(available.contexts))
    if name.lower() in CONTEXTS:
        remedy = f"here stand only: {usable}"
        if name.lower() == "secrets":
            remedy = "put the secret into the job's env: and ask for that in the step's if:"
        return f"there is no context `{name}` at this place", remedy
    near = difflib.get_close_matches(name.lower(), sorted(available.contexts), n=1)
    return f"there is no context `{name}`", f"write {near[0]}" if near else f"write one of: {usable}; texts need quotes"


def _judge_call(call: Call, available: Available) -> tuple[str, str | None] | None:
    name = call.name.lower()
    if name not in FUNCTIONS:
        near = difflib.get_close_matches(name, list(FUNCTIONS), n=1)
        return f"there is no function `{call.name}`", f"write {near[0]}" if near else None
    if name not in available.functions:
        return f"the function `{call.name}` can't be used at this place", None
    least, most = FUNCTIONS[name]
    count = len(call.given)
    if count < least or (most is not None and count > most):
        wanted = str(least) if least == most else f"{least} or more" if most is None else f"{least} to {most}"
        return f"`{call.name}` takes {wanted} values, and is given {count}", None
    return None


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"
