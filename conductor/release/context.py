"""What a step has in its hands: the plan, the world, the ledger and the watcher."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from conductor.config.settings import Settings
from conductor.domain.evidence import Evidence, EvidenceLine, Outcome
from conductor.domain.finding import Finding
from conductor.domain.release import ReleaseOutcome
from conductor.errors import (
    ConductorError,
    ExitCode,
    LockHeld,
    OutsideRefused,
    RecordSyntaxError,
    ReleaseStopped,
    UsageProblem,
)
from conductor.ports.ci import BuildRun, BuildService
from conductor.ports.clock import Clock
from conductor.ports.git import Repository
from conductor.ports.push import RemoteRefs
from conductor.ports.records import ReleaseRecords
from conductor.ports.registry import ImageFacts, Registry
from conductor.ports.target import Target
from conductor.ports.video import VideoJudge
from conductor.preflight.api import Report
from conductor.records.evidence import EvidenceStore
from conductor.release.ledger import Ledger, stamp
from conductor.release.plan import Plan
from conductor.release.progress import Observer

T = TypeVar("T")

# How often in a row a service may fail while a release only waits, before the release stops.
PATIENCE = 5


@dataclass(frozen=True, slots=True)
class World:
    """Everything outside the release, behind ports.

    `audit` returns the findings that concern a push (remote, records), `check_image` those of the image's sources,
    `proofs` the evidence that a task rests on so far.
    """

    root: Path
    repository: Repository
    clock: Clock
    remote: RemoteRefs
    builds: BuildService
    registry: Registry
    targets: dict[str, Target]
    videos: VideoJudge
    records: ReleaseRecords
    evidence: EvidenceStore
    settings: Settings
    audit: Callable[[], list[Finding]]
    check_image: Callable[[Path, Settings], Report]
    proofs: Callable[[str], Sequence[EvidenceLine]] = lambda _task: ()


@dataclass(slots=True)
class Release:
    """A release on its way. `run`, `image` and `built_revision` are known once their steps have seen the world."""

    id: str
    plan: Plan
    world: World
    ledger: Ledger
    observer: Observer
    run: BuildRun | None = None
    image: ImageFacts | None = None
    built_revision: str = ""
    holds_lock: bool = False
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.built_revision = self.built_revision or self.plan.revision

    def observe(self, kind: str, subject: str, summary: str, source: str, **detail: Any) -> Evidence:
        """Return evidence that this was seen now and is as it should be."""
        return Evidence(kind, subject, Outcome.PASSED, stamp(self.world.clock), source, {"summary": summary, **detail})

    def refuse(self, kind: str, subject: str, summary: str, source: str, **detail: Any) -> Evidence:
        """Return evidence that this was seen now and is not as it should be."""
        return Evidence(kind, subject, Outcome.FAILED, stamp(self.world.clock), source, {"summary": summary, **detail})

    def the_image(self) -> ImageFacts:
        """Return the image that the image step found."""
        if self.image is None:
            raise AssertionError("the image step runs before what needs its image")
        return self.image


class StepFailed(ReleaseStopped):
    """A step saw that it can't go on.

    `cause` is a stable word; `keep` is true where what is deployed should stay (no capacity: the old image would get
    none either).
    """

    def __init__(
        self,
        cause: str,
        message: str,
        *,
        hint: str,
        evidence: Evidence | None = None,
        findings: tuple[Finding, ...] = (),
        outcome: ReleaseOutcome = ReleaseOutcome.STOPPED,
        keep: bool = False,
    ) -> None:
        super().__init__(message, hint=hint)
        self.cause = cause
        self.evidence = evidence
        self.findings = findings
        self.outcome = outcome
        self.keep = keep


class FindingsStop(StepFailed):
    """The checks before the push found something: nothing has left this machine."""

    exit_code = ExitCode.FINDINGS


class Patience:
    """Lets a waiting loop survive a service that fails for a while, beyond what each question is asked again by itself.

    A plain no (a wrong credential, a wrong name) ends it at once, unless the service has answered the same question
    before: then it is the service that has changed its mind, and may do so again.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._answered = False

    def ask(self, question: Callable[[], T]) -> T | None:
        """Return the answer, or None where the service failed and may still come back."""
        try:
            answer = question()
        except OutsideRefused as error:
            self._failures += 1
            refused = getattr(error, "status", 0) in (400, 401, 403, 404, 422) and not self._answered
            if self._failures >= PATIENCE or refused:
                raise
            return None
        self._failures, self._answered = 0, True
        return answer


def cause_of(error: ConductorError) -> str:
    """Return the stable word for why a release stopped."""
    named = getattr(error, "cause", None)
    if named:
        return str(named)
    kinds = {OutsideRefused: "OUTSIDE", LockHeld: "LOCK_HELD", RecordSyntaxError: "RECORDS", UsageProblem: "USAGE"}
    return next((word for kind, word in kinds.items() if isinstance(error, kind)), "UNKNOWN")
