"""Where providers are picked: the one place that knows which class stands behind which port."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conductor.config.places import project_key, state_dir
from conductor.config.settings import Settings, load_settings
from conductor.ports.clock import Clock
from conductor.ports.git import Repository
from conductor.providers.clock import SystemClock
from conductor.providers.git import GitRepository

if TYPE_CHECKING:
    from conductor.host.model import Inventory
    from conductor.rules.context import RuleContext, SessionView


@dataclass(frozen=True, slots=True)
class Project:
    """A repository with its settings in force: `settings` after trust, `asked` as the repository wants them."""

    root: Path
    repository: Repository
    settings: Settings
    asked: Settings
    clock: Clock
    state_dir: Path
    key: str


def open_project(start: Path | None = None, *, trust: bool = False) -> Project:
    """Return the project around the directory (default: the current one).

    With `trust`, the configuration as it stands is taken as trusted for this process, as a CI job asks for; nothing is
    remembered. Raises UsageProblem outside a repository, ConfigurationProblem for a wrong configuration.
    """
    repository = GitRepository.find(start or Path.cwd())
    asked = load_settings(repository.root)
    key = project_key(repository.common_dir)
    settings = asked
    if not trust and asked.source is not None:
        from conductor.sessions.trust import TrustStore, apply_trust

        settings = apply_trust(asked, TrustStore(state_dir(), key).load())
    return Project(repository.root, repository, settings, asked, SystemClock(), state_dir(), key)


def scan_host(project_root: Path, clock: Clock) -> tuple[Inventory, Inventory | None]:
    """Return what is on this machine, without that project's own environments, and the baseline if there is one."""
    from conductor.host.baseline import CACHE, load_baseline
    from conductor.host.layout import HostLayout
    from conductor.host.scan import take_inventory

    inventory = take_inventory(HostLayout.of_this_machine(str(project_root)), clock.now(), state_dir() / CACHE)
    return inventory, load_baseline(state_dir())


def rule_context(project: Project, session: SessionView | None = None) -> RuleContext:
    """Return what the rules may look at; the machine, its engine and the tree are looked at once, when first asked."""
    from functools import cache

    from conductor.providers.docker_engine import open_engine
    from conductor.rules.context import RuleContext, list_paths

    return RuleContext(
        root=project.root,
        repository=project.repository,
        settings=project.settings,
        host=cache(lambda: scan_host(project.root, project.clock)),
        engine=cache(open_engine),
        session=session,
        paths=cache(lambda: list_paths(project.repository)),
    )
