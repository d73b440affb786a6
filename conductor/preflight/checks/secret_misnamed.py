"""Secret or variable that nobody has set.

## What it does
Compares the names behind `secrets.` and `vars.` with those that the other workflows, the other lines and the
documentation of the repository use, and with the words that such names are made of.

## Why is this bad?
GitHub takes a secret that there is not as empty and says nothing. The login then fails with a message about a wrong
password, or the push is denied.

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
      - uses: docker/login-action@v4
        with:
          username: ${{ secrets.DOCKERHUB_USERNAME }}
          password: ${{ secrets.DOCKERHUB_TOKN }}
```
```markdown README.md
Set the secrets `DOCKERHUB_USERNAME` and `DOCKERHUB_TOKEN`.
```

## Output
```text
.github/workflows/build.yml:9:25: warning[PF-FLOW-008] `secrets.DOCKERHUB_TOKN` is empty, as it seems: the documentation calls it DOCKERHUB_TOKEN
    9 |           password: ${{ secrets.DOCKERHUB_TOKN }}
  remedy: write DOCKERHUB_TOKEN, or set a secret of that name
  docs: docs/checks/secret-misnamed.md
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
      - uses: docker/login-action@v4
        with:
          username: ${{ secrets.DOCKERHUB_USERNAME }}
          password: ${{ secrets.DOCKERHUB_TOKEN }}
```
```markdown README.md
Set the secrets `DOCKERHUB_USERNAME` and `DOCKERHUB_TOKEN`.
```

## Source
docs.github.com, Using secrets in GitHub Actions (a name can't begin with GITHUB_; one that is not set is empty)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Confidence, Finding, Severity
from conductor.preflight.check import Fix, Meta
from conductor.preflight.flow import place_of
from conductor.workflows.secret_names import Doubt, doubt_name, named_values, names_in_documents

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

META = Meta(
    id="secret-misnamed",
    code="PF-FLOW-008",
    title="Secret or variable that nobody has set",
    severity=Severity.WARNING,
    remedy="write the name as it stands in the repository's settings, and in its documentation",
    confidence=Confidence.MEDIUM,
)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for the first use of each name that something contradicts."""
    values = [value for workflow in subject.workflows.documents for value in named_values(workflow)]
    if not values:
        return
    documented = names_in_documents(subject.workflows.files) if subject.workflows.files else frozenset()
    told: set[tuple[str, str]] = set()
    for value in values:
        doubt = doubt_name(value, values, documented)
        if doubt is None or (value.context, value.name) in told:
            continue
        told.add((value.context, value.name))
        where = place_of(value.workflow, value.use, value.offset)
        line = value.workflow.lines[(where.line or 1) - 1]
        old = f"{value.context}.{value.name}"
        certain = doubt.instead and line.count(old) == 1
        fix = Fix(value.workflow.path, where.line or 1, old, f"{value.context}.{doubt.instead}") if certain else None
        yield META.finding(
            subject, f"`{old}` is empty, as it seems: {doubt.reason}", where, remedy=_remedy(doubt), fix=fix
        )


def _remedy(doubt: Doubt) -> str | None:
    return f"write {doubt.instead}, or set a secret of that name" if doubt.instead else None
