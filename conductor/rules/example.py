"""What the page of a rule shows: a project in which the rule is broken, and what Conductor says of it.

`scripts/generate_rule_pages.py` plays it and writes the page.
"""

from __future__ import annotations

from dataclasses import dataclass

from conductor.rules.context import Decision


@dataclass(frozen=True, slots=True)
class Shell:
    """Commands, the last of which checks: `hidden` ones prepare the project, `shown` ones stand on the page."""

    shown: str
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """A session in a sentence, with what was recorded of it.

    `calls` are the ledger's, each a time, a tool and its target; `decisions` the guard's (None: it kept no log);
    `files` what differs in the tree, each a path and a text.
    """

    sentence: str
    calls: tuple[tuple[str, str, str], ...] = ()
    decisions: tuple[Decision, ...] | None = None
    files: tuple[tuple[str, str], ...] = ()
