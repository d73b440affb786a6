"""Run the command line at a given instant: `python tests/at.py 2026-01-05T10:31:00+00:00 task new "Use the wheel"`.

The shipped program has no way to hold its clock still; pages and goldens that show a time are made with this one.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from conductor.cli.main import main
from conductor.providers import clock

INSTANT = datetime.fromisoformat(sys.argv.pop(1)).astimezone(UTC)


class HeldClock(clock.SystemClock):
    """The machine's clock, but for the wall clock, which stands still."""

    def now(self) -> datetime:
        """Return the given instant."""
        return INSTANT


if __name__ == "__main__":
    # Before any command is imported: each takes the clock from there.
    clock.SystemClock = HeldClock
    main()
