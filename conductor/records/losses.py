"""Compare the records with their history: what is gone, what changed its meaning, what is dated wrongly."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from conductor.domain.finding import Confidence, Finding, Location, Severity
from conductor.domain.text import one_line
from conductor.errors import RecordSyntaxError
from conductor.records.document import Document
from conductor.records.errors_ledger import read_errors
from conductor.records.history import CHAIN_ROW, Past, Sighting, read_past, title_of, words_in_common
from conductor.records.journal import JournalFile
from conductor.records.markup import unescape_title
from conductor.records.merge_ids import FORMERLY
from conductor.records.store import ERRORS, JOURNAL, JOURNAL_ARCHIVE, TASK_ARCHIVE, TASKS, Records
from conductor.records.tasks import DONE_MARK, DROPPED_MARK, TaskFile, is_closed

DOCS = "docs/records.md"
FAR_DAYS = 2
_MANY = 3
_ID = re.compile(r"TASK-[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{3,}[a-z]?(?![0-9A-Za-z])")
_TO = re.compile(r"(TASK-[0-9-]{10}-)([0-9]{3,})[a-z]?((?:[ ,]+(?:to |and )?[0-9]{3,}[a-z]?)+)")
_NAMING_LINE = re.compile(r"(?m)^(?:#{1,6}[ \t].*|[0-9]{1,9}[.)][ \t].*|[-*+][ \t]+(?:\[.\][ \t]+)?\[?TASK-.*)$")
_HEADING = re.compile(r"(?m)^#{2,3}[ \t]+(.*?)[ \t]*$")
_STAMP = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2}))?")
_RESTORE = "conductor records restore brings it back from the history, into the archives"


@dataclass
class Present:
    """What the records hold now, the archives included."""

    ids: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    former: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    places: dict[str, Location] = field(default_factory=dict)
    titles: set[str] = field(default_factory=set)
    rows: set[str] = field(default_factory=set)
    errors: set[str] = field(default_factory=set)
    stamps: dict[str, Location] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)


def lint_history(records: Records) -> list[Finding]:
    """Return what the history of the record files says against them; none before the first commit."""
    past = read_past(records.repository)
    if past is None:
        return []
    present = read_present(records)
    found = [*_check_gone(past, present), *_check_reuse(past, present), *_check_dates(past, present, records)]
    if past.shallow:
        found.append(
            Finding(
                "REC-HISTORY-001",
                "this clone is shallow: what older commits held was not compared with the records",
                "git fetch --unshallow, then conductor check records",
                Severity.ADVICE,
                docs=DOCS,
            )
        )
    return found


def find_lost(past: Past, present: Present) -> list[Sighting]:
    """Return the last sighting of everything that the history held and no record has, newest commits first."""
    lost = []
    of_tasks = {one.title for _, seen in past.of("task") for one in seen}
    for task_id, seen in past.of("task"):
        if task_id not in present.ids and task_id not in present.former:
            lost.append(seen[0])
    for error_id, seen in past.of("error"):
        if error_id not in present.errors and ERRORS not in present.unread:
            lost.append(seen[0])
    for kind, known in (("entry", present.titles), ("row", present.rows)):
        for title, seen in past.of(kind):
            if not _is_known(title, past, known) and not (kind == "row" and title in of_tasks):
                lost.append(seen[0])
    return [one for one in lost if one.path not in present.unread]


def read_present(records: Records) -> Present:
    """Return what the files in the working tree hold; a file that is not text is left to the other checks."""
    present = Present()
    for name in (TASKS, *records.archives(TASK_ARCHIVE)):
        document = _open(records, name, present)
        if document:
            _add_tasks(present, TaskFile(document))
    for name in (JOURNAL, *records.archives(JOURNAL_ARCHIVE)):
        document = _open(records, name, present)
        if document:
            _add_entries(present, JournalFile(document))
    errors = _open(records, ERRORS, present)
    if errors:
        present.errors |= {row.id for row in read_errors(errors)}
    return present


def _open(records: Records, name: str, present: Present) -> Document | None:
    try:
        return records.load(name)
    except RecordSyntaxError:
        present.unread.add(name)
        return None


def _add_tasks(present: Present, file: TaskFile) -> None:
    text = file.document.plain.decode("utf-8", "replace")
    path = file.document.path
    for task in file.tasks():
        present.ids[task.id].append(task.title)
        present.places.setdefault(task.id, Location(path, task.line))
        present.rows.add(task.title)
    for row in file.chain:
        if row.id:
            present.ids[row.id].append(row.title)
    for block_id, block in file.blocks.items():
        former = block.value(FORMERLY)
        if former:
            present.former[former].append(unescape_title(file.blocks[block_id].value("Title") or ""))
    present.rows |= {unescape_title(row["title"]) for row in map(CHAIN_ROW.fullmatch, text.splitlines()) if row}
    for line in [path.rpartition("/")[2], *_NAMING_LINE.findall(text)]:
        for match in _TO.finditer(line):
            for number in re.findall(r"[0-9]{3,}", match[3]):
                present.ids.setdefault(match[1] + number, [])
        for task_id in _ID.findall(line):
            present.ids.setdefault(task_id, [])


def _add_entries(present: Present, file: JournalFile) -> None:
    text = file.document.plain.decode("utf-8", "replace")
    for heading in _HEADING.findall(text):
        present.titles.add(title_of(heading))
        present.titles.add(title_of(_STAMP.sub("", heading, count=1).strip(" -:")))
    for _, index in file.dates:
        heading = file.document.headings[index]
        written = file.document.content[heading.start : heading.end].decode("utf-8", "replace").strip()
        present.stamps.setdefault(written, Location(file.document.path, file.document.line_of(heading.start), 1))


def _is_known(title: str, past: Past, known: set[str]) -> bool:
    seen = set()
    while title not in known:
        seen.add(title)
        following = past.renamed.get(title)
        if following is None or following in seen:
            return False
        title = following
    return True


def _check_gone(past: Past, present: Present) -> Iterator[Finding]:
    for one in find_lost(past, present):
        title = one_line(one.title or "without a title", 100)
        if one.kind == "entry":
            yield _gone(one, "REC-LOST-001", f"the entry {title!r} was in the journal and no file has it now")
        elif one.kind == "error":
            yield _gone(one, "REC-LOST-002", f"{one.key} ({title}) was in the ledger and no file has it now")
        elif one.state in {DONE_MARK, DROPPED_MARK} or is_closed(one.state):
            name = f"{one.key} ({title})" if one.kind == "task" else repr(title)
            yield _gone(one, "REC-GONE-002", f"{name} was closed and no record has it now", Severity.ADVICE)
        else:
            name = f"{one.key} ({title})" if one.kind == "task" else repr(title)
            yield _gone(
                one, "REC-GONE-001", f"{name} was planned and is gone, neither done nor dropped", Severity.ERROR
            )


def _gone(one: Sighting, code: str, message: str, severity: Severity = Severity.WARNING) -> Finding:
    revision = f"{one.revision[:10]}^" if one.removed else one.revision[:10]
    return Finding(
        code,
        message,
        _RESTORE,
        severity,
        Confidence.HIGH if one.kind == "task" else Confidence.MEDIUM,
        Location(one.path),
        (f"last seen: git show {revision}:{one.path}, line {one.line}",),
        DOCS,
        data={"key": one.key, "title": one.title, "revision": revision, "line": one.line},
    )


def _check_reuse(past: Past, present: Present) -> Iterator[Finding]:
    for task_id, seen in past.of("task"):
        now = [title for title in [*present.ids.get(task_id, []), *present.former.get(task_id, [])] if title]
        if not now or task_id not in present.places:
            continue
        for one in seen:
            if one.title and all(words_in_common(one.title, title) < 0.5 for title in now):
                yield Finding(
                    "REC-ID-003",
                    f"{task_id} means {one_line(now[0], 80)!r} now and meant {one_line(one.title, 80)!r} before",
                    "give the later task an id of its own: conductor task new, and move its text there",
                    Severity.WARNING,
                    Confidence.MEDIUM,
                    present.places[task_id],
                    (f"before: git show {one.revision[:10]}{'^' * one.removed}:{one.path}, line {one.line}",),
                    DOCS,
                    data={"id": task_id, "title": now[0], "before": one.title, "revision": one.revision},
                )
                break


def _check_dates(past: Past, present: Present, records: Records) -> Iterator[Finding]:
    far: dict[str, list[tuple[str, Location, float]]] = defaultdict(list)
    for written, place in present.stamps.items():
        revision, at = past.brought.get(written, ("", 0))
        match = _STAMP.search(written)
        days = _days_between(match[1], match[2], at, records.timezone) if revision and match else 0
        if abs(days) > FAR_DAYS:
            far[revision].append((written.lstrip("# "), place, days))
    for revision, entries in far.items():
        # A commit that brought many old entries brought a whole journal: that is told once.
        for written, place, days in entries if len(entries) <= _MANY else entries[:1]:
            more = f" (and {len(entries) - 1} more from the same commit)" if len(entries) > _MANY else ""
            order = "before" if days < 0 else "after"
            said = f"the entry of {one_line(written, 60)} is dated {abs(days):.0f} days {order} the commit"
            yield Finding(
                "REC-DATE-001",
                f"{said} that brought it{more}",
                f"git show {revision[:10]} shows that commit; write entries as the work is done: conductor journal add",
                Severity.ADVICE if days < 0 else Severity.WARNING,
                Confidence.HIGH,
                place,
                docs=DOCS,
                data={"revision": revision, "days": round(days)},
            )


def _days_between(day: str, time: str | None, at: int, timezone: str) -> float:
    """Return how many days the entry is dated after the commit; negative is before."""
    from zoneinfo import ZoneInfo

    zone = UTC if timezone == "UTC" else ZoneInfo(timezone)
    try:
        stamp = datetime.strptime(f"{day} {time or '12:00'}", "%Y-%m-%d %H:%M").replace(tzinfo=zone)
    except ValueError:
        return 0.0
    return (stamp - datetime.fromtimestamp(at, UTC)).total_seconds() / 86400
