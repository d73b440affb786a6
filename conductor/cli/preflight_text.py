"""Preflight's findings for a person: one screen, what ends the build first, the rest by kind with counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conductor.cli.layout import fold
from conductor.cli.output import paint_label
from conductor.domain.finding import Finding, Severity, sort_findings
from conductor.domain.text import one_line, quoted_line

# Rows that the command, the closing line and the prompt take, and the least that anything is shown in.
_AROUND = 4
_LEAST_ROWS = 10


@dataclass(frozen=True, slots=True)
class Span:
    """An instruction of a Dockerfile: its file, its first and its last line."""

    path: str
    first: int
    last: int

    def holds(self, finding: Finding) -> bool:
        """Tell whether a finding points into the instruction."""
        where = finding.location
        return where is not None and where.path == self.path and self.first <= (where.line or 0) <= self.last


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one check that are shown as one: errors of one instruction, or warnings of the whole image."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """Return the one that is shown."""
        return self.findings[0]


def render_screen(findings: Iterable[Finding], spans: Sequence[Span], *, width: int, rows: int) -> str:
    """Return what a person sees: errors, then warnings by kind, in at most `rows` lines of `width` characters.

    Advice is not shown (the closing line counts it); what does not fit is counted in the last line.
    """
    ordered = sort_findings(list(findings))
    errors = _group_errors([one for one in ordered if one.severity is Severity.ERROR], spans)
    warnings = _group_warnings([one for one in ordered if one.severity is Severity.WARNING])
    groups = [*errors, *warnings]
    forms = [_forms(group, width) for group in groups]
    shown = _choose(forms, max(rows - _AROUND, _LEAST_ROWS), width)
    out = [line for lines in shown for line in lines]
    hidden = groups[len(shown) :]
    return "\n".join([*out, *([_rest(hidden)] if hidden else [])])


def _choose(forms: list[list[list[str]]], rows: int, width: int) -> list[list[str]]:
    """Return as many groups as fit, each in the longest of its forms for which the lines of the others leave room."""
    heads = [each[-1] for each in forms]
    fitting = len(forms)
    while fitting > 1 and _rows(heads[:fitting], width) + (fitting < len(forms)) > rows:
        fitting -= 1
    shown = heads[:fitting]
    left = rows - _rows(shown, width) - (fitting < len(forms))
    for number in range(fitting):
        for form in forms[number]:
            more = _height(form, width) - _height(heads[number], width)
            if more <= left:
                shown[number] = form
                left -= more
                break
    return shown


def _rows(groups: list[list[str]], width: int) -> int:
    return sum(_height(lines, width) for lines in groups)


def _group_errors(errors: list[Finding], spans: Sequence[Span]) -> list[Group]:
    """Return the errors, those that one check has in one instruction together."""
    groups: dict[tuple[str, object], list[Finding]] = {}
    for error in errors:
        span = next((one for one in spans if one.holds(error)), None)
        groups.setdefault((error.code, span or (str(error.location), error.message)), []).append(error)
    return [Group(tuple(one)) for one in groups.values()]


def _group_warnings(warnings: list[Finding]) -> list[Group]:
    groups: dict[str, list[Finding]] = {}
    for warning in warnings:
        groups.setdefault(warning.code, []).append(warning)
    return [Group(tuple(one)) for one in groups.values()]


def _forms(group: Group, width: int) -> list[list[str]]:
    """Return a group's lines in full, without what the judgement rests on, and its first line alone."""
    finding = group.first
    where = f"{finding.location}: " if finding.location else ""
    head = [f"{where}{paint_label(finding, paint=True)} {one_line(finding.message)}"]
    # The quoted line is a reminder and may be cut; what the judgement rests on may not.
    limits = [max(width - 4, 20), *(2000 for _ in finding.context)]
    quoted = [f"    {quoted_line(line, limit)}" for line, limit in zip(finding.context, limits, strict=False)]
    also = [_also(group, width)] if len(group.findings) > 1 else []
    remedy = [f"  remedy: {one_line(finding.remedy)}"]
    if finding.severity is Severity.WARNING:
        return [[*head, *([] if also else quoted), *also, *remedy], [*head, *also, *remedy], head]
    page = [f"  docs: {finding.docs}"] if finding.docs else []
    return [[*head, *quoted, *also, *remedy, *page], [*head, *quoted[:1], *also, *remedy], [*head, *remedy], head]


def _also(group: Group, width: int) -> str:
    """Return where the others of a group are, as far as they fit on one line."""
    first = group.first.location.path if group.first.location else ""
    places = []
    for other in group.findings[1:]:
        where = other.location
        if where is not None:
            places.append(str(where.line) if where.path == first else f"{where.path}:{where.line}")
    count = len(group.findings) - 1
    line = f"  and {count} more of this kind: {', '.join(dict.fromkeys(places))}"
    return line if len(line) <= width else f"  and {count} more of this kind"


def _height(lines: list[str], width: int) -> int:
    """Return how many rows lines take on a screen of that width, folded as the terminal's writer folds them."""
    return sum(len(fold(line, width)) for line in lines)


def _rest(hidden: list[Group]) -> str:
    counts = {
        severity: sum(len(one.findings) for one in hidden if one.first.severity is severity)
        for severity in (Severity.ERROR, Severity.WARNING)
    }
    said = [f"{count} {severity}{'' if count == 1 else 's'}" for severity, count in counts.items() if count]
    return f"and {', '.join(said)} more: conductor preflight --all"
