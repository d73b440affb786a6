"""The session summary: what agents write by hand, computed from records, git, evidence and ledger.

Everything here is data for `templates/session_summary.md.j2`. A sentence somebody wrote is a claim and is marked so;
what contradicts it stands beside it. What nobody observed is called that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from conductor.domain.digest import short
from conductor.domain.evidence import REFERENCE, EvidenceLine, Outcome
from conductor.domain.finding import Finding
from conductor.domain.text import one_line, strip_controls
from conductor.ports.git import Commit, Patch, Repository
from conductor.records.evidence import EvidenceStore
from conductor.records.files import TASKS
from conductor.records.journal import Entry, JournalFile, journal_files
from conductor.records.memories import list_memories
from conductor.records.store import Records
from conductor.records.task_heads import Task
from conductor.records.task_lists import load_tasks
from conductor.records.tasks import TaskFile
from conductor.sessions.ledger import ToolCall
from conductor.sessions.session import Session

RECORD_FILES = ("TASKS.md", "JOURNAL.md", "ERRORS.md")
HUNK_LIMIT = 40
_CLAIM = re.compile(
    r"\b(?:proven|tested|verified|confirmed|fixed|resolved|success\w*|complete[d]?|restored)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule of the report: its id, title, status in words, and evidence sentences."""

    id: str
    title: str
    status: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What other rooms computed about the session: the rules' answers, and findings before and after its changes.

    `claims` are sentences in the code and in commit messages that no evidence carries, each with its place.
    """

    rules: Sequence[RuleRow]
    image_before: Sequence[Finding]
    image_after: Sequence[Finding]
    files: Sequence[Finding]
    claims: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class TaskStory:
    """One task of the session: where it stands, what its block says, and what is still unmet."""

    task: Task
    position: str
    context: list[tuple[str, str]]
    findings: list[tuple[str, str]]
    expectations: list[dict[str, str]]

    @property
    def standing(self) -> str:
        """Return whether the task is complete, and whether anything shows it."""
        if self.task.status != "COMPLETE":
            return "not complete"
        states = {row["state"] for row in self.expectations}
        proven = "met" in states and "unmet" not in states
        return "complete with evidence" if proven else "said to be complete, without evidence"


def build_summary(
    records: Records, session: Session, calls: Sequence[ToolCall], around: Surroundings
) -> dict[str, object]:
    """Return the values of the template for this session; nothing is written."""
    repository = records.repository
    store = EvidenceStore.of(records.repository)
    lines = store.lines()
    diff = read_diff(repository, session.base)
    stories = tell_tasks(records, session)
    entries = new_entries(records, session)
    commits = repository.log(f"{session.base}..HEAD") if session.base else repository.log()
    return {
        "session": session,
        "date": session.started_at[:10],
        "status": overall(stories, around),
        "stories": stories,
        "problem": tell_problem(find_builds(lines, session), around, entries),
        "impact": tell_impact(find_builds(lines, session), lines),
        "causes": tell_causes(stories, around),
        "hunks": [hunk for hunk in diff if hunk["path"] not in RECORD_FILES and not hunk["path"].startswith(".")],
        "components": tell_components(diff),
        "entries": entries,
        "memories": changed_memories(records, session),
        "rules": around.rules,
        "files": [finding_row(finding) for finding in around.files],
        "expected": [row for story in stories for row in story.expectations],
        "claims": [*find_claims(entries, stories), *around.claims],
        "contradictions": [finding_row(finding) for finding in around.image_after],
        "benefits": [(name, text) for story in stories for name, text in story.findings if name.startswith("DECISION")],
        "next_steps": tell_next(records),
        "approach": tell_approach(calls, commits),
        "commits": [{"revision": commit.revision[:7], "subject": one_line(commit.subject, 120)} for commit in commits],
    }


def overall(stories: Sequence[TaskStory], around: Surroundings) -> str:
    """Return the one sentence that a hurried reader takes away."""
    violated = [row.id for row in around.rules if row.status == "violated"]
    parts = [
        f"{', '.join(found)} {words}"
        for words in ("complete with evidence", "said to be complete, without evidence", "not complete")
        if (found := [story.task.id for story in stories if story.standing == words])
    ]
    if violated:
        parts.append(f"rules violated: {', '.join(violated)}")
    if around.image_after:
        parts.append(f"{count_of(around.image_after, 'error')} in the image as it stands")
    return "; ".join(parts) or "no task was worked on"


def find_builds(lines: Sequence[EvidenceLine], session: Session) -> list[EvidenceLine]:
    """Return the builds from the first failed one that was not put right when the session began; none is fine too."""
    builds = [line for line in lines if line.evidence.kind == "build"]
    builds.sort(key=lambda line: _instant(line.evidence.observed_at))
    failing: list[EvidenceLine] = []
    for line in builds:
        passed = line.evidence.outcome is Outcome.PASSED
        if passed and _instant(line.evidence.observed_at) < _instant(session.started_at):
            failing = []
        elif failing or line.evidence.outcome is Outcome.FAILED:
            failing.append(line)
    return failing


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def count_of(things: Sequence[object], name: str) -> str:
    """Return the number with its noun: `1 error`, `2 errors`."""
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def tell_problem(
    builds: Sequence[EvidenceLine], around: Surroundings, entries: Sequence[dict[str, object]]
) -> list[str]:
    """Return the error that was observed: a failed build's own line, and what preflight reads in the files."""
    failed = [line for line in builds if line.evidence.outcome is Outcome.FAILED]
    told = []
    if failed:
        detail = failed[-1].evidence.detail
        words = detail.get("error") or detail.get("message") or detail.get("summary") or failed[-1].evidence.source
        told.append(f"observed: {one_line(str(words), 400)} (evidence {failed[-1].reference})")
    told += [f"observed in the files before the session: {one_line(f.message, 300)}" for f in around.image_before]
    if not told:
        told += [f"claimed: {text}" for entry in entries for text in _field(entry, "Why")]
    return told or ["nothing was observed, and nobody wrote it down"]


