"""Findings for other programs: SARIF 2.1.0 and GitHub's annotations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conductor.domain.finding import Finding, Severity
from conductor.domain.secret import redact
from conductor.domain.text import one_line, strip_controls

if TYPE_CHECKING:
    from conductor.preflight.api import Report
    from conductor.preflight.check import Check

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "note"}
_GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(report: Report, checks: tuple[Check, ...], version: str) -> str:
    """Return the report as a SARIF 2.1.0 log with one run."""
    rules = [_rule(check) for check in checks if check.meta.id in report.checks_run]
    order = {rule["id"]: index for index, rule in enumerate(rules)}
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "conductor preflight", "version": version, "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, order) for finding in report.findings],
            }
        ],
    }
    return json.dumps(log, ensure_ascii=False, indent=2)


def _rule(check: Check) -> dict[str, Any]:
    meta = check.meta
    return {
        "id": meta.code,
        "name": "".join(part.capitalize() for part in meta.id.split("-")),
        "shortDescription": {"text": meta.title},
        "fullDescription": {"text": one_line(check.page)},
        "help": {"text": meta.remedy},
        "defaultConfiguration": {"level": _LEVELS[meta.severity]},
    }


def _result(finding: Finding, order: dict[str, int]) -> dict[str, Any]:
    text = f"{one_line(redact(finding.message))}. Remedy: {one_line(redact(finding.remedy))}"
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
    }
    if finding.code in order:
        result["ruleIndex"] = order[finding.code]
    where = finding.location
    if where is not None:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(where.path)}}
        region = {"startLine": where.line, "startColumn": where.column, "endLine": where.end_line}
        if where.line:
            physical["region"] = {key: value for key, value in region.items() if value}
        result["locations"] = [{"physicalLocation": physical}]
    return result


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path)


def render_github(report: Report) -> str:
    """Return one workflow command a finding, so that GitHub shows it beside the line."""
    return "\n".join(_annotation(finding) for finding in report.findings)


def _annotation(finding: Finding) -> str:
    where = finding.location
    properties = {"title": finding.code}
    if where is not None:
        properties["file"] = where.path
        for key, value in (("line", where.line), ("col", where.column), ("endLine", where.end_line)):
            if value:
                properties[key] = str(value)
    listed = ",".join(f"{key}={_escape(value, property_=True)}" for key, value in sorted(properties.items()))
    message = _escape(redact(strip_controls(f"{finding.message}\nremedy: {finding.remedy}")))
    return f"::{_GITHUB[finding.severity]} {listed}::{message}"


def _escape(text: str, *, property_: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property_ else text
