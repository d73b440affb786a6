"""Preflight's answer about each case beside its truth."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.reality.engine import Truth
from tests.reality.plan import Case
from tests.reality.truths import load_cases, load_truth
from tests.reality.verdict import Answer, ask, judge

# The verdicts that are disagreements with what files show.
WRONG = ("robust", "false", "missed", "noise")


@dataclass(frozen=True, slots=True)
class Row:
    """One case, what happened to it and what preflight said."""

    case: Case
    truth: Truth
    answer: Answer
    verdict: str

    @property
    def said(self) -> list[tuple[str, str]]:
        """Code and message of its errors, of its warnings where there are none."""
        return sorted(self.answer.of("error") or self.answer.of("warning"))


def _judge_all(
    cases: list[Case],
    truth_of: Callable[[Case], Truth | None],
    folder_of: Callable[[Case, Path], Path],
    conductor: Path,
) -> list[Row]:
    answers: dict[str, Answer] = {}
    rows = []
    for case in cases:
        truth = truth_of(case)
        if truth is None:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            answer = answers[case.name] = ask(folder_of(case, Path(scratch)), conductor)
        rows.append(Row(case, truth, answer, judge(truth, answer, answers.get(case.parent), case.shows)))
    return rows


def compare_all(out: Path, conductor: Path, only: str = "") -> list[Row]:
    """Ask preflight about each case that has a truth."""
    cases = [case for case in load_cases(out) if only in case.name]
    rows = _judge_all(
        cases, lambda case: load_truth(out / case.name), lambda case, _: out / case.name / "project", conductor
    )
    return sorted(rows, key=lambda row: row.case.name)


def find_doubtful(cases: list[Case], conductor: Path) -> list[Case]:
    """Return, of each kind once, the cases where preflight's answer is not what the generator means; the build decides.

    Such a choice finds disagreements quickly, and its figures say nothing about the whole.
    """

    def write(case: Case, scratch: Path) -> Path:
        case.project.write(scratch / "project")
        return scratch / "project"

    rows = _judge_all(cases, lambda case: Truth(builds=not case.fault, starts=not case.fault), write, conductor)
    chosen: dict[str, Case] = {}
    for row in rows:
        if row.verdict in WRONG:
            chosen.setdefault(f"{row.verdict} {row.case.fault or row.said[:1]}", row.case)
    return list(chosen.values())
