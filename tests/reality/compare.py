"""Preflight's answer about each case beside its truth."""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import ProcessPoolExecutor
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


def _judge_all(cases: list[Case], truths: list[Truth], folders: list[Path], conductor: Path) -> list[Row]:
    with ProcessPoolExecutor(2) as pool:
        answers = list(pool.map(ask, folders, [conductor] * len(folders)))
    by_name = dict(zip((case.name for case in cases), answers, strict=True))
    rows = zip(cases, truths, answers, strict=True)
    # A mutant of a project that is broken already says nothing about its own fault.
    broken = {case.name for case, truth in zip(cases, truths, strict=True) if not truth.works}
    return [
        Row(case, truth, answer, judge(truth, answer, by_name.get(case.parent), _shown(case, broken)))
        for case, truth, answer in rows
    ]


def _shown(case: Case, broken: set[str]) -> str | None:
    return None if case.parent in broken else case.shows


def compare_all(out: Path, conductor: Path, only: str = "") -> list[Row]:
    """Ask preflight about each case that has a truth, and about the parents of those chosen; what it said is kept beside."""
    cases = load_cases(out)
    parents = {case.parent for case in cases if only in case.name}
    cases = [case for case in cases if only in case.name or case.name in parents]
    truths = [truth for case in cases if (truth := load_truth(out / case.name))]
    rows = _judge_all(cases, truths, [out / case.name / "project" for case in cases], conductor)
    for row in rows:
        said = {"verdict": row.verdict, "findings": row.answer.findings}
        (out / row.case.name / "preflight.json").write_text(json.dumps(said, indent=1) + "\n")
    return rows


def find_doubtful(cases: list[Case], conductor: Path) -> list[Case]:
    """Return, of each kind once, the cases where preflight's answer is not what the generator means; the build decides.

    Such a choice finds disagreements quickly, and its figures say nothing about the whole.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch) / case.name for case in cases]
        for case, folder in zip(cases, folders, strict=True):
            case.project.write(folder)
        rows = _judge_all(cases, [Truth(not case.fault, not case.fault) for case in cases], folders, conductor)
    chosen: dict[str, Case] = {}
    for row in rows:
        if row.verdict in WRONG:
            chosen.setdefault(f"{row.verdict} {row.case.fault or row.said[:1]}", row.case)
    return list(chosen.values())
