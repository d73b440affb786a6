"""A clock for drills: what a release sleeps passes a hundred times as fast, so that half an hour can be waited."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

PACE = 100.0
# Servers and workers live in real time: who asks them again at once would learn nothing and take their CPU.
SHORTEST_S = 0.02


class HurriedClock:
    """Time as the machine tells it, and all that was slept on top of it."""

    def __init__(self) -> None:
        self._slept = 0.0
        self._adding = threading.Lock()

    def now(self) -> datetime:
        """Return the present instant: aware, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self._slept)

    def monotonic(self) -> float:
        """Return seconds that never go backwards."""
        return time.monotonic() + self._slept

    def sleep(self, seconds: float) -> None:
        """Let that much time pass, in seconds, most of it at once."""
        really = min(seconds, max(seconds / PACE, SHORTEST_S))
        with self._adding:
            self._slept += seconds - really
        time.sleep(really)
