"""Where providers are picked: the one place that knows which class stands behind which port."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from conductor.config.places import project_key, state_dir
from conductor.config.settings import Settings, load_settings
from conductor.ports.clock import Clock
from conductor.ports.git import Repository
from conductor.providers.clock import SystemClock
from conductor.providers.git import GitRepository


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
