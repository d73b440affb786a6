"""What a target should serve: the last image that a job has proven there, as the evidence tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conductor.domain.digest import is_digest, is_revision
from conductor.domain.evidence import EvidenceLine, Outcome

# A job that passed, and what a rollback put back and proved, say what works there.
_PROOFS = frozenset({"smoke", "restored"})


@dataclass(frozen=True, slots=True)
class Expected:
    """The image (`name@sha256:…`), who proved it and when, and what it was built from.

    `name` is None where no line says of which image the digest is; `revision` and `context` (the sha256 of the
    build-context tree) where nothing on record says what it was built from.
    """

    digest: str
    release: str
    at: str
    proof: EvidenceLine
    name: str | None = None
    revision: str | None = None
    context: str | None = None

    @property
    def told(self) -> str:
        """Return who proved it and when, in words."""
        return f"{self.release} {'put back' if self.proof.evidence.kind == 'restored' else 'verified'} at {self.at}"


def find_expected(lines: Sequence[EvidenceLine], target: str) -> Expected | None:
    """Return what the target should serve, None where no release has ever proven anything there."""
    proofs = list_proofs(lines, target)
    return describe_proof(lines, proofs[-1]) if proofs else None


def list_proofs(lines: Sequence[EvidenceLine], target: str) -> list[EvidenceLine]:
    """Return the lines that prove an image at that target, oldest first; where a job passed twice, both."""
    found = [
        line
        for line in lines
        if line.evidence.kind in _PROOFS
        and line.evidence.outcome is Outcome.PASSED
        and line.evidence.subject.startswith(f"{target}@")
        and is_digest(_digest(line))
    ]
    return sorted(found, key=lambda line: (line.evidence.observed_at, line.writer, line.seq))


def describe_proof(lines: Sequence[EvidenceLine], proof: EvidenceLine) -> Expected:
    """Return what the line proves, with what the evidence of its image says that it was built from."""
    digest = _digest(proof)
    image = find_image(lines, digest)
    detail = image.evidence.detail if image else {}
    revision, context = detail.get("revision"), detail.get("context")
    named = [proof.evidence.source, *([image.evidence.source] if image else [])]
    return Expected(
        digest,
        proof.writer,
        proof.evidence.observed_at,
        proof,
        next((text.partition("@")[0] for text in named if text.endswith(f"@{digest}")), None),
        revision if isinstance(revision, str) and is_revision(revision) else None,
        context if isinstance(context, str) else None,
    )


def find_image(lines: Sequence[EvidenceLine], digest: str) -> EvidenceLine | None:
    """Return the newest line in which a release found that digest in the registry, None without one."""
    found = [
        line
        for line in lines
        if (line.evidence.kind, line.evidence.subject, line.evidence.outcome) == ("image", digest, Outcome.PASSED)
    ]
    return max(found, key=lambda line: (line.evidence.observed_at, line.seq), default=None)


def find_deployment(lines: Sequence[EvidenceLine], target: str, digest: str) -> EvidenceLine | None:
    """Return the newest line in which a release deployed that digest there, None without one."""
    found = [
        line
        for line in lines
        if (line.evidence.kind, line.evidence.subject) == ("deployed", f"{target}@{digest}")
        and line.evidence.outcome is Outcome.PASSED
    ]
    return max(found, key=lambda line: (line.evidence.observed_at, line.seq), default=None)


def _digest(line: EvidenceLine) -> str:
    return line.evidence.subject.partition("@")[2]
