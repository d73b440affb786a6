"""Findings with their exact place in a record file."""

from __future__ import annotations

from conductor.domain.finding import Finding, Location, Severity
from conductor.domain.text import one_line
from conductor.records.document import Document

DOCS = "docs/records.md"


def finding_at(
    document: Document,
    offset: int,
    code: str,
    message: str,
    remedy: str,
    severity: Severity = Severity.WARNING,
    *,
    fix: bool = False,
) -> Finding:
    """Return the finding with the exact place of the byte."""
    line_start = document.plain.rfind(b"\n", 0, offset) + 1
    column = len(document.content[line_start:offset].decode("utf-8", "replace")) + 1
    where = Location(document.path, document.line_of(offset), column)
    return Finding(code, one_line(message, 400), remedy, severity, location=where, docs=DOCS, fix=fix)
