"""How long a service is asked again: one budget for questions, one for limits, stated in docs/release.md.

A question changes nothing, so it may be asked as often as one likes. A change is sent again only where the service
refused it unseen (a limit); whoever sends one that can be repeated looks first whether it has arrived.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from conductor.ports.clock import Clock
from conductor.providers.answers import Answer, ServiceRefused

T = TypeVar("T")

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 15.0
# "If none of these, wait at least one minute" (docs.github.com, best practices for using the REST API).
UNTOLD_LIMIT_S = 60.0
_NUMBER = re.compile(r"[0-9]{1,12}")
_LIMIT_WORDS = re.compile(rb"secondary rate limit|rate limit exceeded|abuse detection|toomanyrequests", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Budget:
    """For how many seconds a question is asked again: where nothing useful comes, and where a limit is told."""

    questions_s: float
    limits_s: float


# A release waits for minutes anyway; who looks something up by hand is told soon.
PATIENT = Budget(120, 600)
QUICK = Budget(1, 10)
# What nobody waits at (cron): one answer that is lost must not ring a bell.
WATCHFUL = Budget(15, 60)


class Persistence:
    """Asks a service again while its no is a passing one and the budget lasts."""

    def __init__(self, clock: Clock, budget: Budget) -> None:
        self._clock = clock
        self._budget = budget

    def ask(self, question: Callable[[], T]) -> T:
        """Return the answer to something that changes nothing; raises ServiceRefused when patience has ended."""
        return self._repeat(question, lambda refused: refused.passing)

    def tell(self, change: Callable[[], T]) -> T:
        """Return the answer to something that changes something: sent again only where a limit refused it unseen."""
        return self._repeat(change, lambda refused: refused.limited)

    def _repeat(self, act: Callable[[], T], may_come_back: Callable[[ServiceRefused], bool]) -> T:
        begun, pause = self._clock.monotonic(), FIRST_PAUSE_S
        while True:
            try:
                return act()
            except ServiceRefused as refused:
                wait = max(refused.pause_s, pause)
                budget = self._budget.limits_s if refused.limited else self._budget.questions_s
                if not may_come_back(refused) or self._clock.monotonic() - begun + wait > budget:
                    raise
            self._clock.sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE_S)


def is_limit(answer: Answer) -> bool:
    """Tell whether the answer says that too much was asked, rather than no."""
    if answer.status == 429:
        return True
    return answer.status == 403 and (
        "retry-after" in answer.headers
        or answer.headers.get("x-ratelimit-remaining") == "0"
        or _LIMIT_WORDS.search(answer.body[:4096]) is not None
    )


def read_pause(answer: Answer, now: datetime) -> float:
    """Return how many seconds the service wants to be left alone; 0 where it does not say."""
    told = answer.headers.get("retry-after", "").strip()
    if told:
        return _read_retry_after(told, now)
    reset = answer.headers.get("x-ratelimit-reset", "")
    if _NUMBER.fullmatch(reset) and answer.headers.get("x-ratelimit-remaining") == "0":
        return max(0.0, int(reset) - now.timestamp())
    exhausted = re.findall(r"r=0\s*;\s*t=([0-9]{1,9})", answer.headers.get("ratelimit", ""))
    untold = UNTOLD_LIMIT_S if is_limit(answer) and answer.status == 403 else 0.0
    return max((float(seconds) for seconds in exhausted), default=untold)


def _read_retry_after(told: str, now: datetime) -> float:
    if _NUMBER.fullmatch(told):
        return float(told)
    try:
        at = parsedate_to_datetime(told)
    except ValueError:
        return 0.0
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
