"""`conductor rehearse --real`: what must be there and what must be allowed before anything is built on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conductor.rehearsal.parts import Parts

RULE = "container_build"


def choose_parts(source: Path | None) -> Parts:
    """Return the real parts for a rehearsal of `source` (None: of the sample project).

    Raises UsageProblem with what is missing, and where the project's rule R4 forbids builds here and nobody has
    allowed this one.
    """
    from conductor.config.missing import missing_extra
    from conductor.errors import UsageProblem
    from conductor.rehearsal.real.parts import RealParts, list_missing

    if missing := list_missing():
        raise UsageProblem(
            f"a rehearsal with real parts needs what is not here: {', '.join(missing)}",
            hint="in a clone of Conductor, as root on Debian: make rehearse-real",
        )
    for package in ("docker", "cryptography"):
        from importlib.util import find_spec

        if find_spec(package) is None:
            raise missing_extra("rehearsal", package)
    if source is not None:
        allow_build(source)
    return RealParts(lambda text: print(text, file=sys.stderr, flush=True))


def allow_build(source: Path) -> None:
    """Use a grant for the build on this machine, or ask the person; nothing where no rule of the project is against it.

    Raises UsageProblem where there is neither.
    """
    from conductor.cli.release import may_ask
    from conductor.cli.terminal import ask_person
    from conductor.cli.wiring import open_project
    from conductor.domain.grant import Use
    from conductor.errors import UsageProblem
    from conductor.release.ledger import stamp
    from conductor.sessions.acts import Wish
    from conductor.sessions.grants import GrantStore
    from conductor.sessions.traces import Traces

    project = open_project(source)
    if project.settings.rules[RULE].level not in {"block", "ask"}:
        return
    store, now = GrantStore(project.state_dir, project.key), stamp(project.clock)
    wish, traces = Wish(RULE, (None,), Use("", logs={})), Traces(project.repository.common_dir)
    if store.settle([wish], now, traces):
        return
    if not may_ask(yes=False):
        raise UsageProblem(
            f"this project builds no image on this machine (R4, {RULE}), and nobody has allowed it for this rehearsal",
            hint=f"conductor grant {RULE} --once, typed by you in a terminal of your own",
        )
    ask_person(
        "rehearse --real",
        "R4 says that no image is built on this machine. This rehearsal builds yours, in an engine of its own\n"
        "that is gone at the end; nothing of it is pushed anywhere but to a registry that is gone, too.",
    )
    store.add(
        RULE, action=None, scope="once", why="typed at the prompt of conductor rehearse --real",
        by="the person at the terminal", at=now,
    )  # fmt: skip
    store.settle([wish], now, traces)
