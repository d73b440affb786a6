"""Rules of a project's own, declared in CONDUCTOR.md: a file that must not be there, a text a record must have."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import PurePosixPath

from conductor.config.settings import CustomRule
from conductor.domain.finding import Finding, Location
from conductor.rules.answer import severity_of
from conductor.rules.context import RuleContext

_DOCS = "docs/rules/custom.md"


def audit_custom(context: RuleContext) -> Iterator[Finding]:
    """Yield what the project's own rules find in the tree; their command patterns are the guard's to judge."""
    for rule in context.settings.custom_rules:
        if rule.level != "off":
            yield from _audit_files(context, rule)
            yield from _audit_record(context, rule)


def _audit_files(context: RuleContext, rule: CustomRule) -> Iterator[Finding]:
    if rule.file is None:
        return
    for path in context.paths():
        if fnmatch(path, rule.file) or fnmatch(PurePosixPath(path).name, rule.file):
            yield _finding(rule, f"{path} is not wanted here ({rule.name}: {rule.file})", Location(path))


def _audit_record(context: RuleContext, rule: CustomRule) -> Iterator[Finding]:
    if rule.record is None:
        return
    name = rule.in_file or "JOURNAL.md"
    if rule.record not in (context.read(name) or ""):
        yield _finding(rule, f'{name} does not have "{rule.record}" ({rule.name})', Location(name))


def _finding(rule: CustomRule, message: str, where: Location) -> Finding:
    return Finding(f"CUSTOM-{rule.name}", message, rule.message, severity_of(rule.level), location=where, docs=_DOCS)
