"""Compare the records with their history: what is gone, what changed its meaning, what is dated wrongly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache

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
        if all(present.is_called(task_id, one.title) for one in seen):
            continue
        now = [title for title in present.titles_of(task_id) if title]
        for one in seen if now else ():
            if one.title and one.title[0] != "[" and all(words_in_common(one.title, title) < 0.5 for title in now):
                yield Finding(
                    "REC-ID-003",
                    f"{task_id} means {one_line(now[0], 80)!r} now and meant {one_line(one.title, 80)!r} before",
                    "give the later task an id of its own: conductor task new, and move its text there",
                    Severity.WARNING,
                    Confidence.MEDIUM,
                    present.place_of(task_id),
                    (f"before: git show {one.revision[:10]}{'^' * one.removed}:{one.path}, line {one.line}",),
                    DOCS,
                    data={"id": task_id, "title": now[0], "before": one.title, "revision": one.revision},
                )
                break


def _check_dates(past: Past, present: Present, records: Records) -> Iterator[Finding]:
    far: dict[str, list[str]] = defaultdict(list)
    for written, (file, index) in present.stamps.items():
        revision, at = past.brought.get(written, ("", 0))
        if revision and _is_far(file.stamp_at[index], at, records.timezone):
            far[revision].append(written)
    for revision, entries in far.items():
        # A commit that brought many old entries brought a whole journal: that is told once.
        for written in entries if len(entries) <= _MANY else entries[:1]:
            stamp = read_stamp(written.lstrip("# \t"))
            days = _days_between(stamp, past.brought[written][1], records.timezone) if stamp else 0
            more = f" (and {len(entries) - 1} more from the same commit)" if len(entries) > _MANY else ""
            order = "before" if days < 0 else "after"
            said = f"the entry of {one_line(written.lstrip('# '), 60)} is dated {abs(days):.0f} days {order} the commit"
            yield Finding(
                "REC-DATE-001",
                f"{said} that brought it{more}",
                f"git show {revision[:10]} shows that commit; write entries as the work is done: conductor journal add",
                Severity.ADVICE if days < 0 else Severity.WARNING,
                Confidence.HIGH,
                present.place_of_stamp(written),
                docs=DOCS,
                data={"revision": revision, "days": round(days)},
            )


def _is_far(stamp: str, at: int, timezone: str) -> bool:
    """Tell whether a date is more than two days before or after a commit; the same moments are asked for often."""
    early, late = _near(at, timezone)
    return not early <= (stamp if len(stamp) > len("2026-01-05") else f"{stamp} 12:00") <= late


@cache
def _near(at: int, timezone: str) -> tuple[str, str]:
    moment, days = datetime.fromtimestamp(at, _zone(timezone)), timedelta(days=FAR_DAYS)
    return (moment - days).strftime("%Y-%m-%d %H:%M"), (moment + days).strftime("%Y-%m-%d %H:%M")


def _days_between(stamp: Stamp, at: int, timezone: str) -> float:
    """Return how many days the entry is dated after the commit; negative is before."""
    try:
        moment = datetime.fromisoformat(f"{stamp.day} {stamp.time or '12:00'}").replace(tzinfo=_zone(timezone))
    except ValueError:
        return 0.0
    return (moment - datetime.fromtimestamp(at, UTC)).total_seconds() / 86400


@cache
def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    return UTC if name == "UTC" else ZoneInfo(name)
