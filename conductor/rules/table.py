"""The rules' table in CONDUCTOR.md: rendered from the configuration, so that prose and program can't disagree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from conductor.config.settings import Settings
from conductor.domain.finding import Finding, Location, Severity
from conductor.records.commonmark import read_blocks, split_lines
from conductor.rules.rulebook import MODULES, meta_of

BEGIN = "<!-- conductor:rules -->"
END = "<!-- /conductor:rules -->"
_NAME = "CONDUCTOR.md"
# Blocks of HTML in which a marker is text, or a part of a longer comment.
_LITERAL = re.compile(r"<(?:!|\?|(?:pre|script|style|textarea)\b)", re.IGNORECASE)
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
    if _normal("".join(region.table)) == render_table(settings):
        return []
    return [
        Finding(
            "RULE-TABLE-001",
            "the table of the rules is not what the front matter says",
            "conductor check rules --fix writes it",
            Severity.WARNING,
            location=Location(_NAME, len(region.before)),
            docs=_DOCS,
            fix=True,
        )
    ]


_DOCS = "docs/rules.md"


class _Region(NamedTuple):
    """The lines up to the marker that begins the table, the table's, and those from the marker that ends it."""

    before: list[str]
    table: list[str]
    behind: list[str]


def write_table(root: Path, settings: Settings) -> bool:
    """Put the table between its markers, everything else byte for byte as it was; tell whether anything changed."""
    text = _read(root)
    region = _find(text) if text is not None else None
    if text is None or region is None or _normal("".join(region.table)) == render_table(settings):
        return False
    from conductor.records.files import write_atomically

    marker = region.before[-1]
    table = render_table(settings).replace("\n", marker[len(marker.rstrip("\r\n")) :])
    changed = "".join([*region.before, table, *region.behind])
    write_atomically(root / _NAME, changed.encode("utf-8", "surrogateescape"))
    return True


def _find(text: str) -> _Region | None:
    """Return the first region between two markers that Markdown takes as comments of their own, in no list or fence."""
    if BEGIN not in text or END not in text:
        return None
    lines = split_lines(text)
    begins: int | None = None
    for number, marker in find_markers(text, lines):
        if marker == BEGIN and begins is None:
            begins = number
        elif marker == END and begins is not None:
            return _Region(lines[: begins + 1], lines[begins + 1 : number], lines[number:])
    return None


def find_markers(text: str, lines: Sequence[str]) -> list[tuple[int, str]]:
    """Return each marker with its line, counted from 0.

    Where nothing else could be a fence or HTML, what begins a line with a marker is one, and the parser need not be
    imported: that takes as long as a tenth of `conductor check`.
    """
    found = [(number, marker) for number, line in enumerate(lines) if line[0] == "<" and (marker := _marker(line))]
    if "```" not in text and "~~~" not in text and text.count("<") == len(found):
        return found
    return parse_markers(text)


def parse_markers(text: str) -> list[tuple[int, str]]:
    """Return each marker with its line as CommonMark reads the text."""
    found = []
    for block in read_blocks(text):
        opening = block.text.lstrip()
        literal = _LITERAL.match(opening) and not opening.startswith((BEGIN, END))
        if block.kind == "html" and not literal:
            lines = enumerate(block.text.split("\n"), start=block.first)
            found += [(number, marker) for number, line in lines if (marker := _marker(line))]
    return found


def _marker(line: str) -> str | None:
    if line.strip() == BEGIN:
        return BEGIN
    return END if line.lstrip().startswith(END) else None


def _read(root: Path) -> str | None:
    try:
        return (root / _NAME).read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return None


def _normal(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
