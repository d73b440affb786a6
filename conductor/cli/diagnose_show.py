"""How `conductor diagnose` tells what logs say: for a person, and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conductor.errors import ExitCode, NothingToDo

if TYPE_CHECKING:
    from conductor.diagnosis.choose import Diagnosis
    from conductor.diagnosis.sources.source import Answer, Source
    from conductor.domain.finding import Finding


@dataclass(frozen=True, slots=True)
class Shown:
    """What a log, or several, said: each answer with its finding, None where it has no cause.

    `source` is None for a file and standard input. `beside` are lines that are told behind the findings.
    """

    answers: tuple[tuple[Answer, Finding | None], ...]
    source: Source | None = None
    beside: tuple[str, ...] = ()

    @property
    def findings(self) -> list[Finding]:
        """Return the causes, the first one first."""
        return [finding for _, finding in self.answers if finding is not None]

    @property
    def exit_code(self) -> ExitCode:
        """Return 1 with a cause, 3 without."""
        return ExitCode.FINDINGS if self.findings else ExitCode.NOTHING


def print_shown(shown: Shown) -> None:
    """Print the causes; raises NothingToDo where there is none, after the lines that tell most."""
    from conductor.diagnosis.explain import quote

    for answer, finding in shown.answers:
        if finding is None:
            for name in answer.names:
                print(f"  in {name}, no known cause:" if shown.findings else f"  in {name}:")
            for line in answer.diagnosis.told:
                print(f"    {quote(line)}")
        else:
            _print_cause(answer, finding)
    if shown.source:
        print(f"  of {shown.source.subject}: {shown.source.place}")
    for told in shown.beside:
        print(f"  {told}")
    if not shown.findings:
        count = sum(answer.diagnosis.lines for answer, _ in shown.answers)
        raise NothingToDo(
            f"no known cause in {count} lines",
            hint='read the lines above; a cause of your own: docs/diagnosis.md, "Causes of a project"',
        )


def _print_cause(answer: Answer, finding: Finding) -> None:
    from conductor.cli.output import print_findings
    from conductor.diagnosis.explain import message_of, quote

    print_findings([finding])
    found = answer.diagnosis
    if answer.names:
        print(f"  in {', '.join(answer.names)}")
    if found.suspect and found.suspect.cause.checks:
        print(f"  before the push: conductor preflight explain {found.suspect.cause.checks[0]}")
    for other in found.also:
        print(f"also, of its own: {other.cause.code}: {message_of(other)}")
        print(f"    {quote(other.lines[0])}")


def render_json(shown: Shown, **more: Any) -> str:
    """Return the JSON: the first cause at the top, and every answer of a source below `answers`."""
    from conductor.cli.output import as_json

    first = shown.answers[0] if shown.answers else None
    source = shown.source
    return as_json(
        "diagnose",
        shown.exit_code,
        **(_row(*first) if first else {}),
        read=sum(answer.diagnosis.lines for answer, _ in shown.answers),
        source={
            "subject": source.subject,
            "place": source.place,
            "revision": source.revision,
            "notes": list(source.notes),
        }
        if source
        else None,
        answers=[{"names": list(answer.names), **_row(answer, finding)} for answer, finding in shown.answers],
        **more,
    )


def _row(answer: Answer, finding: Finding | None) -> dict[str, Any]:
    found: Diagnosis = answer.diagnosis
    from conductor.diagnosis.explain import quote

    return {
        "cause": finding.code if finding else None,
        "confidence": str(finding.confidence) if finding else None,
        "remedy": finding.remedy if finding else None,
        "finding": finding.as_json() if finding else None,
        "lines": [quote(line) for line in (found.suspect.lines if found.suspect else found.told)],
        "also": [{"cause": other.cause.code, "lines": [quote(line) for line in other.lines]} for other in found.also],
    }
