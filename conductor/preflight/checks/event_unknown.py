"""Workflow waits for an event that there is not.

## What it does
Compares the names below `on:`, and their activity types, with the events that GitHub has.

## Why is this bad?
GitHub refuses the whole file: it never runs, not even for the other events.

## Example
```dockerfile
FROM python:3.11-slim
```
```yaml .github/workflows/build.yml
on:
  releases:
    types: [published]
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: docker build .
```

## Output
```text
.github/workflows/build.yml:2:3: error[PF-FLOW-002] GitHub has no event `releases`, and refuses the workflow
    2 |   releases:
  remedy: write release
  docs: docs/checks/event-unknown.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
```
```yaml .github/workflows/build.yml
on:
  release:
    types: [published]
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: docker build .
```

## Source
docs.github.com, Events that trigger workflows
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import Entry, entries
from conductor.preflight.check import Meta
from conductor.workflows.documents import as_list
from conductor.workflows.located import Table, place, place_of_key
from conductor.workflows.steps import locate

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject
    from conductor.workflows.reading import Workflow

META = Meta(
    id="event-unknown",
    code="PF-FLOW-002",
    title="Workflow waits for an event that there is not",
    severity=Severity.ERROR,
    remedy="write one of GitHub's events",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each event, and each type of an event, that GitHub does not know."""
    known = {str(entry["name"]): entry for entry in entries("workflow-events", root=subject.root)}
    for workflow in subject.workflows.documents:
        on = workflow.root.get("on")
        names = {key: place_of_key(on, key) for key in on} if isinstance(on, Table) else _listed(on)
        for name, where in names.items():
            if name not in known:
                remedy = _nearest(name, known) or f"write one of: {', '.join(known)}"
                message = f"GitHub has no event `{name}`, and refuses the workflow"
                yield META.finding(subject, message, locate(workflow, where), remedy=remedy)
            elif isinstance(on, Table):
                yield from _types(subject, workflow, known[name], on[name])


def _listed(on: Any) -> dict[str, tuple[int, int]]:
    return {str(name): place(name) for name in as_list(on) if isinstance(name, str)}


def _types(subject: Subject, workflow: Workflow, event: Entry, filters: Any) -> Iterator[Finding]:
    known = event.get("types", [])
    given = as_list(filters.get("types")) if isinstance(filters, Table) else []
    for one in given if isinstance(known, list) and known else []:
        if isinstance(one, str) and one not in known and "${{" not in one:
            remedy = _nearest(one, known) or f"write one of: {', '.join(known)}"
            message = f"the event {event['name']} has no type `{one}`, and GitHub refuses the workflow"
            yield META.finding(subject, message, locate(workflow, place(one)), remedy=remedy)


def _nearest(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f"write {near[0]}" if near else ""
