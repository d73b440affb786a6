"""F1: a file is changed, not copied. A second Dockerfile beside the first is one that nobody builds or fixes."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import PurePosixPath

from conductor.domain.finding import Confidence, Finding, Location, Severity
from conductor.domain.rule import BY_ID
from conductor.rules.answer import Answer, RuleMeta, from_findings, severity_of
from conductor.rules.context import RuleContext
from conductor.rules.example import Shell
from conductor.rules.orphans import find_orphans
from conductor.rules.variants import Candidate, find_candidates, is_container_file, is_sample, is_short, similarity

META = RuleMeta(
    BY_ID["F1"],
    "Change files, don't copy them",
    "No file variants and no orphaned files are in the tree.",
    "the tree's names with the similarity of their contents; the workflows' builds",
    example="cp image/Dockerfile image/Dockerfile.pytorch",
)
EXAMPLE = Shell(
    "sed s/2.7.1/2.3.0/ image/Dockerfile > image/Dockerfile.pytorch\n"
    "mkdir old && echo FROM scratch > old/Dockerfile\n"
    "conductor check rules"
)
# How alike two files must be, by what their names say: a marked name needs little, any other extension much.
_ALIKE_DOCKERFILE = 0.5
_ALIKE = 0.8
_CLEAR = 0.4
# Below this a marked name is just a name: another file that happens to be called so.
_UNLIKE = 0.2
_FEW_LINES = 2


def audit(context: RuleContext) -> Iterator[Finding]:
    """Yield a finding for every variant and every orphaned Dockerfile; what CONDUCTOR.md allows is left out."""
    rule = context.rule(META.rule.name)
    allowed = (*context.settings.files.allowed_variants, *rule.exceptions)
    paths = [path for path in context.paths() if not _is_allowed(path, allowed)]
    severity = severity_of(rule.level)
    variants = set()
    for candidate in find_candidates(context.paths()):
        if _is_allowed(candidate.path, allowed) or (is_sample(candidate.path) and not candidate.marked):
            continue
        finding = _judge(context, candidate, severity, rule.threshold)
        if finding is not None:
            variants.add(candidate.path)
            yield finding
    for path in find_orphans(context, paths):
        if path not in variants:
            yield _orphan(path, severity)


def _is_allowed(path: str, allowed: tuple[str, ...]) -> bool:
    return any(fnmatch(path, pattern) or fnmatch(PurePosixPath(path).name, pattern) for pattern in allowed)


def _judge(context: RuleContext, candidate: Candidate, severity: Severity, threshold: float | None) -> Finding | None:
    try:
        one = (context.root / candidate.path).read_bytes()
        other = (context.root / candidate.base).read_bytes()
    except OSError:
        return None
    alike = similarity(one, other)
    if candidate.marked:
        # An empty file, or one too large to compare, has only its name to go by.
        by_name = alike is None or is_short(one, _FEW_LINES)
        if by_name or alike is None or alike >= _UNLIKE:
            clear = not by_name and alike is not None and alike >= _CLEAR
            return _variant(candidate, alike, severity if clear else Severity.WARNING, clear=clear)
        return None
    is_container = is_container_file(PurePosixPath(candidate.path).name)
    enough = threshold or (_ALIKE_DOCKERFILE if is_container else _ALIKE)
    if alike is None or alike < enough or (is_short(one) and alike < 1):
        return None
    return _variant(candidate, alike, severity if is_container else Severity.WARNING, clear=True)


def _variant(candidate: Candidate, alike: float | None, severity: Severity, *, clear: bool) -> Finding:
    shared = f": {alike:.0%} of their lines are the same" if alike is not None else ""
    base = PurePosixPath(candidate.base).name
    name = PurePosixPath(candidate.path).name
    return Finding(
        "F1",
        f"{name} is a variant of {base}{shared}",
        f"put what is better in it into {base} and remove it (git keeps the old one); "
        f"if both are wanted, name it under files.allowed_variants in CONDUCTOR.md",
        severity,
        Confidence.HIGH if clear else Confidence.LOW,
        Location(candidate.path),
        docs=META.docs,
        data={"base": candidate.base, "similarity": round(alike, 2) if alike is not None else None},
    )


def _orphan(path: str, severity: Severity) -> Finding:
    return Finding(
        "F1",
        f"{PurePosixPath(path).name} is an orphan: no workflow, compose file or Makefile builds it",
        "build it in a workflow, or remove it (git keeps it); "
        "if it is wanted as it is, name it under files.allowed_variants in CONDUCTOR.md",
        severity,
        Confidence.MEDIUM,
        Location(path),
        docs=META.docs,
    )


def report(context: RuleContext) -> Answer:
    """Answer from the tree as it is."""
    return from_findings(list(audit(context)), f"no variant and no orphan among {len(context.paths())} files")
