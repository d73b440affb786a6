"""Findings for other programs: SARIF 2.1.0 for code scanning, and GitHub's workflow commands."""

from __future__ import annotations

import json
from typing import Any

from conductor.domain.finding import Finding, Severity, sort_findings
from conductor.domain.text import one_line

_SARIF = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "note"}
_GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}


def render_sarif(findings: list[Finding]) -> str:
    """Return a SARIF 2.1.0 log (OASIS, 2020) with one run."""
    from conductor import __version__

    ordered = sort_findings(findings)
    rules: dict[str, dict[str, Any]] = {}
    for finding in ordered:
        row: dict[str, Any] = {"id": finding.code, "shortDescription": {"text": one_line(finding.remedy, 300)}}
        rules.setdefault(finding.code, row)
    run = {
        "tool": {"driver": {"name": "conductor", "version": __version__, "rules": list(rules.values())}},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(finding) for finding in ordered],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _sarif_result(finding: Finding) -> dict[str, Any]:
    text = f"{one_line(finding.message)} Remedy: {one_line(finding.remedy)}"
    result: dict[str, Any] = {"ruleId": finding.code, "level": _SARIF[finding.severity], "message": {"text": text}}
    where = finding.location
    if where is not None:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(where.path)}}
        if where.line:
            region = {"startLine": where.line, "startColumn": where.column, "endLine": where.end_line}
            physical["region"] = {key: value for key, value in region.items() if value}
        result["locations"] = [{"physicalLocation": physical}]
    return result


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path.encode("utf-8", "surrogateescape"))


def render_github(findings: list[Finding]) -> str:
    """Return GitHub's workflow commands, one line a finding, escaped as its runner reads them."""
    return "\n".join(_annotation(finding) for finding in sort_findings(findings))


def _annotation(finding: Finding) -> str:
    where = finding.location
    given = [("file", where.path), ("line", where.line), ("col", where.column)] if where else []
    properties = [f"{key}={_escape(str(value), ':,')}" for key, value in given if value]
    properties.append(f"title={_escape(finding.code, ':,')}")
    text = _escape(f"{one_line(finding.message)} Remedy: {one_line(finding.remedy)}", "")
    return f"::{_GITHUB[finding.severity]} {','.join(properties)}::{text}"


def _escape(text: str, more: str) -> str:
    for letter in "%\r\n" + more:
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text