def tell_impact(builds: Sequence[EvidenceLine], lines: Sequence[EvidenceLine]) -> list[str]:
    """Return since when builds fail, or failed until when, and what was live last, from evidence only."""
    told = []
    if builds:
        first, last = builds[0], builds[-1]
        count = sum(line.evidence.outcome is Outcome.FAILED for line in builds)
        span = f"fail since {first.evidence.observed_at}"
        if last.evidence.outcome is Outcome.PASSED:
            span = f"failed from {first.evidence.observed_at} until {last.evidence.observed_at}"
        told.append(
            f"builds {span} ({count} failed, the first of {short(first.evidence.subject)}, evidence {first.reference})"
        )
    else:
        told.append("no failed build was observed")
    deployed = [line for line in lines if line.evidence.kind == "deployed" and line.evidence.outcome is Outcome.PASSED]
    if deployed:
        last = max(deployed, key=lambda line: line.evidence.observed_at)
        target, _, digest = last.evidence.subject.partition("@")
        told.append(f"last good on {target}: {digest} since {last.evidence.observed_at} (evidence {last.reference})")
    else:
        told.append("no deployment was observed")
    return told


def tell_causes(stories: Sequence[TaskStory], around: Surroundings) -> list[dict[str, str]]:
    """Return each root cause that a task names, marked as evidence or claim, with what contradicts it."""
    observed = [one_line(finding.message, 300) for finding in around.image_before]
    told = []
    for story in stories:
        for name, text in [*story.findings, *story.context]:
            if "cause" not in f"{name} {text}".lower():
                continue
            proven = REFERENCE.search(text) is not None
            against = "; ".join(observed) if observed and not proven else ""
            told.append(
                {"task": story.task.id, "text": text, "mark": "evidence" if proven else "claim", "against": against}
            )
    told += [{"task": "", "text": text, "mark": "observed in the files", "against": ""} for text in observed]
    return told


def tell_tasks(records: Records, session: Session) -> list[TaskStory]:
    """Return the tasks whose text the session changed, with their place in the chain and their expectations."""
    document = records.peek(TASKS)
    if document is None:
        return []
    file = TaskFile(document)
    before = records.repository.read(session.base, TASKS) if session.base else None
    known = TaskFile(type(document)(before, TASKS)) if before else None
    stories = []
    for task in file.tasks():
        block = file.blocks.get(task.id)
        if block is None:
            continue
        old = known.blocks.get(task.id) if known else None
        if old is not None and known is not None:
            same = known.document.content[old.start : old.end] == document.content[block.start : block.end]
            if same:
                continue
        stories.append(_story(records, file, task))
    return stories


def _story(records: Records, file: TaskFile, task: Task) -> TaskStory:
    from conductor.records.claims import judge_expectations

    block = file.blocks[task.id]
    rows = [row.number for row in file.chain if row.id == task.id]
    position = f"#{rows[0]} of {len(file.chain)}" if rows else "not in the chain"
    judged = judge_expectations(records, file, block)
    expectations = [{"task": task.id, **{name: str(value) for name, value in one.as_json().items()}} for one in judged]
    context = [(name, one_line(text, 600)) for name, text in file.notes(block, "Task Context")]
    findings = [(name, one_line(text, 600)) for name, text in file.notes(block, "Findings & Decisions")]
    return TaskStory(task, position, context, findings, expectations)


