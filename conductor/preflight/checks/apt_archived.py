"""Release is no longer served.

## What it does
Reports apt on a release whose repositories were moved to the archive.

## Why is this bad?
`apt-get update` finds nothing where it looks: `404 Not Found`, `does not have a Release file`.

## Example
```dockerfile
FROM python:3.11.1-buster
RUN apt-get update && apt-get install -y ffmpeg
```

## Output
```text
Dockerfile:2:5: error[PF-APT-005] the repositories of debian10 were moved to the archive, so apt finds nothing
    2 | RUN apt-get update && apt-get install -y ffmpeg
      |     python:3.11.1-buster (Dockerfile:1)
  remedy: use a base of a later release
  docs: docs/checks/apt-archived.md
```

## Use instead
```dockerfile
FROM python:3.11-bookworm
RUN apt-get update && apt-get install -y ffmpeg
```

## Source
the archive of Debian's releases
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Severity
from conductor.knowledge import system_facts
from conductor.preflight.check import Meta
from conductor.preflight.environment.apt import read_apt
from conductor.preflight.questions import release_of, severity_of

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject


META = Meta(
    id="apt-archived",
    code="PF-APT-005",
    title="Release is no longer served",
    severity=Severity.ERROR,
    remedy="use a base of a later release",
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for the first call of apt on each release that is gone."""
    seen: set[str] = set()
    for command in subject.commands:
        call = read_apt(command)
        release = release_of(command.before)
        if call is None or call.action != "update" or release is None:
            continue
        facts = system_facts(release.value, root=subject.root)
        if facts is None or facts.archived is None or not subject.day.reached(facts.archived):
            continue
        changed = any("archive" in (word.text or word.raw) for other in subject.commands for word in other.words)
        if release.value in seen or changed:
            continue
        seen.add(release.value)
        said = f"the repositories of {release.value} were moved to the archive, so apt finds nothing"
        yield META.finding(subject, said, command.location, release.origin, severity=severity_of(command))
