"""Where providers are picked: the one place that knows which class stands behind which port."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conductor.config.places import project_key, state_dir
from conductor.config.settings import Settings, TargetSettings, load_settings
from conductor.errors import UsageProblem
from conductor.ports.clock import Clock
from conductor.ports.git import Repository
from conductor.providers.clock import SystemClock
from conductor.providers.git import GitRepository

if TYPE_CHECKING:
    from conductor.config.user import UserSettings
    from conductor.domain.finding import Finding
    from conductor.ports.ci import BuildService
    from conductor.ports.history import History
    from conductor.ports.push import RemoteRefs
    from conductor.ports.records import ReleaseRecords
    from conductor.ports.registry import Registry
    from conductor.ports.target import Target
    from conductor.preflight.api import Report
    from conductor.providers.http import HttpClient
    from conductor.providers.persistence import Budget
    from conductor.records.again import Services
    from conductor.records.store import Records
    from conductor.release.context import World
    from conductor.release.plan import Plan

    CheckImage = Callable[[Path, Settings], Report]
    from conductor.host.model import Inventory
    from conductor.rules.context import RuleContext, SessionView
    from conductor.sessions.session import Session


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
    if not trust:
        # Also where there is no configuration any more: taking it away must not loosen what was trusted.
        from conductor.sessions.trust import TrustStore, apply_trust

        settings = apply_trust(asked, TrustStore(state_dir(), key).load())
    return Project(repository.root, repository, settings, asked, SystemClock(), state_dir(), key)


def open_history(paths: Sequence[str], start: Path | None = None) -> tuple[History, list[str]]:
    """Return the history of the repository around the directory, and the paths relative to its root.

    Raises UsageProblem outside a repository, or for a path outside of it.
    """
    from conductor.providers.history import GitHistory

    here = (start or Path.cwd()).resolve()
    history = GitHistory.find(here)
    root = history.folder.resolve()
    inside = here if here.is_relative_to(root) else root
    found = []
    for path in paths:
        place = Path(os.path.normpath(inside / path))
        if not place.is_relative_to(root):
            raise UsageProblem(f"{path} lies outside the repository", hint="name a path inside of it", path=path)
        found.append(place.relative_to(root).as_posix())
    return history, found


def project_records(project: Project) -> Records:
    """Return the records of an open project."""
    from conductor.records.store import Records

    settings = project.settings
    return Records(
        project.root,
        project.repository,
        project.clock,
        settings.timezone,
        settings.memories,
        settings.records.max_lines,
    )


def connect(project: Project, plan: Plan, *, check_image: CheckImage | None = None) -> World:
    """Return the outside world of a release, behind ports; nothing is asked of it yet.

    Raises UsageProblem where a credential, a target's id or the packages of a release are missing.
    """
    from conductor.config.user import load_user_settings
    from conductor.preflight import api
    from conductor.providers.github import GitHubActions, parse_slug
    from conductor.providers.persistence import PATIENT
    from conductor.providers.push import SshRemote
    from conductor.providers.registry import OciRegistry, split_image
    from conductor.providers.tokens import find_registry_login
    from conductor.providers.video import PyAvJudge
    from conductor.records.claims import list_proofs
    from conductor.records.evidence import EvidenceStore
    from conductor.release.context import World

    require_release_packages()
    user, clock = load_user_settings(), project.clock
    github = _github_client(user, clock, PATIENT)
    source = [plan.known.source] if plan.known and plan.known.source else []
    targets = {target.name: _serverless(target, user, clock, PATIENT) for target in (*plan.targets, *source)}
    host, _ = split_image(plan.build.image)
    address, login = user.registries.get(host), find_registry_login(user, host)
    return World(
        root=project.root,
        repository=project.repository,
        clock=clock,
        remote=SshRemote(project.repository, plan.remote, user.ssh_command, clock=clock),
        builds=GitHubActions(github, parse_slug(push_url(project, plan.remote)), plan.build.workflow),
        registry=OciRegistry(host, clock, address=address, credential=login),
        targets=targets,
        videos=PyAvJudge(),
        records=open_records(project),
        evidence=EvidenceStore.of(project.repository),
        settings=project.settings,
        audit=lambda: audit_push(project),
        check_image=check_image or api.check_project,
        proofs=lambda task: list_proofs(project_records(project), task),
    )


def require_release_packages() -> None:
    """Raise MissingExtra where a package that a release needs is not installed."""
    from conductor.providers.http import load_requests

    load_requests()


def _serverless(target: TargetSettings, user: UserSettings, clock: Clock, budget: Budget) -> Target:
    """Return an endpoint; raises UsageProblem without its id or a RunPod key."""
    from conductor.config.settings import resolve_target_id
    from conductor.providers.http import HttpClient
    from conductor.providers.runpod import TOKEN_HINT, RunPodEndpoint, RunPodJobs
    from conductor.providers.tokens import find_runpod_key

    key, endpoint = find_runpod_key(user), resolve_target_id(target)
    control = HttpClient("RunPod", user.runpod, clock, token=key, token_hint=TOKEN_HINT, budget=budget)
    jobs = RunPodJobs(user.runpod_jobs, endpoint, key, clock, budget=budget)
    return RunPodEndpoint(control, target.name, endpoint, jobs)


def _github_client(user: UserSettings, clock: Clock, budget: Budget) -> HttpClient:
    """Return the client for GitHub's interface; raises UsageProblem without a token."""
    from conductor.providers.http import HttpClient
    from conductor.providers.tokens import find_github_token

    return HttpClient(
        "GitHub",
        user.github,
        clock,
        token=find_github_token(user),
        token_hint="give GITHUB_TOKEN the right to read the repository's Actions",  # noqa: S106 - words, no token
        headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
        budget=budget,
    )


