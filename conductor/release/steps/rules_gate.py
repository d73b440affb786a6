"""rules gate: may this revision leave this machine, over this remote?"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from conductor.domain.evidence import Evidence
from conductor.domain.finding import Finding, Severity
from conductor.domain.secret import redact
from conductor.errors import UsageProblem
from conductor.ports.git import Repository
from conductor.release.context import FindingsStop, Release
from conductor.release.plan import Plan
from conductor.release.steps.recorded import find_recorded

_SSH = re.compile(r"ssh://|(?!.*://)[^/:]+:(?!:)")
_RECORDS = re.compile(
    r"(?:TASKS|JOURNAL|ERRORS)\.md|(?:TASKS|JOURNAL|ERRORS)_ARCHIVE/.*|\.(?:TASKS|JOURNAL|ERRORS)\.md\..*\.tmp|\.conductor/.*"
)


@dataclass(frozen=True, slots=True)
class RulesGate:
    """The project's rules, as far as a push needs them: SSH remote, clean tree, valid records."""

    name: str = "rules gate"
    locked: bool = False

    def done(self, release: Release) -> Evidence | None:
        """Return the verdict on this revision where it was given already: a revision does not change."""
        return find_recorded(release, "rules", release.plan.revision)

    def run(self, release: Release) -> Evidence:
        """Check and return the verdict."""
        world, plan = release.world, release.plan
        findings = check_gate(world.repository, plan, world.audit)
        warned = f", {len(findings)} advice" if findings else ""
        release.findings += findings
        summary = f"SSH remote, clean tree, valid records{warned}"
        return release.observe("rules", plan.revision, summary, "conductor release")


def check_gate(repository: Repository, plan: Plan, audit: Callable[[], list[Finding]]) -> list[Finding]:
    """Return what is worth saying though it stops nothing.

    `audit` returns the findings of remote and records. Raises FindingsStop for an error among them, UsageProblem where
    the remote is missing or not SSH, or where the tree differs from the revision.
    """
    remote = next((remote for remote in repository.remotes() if remote.name == plan.remote), None)
    if remote is None or not remote.push_urls:
        raise UsageProblem(
            f"there is no remote {plan.remote!r} to push to",
            hint=f"git remote add {plan.remote} git@github.com:OWNER/NAME.git",
        )
    require_clean_tree(repository, plan.revision)
    findings = audit()
    errors = tuple(finding for finding in findings if finding.severity is Severity.ERROR)
    if errors:
        raise FindingsStop(
            "RULES",
            f"{plan.revision[:7]} can't leave yet: {len(errors)} finding{'' if len(errors) == 1 else 's'}",
            hint="put them right, commit, then release again",
            findings=errors,
        )
    for url in remote.push_urls:
        if not is_ssh(url):
            raise UsageProblem(
                f"a release pushes over SSH, and the remote {plan.remote} is at {redact(url)}",
                hint=f"git remote set-url {plan.remote} git@github.com:OWNER/NAME.git",
            )
    return findings


def require_clean_tree(repository: Repository, revision: str) -> None:
    """Raise UsageProblem where files differ from the revision; records and `.conductor/` don't count."""
    dirty = [change.path for change in repository.changes() if not _RECORDS.fullmatch(change.path)]
    if dirty:
        more = f" and {len(dirty) - 3} more" if len(dirty) > 3 else ""
        raise UsageProblem(
            f"the working tree differs from {revision[:7]}: {', '.join(dirty[:3])}{more}",
            hint="commit what belongs to the release, or put it aside: git stash --include-untracked",
        )


def is_ssh(url: str) -> bool:
    """Tell whether git reaches that address over SSH: `ssh://…` or `[user@]host:path`."""
    return _SSH.match(url) is not None
