"""Ask the world again what evidence says it said: the run, the digest, the deployment, the branch, the commit.

What can't be reached is skipped, with the reason; it never counts as the same.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from conductor.domain.digest import is_digest, is_revision, short
from conductor.domain.evidence import Evidence, EvidenceLine, Outcome
from conductor.domain.text import one_line
from conductor.errors import ConductorError, OutsideRefused
from conductor.ports.ci import BuildRun, BuildService
from conductor.ports.git import Repository
from conductor.ports.push import RemoteRefs
from conductor.ports.registry import Registry
from conductor.ports.target import Target

T = TypeVar("T")
_BRANCH = re.compile(r"refs/heads/\S+")
REVISION_LABEL = "org.opencontainers.image.revision"


class Answered(enum.StrEnum):
    """What asking again came to."""

    SAME = "same"
    DIFFERS = "differs"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Asked:
    """One line that was asked about again; `told` is what the world says, both values where they differ, or why not."""

    line: EvidenceLine
    answer: Answered
    told: str


@dataclass(frozen=True, slots=True)
class Services:
    """Who can be asked. Each is opened when first needed, and may raise where it can't be (no token, no package).

    `image`, `platform` and `workflow` are what the configuration names: nobody else's registry is asked.
    """

    repository: Repository
    image: str | None
    platform: str
    workflow: str | None
    branch: str
    remote: Callable[[], RemoteRefs]
    builds: Callable[[], BuildService]
    registry: Callable[[], Registry]
    target: Callable[[str], Target]


class _Unknown(Exception):
    """Why a line can't be asked about; the text follows the evidence's name."""


class _Differs(Exception):
    """What the world says instead."""


@dataclass
class Inquiry:
    """Asks about the lines of one store; a service that failed once is not asked again.

    `every` are all lines of the store that count.
    """

    services: Services
    every: Sequence[EvidenceLine]
    _failed: dict[str, str] = field(default_factory=dict)
    _opened: dict[str, object] = field(default_factory=dict)

    def ask(self, line: EvidenceLine) -> Asked | None:
        """Return what asking about the line came to; None for evidence that can't be asked for again."""
        question = _QUESTIONS.get(line.evidence.kind)
        if question is None or line.evidence.outcome is Outcome.FAILED:
            return None
        try:
            return Asked(line, Answered.SAME, question(self, line))
        except _Differs as answer:
            return Asked(line, Answered.DIFFERS, one_line(str(answer), 300))
        except _Unknown as reason:
            return Asked(line, Answered.SKIPPED, one_line(str(reason), 300))

    def ask_all(self, lines: Iterable[EvidenceLine]) -> list[Asked]:
        """Return what asking about each of the lines came to, each line once."""
        distinct = {line.reference: line for line in lines}
        return [asked for line in distinct.values() if (asked := self.ask(line)) is not None]

    def open(self, name: str, connect: Callable[[], T]) -> T:
        """Return a service, opened once; raises _Unknown where it can't be."""
        if name in self._failed:
            raise _Unknown(self._failed[name])
        if name not in self._opened:
            self._opened[name] = self.reach(name, connect)
        return self._opened[name]  # type: ignore[return-value]

    def find(self, name: str, question: Callable[[], T]) -> T | None:
        """Return a service's answer, None where it says that there is no such thing (404)."""
        try:
            return question() if name not in self._failed else self.reach(name, question)
        except OutsideRefused as error:
            if getattr(error, "status", 0) == 404:
                return None
            self._failed[name] = f"{name}: {error.message}"
            raise _Unknown(self._failed[name]) from error

    def reach(self, name: str, question: Callable[[], T]) -> T:
        """Return a service's answer; raises _Unknown where it gives none, and remembers that it failed."""
        if name in self._failed:
            raise _Unknown(self._failed[name])
        try:
            return question()
        except ConductorError as error:
            self._failed[name] = f"{name}: {error.message}"
            raise _Unknown(self._failed[name]) from error


