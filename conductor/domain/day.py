"""The day that something is judged for: facts about the world have dates, and a commit is judged by its day's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol


class Day(Protocol):
    """One day, asked only whether another one had come."""

    def reached(self, other: str) -> bool:
        """Tell whether that day (`2025-06-04`) had come."""
        ...


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day of the calendar, in UTC."""

    value: date

    def reached(self, other: str) -> bool:
        """Tell whether that day had come."""
        return self.value >= date.fromisoformat(other)
