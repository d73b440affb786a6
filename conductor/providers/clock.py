"""The machine's clock."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime


class SystemClock:
    """Time as the machine tells it; `CONDUCTOR_NOW` (ISO 8601) holds the wall clock still for tests and examples."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        if fixed := os.environ.get("CONDUCTOR_NOW"):
            return datetime.fromisoformat(fixed).astimezone(UTC)
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never go backwards."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait that long."""
        time.sleep(seconds)