def _ask_build(inquiry: Inquiry, line: EvidenceLine) -> str:
    detail, revision = line.evidence.detail, line.evidence.subject
    run_id, attempt = detail.get("run"), detail.get("attempt", 1)
    if isinstance(detail.get("built"), str):
        return _ask_label(inquiry, line.evidence.source, detail["built"])
    if not isinstance(run_id, int) or not isinstance(attempt, int):
        raise _Unknown("names no run")
    builds = inquiry.open("GitHub", inquiry.services.builds)
    run = _fetch_attempt(inquiry, builds, run_id, attempt)
    if run is None:
        raise _Differs(f"evidence: run {run_id} attempt {attempt}; GitHub: no such run")
    said = f"run {run_id} attempt {attempt} of {short(run.revision)}: {run.conclusion or run.status}"
    if run.revision != revision or run.conclusion != "success":
        raise _Differs(f"evidence: run {run_id} attempt {attempt} of {short(revision)}: success; GitHub: {said}")
    wanted = inquiry.services.workflow
    if run.path and wanted and run.path != wanted:
        raise _Unknown(f"run {run_id} is of {one_line(run.path, 80)}, and CONDUCTOR.md names {wanted}")
    return said


def _fetch_attempt(inquiry: Inquiry, builds: BuildService, run_id: int, attempt: int) -> BuildRun | None:
    """Return the run, or None where GitHub has none and shows this repository's workflow, so would show the run."""
    run = inquiry.find("GitHub", lambda: builds.fetch_attempt(run_id, attempt))
    if run is None and inquiry.reach("GitHub", builds.explain_absence) is not None:
        raise _Unknown(f"GitHub shows neither run {run_id} nor the workflow: can this token see the repository?")
    return run


def _ask_image(inquiry: Inquiry, line: EvidenceLine) -> str:
    digest, revision = line.evidence.subject, line.evidence.detail.get("revision")
    if not is_digest(digest):
        raise _Unknown("names no digest")
    name = line.evidence.source.partition("@")[0]
    return _ask_label(inquiry, f"{name}@{digest}", revision if isinstance(revision, str) else None)


def _ask_label(inquiry: Inquiry, reference: str, revision: str | None) -> str:
    """Ask the registry for an image by its digest, and compare the revision in its label."""
    name, _, digest = reference.partition("@")
    if name != inquiry.services.image or not is_digest(digest):
        raise _Unknown(f"is of {one_line(name, 80)}, and CONDUCTOR.md names {inquiry.services.image or 'no image'}")
    registry = inquiry.open("the registry", inquiry.services.registry)
    platform = inquiry.services.platform
    image = inquiry.reach("the registry", lambda: registry.fetch_image(name, digest, platform))
    if image is None:
        raise _Differs(f"evidence: {short(digest)} in {name}; the registry: no such digest")
    labelled = image.labels.get(REVISION_LABEL)
    if revision is not None and labelled is not None and labelled != revision:
        raise _Differs(
            f"evidence: {short(digest)} is of revision {short(revision)}; the registry: of {one_line(labelled, 50)}"
        )
    return f"{name}@{short(digest)}" + (f" of {short(labelled)}" if labelled else "")


def _ask_deployed(inquiry: Inquiry, line: EvidenceLine) -> str:
    name, _, digest = line.evidence.subject.partition("@")
    target = inquiry.open(f"target {name}", lambda: inquiry.services.target(name))
    last = _last_on_target(inquiry.every, name)
    service = f"target {name}"
    if last is not None and last.reference != line.reference:
        releases = inquiry.reach(service, target.fetch_releases)
        found = next((one for one in releases if digest and (one.new_image or "").endswith(f"@{digest}")), None)
        if found is not None:
            return f"release {found.version} of {name} brought {short(digest)}"
        raise _Unknown(f"{last.reference} came later, and the target's history does not tell of it")
    image = inquiry.reach(service, target.fetch_state).image
    if not digest or not image.endswith(f"@{digest}"):
        told = one_line(image.rpartition("@")[2] or "nothing", 80)
        raise _Differs(f"evidence: {name} serves {short(digest)}; {name} says: {short(told)}")
    return f"{name} serves {short(digest)}"


def _last_on_target(lines: Sequence[EvidenceLine], target: str) -> EvidenceLine | None:
    """Return the last line that says what the target serves: a deployment, or what a rollback put back."""
    of_target = [
        line
        for line in lines
        if line.evidence.kind in {"deployed", "restored"}
        and line.evidence.outcome is Outcome.PASSED
        and line.evidence.subject.startswith(f"{target}@")
    ]
    return max(of_target, key=lambda line: (line.evidence.observed_at, line.seq), default=None)


