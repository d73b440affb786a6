"""ERRORS.md: one row for each error, under Active or Resolved; rows shown in fences are examples, not errors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from conductor.errors import UsageProblem
from conductor.records.acknowledged import acknowledge
from conductor.records.document import Document, Edit, with_final_newline
from conductor.records.files import ERRORS
from conductor.records.grammar import fenced_spans, is_error_id, parse_table_row
from conductor.records.markup import clean_title, escape_title
from conductor.records.sections import find_section, item_offset
from conductor.records.store import Records
from conductor.records.templates import render_template

ACTIVE, RESOLVED = "Active Errors", "Resolved Errors"
SEVERITIES = ("P0", "P1", "P2", "P3")
_LINE = re.compile(rb"(?m)^\|[ \t]*ERR-[^\n]*(?:\n|\Z)")


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One error; `start` and `end` are the bytes of its row."""

    id: str
    first_seen: str
    status: str
    severity: str
    area: str
    fix: str
    line: int
    start: int
    end: int

    @property
    def active(self) -> bool:
        """Tell whether the error is not resolved yet."""
        return self.status.casefold() != "resolved"

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form."""
        return {
            "id": self.id,
            "first_seen": self.first_seen,
            "status": self.status,
            "severity": self.severity,
            "area": self.area,
            "fix": self.fix or None,
            "path": ERRORS,
            "line": self.line,
        }


def read_errors(document: Document) -> list[ErrorRow]:
    """Return the rows in the file's order, wherever they stand outside fences."""
    fenced = fenced_spans(document.plain)
    found = []
    for match in _LINE.finditer(document.plain):
        row = parse_table_row(match[0].decode("utf-8", "replace").rstrip())
        if row is None or not is_error_id(row[0]) or any(start <= match.start() < end for start, end in fenced):
            continue
        first_seen, status, severity, area, fix = (*row[1], "", "", "", "", "")[:5]
        line = document.line_of(match.start())
        found.append(ErrorRow(row[0], first_seen, status, severity, area, fix, line, match.start(), match.end()))
    return found


def load_errors(records: Records) -> list[ErrorRow]:
    """Return the project's errors; none where there is no ERRORS.md."""
    document = records.load(ERRORS)
    return read_errors(document) if document else []


def add_error(records: Records, area: str, severity: str) -> ErrorRow:
    """Write a new active error above the others and return it; `area` says what is affected."""
    if severity.upper() not in SEVERITIES:
        raise UsageProblem(f"{severity[:20]!r} is not a severity", hint="use one of " + ", ".join(SEVERITIES))
    words = clean_title(area, "the affected area")
    with records.lock():
        document = records.load_or_new(ERRORS)
        error_id = records.new_id("ERR")
        row = render_template(
            "error_row.j2",
            records.root,
            id=error_id,
            first_seen=records.stamp(),
            status="active",
            severity=severity.upper(),
            area=escape_title(words),
            fix="",
        )
        result = document.apply([_insert(document, ACTIVE, row)])
        records.save(result)
        acknowledge(records, "error", error_id, row)
    return next(error for error in read_errors(result) if error.id == error_id)


def resolve_error(records: Records, error_id: str, fix: str) -> ErrorRow:
    """Move an error's row to the resolved ones, with what fixed it, and return it."""
    words = clean_title(fix, "the fix")
    with records.lock():
        document = records.load(ERRORS)
        known = next((error for error in (read_errors(document) if document else []) if error.id == error_id), None)
        if document is None or known is None:
            raise UsageProblem(
                f"no record names {error_id}", hint="conductor error list --all shows every error", path=ERRORS
            )
        if not known.active:
            raise UsageProblem(f"{error_id} is resolved: {known.fix}", hint="conductor error new starts another one")
        row = render_template(
            "error_row.j2",
            records.root,
            id=error_id,
            first_seen=known.first_seen,
            status="resolved",
            severity=known.severity,
            area=escape_title(known.area),
            fix=escape_title(words),
        )
        without = document.apply([Edit(known.start, known.end, b"")])
        result = without.apply([_insert(without, RESOLVED, row)])
        records.save(result)
        acknowledge(records, "error", error_id, row)
    return next(error for error in read_errors(result) if error.id == error_id)


def put_back_error(records: Records, row: str) -> None:
    """Write an error's row as it stood, above the others of its state. The lock must be held."""
    document = records.load_or_new(ERRORS)
    for error in read_errors(Document(row.encode(), ERRORS)):
        section = ACTIVE if error.active else RESOLVED
        records.save(document.apply([_insert(document, section, row.rstrip("\n") + "\n")]))


def _insert(document: Document, section: str, row: str) -> Edit:
    index = find_section(document, section)
    if index is None:
        offset = len(document.content)
        return Edit(offset, offset, with_final_newline(document, document.encode(f"\n## {section}\n{row}"), offset))
    start, end = document.heading_body(index)
    rows = [error for error in read_errors(document) if start <= error.start < end]
    offset = rows[0].start if rows else item_offset(document, start, end, first=True)
    return Edit(offset, offset, with_final_newline(document, document.encode(row), offset))
