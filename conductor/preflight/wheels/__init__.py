"""Judge a wheel against an environment: will pip take it, will it load, will its kernels run; and what fits instead.

`judge(wheel, environment, url=None) -> Judgement`; `Environment.from_image(reference)` or `.from_mapping(row)` make the
environment. A field of the environment that is None is unknown and never a fault, except `torch` where `has_torch` is
False.
"""

from __future__ import annotations

from conductor.preflight.wheels.environment import Environment
from conductor.preflight.wheels.faults import Fault, Reason
from conductor.preflight.wheels.judge import Judgement, judge
from conductor.preflight.wheels.name import WheelName, parse_wheel
from conductor.preflight.wheels.remedy import Remedy

__all__ = ["Environment", "Fault", "Judgement", "Reason", "Remedy", "WheelName", "judge", "parse_wheel"]
