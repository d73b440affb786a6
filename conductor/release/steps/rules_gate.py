"""rules gate: may this revision leave this machine, over this remote?"""

from __future__ import annotations

import re
from dataclasses import dataclass

from conductor.domain.evidence import Evidence
from conductor.domain.finding import Finding, Severity
from conductor.errors import UsageProblem
from conductor.ports.git import Remote
from conductor.release.context import FindingsStop, Release
from conductor.release.steps.recorded import find_recorded

_SSH = re.compile(r"ssh://|(?!.*://)[^/:]+:(?!:)")
_RECORDS = re.compile(r"(?:TASKS|JOURNAL|ERRORS)\.md|(?:TASKS|JOURNAL|ERRORS)[-_/].*\.md|archive/.*\.md|\.conductor/.*")


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
        remote = next((remote for remote in world.repository.remotes() if remote.name == plan.remote), None)
        if remote is None or not remote.push_urls:
            raise UsageProblem(
                f"there is no remote {plan.remote!r} to push to",
                hint=f"git remote add {plan.remote} git@github.com:OWNER/NAME.git",
            )
        require_clean_tree(release)
        findings = [*find_https(remote, world.rule("https_remote").level), *world.records.check()]
        errors = tuple(finding for finding in findings if finding.severity is Severity.ERROR)
        if errors:
            raise FindingsStop(
                "RULES",
                f"{len(errors)} {'finding keeps' if len(errors) == 1 else 'findings keep'} this revision from leaving",
                hint="put them right, commit, then release again",
                findings=errors,
                evidence=release.refuse("rules", plan.revision, "findings", "conductor release"),
            )
        warned = f", {len(findings)} advice" if findings else ""
        summary = f"SSH remote, clean tree, valid records{warned}"
        return release.observe("rules", plan.revision, summary, "conductor release")


def require_clean_tree(release: Release) -> None:
    """Raise UsageProblem where files differ from the revision; records and `.conductor/` don't count."""
    dirty = [change.path for change in release.world.repository.changes() if not _RECORDS.fullmatch(change.path)]
    if dirty:
        more = f" and {len(dirty) - 3} more" if len(dirty) > 3 else ""
        raise UsageProblem(
            f"the working tree differs from {release.plan.revision[:7]}: {', '.join(dirty[:3])}{more}",
            hint="commit what belongs to the release, or put it aside: git stash --include-untracked",
        )


def find_https(remote: Remote, level: str) -> list[Finding]:
    """Return R8a's findings: addresses that are not SSH, as git uses them after every insteadOf."""
    if level == "off":
        return []
    severity = Severity.ERROR if level == "block" else Severity.WARNING
    found = []
    for url in dict.fromkeys((*remote.fetch_urls, *remote.push_urls)):
        if not is_ssh(url):
            shown = re.sub(r"(?<=://)[^/@]*@", "", url)
            rewritten = "" if url in remote.configured_urls else " (git's configuration rewrites the address to that)"
            found.append(
                Finding(
                    "R8a",
                    f"the remote {remote.name} is reached at {shown}, not over SSH{rewritten}",
                    f"git remote set-url {remote.name} {suggest_ssh(shown)}",
                    severity,
                )
            )
    return found


def is_ssh(url: str) -> bool:
    """Tell whether git reaches that address over SSH: `ssh://…` or `[user@]host:path`."""
    return _SSH.match(url) is not None


def suggest_ssh(url: str) -> str:
    """Return the SSH form of an HTTPS address."""
    match = re.fullmatch(r"https?://([^/:]+)(?::\d+)?/(.+?)(?:\.git)?/?", url)
    return f"git@{match[1]}:{match[2]}.git" if match else "git@github.com:OWNER/NAME.git"
