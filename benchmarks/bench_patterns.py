"""Every pattern of the catalogue on the text that is worst for it, ten times as long: how many times the CPU time."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from conductor.diagnosis.causes import built_in  # noqa: E402
from tests.diagnosis.pumping import list_pumps  # noqa: E402

SHORT, LONG = 3_000, 30_000
# What is quadratic takes a hundred times as long, what is linear about ten. Under NOTHING_S the clock says nothing.
MOST_TIMES, NOTHING_S = 20, 0.005
SHOWN = 3


def list_patterns() -> list[str]:
    signs = [sign for cause in built_in() for sign in cause.signs]
    return sorted({one.pattern for sign in signs for one in (sign.match, sign.unless, sign.near) if one is not None})


def cpu_s(pattern: re.Pattern[str], pump: str, size: int) -> float:
    text = (pump * (size // len(pump) + 1))[:size]
    took = []
    for _ in range(3):
        began = time.process_time()
        pattern.search(text)
        took.append(time.process_time() - began)
    return min(took)


def main() -> int:
    rows = []
    for text in list_patterns():
        pattern, pumps = re.compile(text), list_pumps(text)
        if pumps:
            short, pump = max((cpu_s(pattern, one, SHORT), one) for one in pumps)
            long = cpu_s(pattern, pump, LONG)
            rows.append((long / max(short, 1e-9) if long > NOTHING_S else 0.0, long, text))
    rows.sort(reverse=True)
    print(f"{len(rows)} patterns, each on its worst pump; {SHORT:,} against {LONG:,} characters")
    for times, long, text in rows[:SHOWN]:
        print(f"{times:6.1f} times (at most {MOST_TIMES}), {long * 1000:6.1f} ms: {text[:80]}")
    return int(rows[0][0] > MOST_TIMES)


if __name__ == "__main__":
    raise SystemExit(main())