def new_entries(records: Records, session: Session) -> list[dict[str, object]]:
    """Return the journal's entries that the session added, with their fields."""
    before = records.repository.read(session.base, "JOURNAL.md") if session.base else None
    known = set()
    files = list(journal_files(records, archives=False))
    if before and files:
        old = JournalFile(type(files[0].document)(before, "JOURNAL.md"))
        known = {(entry.stamp, entry.title) for entry in old.entries()}
    return [
        {"at": entry.stamp, "title": entry.title, "fields": _fields(file, entry)}
        for file in files
        for entry in file.entries()
        if (entry.stamp, entry.title) not in known
    ]


def _fields(file: JournalFile, entry: Entry) -> list[tuple[str, str]]:
    return [(name, one_line(text, 600)) for name, text in file.fields(entry)]


def _field(entry: dict[str, object], name: str) -> list[str]:
    fields = entry["fields"]
    return [text for key, text in fields if key == name] if isinstance(fields, list) else []


def read_diff(repository: Repository, base: str | None) -> list[dict[str, str]]:
    """Return the changes since the base, hunk by hunk, as lines before and after; a long hunk is cut and says so."""
    if base is None:
        return []
    return [hunk for patch in repository.patches(base, context_lines=2) for hunk in _read_hunks(patch)]


def _read_hunks(patch: Patch) -> list[dict[str, str]]:
    hunks: list[dict[str, str]] = []
    for line in patch.hunks.split("\n"):
        if line.startswith("@@"):
            start = re.match(r"@@ -(\d+)", line)
            hunks.append({"path": patch.path, "line": start[1] if start else "?", "before": "", "after": ""})
        elif hunks and line[:1] in {" ", "-", "+"}:
            body = strip_controls(line[1:]) + "\n"
            if line[0] != "+":
                hunks[-1]["before"] += body
            if line[0] != "-":
                hunks[-1]["after"] += body
    return [{**hunk, "before": _cut(hunk["before"]), "after": _cut(hunk["after"])} for hunk in hunks]


def _cut(text: str) -> str:
    lines = text.splitlines()
    if len(lines) <= HUNK_LIMIT:
        return text
    return "\n".join([*lines[:HUNK_LIMIT], f"… ({len(lines) - HUNK_LIMIT} more lines)"]) + "\n"


def tell_components(diff: Sequence[dict[str, str]]) -> list[dict[str, object]]:
    """Return each changed file with the number of places that changed."""
    counts: dict[str, int] = {}
    for hunk in diff:
        counts[hunk["path"]] = counts.get(hunk["path"], 0) + 1
    return [{"path": path, "places": count} for path, count in sorted(counts.items())]


def changed_memories(records: Records, session: Session) -> list[str]:
    """Return the memories that are new or different since the session's base."""
    found = []
    for memory in list_memories(records):
        before = records.repository.read(session.base, memory.path) if session.base else None
        if before != (records.root / memory.path).read_bytes():
            found.append(memory.path)
    return found


def find_claims(entries: Sequence[dict[str, object]], stories: Sequence[TaskStory]) -> list[str]:
    """Return the sentences that say something is done, proven or fixed, without a reference to evidence."""
    texts = [text for entry in entries for name, text in entry["fields"] if name in {"Result", "How", "What"}]  # type: ignore[attr-defined]
    texts += [text for story in stories for _, text in (*story.context, *story.findings)]
    return [text for text in texts if _CLAIM.search(text) and not REFERENCE.search(text)]


def finding_row(finding: Finding) -> dict[str, str]:
    """Return a finding as the template shows it."""
    where = f"{finding.location}: " if finding.location else ""
    return {"text": f"{where}{one_line(finding.message, 300)}", "remedy": one_line(finding.remedy, 300)}


def tell_next(records: Records) -> list[dict[str, str]]:
    """Return the open tasks with what each still waits for."""
    rows = []
    document = records.peek(TASKS)
    file = TaskFile(document) if document else None
    for task in load_tasks(records) if document else ():
        if task.closed:
            continue
        block = file.blocks.get(task.id) if file else None
        unmet = (
            [one.label for one in file.expectations(block) if not one.ticked and one.dropped is None]
            if file and block
            else []
        )
        rows.append({"id": task.id, "title": task.title, "status": task.status, "unmet": "; ".join(unmet)})
    return rows


def tell_approach(calls: Sequence[ToolCall], commits: Sequence[Commit]) -> list[str]:
    """Return how the work was done, counted from the ledger and git."""
    if not calls:
        return [f"{len(commits)} commits; no tool call was recorded"]
    counts: dict[str, int] = {}
    for call in calls:
        if call.tool != "session":
            counts[call.tool] = counts.get(call.tool, 0) + 1
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:8]
    failed = sum(call.ok is False for call in calls)
    return [
        f"{sum(counts.values())} tool calls ({', '.join(f'{tool} {count}' for tool, count in most)}), {failed} failed",
        f"{len(commits)} commits",
    ]
