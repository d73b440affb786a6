"""What an agent needs to go on, the most important first, within a budget of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from conductor.domain.text import one_line
from conductor.records.blocks import Block
from conductor.records.claims import judge_expectations
from conductor.records.conflicts import describe_conflict
from conductor.records.errors_ledger import read_errors
from conductor.records.files import ERRORS, JOURNAL, TASKS
from conductor.records.journal import Entry, JournalFile, newest_first
from conductor.records.merge_state import driver_notice
from conductor.records.store import Records
from conductor.records.task_heads import Task
from conductor.records.task_lists import load_ready
from conductor.records.tasks import TaskFile

_OPEN_SHOWN = 20
BYTES_PER_TOKEN = (
    3  # English prose has about four; ids and paths have fewer, so this keeps what is printed below the budget
)


@dataclass(frozen=True, slots=True)
class Prime:
    """The lines that fit, and how many did not."""

    lines: tuple[str, ...]
    left_out: int
    tokens: int


def prime_agent(records: Records, rules: Sequence[str], *, budget: int = 1000) -> Prime:
    """Return the project's state as lines, at most `budget` tokens of them (a token is counted as 3 bytes)."""
    document = records.peek(TASKS)
    file = TaskFile(document) if document else None
    tasks = file.tasks(only_open=True, most=_OPEN_SHOWN + 1) if file else []
    first, later = _about_current(records, file) if file else ([], [])
    if not (records.root / TASKS).exists():
        first = ["No TASKS.md yet: conductor task new"]
    journal = _about_journal(records)
    wanted = [
        *_about_files(records),
        *first,
        *([f"Rules: {'; '.join(rules)}."] if rules else []),
        *_about_errors(records),
        *later[:4],
        *journal,
        "Do: conductor task note|finding|decide|done · journal add · check. A release needs the user.",
        *later[4:],
        *_about_open(tasks),
    ]
    return _fit(wanted, budget)


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a text takes: one for 3 bytes, rounded up."""
    return -(-len(text.encode("utf-8")) // BYTES_PER_TOKEN)


def _fit(wanted: Sequence[str], budget: int) -> Prime:
    lines: list[str] = []
    left_out = used = 0
    for line in wanted:
        cost = estimate_tokens(line + "\n")
        if used + cost <= budget:
            lines.append(line)
            used += cost
        else:
            left_out += 1
    return Prime(tuple(lines), left_out, used)


def _about_current(records: Records, file: TaskFile) -> tuple[list[str], list[str]]:
    block = file.current
    if block is None or file.task_of(block).closed:
        ready = load_ready(records)
        hint = f"conductor task start {ready[0].id}" if ready else 'conductor task new "Title"'
        return [f"Now: no open current task. Next: {hint}"], []
    task = file.task_of(block)
    first = [f'Now: {task.id} "{one_line(task.title, 160)}" {task.status}.']
    judged = judge_expectations(records, file, block)
    unmet = [f"{one.expectation.label} ({one.reason})" for one in judged if one.state == "unmet"]
    if unmet:
        first.append(f"Unmet: {one_line('; '.join(unmet), 600)}.")
    return first, _notes(file, block)


def _notes(file: TaskFile, block: Block) -> list[str]:
    found = file.notes(block, "Findings & Decisions")
    context = file.notes(block, "Task Context")
    latest_first = [*reversed(found), *reversed(context)]
    return [f"{name}: {one_line(text, 300)}" if name else one_line(text, 300) for name, text in latest_first]


def _about_files(records: Records) -> list[str]:
    """Return what is wrong with the files themselves: in conflict, no text, not merged by meaning."""
    records.peek(ERRORS)
    conflicts = [describe_conflict(records.root, name) for name in (TASKS, JOURNAL, ERRORS)]
    unread = [f"Not read, because it is no text: {name} (conductor check records)." for name in records.unread]
    return [*filter(None, (*conflicts, *unread, driver_notice(records)))]


def _about_errors(records: Records) -> list[str]:
    document = records.peek(ERRORS)
    active = [error for error in (read_errors(document) if document else []) if error.active]
    active.sort(key=lambda error: (error.severity, error.first_seen))
    return [f"Open error: {error.id} {error.severity} {one_line(error.area, 160)}" for error in active[:5]]


def _about_journal(records: Records) -> list[str]:
    lines = []
    for number, (file, entry) in enumerate(islice(newest_first(records), 3)):
        told = f"{entry.stamp or 'undated'} {one_line(entry.title, 160)}"
        lines.append(f"Last: {told}{_result(file, entry)}" if number == 0 else f"Before: {told}")
    return lines


def _result(file: JournalFile, entry: Entry) -> str:
    fields = dict(file.fields(entry))
    text = fields.get("Result") or fields.get("Issues") or ""
    return f": {one_line(text, 200)}" if text else ""


def _about_open(tasks: Sequence[Task]) -> list[str]:
    others = [task for task in tasks if not task.closed and not task.current]
    return [f"Open: {task.id} {task.status} {one_line(task.title, 100)}" for task in others[:_OPEN_SHOWN]]
