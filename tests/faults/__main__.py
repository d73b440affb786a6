"""Run the table and print it: `python -m tests.faults [--cases WORDS]`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from conductor.providers.clock import SystemClock
from tests.faults.judge import Verdict, play
from tests.faults.stand import Stand
from tests.faults.table import PLACES, Case, every_case

KINDS = ("as without", "went back", "stopped", "not met", "wrong")


def main() -> int:
    """Run what was asked for and return 0 where nothing is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", default="", help="only cases whose name has these words")
    parser.add_argument("--part", default="1/1", help="only this part of them: 2/3")
    asked = parser.parse_args()
    part, of = (int(word) for word in asked.part.split("/"))
    cases = [case for case in every_case() if asked.cases in case.name][part - 1 :: of]
    clock = SystemClock()
    begun, verdicts = clock.monotonic(), run(cases)
    table = render(verdicts, clock.monotonic() - begun)
    print(table)
    return int(any(verdict.wrong for verdict in verdicts))


def run(cases: list[Case]) -> list[Verdict]:
    """Play the cases one after the other, and tell of those that go wrong as they do."""
    stand, verdicts = Stand(), []
    try:
        for case in cases:
            verdicts.append(play(stand, case))
            for text in verdicts[-1].wrong:
                print(f"{case.name}: {text}", file=sys.stderr, flush=True)
    finally:
        stand.close()
    return verdicts


def render(verdicts: list[Verdict], seconds: float) -> str:
    """Return the table as Markdown: a row for each place."""
    rows = [f"| {name} | {' | '.join(str(counts[kind]) for kind in KINDS)} |" for name, counts in count(verdicts)]
    return (
        f"{len(verdicts)} cases in {seconds:.0f} s:\n\n| where | {' | '.join(KINDS)} |\n"
        f"| --- | {' | '.join('---:' for _ in KINDS)} |\n" + "\n".join(rows) + "\n"
    )


def count(verdicts: list[Verdict]) -> list[tuple[str, Counter[str]]]:
    """Return how the cases of each place ended, and of all of them."""
    found = [
        (place.name, Counter(verdict.kind for verdict in verdicts if verdict.case.place is place)) for place in PLACES
    ]
    return [*found, ("all", Counter(verdict.kind for verdict in verdicts))]


if __name__ == "__main__":
    sys.exit(main())
