"""Read a check's page (its docstring) and run what it shows."""

from __future__ import annotations

import re
from pathlib import Path

from conductor.cli.output import render_finding
from conductor.config.settings import load_settings
from conductor.domain.finding import Finding, sort_findings
from conductor.preflight.check import Check
from conductor.preflight.load import load_subject

FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(page: str, heading: str) -> str:
    """Return the text below `## heading`."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def files_of(text: str) -> dict[str, str]:
    """Return the fenced files: a block without a name is the Dockerfile."""
    return {name or "Dockerfile": body for _, name, body in FENCE.findall(text)}


def findings_of(check: Check, files: dict[str, str], folder: Path) -> list[Finding]:
    """Write the files, and return what the check says about them."""
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")
    subject = load_subject(folder, load_settings(folder))
    return sort_findings(list(check.judge(subject)))


def rendered(findings: list[Finding]) -> str:
    """Return the findings as the command prints them."""
    return "\n".join(render_finding(finding) for finding in findings)
