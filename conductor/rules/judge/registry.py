"""The judges, in the order in which their answers win where verdicts are equal."""

from __future__ import annotations

from conductor.domain.rule import JUDGES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.rules.judge.call import Call, Place, Ruling, Write

# Not importlib: importing that costs as much as a judge.
_MODULES = [__import__(f"conductor.rules.judge.{name}", fromlist=["judge"]) for name in JUDGES]
CALL_JUDGES: tuple[Callable[[Call], Ruling | None], ...] = tuple(
    module.judge for module in _MODULES if hasattr(module, "judge")
)
WRITE_JUDGES: tuple[Callable[[Write, Place], Ruling | None], ...] = tuple(
    module.judge_write for module in _MODULES if hasattr(module, "judge_write")
)
