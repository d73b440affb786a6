"""What must be seen before a task is complete, as it stands in TASKS.md.

`- [ ] build: the image of this task's revision builds` is open, `- [x] command unit: exits 0 (evidence REFERENCE)`
is met, `- [-] smoke: a job passes on the target (dropped 2026-01-05: no endpoint yet)` does not apply, and says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from conductor.errors import UsageProblem
from conductor.records.grammar import DAY
from conductor.records.markup import clean_title, escape_title, unescape_title

# kind -> what it expects where the writer says nothing more
KINDS: dict[str, str] = {
    "build": "the image of this task's revision builds",
    "image": "the registry has the image of this task's revision",
    "deployed": "the target runs the image by its digest",
    "smoke": "a job passes on the target",
    "performance": "the measured time is within its limit",
    "command": "exits 0",
    "file": "changed",
    "commit": "the work is committed",
    "manual": "a person looked and agreed",
}
_WITH_ARGUMENT = ("command", "file", "performance")
_LINE = re.compile(
    r"[-*] \[(?P<mark>[ xX-])\] (?P<kind>[a-z_]+)(?: (?P<argument>(?:[^:]|:(?! ))+?))?: (?P<text>.*?)"
    rf"(?: \(evidence (?P<reference>\S+)\))?(?: \(dropped (?P<day>{DAY}): (?P<why>.*)\))?\s*"
)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation; `number` counts from 1 in the task, `reference` is the evidence that met it."""

    kind: str
    argument: str
    text: str
    ticked: bool = False
    reference: str | None = None
    dropped: str | None = None
    dropped_on: str | None = None
    number: int = 0

    @property
    def label(self) -> str:
        """Return what a person reads: `command unit: exits 0`."""
        return f"{self.kind}{f' {self.argument}' if self.argument else ''}: {self.text}"


def parse_expectation(line: str, number: int = 0) -> Expectation | None:
    """Return the expectation a line of the section holds, or None where it holds none."""
    match = _LINE.fullmatch(line.rstrip())
    if not match:
        return None
    return Expectation(
        match["kind"],
        unescape_title(match["argument"] or ""),
        unescape_title(match["text"]),
        match["mark"] in "xX",
        match["reference"],
        unescape_title(match["why"]) if match["why"] is not None else None,
        match["day"],
        number,
    )


def render_expectation(expectation: Expectation) -> str:
    """Return the line, without its end."""
    mark = "-" if expectation.dropped is not None else "x" if expectation.ticked else " "
    argument = f" {escape_title(expectation.argument)}" if expectation.argument else ""
    line = f"- [{mark}] {expectation.kind}{argument}: {escape_title(expectation.text)}"
    if expectation.reference:
        line += f" (evidence {expectation.reference})"
    if expectation.dropped is not None:
        line += f" (dropped {expectation.dropped_on}: {escape_title(expectation.dropped)})"
    return line


def read_wish(text: str) -> Expectation:
    """Return the expectation a person typed: `build`, `smoke production`, or `command unit: exits 0`.

    Raises UsageProblem for an unknown kind or a missing argument.
    """
    head, colon, rest = text.partition(":")
    kind, _, argument = head.strip().partition(" ")
    if kind not in KINDS:
        import difflib

        near = difflib.get_close_matches(kind, KINDS, n=1)
        raise UsageProblem(
            f"{kind[:40]!r} is not a kind of expectation" + (f"; did you mean {near[0]}?" if near else ""),
            hint=f"write KIND [ARGUMENT][: text], with a kind of {', '.join(KINDS)}; for example: command unit",
        )
    if kind in _WITH_ARGUMENT and not argument.strip():
        raise UsageProblem(
            f"an expectation of kind {kind} needs a name behind it",
            hint={"command": "command NAME, a name from commands: in CONDUCTOR.md", "file": "file PATH"}.get(
                kind, "performance TARGET"
            ),
        )
    words = clean_title(rest, "the expectation") if colon and rest.strip() else KINDS[kind]
    # What stands behind the text has a meaning of its own, so the text itself may not end like it.
    words = re.sub(r"\((?=evidence |dropped )", "( ", words)
    name = clean_title(argument, "the argument").replace(": ", ":") if argument.strip() else ""
    return Expectation(kind, name.rstrip(":"), words)


def is_reference(text: str | None) -> bool:
    """Tell whether the text has the form of an evidence reference."""
    from conductor.domain.evidence import REFERENCE

    return text is not None and REFERENCE.fullmatch(text) is not None
