"""What a diagnosis leaves behind: told when it came before, and with `--task` written to the task and the journal."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, BinaryIO

from conductor.domain.text import one_line

if TYPE_CHECKING:
    from conductor.cli.diagnose_show import Shown
    from conductor.cli.wiring import Project
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


def tell_earlier(project: Project, shown: Shown, failure: Failure) -> Shown:
    """Return what is shown, with each cause that came before told as such."""
    from conductor.diagnosis.kept import find_earlier, tell_again
    from conductor.records.evidence import EvidenceStore

    repository, answers = project.repository, []
    lines = EvidenceStore.of(repository).lines()
    for answer, finding in shown.answers:
        told, suspect = finding, answer.diagnosis.suspect
        if finding is not None and suspect is not None:
            now = _attempt(project, finding, failure)
            told = tell_again(finding, find_earlier(lines, now, suspect.cause.phase, repository), now, repository)
        answers.append((answer, told))
    return replace(shown, answers=tuple(answers))


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
