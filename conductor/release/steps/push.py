"""push: the revision is on the remote's branch."""

from __future__ import annotations

from dataclasses import dataclass

from conductor.domain.evidence import Evidence
from conductor.release.context import Release
from conductor.release.supersession import check_newer_push


@dataclass(frozen=True, slots=True)
class Push:
    """Pushes `<revision>:refs/heads/<branch>`; the same push again is harmless."""

    name: str = "push"
    locked: bool = False

    def done(self, release: Release) -> Evidence | None:
        """Return the evidence where the remote's branch names the revision.

        That it does not is no proof: a push whose client was killed can still arrive. Then the same push is made again.
        """
        plan = release.plan
        if check_newer_push(release) != plan.revision:
            return None
        return self._evidence(release, _url(release), was_there=True, old=None)

    def run(self, release: Release) -> Evidence:
        """Push and return the evidence."""
        plan = release.plan
        release.ledger.write("intent", step=self.name, action="push", revision=plan.revision, branch=plan.branch)
        result = release.world.remote.push(plan.revision, plan.branch)
        release.ledger.write("result", step=self.name, action="push", was_there=result.was_there, old=result.old)
        return self._evidence(release, result.url or _url(release), was_there=result.was_there, old=result.old)

    def _evidence(self, release: Release, url: str, *, was_there: bool, old: str | None) -> Evidence:
        plan = release.plan
        there = " (it was there)" if was_there else ""
        summary = f"{plan.revision[:7]} to {url} {plan.branch}{there}"
        return release.observe("push", plan.revision, summary, f"{url} refs/heads/{plan.branch}", old=old)


def _url(release: Release) -> str:
    for remote in release.world.repository.remotes():
        if remote.name == release.plan.remote and remote.push_urls:
            return remote.push_urls[0]
    return release.plan.remote
