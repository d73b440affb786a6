"""Where on the result's time line a picture or a sound of the source belongs."""

from __future__ import annotations

from fractions import Fraction

BACK_S = 1  # time that goes back further is a new beginning: files joined end to end, a broadcast's clock set anew


def to_seconds(ticks: int | None, time_base: Fraction | None) -> Fraction:
    """Return a time given in ticks; zero for none."""
    return (ticks or 0) * (time_base or Fraction(0))


class Timeline:
    """Move a stream's times to begin with the file's, and join the parts of one whose clock was set anew.

    A time that is more than `ahead` seconds after the one that was due is such a beginning too.
    """

    def __init__(self, start: Fraction, ahead: Fraction) -> None:
        self._shift = -start
        self._ahead = ahead
        self._last: Fraction | None = None
        self._due = Fraction(0)

    def place(self, time: Fraction | None, duration: Fraction) -> Fraction:
        """Return the second at which something of the given duration belongs; what has no time follows the last."""
        if time is None:
            time = self._due
        else:
            time += self._shift
            if self._last is not None and not self._last - BACK_S <= time <= self._due + self._ahead:
                self._shift += self._due - time
                time = self._due
        self._last, self._due = time, time + duration
        return time
