"""The pages of the checks, written from their docstrings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    rows = [
        f"| [{c.meta.code}]({c.meta.id}.md) | {c.meta.title} | {c.meta.severity} |{' online' if not c.meta.offline else ''} |"
        for c in checks
    ]
    head = (
        "# Checks\n\nWhat `conductor preflight` judges. Written by `scripts/generate_check_pages.py` from the checks.\n"
    )
    return "\n".join([head, "| code | what | worst | |", "| --- | --- | --- | --- |", *rows, ""])


def block(check: Check, heading: str, language: str = "") -> str | None:
    """Return the first fenced block of that language below `## heading`, or None."""
    section = f"\n{check.page}".partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    opening = f"```{language}"
    if opening not in section:
        return None
    inside = section.partition(opening)[2].partition("\n")[2]
    return inside.partition("\n```")[0] + "\n" if not inside.startswith("```") else ""
