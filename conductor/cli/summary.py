"""Many findings on one screen: grouped by kind, each kind with its count, its first places and its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conductor.cli.layout import USUAL, cells, cut, fold
from conductor.cli.output import paint_label, render_finding
from conductor.domain.finding import Finding, Severity, sort_findings
from conductor.domain.text import one_line

# What fits on one screen together with the prompt, the closing line and a command before it.
SCREEN = 36
_PLACES = 3
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.ADVICE: 2}


@dataclass(frozen=True, slots=True)
class Kind:
    """The findings of one code and severity, in the house's order."""

    severity: Severity
    code: str
    members: tuple[Finding, ...]


def fits_a_screen(findings: Sequence[Finding]) -> bool:
    """Tell whether the findings, each in full, fit on one screen of the usual width."""
    if len(findings) > SCREEN:
        return False
    lines = [line for finding in findings for line in render_finding(finding).splitlines()]
    return sum(len(fold(line, USUAL)) for line in lines) <= SCREEN


def group_findings(findings: Sequence[Finding]) -> list[Kind]:
    """Return the kinds, errors first, then what stands in most places."""
    members: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in sort_findings(list(findings)):
        members.setdefault((finding.severity, finding.code), []).append(finding)
    kinds = [Kind(severity, code, tuple(found)) for (severity, code), found in members.items()]
    return sorted(kinds, key=lambda kind: (_ORDER[kind.severity], -len(kind.members), kind.code))


def render_screen(findings: Sequence[Finding], *, paint: bool = False) -> list[str]:
    """Return at most a screen of lines: kinds in full while there is room, then a line each, then their number."""
    kinds = group_findings(findings)
    room, lines = SCREEN, []
    for place, kind in enumerate(kinds):
        whole, short = _render_kind(kind, paint=paint), _render_line(kind, paint=paint)
        after = len(kinds) - place - 1
        size = sum(len(fold(line, USUAL)) for line in whole)
        if size + after <= room:
            lines += whole
            room -= size
        elif room > 1 or not after:
            lines.append(short)
            room -= 1
        else:
            left = sum(len(rest.members) for rest in kinds[place:])
            lines.append(f"… and {_more(after + 1, 'kind', 'kinds')}, {left} findings")
            break
    return lines


def _render_kind(kind: Kind, *, paint: bool) -> list[str]:
    first = kind.members[0]
    if len(kind.members) == 1:
        where = f"{first.location}: " if first.location else ""
        return [f"{where}{paint_label(first, paint=paint)} {one_line(first.message)}", *_remedy(kind)]
    alike = len({one.message for one in kind.members}) == 1
    lines = [f"{paint_label(first, paint=paint)} {_count(kind)}{'' if alike else ', first'}: {one_line(first.message)}"]
    places = list(dict.fromkeys(str(one.location) for one in kind.members if one.location))
    if places:
        more = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
        lines.append(f"    {', '.join(places[:_PLACES])}{more}")
    return [*lines, *_remedy(kind)]


def _remedy(kind: Kind) -> list[str]:
    remedies = dict.fromkeys(one_line(one.remedy) for one in kind.members)
    more = f" (and {_more(len(remedies) - 1, 'remedy', 'remedies')}: --all)" if len(remedies) > 1 else ""
    return [f"  remedy: {next(iter(remedies))}{more}"]


def _render_line(kind: Kind, *, paint: bool) -> str:
    count = _count(kind)
    head = f"{paint_label(kind.members[0], paint=paint)} {count}: "
    room = USUAL - cells(head)
    message = one_line(kind.members[0].message)
    return head + (message if cells(message) <= room else cut(message, room - 1) + "…")


def _count(kind: Kind) -> str:
    return f"{len(kind.members)} finding{'' if len(kind.members) == 1 else 's'}"


def _more(count: int, one: str, several: str) -> str:
    return f"{count} more {one if count == 1 else several}"
