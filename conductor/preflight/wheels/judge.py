"""The judgement of one wheel in one environment."""

from __future__ import annotations

from dataclasses import dataclass

from conductor.domain.day import Day
from conductor.preflight.wheels.contents import contents_of
from conductor.preflight.wheels.environment import Environment
from conductor.preflight.wheels.faults import Fault, Reason, environment_faults
from conductor.preflight.wheels.name import WheelName, parse_wheel
from conductor.preflight.wheels.publication import publication_fault
from conductor.preflight.wheels.remedy import Remedy, find_remedy


@dataclass(frozen=True, slots=True)
class Judgement:
    """`faults` are all of them, the first to name first; `remedy` is a wheel that fits, where one is known."""

    wheel: WheelName
    faults: tuple[Fault, ...]
    remedy: Remedy | None

    @property
    def verdict(self) -> str:
        """Return `ok` or `fail`."""
        return "fail" if self.faults else "ok"

    @property
    def reason(self) -> Reason | None:
        """Return the first fault's reason."""
        return self.faults[0].reason if self.faults else None


def judge(wheel: str, environment: Environment, url: str | None = None, day: Day | None = None) -> Judgement:
    """Judge a wheel (file name, address or requirement) that the environment is to install, from that address.

    What was published after the `day` does not exist, neither as the wheel nor as its remedy.
    """
    if url is None and "://" in wheel:
        url = wheel
    name = parse_wheel(wheel)
    faults = tuple(environment_faults(name, contents_of(name), environment))
    unobtainable = publication_fault(name, url, day)
    if unobtainable:
        faults = (unobtainable, *faults)
    return Judgement(name, faults, find_remedy(name, environment, day=day) if faults else None)
