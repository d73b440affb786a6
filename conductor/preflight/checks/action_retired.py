"""Action that GitHub has switched off, or whose Node is gone.

## What it does
Compares the majors of the actions with the days on which GitHub began to fail every run of them, and on which its
runners dropped the Node that they ask for. The day of the judgement is today, or that of the commit that is judged.

## Why is this bad?
A switched-off action ends the job at once: an error. One whose Node is gone is run on a newer one that it was never tried
with: a warning, and only advice for the last Node that was dropped.

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
      - uses: actions/checkout@v2
      - uses: actions/upload-artifact@v3
        with: {name: wheel, path: dist}
```

## Output
```text
.github/workflows/build.yml:6:9: warning[PF-FLOW-006] actions/checkout v2 is made for node12, which runners have no more since 2023-06-14
    6 |       - uses: actions/checkout@v2
  remedy: use actions/checkout@v6, and read its release notes
  docs: docs/checks/action-retired.md
.github/workflows/build.yml:7:9: error[PF-FLOW-006] GitHub fails every run of actions/upload-artifact v3 since 2025-01-30
    7 |       - uses: actions/upload-artifact@v3
  remedy: use actions/upload-artifact@v6, and read its release notes
  docs: docs/checks/action-retired.md
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
      - uses: actions/checkout@v6
      - uses: actions/upload-artifact@v6
        with: {name: wheel, path: dist}
```

## Source
github.blog, changelog (the date and entry of each fact stand in the knowledge)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import Entry, entries
from conductor.preflight.check import Fix, Meta
from conductor.preflight.flow import all_steps, has_passed
from conductor.workflows.steps import Step

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject
    from conductor.workflows.used import Used

META = Meta(
    id="action-retired",
    code="PF-FLOW-006",
    title="Action that GitHub has switched off, or whose Node is gone",
    severity=Severity.ERROR,
    remedy="use a newer major of it",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each action that no longer runs as it was made to."""
    known = {str(entry["name"]): entry for entry in entries("actions", root=subject.root)}
    runtimes = entries("action-runtimes", root=subject.root)
    for step in all_steps(subject):
        used = step.used
        entry = known.get(used.name) if used is not None and used.version else None
        if used is None or entry is None:
            continue
        where, fix = step.here("uses"), _fix(step, used, entry)
        named = f"{used.name} v{used.version[0]}"
        if used.version[0] <= int(entry.get("last", -1)) and has_passed(subject, entry, "ended"):
            message = f"GitHub fails every run of {named} since {entry['ended']}"
            yield META.finding(subject, message, where, remedy=_remedy(entry), fix=fix)
            continue
        runtime = _runtime(entry, used, runtimes)
        if runtime is not None and has_passed(subject, runtime, "gone"):
            message = f"{named} is made for {runtime['name']}, which runners have no more since {runtime['gone']}"
            severity = Severity.ADVICE if runtime["name"] == "node20" else Severity.WARNING
            yield META.finding(subject, message, where, remedy=_remedy(entry), severity=severity, fix=fix)


def _runtime(entry: Entry, used: Used, runtimes: tuple[Entry, ...]) -> Entry | None:
    """Return the Node that this major runs on; None for one that is newer than what is known."""
    return next((one for one in runtimes if used.version[0] <= int(entry.get(str(one["name"]), -1))), None)


def _remedy(entry: Entry) -> str:
    newest = max(int(entry.get(key, 0)) for key in ("newest", "last", "node16"))
    last = max(int(entry.get(key, 0)) for key in ("node12", "node16", "node20", "last"))
    return f"use {entry['name']}@v{max(newest, last + 1)}, and read its release notes"


def _fix(step: Step, used: Used, entry: Entry) -> Fix | None:
    """Return the newer major where it takes the same inputs; a pinned commit is another person's choice."""
    newest = int(entry.get("newest", 0))
    if used.pinned or newest <= used.version[0] or used.version[0] < int(entry.get("drop_in", 1_000)):
        return None
    written = step.workflow.lines[used.line - 1]
    old = f"@{used.reference}"
    return Fix(step.workflow.path, used.line, old, f"@v{newest}") if written.count(old) == 1 else None
