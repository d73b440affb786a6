"""The judges, in the order in which their answers win where verdicts are equal."""

from __future__ import annotations

from conductor.rules.judge import (
    commit_push,
    container_build,
    file_variant,
    guard_tamper,
    history,
    host_pip,
    https_remote,
    os_package,
    python_environment,
    release_bypass,
    work_loss,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.rules.judge.call import Call, Place, Ruling, Write

# A push over HTTPS is first of all that; skipping hooks comes before the commit it is part of. What would be lost is
# named before the records that it could change.
CALL_JUDGES: tuple[Callable[[Call], Ruling | None], ...] = (
    https_remote.judge,
    guard_tamper.judge,
    host_pip.judge,
    os_package.judge,
    container_build.judge,
    commit_push.judge,
    release_bypass.judge,
    work_loss.judge,
)
WRITE_JUDGES: tuple[Callable[[Write, Place], Ruling | None], ...] = (
    guard_tamper.judge_write,
    host_pip.judge_write,
    os_package.judge_write,
    work_loss.judge_write,
    history.judge_write,
    file_variant.judge_write,
)
RULES = (
    https_remote.RULE,
    guard_tamper.RULE,
    python_environment.RULE,
    os_package.RULE,
    container_build.RULE,
    commit_push.RULE,
    history.RULE,
    file_variant.RULE,
    release_bypass.RULE,
    work_loss.RULE,
)
