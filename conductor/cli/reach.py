"""Gathers what `conductor guard walls` judges: what a process of this user can read and write on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conductor.cli.wiring import Project
    from conductor.guard.walls import Reach


def look_around() -> Reach:
    """Return what this user can get at, in the project of the current folder."""
    from conductor.cli.wiring import open_project
    from conductor.config.user import load_user_settings
    from conductor.guard.walls import Reach
    from conductor.host.reach import find_push_keys, find_ways_up
    from conductor.providers.tokens import list_deploy_keys

    project = open_project()
    return Reach(
        ways_up=tuple(find_ways_up()),
        guards=tuple(_guards(project)),
        push_keys=tuple(find_push_keys(str(Path.home()), os.environ)),
        deploy_keys=tuple(list_deploy_keys(load_user_settings())),
        repository=os.access(project.repository.common_dir, os.W_OK),
        state=_can_make(project.state_dir / "grants"),
        host_key=os.access(project.state_dir / "host-key.json", os.R_OK) or _can_make(project.state_dir),
    )


def _guards(project: Project) -> list[str]:
    from conductor.errors import UsageProblem
    from conductor.guard.hooks.agents import AGENTS
    from conductor.guard.hooks.git_hooks import git_hooks_state
    from conductor.guard.hooks.install import load_agent

    found = []
    for name in AGENTS:
        try:
            settings = (project.root / load_agent(name).SETTINGS).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if ".conductor/bin/" in settings:
            found.append(name)
    try:
        states = git_hooks_state(project.repository)
    except UsageProblem:
        return found  # the hooks are shared with other repositories, and not ours
    return [*found, "git's hooks"] if states.get("pre-push") == "installed" else found


def _can_make(path: Path) -> bool:
    """Tell whether this user could write the folder, or make it."""
    while not path.exists():
        path = path.parent
    return os.access(path, os.W_OK)
