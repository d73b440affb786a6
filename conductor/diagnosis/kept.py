"""Diagnoses as evidence, and the same failure recognised when it comes again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conductor.domain.evidence import Evidence, EvidenceLine, Outcome
from conductor.domain.finding import Finding
from conductor.domain.text import one_line
from conductor.ports.git import Commit, Repository
from conductor.records.evidence import EvidenceStore

KIND = "diagnosis"
# Of one revision these tell the same failure: the release that failed, and its worker or job looked at afterwards.
_OF_A_REVISION = ("release ", "worker ", "job ")
_PROOFS = {"build": "build", "push": "build", "ci": "build", "start": "smoke", "run": "smoke"}
_MOST_COMMITS = 20


@dataclass(frozen=True, slots=True)
class Attempt:
    """One failure as it was diagnosed. `subject` is what failed (`run 17 attempt 2`), `found` what its log names."""

    subject: str
    revision: str | None
    at: str
    cause: str
    found: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """Return what makes two diagnoses one failure."""
        of_revision = self.revision is not None and self.subject.startswith(_OF_A_REVISION)
        return self.revision or self.subject if of_revision else self.subject

    @property
    def mark(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Return what makes two failures the same one."""
        return self.cause, self.found


def attempt_of(finding: Finding, subject: str, revision: str | None, at: str) -> Attempt:
    """Return a diagnosis as an attempt."""
    found = finding.data.get("found") or {}
    return Attempt(subject, revision, at, finding.code, tuple(sorted((str(k), str(v)) for k, v in found.items())))


def keep_diagnosis(store: EvidenceStore, writer: str, finding: Finding, attempt: Attempt, place: str) -> EvidenceLine:
    """Write the diagnosis as evidence, once, and return its line."""
    for line in store.lines():
        known = read_attempt(line)
        if known is not None and (known.subject, known.mark) == (attempt.subject, attempt.mark):
            return line
    where = finding.location
    detail: dict[str, Any] = {
        "cause": attempt.cause,
        "found": dict(attempt.found),
        "path": where.path if where else None,
        "line": where.line if where else None,
        "revision": attempt.revision,
        "summary": one_line(f"{finding.code}: {finding.message}", 300),
    }
    return store.append(writer, Evidence(KIND, attempt.subject, Outcome.OBSERVED, attempt.at, place, detail))


def read_attempt(line: EvidenceLine) -> Attempt | None:
    """Return the diagnosis that a line of evidence holds, None for one of another kind."""
    evidence, detail = line.evidence, line.evidence.detail
    found, revision = detail.get("found"), detail.get("revision")
    if evidence.kind != KIND or not isinstance(detail.get("cause"), str) or not isinstance(found, dict):
        return None
    named = tuple(sorted((str(name), str(value)) for name, value in found.items()))
    return Attempt(
        evidence.subject,
        revision if isinstance(revision, str) else None,
        evidence.observed_at,
        detail["cause"],
        named,
    )


def find_earlier(lines: Iterable[EvidenceLine], now: Attempt, phase: str, repository: Repository) -> list[Attempt]:
    """Return the failures just before this one that are the same, oldest first.

    A failure for another reason, or a build or smoke job that passed since, ends the row; other branches don't count.
    """
    lines = list(lines)
    groups: dict[str, list[Attempt]] = {}
    for attempt in sorted((one for line in lines if (one := read_attempt(line))), key=lambda one: one.at):
        if attempt.key != now.key and attempt.at <= now.at and _leads_to(attempt, now, repository):
            groups.setdefault(attempt.key, []).append(attempt)
    passed = [
        line.evidence.observed_at
        for line in lines
        if line.evidence.kind == _PROOFS.get(phase) and line.evidence.outcome is Outcome.PASSED
    ]
    row: list[Attempt] = []
    for group in reversed(groups.values()):
        same = next((one for one in group if one.mark == now.mark), None)
        if same is None or any(same.at < at <= now.at for at in passed):
            break
        row.append(same)
    return row[::-1]


def _leads_to(earlier: Attempt, now: Attempt, repository: Repository) -> bool:
    if earlier.revision is None or now.revision is None or earlier.revision == now.revision:
        return True
    return repository.run("merge-base", "--is-ancestor", earlier.revision, now.revision, check=False).returncode == 0


def tell_again(finding: Finding, earlier: Sequence[Attempt], now: Attempt, repository: Repository) -> Finding:
    """Return the finding with how often it came in a row, and whether the changes since touched its place."""
    if not earlier:
        return finding
    said = f"the same failure for the {_ordinal(len(earlier) + 1)} time in a row"
    if (first := earlier[0].revision) and now.revision:
        said += _tell_changes(finding, _list_changes(repository, first, now.revision), repository)
    return replace(finding, context=(*finding.context, said), data={**finding.data, "again": said})


def _list_changes(repository: Repository, first: str, last: str) -> list[Commit]:
    """Return what was changed between two failures, oldest first; commits that only write records change nothing."""
    if first == last:
        return []
    paths = (".", ":(exclude)TASKS.md", ":(exclude)JOURNAL.md", ":(exclude)ERRORS.md", ":(exclude).conductor")
    return repository.log(f"{first}..{last}", paths=paths, limit=_MOST_COMMITS)[::-1]


def _tell_changes(finding: Finding, commits: list[Commit], repository: Repository) -> str:
    if not commits:
        return "; nothing was changed in between"
    where = finding.location
    if where is None or where.line is None:
        return f"; {_count(commits)} in between did not help: {_name(commits)}"
    touching = [
        one for one in commits if _touches(repository, one.revision, commits[-1].revision, where.path, where.line)
    ]
    left = [one for one in commits if one not in touching]
    if touching:
        more = f"; {_count(left)} left it as it was" if left else ""
        return f"; {_name(touching)} changed {where}, and the cause is still there{more}"
    return f"; the {_count(commits)} since then did not touch {where}: {_name(commits)}"


def _touches(repository: Repository, revision: str, last: str, path: str, line: int) -> bool:
    """Tell whether a commit wrote the line that stands there in the end, or took the file away from before."""
    end, after, before = (
        text.decode("utf-8", "replace").splitlines() if text is not None else []
        for text in repository.read_many([f"{last}:{path}", f"{revision}:{path}", f"{revision}^:{path}"])
    )
    if line > len(end):
        return after != before
    return (end[line - 1] in after) != (end[line - 1] in before)


def _count(commits: Sequence[Commit]) -> str:
    return "1 change" if len(commits) == 1 else f"{len(commits)} changes"


def _name(commits: Sequence[Commit]) -> str:
    shown = ", ".join(f'{one.revision[:7]} "{one_line(one.subject, 60)}"' for one in commits[-3:])
    return shown if len(commits) <= 3 else f"…, {shown}"


def _ordinal(number: int) -> str:
    return {2: "2nd", 3: "3rd"}.get(number, f"{number}th")
