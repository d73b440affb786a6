"""Findings for other programs: SARIF 2.1.0 for code scanning, and GitHub's workflow commands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from conductor.domain.finding import Finding, Severity, sort_findings
from conductor.domain.secret import redact
from conductor.domain.text import one_line

if TYPE_CHECKING:
    from conductor.preflight.check import Check

_SARIF = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "note"}
_GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}


def render_sarif(findings: Sequence[Finding], checks: Sequence[Check] = ()) -> str:
    """Return a SARIF 2.1.0 log (OASIS, 2020) with one run.

    `checks` are listed among its rules whether or not they found something; other rules only where they did.
    """
    from conductor import __version__

    ordered = sort_findings(list(findings))
    rules = {check.meta.code: _describe(check) for check in checks}
    for finding in ordered:
        text = one_line(redact(finding.remedy), 300)
        rules.setdefault(finding.code, {"id": finding.code, "shortDescription": {"text": text}})
    run = {
        "tool": {"driver": {"name": "conductor", "version": __version__, "rules": list(rules.values())}},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(finding, list(rules).index(finding.code)) for finding in ordered],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _describe(check: Check) -> dict[str, Any]:
    meta = check.meta
    return {
        "id": meta.code,
        "name": "".join(part.capitalize() for part in meta.id.split("-")),
        "shortDescription": {"text": meta.title},
        "fullDescription": {"text": one_line(check.page)},
        "help": {"text": meta.remedy},
        "defaultConfiguration": {"level": _SARIF[meta.severity]},
    }


def _sarif_result(finding: Finding, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _SARIF[finding.severity],
        "message": {"text": _sentence(finding)},
    }
    where = finding.location
    if where is not None:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(where.path)}}
        if where.line:
            region = {"startLine": where.line, "startColumn": where.column, "endLine": where.end_line}
            physical["region"] = {key: value for key, value in region.items() if value}
        result["locations"] = [{"physicalLocation": physical}]
    return result


def _sentence(finding: Finding) -> str:
    return f"{one_line(redact(finding.message))}. Remedy: {one_line(redact(finding.remedy))}"


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path.encode("utf-8", "surrogateescape"))


def render_github(findings: Sequence[Finding]) -> str:
    """Return GitHub's workflow commands, one line a finding, escaped as its runner reads them."""
    return "\n".join(_annotation(finding) for finding in sort_findings(list(findings)))


def _annotation(finding: Finding) -> str:
    where = finding.location
    given = (
        [("file", where.path), ("line", where.line), ("col", where.column), ("endLine", where.end_line)]
        if where
        else []
    )
    properties = [f"{key}={_escape(str(value), ':,')}" for key, value in given if value]
    properties.append(f"title={_escape(finding.code, ':,')}")
    return f"::{_GITHUB[finding.severity]} {','.join(properties)}::{_escape(_sentence(finding), '')}"


def _escape(text: str, more: str) -> str:
    for letter in "%\r\n" + more:
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text
