"""R3: where a dependency, an API or an image version changes, its present documentation is looked up first."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import PurePosixPath

from conductor.domain.rule import BY_ID
from conductor.domain.text import one_line
from conductor.errors import OutsideRefused
from conductor.rules.answer import Answer, RuleMeta, Status, count
from conductor.rules.context import RuleContext
from conductor.rules.example import Story
from conductor.rules.recorded import NO_LEDGER, calls_of, describe, matching

META = RuleMeta(
    BY_ID["R3"],
    "Look up recent documentation",
    "Recent documentation was looked up (tools.lookup, by default Context7) where a dependency, API or image changed.",
    "the tool-call ledger against the diff; not needed only where nothing of that kind changed",
)
EXAMPLE = Story(
    "A wheel of another version goes into the Dockerfile, and no documentation is looked up.",
    (("2026-01-05T09:12:00Z", "Edit", "image/Dockerfile"),),
    files=(
        (
            "image/Dockerfile",
            "RUN pip install https://example.invalid/flash_attn-2.5.8-cp310-cp310-linux_x86_64.whl\n",
        ),
    ),
)
# Files in which every changed line is a dependency, and files in which these words make it one.
_MANIFESTS = (
    "requirements*.txt",
    "requirements*.in",
    "constraints*.txt",
    "environment*.y*ml",
    "package.json",
    "go.mod",
    "Cargo.toml",
    "Gemfile",
    "setup.cfg",
    "Pipfile",
)
_BUILD_FILES = (
    "*Dockerfile*",
    "Containerfile*",
    "docker-compose*.y*ml",
    "compose*.y*ml",
    "*.yml",
    "*.yaml",
    "pyproject.toml",
)
_VERSIONED = re.compile(
    r"^\s*FROM\s|\bpip3? install\b|\bapt(?:-get)? install\b|\.whl\b|\bimage:\s*\S|\buses:\s*\S+@"
    r"|^\s*(?:ARG|ENV)\s+\w*VERSION|[A-Za-z0-9_\]]\s*(?:==|~=|>=|<=)\s*\d|https?://\S+(?:download|resolve|releases)/",
    re.IGNORECASE,
)


def report(context: RuleContext) -> Answer:
    """Answer from the diff first (did anything of that kind change?), then from the ledger."""
    changes = find_version_changes(context)
    if not changes:
        return Answer(Status.NOT_NEEDED, ("no dependency, API or image version is in the diff",))
    calls = calls_of(context)
    if calls is None:
        return Answer(Status.NOT_OBSERVED, (*changes[:3], *NO_LEDGER.evidence))
    lookups = matching(calls, context.settings.tools.lookup)
    if not lookups:
        patterns = ", ".join(context.settings.tools.lookup)
        return Answer(Status.VIOLATED, (*changes[:3], f"{count(len(calls), 'tool call')}, and none is {patterns}"))
    return Answer(Status.KEPT, (describe(lookups[0]), *changes[:2]))


def find_version_changes(context: RuleContext) -> list[str]:
    """Return `path: +line` for every added line that names a dependency, an API address or an image version."""
    base = context.session.base if context.session and context.session.base else context.repository.head()
    try:
        patches = context.repository.patches(base, context_lines=0) if base else []
    except OutsideRefused:
        return []  # the session's base is gone: a clone's history was cut off, or what it began at was thrown away
    return [
        f"{patch.path}: {one_line(line, 120)}"
        for patch in patches
        for _, line in patch.added()
        if _is_version_line(patch.path, line)
    ]


def _is_version_line(path: str, line: str) -> bool:
    name = PurePosixPath(path).name
    if not line.strip() or line.lstrip().startswith("#"):
        return False
    if any(fnmatch(name, pattern) for pattern in _MANIFESTS):
        return True
    return any(fnmatch(name, pattern) for pattern in _BUILD_FILES) and _VERSIONED.search(line) is not None
