"""The page of a cause, and the list of them all; `scripts/generate_cause_pages.py` writes them to docs/causes."""

from __future__ import annotations

from collections.abc import Iterable

from conductor.diagnosis.causes import Cause
from conductor.diagnosis.explain import diagnose, explain, page_of

_WHY_NO_CHECK = {
    "ci": "it is decided where the workflow runs, by settings that no file of the project shows",
    "push": "it is decided by the other side when something is pushed to it",
    "build": "it comes from outside of the project's files, or from the machine that builds",
    "start": "it comes from what the container meets where it starts",
    "run": "it comes from the job and the machine that runs it",
}


def render_page(cause: Cause) -> str:
    """Return the page: meaning, example, remedy, what finds it before, and how it is known."""
    found = explain(diagnose(cause.example.encode()), {})
    told = f"\nAnswered with `{found.code}`, confidence {found.confidence}.\n" if found else ""
    before = (
        "Preflight finds it before the push: "
        + ", ".join(f"[{name}](../checks/{name}.md)" for name in cause.checks)
        + "."
        if cause.checks
        else f"No check of preflight can find it: {_WHY_NO_CHECK[cause.phase]}."
    )
    after = (
        "\nIt is left out where it follows from another cause: "
        + ", ".join(_link(code) for code in cause.after)
        + ".\n"
        if cause.after
        else ""
    )
    at_worker = f"\nWhere a worker's log shows it: {cause.at_worker}\n" if cause.at_worker else ""
    tried = "".join(f"- `{tried}`: {why}.\n" for tried, why in cause.futile)
    futile = f"\n## What does not change it\n\n{tried}" if tried else ""
    words = "\n".join(f"- `{word}`" for word in dict.fromkeys(sign.has for sign in cause.signs))
    return (
        f"# {cause.code}\n\n{cause.meaning}\n\n## Example\n\n```text\n{cause.example.rstrip()}\n```\n{told}\n"
        f"## Remedy\n\n{cause.remedy}\n{at_worker}{futile}\n## Before\n\n{before}\n{after}\n"
        f"## Known by\n\nLines that hold these words, in any case; some of them need more beside them:\n\n{words}\n"
    )


def render_index(causes: Iterable[Cause]) -> str:
    """Return the list of all causes."""
    rows = "".join(f"| {_link(cause.code)} | {cause.phase} | {cause.meaning} |\n" for cause in causes)
    return (
        "# Causes\n\nWhat `conductor diagnose` can name ([diagnosis](../diagnosis.md)). Written from the catalogue,\n"
        "`conductor/diagnosis/catalogue/`, by `scripts/generate_cause_pages.py`.\n\n"
        f"| cause | shows itself in | meaning |\n| --- | --- | --- |\n{rows}"
    )


def file_of(cause: Cause) -> str:
    """Return the name of the page's file."""
    return page_of(cause).rpartition("/")[2]


def _link(code: str) -> str:
    return f"[{code}]({code.lower().replace('_', '-')}.md)"
