"""Compare the records with their history: what is gone, what changed its meaning, what is dated wrongly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

from conductor.domain.finding import Confidence, Finding, Location, Severity
from conductor.domain.text import one_line
from conductor.records.grammar import DONE_MARK, DROPPED_MARK, Stamp, read_stamp
from conductor.records.history import Past, Sighting, read_past, words_in_common
from conductor.records.lost import find_lost
from conductor.records.present import Present, read_present
from conductor.records.store import Records
from conductor.records.task_heads import is_closed
from conductor.records.unkept import check_unkept, find_unkept

DOCS = "docs/records.md"
FAR_DAYS = 2
_MANY = 3
_RESTORE = "conductor records restore brings it back from the history, into the archives"


def lint_history(records: Records) -> list[Finding]:
    """Return what the history of the record files says against them, and what is gone before any commit held it."""
    past = read_past(records.repository) or Past()
    present = read_present(records)
    lost = [lost.seen for lost in find_lost(records, past, present)]
    unkept = check_unkept(find_unkept(records, past, present))
    found = [*unkept, *_check_gone(lost), *_check_reuse(past, present), *_check_dates(past, present, records)]
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


def _check_gone(lost: list[Sighting]) -> Iterator[Finding]:
    for one in lost:
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
        stamp = read_stamp(written.lstrip("# \t"))
        days = _days_between(stamp, at, records.timezone) if revision and stamp else 0
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


def _days_between(stamp: Stamp, at: int, timezone: str) -> float:
    """Return how many days the entry is dated after the commit; negative is before."""
    from zoneinfo import ZoneInfo

    zone = UTC if timezone == "UTC" else ZoneInfo(timezone)
    try:
        moment = datetime.strptime(f"{stamp.day} {stamp.time or '12:00'}", "%Y-%m-%d %H:%M").replace(tzinfo=zone)
    except ValueError:
        return 0.0
    return (moment - datetime.fromtimestamp(at, UTC)).total_seconds() / 86400
