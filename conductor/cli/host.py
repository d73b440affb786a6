"""`conductor host`: which Pythons and packages are on this machine."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from conductor.cli.groups import command_app
from conductor.cli.output import as_json

if TYPE_CHECKING:
    from conductor.host.model import Inventory

app = command_app(
    no_args_is_help=True,
    help="See which Pythons and packages are on this machine, and remember how it should be.\n\n"
    "Example: conductor host list",
)
_JSON = typer.Option(False, "--json", help="Print JSON.")


def inventory_of_this_machine() -> Inventory:
    """Return what is on this machine now, the current project's own environments left out."""
    from conductor.cli.wiring import scan_host
    from conductor.providers.clock import SystemClock

    return scan_host(project_folder(), SystemClock())


def project_folder() -> Path:
    """Return the folder whose environments don't count: the repository around the current one, else the current one."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)


@app.command("list")
def list_host(
    everything: bool = typer.Option(False, "--all", help="Also what OS packages own."),
    json: bool = _JSON,
) -> None:
    """List the interpreters of this machine, and the distributions that no OS package owns.

    Example: conductor host list --all
    """
    from conductor.host.audit import is_foreign

    now = inventory_of_this_machine()
    shown = [one for one in now.distributions if everything or is_foreign(one)]
    if json:
        payload: dict[str, Any] = {
            "interpreters": [asdict(one) for one in now.interpreters],
            "distributions": [asdict(one) for one in shown],
            "tools": [asdict(one) for one in now.tools],
            "problems": [asdict(one) for one in now.problems],
        }
        print(as_json("host list", 0, **payload))
        return
    for interpreter in now.interpreters:
        owner = interpreter.owner or f"{interpreter.kind}, no OS package"
        marker = ", externally managed" if interpreter.managed else ""
        print(f"{interpreter.path}  Python {interpreter.version}  ({owner}{marker})")
        for site in interpreter.sites:
            members = [one for one in shown if one.site == site]
            print(f"  {site}  {len(members)} distributions")
            for one in members:
                by = one.owner or one.installer or "unknown installer"
                print(f"    {one.name} {one.version}  {by}{', bundled' if one.bundled else ''}  {one.dated[:10]}")
    for tool in now.tools:
        print(f"{tool.manager}: {tool.name} {tool.version}  {tool.path}")


@app.command("baseline")
def take_baseline(
    show: bool = typer.Option(False, "--show", help="Only say when the baseline was taken and what it holds."),
    json: bool = _JSON,
) -> None:
    """Remember what is on this machine now: from here on, `conductor check host` reports what changed.

    An agent may take the first one; one that would make reported changes disappear is for its user.

    Example: conductor host baseline
    """
    from conductor.config.places import state_dir
    from conductor.errors import NothingToDo
    from conductor.host.baseline import NAME, load_baseline, save_baseline

    if show:
        inventory = load_baseline(state_dir())
        if inventory is None:
            raise NothingToDo("no baseline was taken on this machine", hint="conductor host baseline")
    else:
        inventory = inventory_of_this_machine()
        _require_person_to_hide_changes(inventory)
        save_baseline(state_dir(), inventory)
    path = str(state_dir() / NAME)
    if json:
        print(as_json("host baseline", 0, path=path, taken_at=inventory.taken_at, **_counts(inventory)))
        return
    print(f"Baseline of {inventory.taken_at}: {describe_inventory(inventory)}.\n{path}")


def describe_inventory(inventory: Inventory) -> str:
    """Return `4 interpreters, 1206 distributions, 3 tools, 612 OS packages`."""
    counts = _counts(inventory)
    return ", ".join(f"{count} {name.replace('_', ' ').replace('os ', 'OS ')}" for name, count in counts.items())


def _counts(inventory: Inventory) -> dict[str, int]:
    return {
        "interpreters": len(inventory.interpreters),
        "distributions": len(inventory.distributions),
        "tools": len(inventory.tools),
        "os_packages": sum(len(packages) for packages in inventory.packages.values()),
    }


def _require_person_to_hide_changes(now: Inventory) -> None:
    """Refuse an agent a new baseline where something was installed since the old one."""
    from conductor.config.places import state_dir
    from conductor.errors import UsageProblem
    from conductor.host.audit import audit_host
    from conductor.host.baseline import load_baseline
    from conductor.sessions.grants import require_person

    try:
        old = load_baseline(state_dir())
        hides = old is not None and bool(audit_host(now, old))
    except UsageProblem:
        hides = True
    if hides:
        require_person("host baseline")
