"""Job waits for a runner that never comes.

## What it does
Compares the labels of `runs-on` with those of GitHub's own runners. A label that is none of them may be a runner of the
project's own, and is only found fault with where it is a letter or two away from one of GitHub's.

## Why is this bad?
A job whose label no runner has waits for a day and is then given up. No image is built meanwhile.

## Example
```dockerfile
FROM python:3.11-slim
```
```yaml .github/workflows/build.yml
on: push
jobs:
  build:
    runs-on: ubuntu-20.04
    steps:
      - run: docker build .
  test:
    runs-on: ubuntu-lastest
    steps:
      - run: make test
```

## Output
```text
.github/workflows/build.yml:4:14: error[PF-FLOW-007] GitHub has no runner ubuntu-20.04 since 2025-04-15: the job waits for a day and is given up
    4 |     runs-on: ubuntu-20.04
  remedy: write ubuntu-24.04
  docs: docs/checks/runner-unknown.md
.github/workflows/build.yml:8:14: warning[PF-FLOW-007] GitHub has no runner ubuntu-lastest: unless one of your own has this label, the job waits for a day
    8 |     runs-on: ubuntu-lastest
  remedy: write ubuntu-latest
  docs: docs/checks/runner-unknown.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
```
```yaml .github/workflows/build.yml
on: push
jobs:
  build:
    runs-on: ubuntu-24.04
    steps:
      - run: docker build .
  test:
    runs-on: ubuntu-latest
    steps:
      - run: make test
```

## Source
docs.github.com, GitHub-hosted runners reference; actions/runner-images, announcements
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import Entry, entries
from conductor.preflight.check import Fix, Meta
from conductor.preflight.flow import has_passed, labels_of
from conductor.workflows.documents import as_list, as_mapping
from conductor.workflows.expression_tree import ExpressionError, parse_expression, path_of
from conductor.workflows.located import Table, Text, place
from conductor.workflows.steps import locate

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject
    from conductor.workflows.reading import Workflow

META = Meta(
    id="runner-unknown",
    code="PF-FLOW-007",
    title="Job waits for a runner that never comes",
    severity=Severity.ERROR,
    remedy="write a label of GitHub's runners, for example ubuntu-24.04",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each label that no runner has."""
    known = {str(entry["name"]): entry for entry in entries("runner-labels", root=subject.root)}
    for workflow in subject.workflows.documents:
        for job in workflow.jobs.values():
            asked = [one for label in labels_of(job) for one in _values(label, job)]
            own = any(str(one).lower() == "self-hosted" for one in asked)
            for label in asked if not own else ():
                yield from _judge_label(subject, workflow, label, known)


def _values(label: Any, job: Table) -> list[Text]:
    """Return the labels that a text can stand for: itself, or the values of one key of the matrix."""
    if not isinstance(label, Text):
        return []
    if "${{" not in label:
        return [label]
    try:
        path = path_of(parse_expression(label.strip().removeprefix("${{").removesuffix("}}")))
    except ExpressionError:
        return []
    matrix = as_mapping(as_mapping(job.get("strategy")).get("matrix"))
    if path is None or len(path) != 2 or path[0] != "matrix":
        return []
    rows = [as_mapping(row).get(path[1]) for row in as_list(matrix.get("include"))]
    return [one for one in (*as_list(matrix.get(path[1])), *rows) if isinstance(one, Text) and "${{" not in one]


def _judge_label(subject: Subject, workflow: Workflow, label: Text, known: dict[str, Entry]) -> Iterator[Finding]:
    name, where = label.strip().lower(), locate(workflow, place(label))
    entry = known.get(name)
    if entry is not None:
        if has_passed(subject, entry, "gone"):
            instead = str(entry.get("instead") or "")
            message = f"GitHub has no runner {label} since {entry['gone']}: the job waits for a day and is given up"
            fix = _fix(workflow, label, instead) if instead else None
            yield META.finding(subject, message, where, remedy=f"write {instead}" if instead else None, fix=fix)
        return
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.88)
    if near and not _is_variant(name, near[0]):
        message = f"GitHub has no runner {label}: unless one of your own has this label, the job waits for a day"
        fix = _fix(workflow, label, near[0])
        yield META.finding(subject, message, where, remedy=f"write {near[0]}", severity=Severity.WARNING, fix=fix)


def _is_variant(name: str, near: str) -> bool:
    """Tell whether a label is another version, or a larger machine, of the one that it looks like."""
    digits = "".join(c for c in name if c.isdigit()), "".join(c for c in near if c.isdigit())
    return name.startswith(f"{near}-") or (digits[0] != digits[1] and bool(digits[0]))


def _fix(workflow: Workflow, label: Text, instead: str) -> Fix | None:
    line = workflow.lines[label.line - 1]
    return Fix(workflow.path, label.line, str(label), instead) if line.count(label) == 1 else None
