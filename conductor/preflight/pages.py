"""The pages of the checks, written from their docstrings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conductor.preflight.check import Check

_FENCE = re.compile(r"```(?P<language>[\w-]+)(?: (?P<name>\S+))?\n(?P<content>.*?)\n?```", re.DOTALL)


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
    section = f"\n{check.page}".partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    files = {}
    for match in _FENCE.finditer(section):
        content = match["content"] + "\n"
        if match["language"].endswith("-crlf"):
            content = content.replace("\n", "\r\n")
        files[match["name"] or "Dockerfile"] = content
    return files


def expected_output(check: Check) -> str:
    """Return what the page says its example prints."""
    section = f"\n{check.page}".partition("\n## Output\n")[2].partition("\n## ")[0]
    match = _FENCE.search(section)
    return match["content"].strip() if match else ""
