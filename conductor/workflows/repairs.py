"""Lines that make a workflow's image releasable: where they go, as they must be written there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from conductor.workflows.located import Table, Text, place_of_key
from conductor.workflows.steps import Step, steps_in
from conductor.workflows.used import input_of

# An image's name as it is written, expressions in it, with a tag that is no expression.
_LITERAL = re.compile(
    r"(?P<name>(?:\$\{\{[^}]*\}\}|:(?=\d+/)|[^\s,'\"|>#:$])+):(?P<tag>[A-Za-z0-9_][\w.-]*)(?=$|[\s,'\"])"
)
_SHA = "${{ github.sha }}"


@dataclass(frozen=True, slots=True)
class Edit:
    """On `line`, `old` becomes `new`; an empty `old` puts `new` in as a line of its own before it."""

    line: int
    old: str
    new: str


def builds_event(step: Step) -> bool:
    """Tell whether the step builds the event's own commit: nothing else was checked out before."""
    before = list(steps_in(step.workflow, step.job_id, step.job))[: step.number]
    checkouts = [one for one in before if one.used is not None and one.used.name == "actions/checkout"]
    return not any(input_of(one.table, key) for one in checkouts for key in ("ref", "repository"))


def add_commit_tag(step: Step) -> Edit | None:
    """Return the edit that gives the image the commit's tag beside the one that is written out; None where it can't."""
    tags = input_of(step.table, "tags")
    if not isinstance(tags, Text) or not builds_event(step):
        return None
    for number in range(tags.line, tags.end_line + 1):
        line = step.workflow.lines[number - 1] if number <= len(step.workflow.lines) else ""
        match = next((one for one in _LITERAL.finditer(line) if one[0] in tags), None)
        if match is None or line.count(match[0]) != 1:
            continue
        wanted = f"{match['name']}:{_SHA}"
        if line.strip() == match[0] and number > tags.line:
            return Edit(number, "", line[: len(line) - len(line.lstrip())] + wanted)
        return None if _is_in_braces(line, tags) else Edit(number, match[0], f"{match[0]},{wanted}")
    return None


def add_label(step: Step, label: str) -> Edit | None:
    """Return the edit that labels the image with the event's commit; None where there are labels, or no room for it."""
    given = step.table.get("with")
    if not isinstance(given, Table) or input_of(step.table, "labels") is not None or not builds_event(step):
        return None
    return _before(step, given, "tags", f"labels: {label}={_SHA}")


def add_id(step: Step) -> Edit | None:
    """Return the edit that gives the step an id, by which the job can hand its digest on."""
    taken = {str(one.table.get("id")) for one in steps_in(step.workflow, step.job_id, step.job)}
    name = next(one for one in ("build", "image", "pushed", "built") if one not in taken)
    return _before(step, step.table, "with", f"id: {name}")


def add_output(step: Step) -> Edit | None:
    """Return the edit that hands the digest on as the job's output."""
    identity = step.table.get("id")
    if not identity or "outputs" in step.job or not step.job.places:
        return None
    line, column = place_of_key(step.job, next(iter(step.job.places)))
    margin = step.workflow.lines[line - 1][: column - 1]
    if margin.strip():
        return None
    return Edit(line, "", f'{margin}outputs: {{digest: "${{{{ steps.{identity}.outputs.digest }}}}"}}')


def _before(step: Step, table: Table, key: str, text: str) -> Edit | None:
    """Return a line before a key of a mapping; None where the key does not begin its line."""
    line, column = place_of_key(table, key)
    margin = step.workflow.lines[line - 1][: column - 1]
    return Edit(line, "", f"{margin}{text}") if key in table and not margin.strip() else None


def _is_in_braces(line: str, value: Text) -> bool:
    """Tell whether a plain text stands in a mapping or a list of one line, where a brace or a comma would end it."""
    return value.plain and re.search(r"[{\[]", line[: value.column - 1].replace("${{", "")) is not None