def open_services(project: Project, budget: Budget | None = None) -> Services:
    """Return who can be asked again about evidence; each is opened when it is first asked, and raises where it can't.

    Without a budget, a service that does not answer is not waited for: what can't be reached is skipped.
    """
    from conductor.config.user import load_user_settings
    from conductor.providers.persistence import QUICK
    from conductor.records.again import Services

    budget = budget or QUICK
    settings, clock = project.settings, project.clock
    build = settings.build

    def builds() -> BuildService:
        from conductor.providers.github import GitHubActions, parse_slug

        slug = parse_slug(push_url(project, settings.remote))
        workflow = build.workflow if build else ""
        return GitHubActions(_github_client(load_user_settings(), clock, budget), slug, workflow)

    def registry() -> Registry:
        from conductor.providers.registry import OciRegistry, split_image
        from conductor.providers.tokens import find_registry_login

        user, (host, _) = load_user_settings(), split_image(build.image if build else "")
        login = find_registry_login(user, host)
        return OciRegistry(host, clock, address=user.registries.get(host), credential=login, budget=budget)

    def remote() -> RemoteRefs:
        from conductor.providers.push import SshRemote

        user = load_user_settings()
        return SshRemote(project.repository, settings.remote, user.ssh_command, clock=clock, budget=budget)

    return Services(
        repository=project.repository,
        image=build.image if build else None,
        platform=build.platform if build else "linux/amd64",
        workflow=build.workflow if build else None,
        branch=settings.branch,
        remote=remote,
        builds=builds,
        registry=registry,
        target=lambda name: open_target(project, name, budget),
    )


def open_target(project: Project, name: str, budget: Budget | None = None) -> Target:
    """Return one configured target, to be looked at: what it does not answer soon, it does not answer.

    Raises UsageProblem where none has that name, or its id or the RunPod key is missing.
    """
    from conductor.config.user import load_user_settings
    from conductor.providers.persistence import QUICK

    target = next((one for one in project.settings.targets if one.name == name), None)
    if target is None:
        raise UsageProblem(f"CONDUCTOR.md names no target {name!r}", hint="add it to targets: to ask about it")
    return _serverless(target, load_user_settings(), project.clock, budget or QUICK)


def push_url(project: Project, name: str) -> str:
    """Return the address that the remote is pushed to; raises UsageProblem where there is no such remote."""
    for remote in project.repository.remotes():
        if remote.name == name and remote.push_urls:
            return remote.push_urls[0]
    raise UsageProblem(
        f"there is no remote {name!r} to push to", hint=f"git remote add {name} git@github.com:OWNER/NAME.git"
    )


def open_records(project: Project) -> ReleaseRecords:
    """Return the project's records as a release writes them."""
    from conductor.records.release_records import TaskAndJournal

    return TaskAndJournal(project_records(project))


def audit_push(project: Project) -> list[Finding]:
    """Return what the rules and the records say about a push."""
    from conductor.rules import https_remote

    return [*https_remote.audit(rule_context(project)), *open_records(project).check()]


def check_project(root: Path, settings: Settings) -> list[Finding]:
    """Return what preflight finds in the project, offline; nothing where no image is configured."""
    from conductor.preflight import api

    return list(api.check_project(root, settings).findings) if settings.build is not None else []


def scan_host(project_root: Path, clock: Clock) -> Inventory:
    """Return what is on this machine, without that project's own environments."""
    from conductor.host.baseline import CACHE
    from conductor.host.layout import HostLayout
    from conductor.host.scan import take_inventory

    return take_inventory(HostLayout.of_this_machine(str(project_root)), clock.now(), state_dir() / CACHE)


def rule_context(project: Project, session: SessionView | None = None) -> RuleContext:
    """Return what the rules may look at; the machine, its engine and the tree are looked at once, when first asked."""
    from functools import cache

    from conductor.host.baseline import load_baseline
    from conductor.providers.docker_engine import open_engine
    from conductor.rules.context import RuleContext, find_unpushed, list_paths

    return RuleContext(
        root=project.root,
        repository=project.repository,
        settings=project.settings,
        host=cache(lambda: (scan_host(project.root, project.clock), load_baseline(state_dir()))),
        engine=cache(open_engine),
        session=session,
        paths=cache(lambda: list_paths(project.repository)),
        unpushed=cache(lambda: find_unpushed(project.repository, project.settings)),
    )


def session_view(project: Project, session: Session) -> SessionView:
    """Return one session as it was recorded: its calls, the guard's decisions in its time, and the grants."""
    from conductor.guard.decisions import read_decisions
    from conductor.rules.context import SessionView
    from conductor.sessions.grants import GrantStore
    from conductor.sessions.ledger import SessionLedger

    calls = SessionLedger(project.repository.common_dir).read(session.id)
    return SessionView(
        session.id,
        session.started_at,
        session.ended_at,
        session.base,
        tuple(calls) or None,
        read_decisions(project.root, session.id),
        tuple(GrantStore(project.state_dir, project.key).load()),
        session.attested,
    )
