"""What a diagnosis leaves behind: told when it came before, and with `--task` written to the task and the journal."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, BinaryIO

from conductor.domain.text import one_line

if TYPE_CHECKING:
    from conductor.cli.diagnose_show import Shown
    from conductor.cli.wiring import Project
    from conductor.diagnosis.causes import Cause
    from conductor.diagnosis.kept import Attempt
    from conductor.domain.evidence import EvidenceLine
    from conductor.domain.finding import Finding


@dataclass(frozen=True, slots=True)
class Failure:
    """What failed: its name in evidence, the commit it ran (None: not known), and where it can be seen again."""

    subject: str
    revision: str | None
    place: str


@dataclass(slots=True)
class Hashed:
    """A stream that knows the sha256 of what was read from it."""

    stream: BinaryIO
    digest: Any = field(default_factory=hashlib.sha256)

    def read(self, size: int, /) -> bytes:
        """Read on, as the stream itself."""
        piece = self.stream.read(size)
        self.digest.update(piece)
        return piece

    @property
    def subject(self) -> str:
        """Return the log's name in evidence."""
        return f"log sha256:{self.digest.hexdigest()[:16]}"


def compare(project: Project, shown: Shown, failure: Failure) -> Shown:
    """Return what is shown, with each cause that came before told as such, and what was written that names another."""
    from conductor.diagnosis.kept import find_earlier, tell_again
    from conductor.records.evidence import EvidenceStore

    repository, answers, contrary = project.repository, [], []
    lines = EvidenceStore.of(repository).lines()
    for answer, finding in shown.answers:
        told, suspect = finding, answer.diagnosis.suspect
        if finding is not None and suspect is not None:
            now = _attempt(project, finding, failure)
            earlier = find_earlier(lines, now, suspect.cause.phase, repository)
            told = tell_again(finding, earlier, now, repository)
            first = earlier[0].revision if earlier else failure.revision
            contrary += _find_contrary(project, suspect.cause, first or _pushed(project))
            contrary += _find_futile(project, suspect.cause, first or _pushed(project))
        answers.append((answer, told))
    return replace(shown, answers=tuple(answers), contrary=tuple(dict.fromkeys(contrary)))


def _find_contrary(project: Project, cause: Cause, since: str | None) -> list[str]:
    from conductor.diagnosis.causes import load_causes
    from conductor.diagnosis.told import find_contrary, list_writings

    if since is None or not _is_here(project, since):
        return []
    writings = list_writings(project.repository, since)
    return [one.describe(cause.code) for one in find_contrary(writings, cause, load_causes(project.root))]


def _find_futile(project: Project, cause: Cause, since: str | None) -> list[str]:
    from conductor.diagnosis.futile import find_futile

    return find_futile(project.repository, since, cause) if since is not None and _is_here(project, since) else []


def _is_here(project: Project, revision: str) -> bool:
    return project.repository.run("cat-file", "-e", f"{revision}^{{commit}}", check=False).returncode == 0


def _pushed(project: Project) -> str | None:
    """Return what was pushed last from this branch, None where it follows no other: a log is of that, at the latest."""
    answer = project.repository.run("rev-parse", "--verify", "--quiet", "@{upstream}", check=False)
    return answer.stdout.decode().strip() or None if answer.returncode == 0 else None


def write_to_task(project: Project, shown: Shown, failure: Failure, task: str) -> list[dict[str, Any]]:
    """Write every cause to the task and into the journal's Issues, each once; return what was written, as JSON rows.

    Raises UsageProblem or RecordSyntaxError where the records can't take it.
    """
    from conductor.cli.wiring import project_records
    from conductor.diagnosis.kept import keep_diagnosis
    from conductor.diagnosis.report import describe_finding
    from conductor.records.journal import NewEntry, add_entry, find_marked
    from conductor.records.release_records import TaskAndJournal

    records = project_records(project)
    writer = f"d-{project.clock.now():%Y%m%d}-{task.lower()}"
    rows = []
    for finding in shown.findings:
        line: EvidenceLine = keep_diagnosis(
            records.evidence, writer, finding, _attempt(project, finding, failure), failure.place
        )
        told = one_line(describe_finding(finding.as_json()), 900)
        status = TaskAndJournal(records).add_finding(task, f"{failure.subject}: {told}", line.reference)
        entry = find_marked(records, line.reference)
        if entry is None:
            what = f"Read why {failure.subject} failed: {failure.place}"
            issues = f"{told} (evidence {line.reference})"
            entry = add_entry(records, NewEntry(f"Diagnosed {finding.code}", what=what, issues=issues, task=task))
        rows.append({"task": task, "status": status, "evidence": line.reference, "journal": entry.stamp})
    return rows


def _attempt(project: Project, finding: Finding, failure: Failure) -> Attempt:
    from conductor.diagnosis.kept import attempt_of
    from conductor.release.ledger import stamp

    revision = failure.revision or project.repository.head()
    return attempt_of(finding, failure.subject, revision, stamp(project.clock))
