"""The pages of the checks, written from their docstrings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conductor.preflight.check import Check


def render_page(check: Check) -> str:
    """Return a check's page as Markdown; its first line is the docstring's, as a heading."""
    meta = check.meta
    title, _, body = check.page.strip().partition("\n")
    facts = (
        f"`{meta.code}` · `{meta.id}` · {meta.severity} · confidence {meta.confidence} · "
        f"{'offline' if meta.offline else 'needs --online'} · since {meta.since}"
    )
    return f"# {title.rstrip('.')}\n\n{facts}\n\n{body.strip()}\n"


def render_index(checks: Iterable[Check]) -> str:
    """Return the list of all checks as Markdown."""
    rows = []
    for check in checks:
        meta, when = check.meta, "" if check.meta.offline else " online"
        rows.append(f"| [{meta.code}]({meta.id}.md) | {meta.title} | {meta.severity} |{when} |")
    head = (
        "# Checks\n\nWhat `conductor preflight` judges. Written by `scripts/generate_check_pages.py` from the checks.\n"
    )
    return "\n".join([head, "| code | what | worst | |", "| --- | --- | --- | --- |", *rows, ""])


def example_files(check: Check, heading: str) -> dict[str, str]:
    """Return the files that the blocks below `## heading` show, by name; a block without a name is the Dockerfile."""
    files = {}
    for language, name, content in _fences(check, heading):
        files[name or "Dockerfile"] = content.replace("\n", "\r\n") if language.endswith("-crlf") else content
    return files


def expected_output(check: Check) -> str:
    """Return what the page says its example prints."""
    return next((content.strip() for _, _, content in _fences(check, "Output")), "")


def _fences(check: Check, heading: str) -> Iterator[tuple[str, str, str]]:
    """Yield language, name and content of each block of code below the heading."""
    from conductor.records.commonmark import read_blocks

    section = ""
    for block in read_blocks(check.page):
        if block.kind == "heading" and block.level <= 2:
            section = block.text
        elif block.kind == "fence" and section == heading:
            language, _, name = block.info.partition(" ")
            yield language, name, block.text
