"""G1: the guard, its evidence and the agents' hook settings stay as the user left them."""

from __future__ import annotations

import os
from collections.abc import Iterator

from conductor.domain.finding import Finding, Location
from conductor.domain.rule import BY_ID
from conductor.rules.answer import Answer, RuleMeta, Status, from_findings
from conductor.rules.context import RuleContext
from conductor.rules.example import Shell
from conductor.rules.recorded import from_decisions

META = RuleMeta(
    BY_ID["G1"],
    "Leave the guard on",
    "The guard, its evidence and the agents' hook settings were not turned off or rewritten.",
    "guard decisions; the committed hook settings, wrapper and evidence against the working tree",
    example="git commit --no-verify -m wip",
)
EXAMPLE = Shell(
    "rm .conductor/bin/guard\nconductor check rules",
    "mkdir -p .conductor/bin && printf '#!/bin/sh\\n' > .conductor/bin/guard && chmod +x .conductor/bin/guard\n"
    "git add -A && git commit -q -m 'Change something'",
)
WRAPPER = ".conductor/bin/guard"
HOOK_FILES = (
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".codex/hooks.json",
    ".codex/config.toml",
    ".gemini/settings.json",
    ".github/hooks/conductor.json",
    ".cursor/hooks.json",
)
_EVIDENCE = ".conductor/evidence/"


def audit(context: RuleContext) -> Iterator[Finding]:
    """Yield what was taken from the guard since the last commit, and settings that keep every hook from running."""
    committed = context.repository.read_many([f"HEAD:{path}" for path in (WRAPPER, *HOOK_FILES)])
    yield from _wrapper(context, committed[0])
    for path, before in zip(HOOK_FILES, committed[1:], strict=True):
        yield from _hook_file(context, path, (before or b"").decode("utf-8", "replace"))
    yield from _evidence(context)


def _wrapper(context: RuleContext, committed: bytes | None) -> Iterator[Finding]:
    path = context.root / WRAPPER
    if committed is not None and not path.exists():
        yield _finding(f"{WRAPPER} was removed: hooks that name it fail", WRAPPER, f"git restore {WRAPPER}")
    elif path.exists() and not os.access(path, os.X_OK):
        yield _finding(f"{WRAPPER} is not executable: hooks that name it fail", WRAPPER, f"chmod +x {WRAPPER}")


def _hook_file(context: RuleContext, path: str, before: str) -> Iterator[Finding]:
    now = context.read(path) or ""
    if path.startswith(".claude/") and '"disableAllHooks"' in now and _disables(now):
        yield _finding(f"{path} turns every hook off (disableAllHooks)", path, "remove disableAllHooks")
    if WRAPPER in before and WRAPPER not in now:
        yield _finding(f"{path} no longer calls the guard, as the committed one does", path, f"git restore {path}")


def _disables(text: str) -> bool:
    import json

    try:
        return bool(json.loads(text).get("disableAllHooks"))
    except (ValueError, AttributeError):
        return True


def _evidence(context: RuleContext) -> Iterator[Finding]:
    """Yield a finding where committed evidence is not, unchanged, the beginning of what stands there now."""
    listed = context.repository.run("ls-tree", "-r", "-z", "--name-only", "HEAD", "--", _EVIDENCE, check=False).stdout
    paths = [name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]
    for path, committed in zip(paths, context.repository.read_many([f"HEAD:{name}" for name in paths]), strict=True):
        try:
            now = (context.root / path).read_bytes()
        except OSError:
            now = b""
        if committed is not None and not now.startswith(committed):
            yield _finding(f"committed evidence was rewritten or removed: {path}", path, f"git restore {path}")


def _finding(message: str, path: str, remedy: str) -> Finding:
    return Finding("G1", message, remedy, location=Location(path), docs=META.docs)


def report(context: RuleContext) -> Answer:
    """Answer from the hook settings as installed and the guard's log."""
    findings = list(audit(context))
    if findings:
        return from_findings(findings, "")
    answer = from_decisions(context, META.rule.name, "the guard stopped or saw no attempt to turn it off")
    if answer.status is Status.NOT_OBSERVED and not (context.root / WRAPPER).exists():
        return Answer(Status.NOT_OBSERVED, ("the guard is not installed here: conductor hooks install",))
    return answer
