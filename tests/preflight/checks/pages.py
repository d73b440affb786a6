"""Run a check on files that a test gives."""

from __future__ import annotations

from pathlib import Path

from conductor.config.settings import load_settings
from conductor.domain.finding import Finding, sort_findings
from conductor.preflight.check import Check
from conductor.preflight.load import load_subject


def findings_of(check: Check, files: dict[str, str], folder: Path) -> list[Finding]:
    """Write the files, and return what the check says about them."""
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")
    subject = load_subject(folder, load_settings(folder))
    return sort_findings(list(check.judge(subject)))
