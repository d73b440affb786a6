"""The areas of `conductor check`: what each looks at, opened when the first of them asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from conductor.domain.finding import Finding, Location

if TYPE_CHECKING:
    from conductor.cli.wiring import Project
    from conductor.rules.context import RuleContext


@dataclass
class Surroundings:
    """What the areas look at, opened when the first of them asks."""

    trust: bool = False

    @cached_property
    def project(self) -> Project:
        """Return the project around the current directory."""
        from conductor.cli.wiring import open_project

        return open_project(trust=self.trust)

    @cached_property
    def rules(self) -> RuleContext:
        """Return what the rules may look at."""
        from conductor.cli.wiring import rule_context

        return rule_context(self.project)


def check_configuration(given: Surroundings) -> list[Finding]:
    """Return what is wrong with CONDUCTOR.md though it can be read: not filled in, files that are not there."""
    from conductor.config.faults import find_faults
    from conductor.workflows.survey import find_idle_workflow

    project = given.project
    return [*find_faults(project.root, project.asked), *find_idle_workflow(project.root, project.asked)]


def check_records(given: Surroundings) -> list[Finding]:
    """Return what is wrong with tasks, journal, errors, evidence, its references, and tasks that it contradicts."""
    from conductor.cli.wiring import project_records
    from conductor.records.lint import lint_records
    from conductor.records.losses import lint_history
    from conductor.records.reconcile import check_overturned
    from conductor.rules.references import check_evidence

    records = project_records(given.project)
    linted = lint_records(records)
    return [
        *linted,
        *lint_history(records),
        *check_evidence(given.rules, linted),
        *check_overturned(records),
    ]


def check_rules(given: Surroundings) -> list[Finding]:
    """Return what the rules find in the tree and its history; the machine is the host area's."""
    from conductor.records.evidence import EvidenceStore
    from conductor.rules.claims import find_claims
    from conductor.rules.rulebook import HOST_RULES, audit_rules
    from conductor.rules.table import check_table
    from conductor.sessions.trust import TrustStore, find_untrusted

    project = given.project
    waiting = [] if given.trust else find_untrusted(project.asked, TrustStore(project.state_dir, project.key).load())
    return [
        *waiting,
        *check_table(project.root, project.asked),
        *audit_rules(given.rules, without=HOST_RULES),
        *find_claims(given.rules, EvidenceStore.of(project.repository).lines()),
    ]


def check_host(given: Surroundings) -> list[Finding]:
    """Return what somebody installed on this machine; works outside a repository too."""
    from conductor.cli.host import project_folder
    from conductor.cli.wiring import scan_host
    from conductor.config.places import state_dir
    from conductor.errors import UsageProblem
    from conductor.host.audit import audit_host
    from conductor.host.baseline import load_baseline
    from conductor.providers.clock import SystemClock

    now = scan_host(project_folder(), SystemClock())
    try:
        baseline = load_baseline(state_dir())
    except UsageProblem as error:
        damaged = Finding("HOST-BASE-001", error.message, error.hint, docs="docs/host.md")
        return [damaged, *audit_host(now, None, since=adopted_at(given))]
    return audit_host(now, baseline, since=adopted_at(given) if baseline is None else None)


def adopted_at(given: Surroundings) -> str | None:
    """Return since when this project keeps Conductor's rules on this machine (UTC), None where it does not yet.

    That is when its configuration was committed, or when this clone of it was made, whichever was later.
    """
    from conductor.errors import UsageProblem

    try:
        project = given.project
    except UsageProblem:
        return None  # outside a repository the host can be checked as well
    source = project.asked.source
    if not source:
        return None
    # Only `git log` follows a file through its names: moving the configuration begins nothing anew.
    arguments = ("log", "--diff-filter=A", "--follow", "--format=%ct", "--", source)
    added = project.repository.run(*arguments, check=False).stdout.split()
    if not added:
        return None
    times = [datetime.fromtimestamp(int(added[-1]), UTC), *_clone_began(project.repository.common_dir)]
    return max(times).strftime("%Y-%m-%dT%H:%M:%SZ")


def _clone_began(common_dir: Path) -> list[datetime]:
    """Return the time of the oldest line of HEAD's log, where there is one."""
    try:
        with (common_dir / "logs" / "HEAD").open("rb") as log:
            first = log.readline(4096).partition(b"\t")[0]
        return [datetime.fromtimestamp(int(first.split()[-2]), UTC)]
    except (OSError, ValueError, IndexError, OverflowError):
        return []


def check_preflight(given: Surroundings) -> list[Finding]:
    """Return what keeps the image from building or starting, judged offline; remembered while no file changes."""
    from conductor.cli.remembered import remember
    from conductor.errors import NothingToDo, UsageProblem

    project = given.project
    open_keys = [key for key in ("build.dockerfile", "build.context") if key in project.settings.unfilled]
    if open_keys:
        raise NothingToDo(f"{open_keys[0]} is not filled in", hint="conductor check configuration")

    def judge() -> list[Finding]:
        from conductor.preflight.api import check_project

        return list(check_project(project.root, project.settings).findings)

    folder = project.repository.common_dir / "conductor"
    try:
        return remember(folder, project.root, repr(project.settings), judge)
    except UsageProblem as error:
        if project.settings.build is None:
            raise NothingToDo("there is no Dockerfile", hint=error.hint) from error
        where = Location(error.path or project.settings.build.dockerfile)
        return [Finding("PF-LOAD-001", error.message, error.hint, location=where, docs="docs/check.md")]


# Area -> what checks it, in the order of the report. One with nothing to look at raises NothingToDo.
AREAS: dict[str, Callable[[Surroundings], list[Finding]]] = {
    "configuration": check_configuration,
    "records": check_records,
    "rules": check_rules,
    "host": check_host,
    "preflight": check_preflight,
}


def choose_areas(names: list[str]) -> list[str]:
    """Return the areas in the table's order; raises UsageProblem for one that is not in it."""
    from conductor.errors import UsageProblem

    for name in names:
        if name not in AREAS:
            import difflib

            near = difflib.get_close_matches(name, AREAS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"one of: {', '.join(AREAS)}"
            raise UsageProblem(f"there is no area {name!r} to check", hint=hint)
    return [name for name in AREAS if not names or name in names]


def collect(chosen: list[str], given: Surroundings) -> tuple[dict[str, list[Finding]], dict[str, str]]:
    """Return each area's findings (one that two areas find belongs to the first), and why an area was skipped."""
    from conductor.errors import NothingToDo

    found: dict[str, list[Finding]] = {}
    skipped: dict[str, str] = {}
    seen: set[Finding] = set()
    for name in chosen:
        try:
            found[name] = [finding for finding in AREAS[name](given) if finding not in seen]
        except NothingToDo as reason:
            skipped[name] = reason.message
        else:
            seen.update(found[name])
    return found, skipped
