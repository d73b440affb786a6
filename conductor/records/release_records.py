"""What a release writes into tasks and journal; each call may come again after a kill and changes nothing then."""

from __future__ import annotations

from collections.abc import Sequence

from conductor.domain.evidence import EvidenceLine
from conductor.domain.finding import Finding, Severity
from conductor.errors import RecordSyntaxError
from conductor.records.claims import judge_expectations, settle
from conductor.records.files import TASKS
from conductor.records.journal import NewEntry, add_entry
from conductor.records.lint import lint_records
from conductor.records.reconcile import reopen_overturned
from conductor.records.store import Records
from conductor.records.task_edits import add_numbered, close_task, set_status
from conductor.records.task_lookup import find_task
from conductor.records.tasks import TaskFile
from conductor.records.typed_ids import resolve_task_id


class TaskAndJournal:
    """A project's records as a release writes them."""

    def __init__(self, records: Records) -> None:
        self.records = records

    def check(self) -> list[Finding]:
        """Return the errors in the records; warnings don't stop a release."""
        return [finding for finding in lint_records(self.records) if finding.severity is Severity.ERROR]

    def find_task(self, wanted: str | None) -> str | None:
        """Return the id of the task this release is for: the wanted one, or the open current one; None without one."""
        if wanted is not None:
            return resolve_task_id(self.records, wanted)
        document = self.records.load(TASKS)
        file = TaskFile(document) if document else None
        if file is None or file.current is None or file.task_of(file.current).closed:
            return None
        return file.task_of(file.current).id

    def apply_evidence(self, task_id: str, evidence: Sequence[EvidenceLine]) -> str:
        """Tick what the evidence meets, complete the task if everything is met, and return its status."""
        settle(self.records, task_id, evidence)
        file, task = find_task(self.records, task_id)
        block = file.find_block(task_id)
        judged = judge_expectations(self.records, file, block)
        met = any(one.state == "met" for one in judged) and all(one.state != "unmet" for one in judged)
        if met and task.status != "COMPLETE":
            return close_task(self.records, task_id, "COMPLETE").status
        return task.status

    def add_finding(self, task_id: str, text: str, reference: str | None) -> str:
        """Write the finding onto the task, once; a task that said it was done is CLAIMED then. Return its status."""
        file, task = find_task(self.records, task_id)
        block = file.find_block(task_id)
        words = f"{text} (evidence {reference})" if reference else text
        if block is None:
            raise RecordSyntaxError(
                f"{task_id} has no block to write a finding into", hint=f"conductor task start {task_id}", path=TASKS
            )
        if all(words.strip() != known for _, known in file.notes(block, "Findings & Decisions")):
            add_numbered(self.records, task_id, "finding", words)
        if task.status in {"COMPLETE", "TESTING"}:
            return set_status(self.records, task_id, "CLAIMED").status
        return task.status

    def write_entry(self, marker: str, title: str, lines: Sequence[str], task_id: str | None, issues: str = "") -> str:
        """Write a journal entry with the marker in it, once, and return its date.

        Tasks that are complete on what this release saw fail are opened again first.
        """
        reopen_overturned(self.records)
        how = "\n".join(["as the evidence shows:", *(f"- {line}" for line in lines[1:])])
        wish = NewEntry(title, what=lines[0] if lines else title, how=how, issues=issues, task=task_id, once=marker)
        return add_entry(self.records, wish).stamp or ""
