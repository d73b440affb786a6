"""Accept what an old project brings along: its findings with a reason, this machine's packages as a baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conductor.errors import UsageProblem

if TYPE_CHECKING:
    from conductor.cli.wiring import Project
    from conductor.domain.finding import Finding

# Another machine has other packages, and a value that nobody filled in is nothing to get used to.
NOT_ACCEPTED = frozenset({"host", "configuration"})


@dataclass(frozen=True, slots=True)
class Accepted:
    """How many findings are accepted now, and how many of them are new or gone."""

    total: int
    added: int
    dropped: int


def accept_findings(project: Project, found: dict[str, list[Finding]], why: str) -> Accepted:
    """Write the findings of each area, with the reason, to the accepted ones; for people.

    Raises UsageProblem where an agent types, or without a reason.
    """
    from conductor.domain.text import one_line
    from conductor.rules.accepted import accept, load_accepted, save_accepted
    from conductor.sessions.grants import require_person

    require_person("check --accept")
    if not why.strip():
        raise UsageProblem("accepting findings needs a reason", hint='conductor check --accept --why "…"')
    committed = {area: findings for area, findings in found.items() if area not in NOT_ACCEPTED}
    today = project.clock.now().date().isoformat()
    rows, added, dropped = accept(load_accepted(project.root), committed, why=one_line(why, 300), at=today)
    save_accepted(project.root, rows)
    return Accepted(len(rows), added, dropped)


def take_first_baseline() -> str | None:
    """Remember what is on this machine, where nothing was remembered yet, and say what it is; None where it was."""
    from conductor.cli.host import describe_inventory, inventory_of_this_machine
    from conductor.config.places import state_dir
    from conductor.host.baseline import load_baseline, save_baseline

    try:
        if load_baseline(state_dir()) is not None:
            return None
    except UsageProblem:
        return None  # damaged: `conductor check host` says so, and taking a new one is for a person
    inventory = inventory_of_this_machine()
    save_baseline(state_dir(), inventory)
    return describe_inventory(inventory)