def _ask_push(inquiry: Inquiry, line: EvidenceLine) -> str:
    revision = line.evidence.subject
    match = _BRANCH.search(line.evidence.source)
    ref = match[0] if match else f"refs/heads/{inquiry.services.branch}"
    remote = inquiry.open("the remote", inquiry.services.remote)
    tip = inquiry.reach("the remote", lambda: remote.read(ref))
    if tip is None:
        raise _Differs(f"evidence: {short(revision)} on {ref}; the remote: no such branch")
    if tip != revision and _is_ancestor(inquiry.services.repository, revision, tip, ref) is False:
        raise _Differs(f"evidence: {short(revision)} on {ref}; the remote: {short(tip)}, which does not hold it")
    return f"{ref} holds {short(revision)}"


def _is_ancestor(repository: Repository, revision: str, tip: str, ref: str) -> bool:
    for one in (revision, tip):
        if not _has_commit(repository, one):
            raise _Unknown(f"{ref} is at {short(tip)}, and {short(one)} is not in this clone: git fetch")
    return repository.run("merge-base", "--is-ancestor", revision, tip, check=False).returncode == 0


def _ask_commit(inquiry: Inquiry, line: EvidenceLine) -> str:
    repository, revision = inquiry.services.repository, line.evidence.subject
    if not _has_commit(repository, revision):
        raise _missing(repository, revision)
    held = repository.run("for-each-ref", "--contains", revision, "--count=1", "--format=%(refname)", check=False)
    on_head = repository.run("merge-base", "--is-ancestor", revision, "HEAD", check=False).returncode == 0
    if not held.stdout.strip() and not on_head:
        raise _Differs(f"evidence: the commit {short(revision)}; git: no branch holds it")
    return f"git holds {short(revision)}"


def _ask_file(inquiry: Inquiry, line: EvidenceLine) -> str:
    import hashlib

    repository, path = inquiry.services.repository, line.evidence.subject
    revision, sha = line.evidence.detail.get("revision"), line.evidence.detail.get("sha256")
    if not isinstance(revision, str) or not is_revision(revision):
        raise _Unknown("names no revision")
    if not _has_commit(repository, revision):
        raise _missing(repository, revision)
    content = repository.read(revision, path)
    found = hashlib.sha256(content).hexdigest() if content is not None else None
    if found != sha:
        said = [f"sha256 {value[:8]}…" if isinstance(value, str) else "not there" for value in (sha, found)]
        raise _Differs(f"evidence: {path} in {short(revision)}: {said[0]}; git: {said[1]}")
    return f"git has {path} in {short(revision)} so"


def _missing(repository: Repository, revision: str) -> Exception:
    shallow = repository.run("rev-parse", "--is-shallow-repository", check=False).stdout.strip() == b"true"
    if shallow:
        return _Unknown(f"{short(revision)} is not in this shallow clone: git fetch --unshallow")
    return _Differs(f"evidence: the commit {short(revision)}; git: no such commit")


def _has_commit(repository: Repository, revision: str) -> bool:
    if not is_revision(revision):
        return False
    return repository.run("cat-file", "-e", f"{revision}^{{commit}}", check=False).returncode == 0


def as_evidence(asked: Asked, at: str) -> Evidence:
    """Return what was seen now, as evidence: where it differs, a task that rests on the line is open again."""
    line, same = asked.line, asked.answer is Answered.SAME
    detail = {"summary": asked.told, "asked_again": line.reference, **({} if same else {"problem": asked.told})}
    outcome = line.evidence.outcome if same else Outcome.FAILED
    return Evidence(line.evidence.kind, line.evidence.subject, outcome, at, line.evidence.source, detail)


# Kind of evidence -> who is asked, and what. Other kinds (a command, a job, a person's word) can only be observed anew.
_QUESTIONS: dict[str, Callable[[Inquiry, EvidenceLine], str]] = {
    "build": _ask_build,
    "image": _ask_image,
    "deployed": _ask_deployed,
    "push": _ask_push,
    "commit": _ask_commit,
    "file": _ask_file,
}
