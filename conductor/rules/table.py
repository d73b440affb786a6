"""The rules' table in CONDUCTOR.md: rendered from the configuration, so that prose and program can't disagree."""

from __future__ import annotations

import re
from pathlib import Path

from conductor.config.settings import Settings
from conductor.domain.finding import Finding, Location, Severity
from conductor.rules.rulebook import MODULES, meta_of

BEGIN = "<!-- conductor:rules -->"
END = "<!-- /conductor:rules -->"
_NAME = "CONDUCTOR.md"
_REGION = re.compile(
    rf"(?P<begin>^{re.escape(BEGIN)}[ \t]*\r?\n)(?P<table>.*?)(?P<end>^{re.escape(END)})", re.MULTILINE | re.DOTALL
)
_FENCE = re.compile(r"^(?P<mark>`{3,}|~{3,})[^\n]*\n.*?(?:^(?P=mark)[`~]*[ \t\r]*$|\Z)", re.MULTILINE | re.DOTALL)
_WORDS = {
    "block": "blocked",
    "ask": "only when the user says yes",
    "warn": "expected, with a warning",
    "off": "not asked for here",
}


def render_table(settings: Settings) -> str:
    """Return the table's Markdown, one line a rule, with a newline at its end."""
    rows = ["| rule | what must be true | otherwise |", "| --- | --- | --- |"]
    for name in MODULES:
        meta, rule = meta_of(name), settings.rules[name]
        excepted = f"; except {', '.join(rule.exceptions)}" if rule.exceptions else ""
        rows.append(f"| {meta.rule.id} `{name}` | {_cell(meta.must)} | {_WORDS[rule.level]}{_cell(excepted)} |")
    for custom in settings.custom_rules:
        wanted = _cell(custom.message)
        rows.append(f"| `{custom.name}` | {wanted} | {_WORDS[custom.level]} |")
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def check_table(root: Path, settings: Settings) -> list[Finding]:
    """Return a finding where CONDUCTOR.md's table is not what its front matter says."""
    text = _read(root)
    if text is None:
        return []
    region = _find(text)
    if region is None:
        message = f"{_NAME} has no table of the rules: agents read prose that the program does not know"
        remedy = f"add the two lines {BEGIN} and {END}, then conductor check rules --fix"
        return [Finding("RULE-TABLE-002", message, remedy, Severity.ADVICE, location=Location(_NAME), docs=_DOCS)]
    if _normal(region["table"]) == render_table(settings):
        return []
    return [
        Finding(
            "RULE-TABLE-001",
            "the table of the rules is not what the front matter says",
            "conductor check rules --fix writes it",
            Severity.WARNING,
            location=Location(_NAME, text.count("\n", 0, region.start()) + 1),
            docs=_DOCS,
            fix=True,
        )
    ]


_DOCS = "docs/rules.md"


def write_table(root: Path, settings: Settings) -> bool:
    """Put the table between its markers, everything else byte for byte as it was; tell whether anything changed."""
    text = _read(root)
    region = _find(text) if text is not None else None
    if text is None or region is None or _normal(region["table"]) == render_table(settings):
        return False
    from conductor.records.files import write_atomically

    ending = "\r\n" if "\r\n" in region["begin"] else "\n"
    table = render_table(settings).replace("\n", ending)
    changed = text[: region.start("table")] + table + text[region.start("end") :]
    write_atomically(root / _NAME, changed.encode("utf-8", "surrogateescape"))
    return True


def _find(text: str) -> re.Match[str] | None:
    """Return the region between the markers, not one that a code fence shows."""
    fences = [(match.start(), match.end()) for match in _FENCE.finditer(text)]
    regions = _REGION.finditer(text)
    return next((one for one in regions if not any(start < one.start() < end for start, end in fences)), None)


def _read(root: Path) -> str | None:
    try:
        return (root / _NAME).read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return None


def _normal(text: str) -> str:
    return text.replace("\r\n", "\n")
