"""Everything that a release needs and that is missing, found in one go before anything is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conductor.errors import ConductorError, ConfigurationProblem, NotReady

if TYPE_CHECKING:
    from conductor.cli.wiring import Project


GRANT_HINT = "the user types: conductor grant push --once (or runs conductor release in a terminal)"


@dataclass(frozen=True, slots=True)
class Readiness:
    """What keeps a release from being begun, and what only is worth knowing; each with what to do about it."""

    missing: tuple[ConductorError, ...]
    notes: tuple[ConductorError, ...]

    def require(self) -> None:
        """Raise what is missing: the one error, or all of them at once."""
        if len(self.missing) == 1:
            raise self.missing[0]
        if self.missing:
            raise NotReady([*self.missing], [*self.notes])


def look(project: Project, *, target: str | None, may_ask: bool, dry_run: bool = False) -> Readiness:
    """Look at configuration, repository, workflow, credentials and targets; nothing outside this machine is asked.

    `may_ask` tells that the person will be asked for the push: a grant given before is not needed then. The lack of one
    alone, and what the rules alone have against a push, is for the release itself to say (it first looks whether there
    is anything to push); a dry run, and a longer list, tell it too.
    """
    missing = [
        *_find_in_configuration(project, target),
        *_find_in_repository(project),
        *_find_workflow(project),
        *_find_credentials(),
    ]
    if missing or dry_run:
        missing += _find_by_rules(project)
    grant = [] if may_ask else _find_grant(project)
    if missing:
        return Readiness((*missing, *grant), (*_find_waiting(project), *_find_login(project)))
    return Readiness((), (*_find_waiting(project), *grant, *(_find_login(project) if dry_run else ())))


def _collect(*looks: Callable[[], object]) -> list[ConductorError]:
    """Return the errors that these raise."""
    found: list[ConductorError] = []
    for one in looks:
        try:
            one()
        except ConfigurationProblem as error:
            found += error.problems
        except ConductorError as error:
            found.append(error)
    return found


def _find_in_configuration(project: Project, target: str | None) -> list[ConductorError]:
    from conductor.config.faults import require_filled
    from conductor.config.settings import resolve_target_id
    from conductor.release.plan import choose_targets, require_build

    settings = project.settings
    found = _collect(lambda: require_build(settings), lambda: require_filled(settings))
    head = project.repository.head()
    if settings.build is not None and head is not None and "build.context" not in settings.unfilled:
        build = settings.build
        found += _collect(lambda: check_smoke(project, head, build.context))
    try:
        targets = choose_targets(settings, target)
    except ConductorError as error:
        # Without build: there is no target either, and the remedy is the same.
        return [*found, error] if settings.build is not None or settings.targets else found
    unset = [one for one in targets if f"targets.{one.name}.id" not in settings.unfilled]
    return found + _collect(*(lambda one=one: resolve_target_id(one) for one in unset))


def check_smoke(project: Project, revision: str, context: str) -> None:
    """Raise where the smoke job of that revision, or what its video is compared with, can't be used."""
    from conductor.providers.video import PyAvJudge
    from conductor.release.plan import read_smoke
    from conductor.release.quality import check_videos, read_quality

    smoke, body, _ = read_smoke(project.repository, revision, project.settings.smoke, context)
    quality = read_quality(project.repository, revision, smoke, body)
    if quality is not None:
        check_videos(PyAvJudge(), quality, smoke)


def _find_in_repository(project: Project) -> list[ConductorError]:
    from conductor.cli.wiring import push_url
    from conductor.providers.github import parse_slug
    from conductor.release.plan import require_head
    from conductor.release.steps.rules_gate import require_clean_tree

    repository, settings = project.repository, project.settings
    found = _collect(lambda: require_head(repository, settings), lambda: push_url(project, settings.remote))
    remote = next((one for one in repository.remotes() if one.name == settings.remote and one.push_urls), None)
    if remote is not None:
        found += _collect(lambda: parse_slug(remote.push_urls[0]))
    head = repository.head()
    return found + (_collect(lambda: require_clean_tree(repository, head)) if head is not None else [])


def _find_workflow(project: Project) -> list[ConductorError]:
    """Return what keeps the build's run from coming: no such file in HEAD, or one that a push does not start."""
    from conductor.errors import UsageProblem
    from conductor.workflows.survey import find_idle_workflow

    settings, head = project.settings, project.repository.head()
    if settings.build is None or head is None or "build.workflow" in settings.unfilled:
        return []
    found: list[ConductorError] = []
    for path in (settings.build.workflow, settings.build.dockerfile):
        if path not in settings.unfilled and project.repository.read(head, path) is None:
            there = (project.root / path).exists()
            hint = f"git add {path}, and commit it" if there else "name the right one in CONDUCTOR.md's build:"
            found.append(UsageProblem(f"{path} is not in {head[:7]}", hint=hint, path=path))
    idle = find_idle_workflow(project.root, settings)
    return found + [UsageProblem(one.message, hint=one.remedy) for one in idle]


def _find_credentials() -> list[ConductorError]:
    from conductor.cli.wiring import require_release_packages
    from conductor.config.user import load_user_settings
    from conductor.providers.tokens import find_github_token, find_runpod_key

    try:
        user = load_user_settings()
    except ConductorError as error:
        return [error]
    return _collect(require_release_packages, lambda: find_github_token(user), lambda: find_runpod_key(user))


def _find_by_rules(project: Project) -> list[ConductorError]:
    """Return the errors that the rules and the records have about a push, as the rules gate would stop for them."""
    from conductor.cli.wiring import audit_push
    from conductor.domain.finding import Severity
    from conductor.errors import UsageProblem

    try:
        errors = [one for one in audit_push(project) if one.severity is Severity.ERROR]
    except ConductorError as error:
        return [error]
    return [
        UsageProblem(
            f"{one.code}: {one.message}",
            hint=one.remedy,
            path=one.location.path if one.location else None,
            line=one.location.line if one.location else None,
        )
        for one in errors
    ]


def _find_grant(project: Project) -> list[ConductorError]:
    from conductor.errors import UsageProblem
    from conductor.release.ledger import stamp
    from conductor.sessions.grants import GrantStore

    now = stamp(project.clock)
    active = GrantStore(project.state_dir, project.key).active(now)
    if any(grant.covers("commit_push", "push", now) for grant in active):
        return []
    return [UsageProblem("nobody has allowed the push yet", hint=GRANT_HINT)]


def _find_login(project: Project) -> list[ConductorError]:
    """Return that no login for the image's registry is known: needed only where the image is private."""
    from conductor.config.user import load_user_settings
    from conductor.errors import UsageProblem
    from conductor.providers.registry import split_image
    from conductor.providers.tokens import find_registry_login

    build = project.settings.build
    if build is None or "build.image" in project.settings.unfilled:
        return []
    host, _ = split_image(build.image)
    try:
        known = find_registry_login(load_user_settings(), host)
    except ConductorError as error:
        return [error]
    hint = f"docker login {host}, where {build.image} is private; a public image needs none"
    return [] if known else [UsageProblem(f"no login for {host} is known", hint=hint)]


def _find_waiting(project: Project) -> list[ConductorError]:
    """Return what waits for trust: a release goes on without it, by the rules that were trusted last."""
    from conductor.errors import UsageProblem

    if project.settings == project.asked:
        return []
    from conductor.sessions.trust import TrustStore, find_untrusted

    waiting = find_untrusted(project.asked, TrustStore(project.state_dir, project.key).load())
    return [UsageProblem(one.message, hint=one.remedy, path=project.asked.source) for one in waiting]
