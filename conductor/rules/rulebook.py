"""The rulebook: every rule's module, in the order of the table. What a rule breaks breaks that rule alone."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import cast

from conductor.domain.finding import Finding, Severity
from conductor.domain.rule import RULES
from conductor.domain.secret import redact
from conductor.domain.text import one_line
from conductor.errors import OutsideRefused
from conductor.rules.answer import Answer, RuleMeta, Status
from conductor.rules.context import RuleContext

# File name = policy name = documentation page = test file.
MODULES: tuple[str, ...] = tuple(rule.name for rule in RULES)
# What looks at the machine rather than the project; `conductor check host` runs them by another way.
HOST_RULES = frozenset({"os_package", "host_pip"})


def load_rule(name: str) -> ModuleType:
    """Import one rule's module by its policy name."""
    return importlib.import_module(f"conductor.rules.{name}")


def meta_of(name: str) -> RuleMeta:
    """Return a rule's title and what must be true."""
    return cast("RuleMeta", load_rule(name).META)


def audit_rules(context: RuleContext, *, without: frozenset[str] = frozenset()) -> list[Finding]:
    """Return what every rule that has an audit finds, and the project's own rules; a rule that is off is not run."""
    from conductor.rules.custom import audit_custom

    found: list[Finding] = []
    for name in MODULES:
        if name not in without and context.rule(name).level != "off":
            module = load_rule(name)
            if hasattr(module, "audit"):
                found += _guarded(name, module.audit, context)
    return [*found, *_guarded("custom_rules", audit_custom, context)]


def _guarded(name: str, audit: Callable[[RuleContext], Iterable[Finding]], context: RuleContext) -> Iterator[Finding]:
    """Yield the audit's findings; an exception becomes a finding about the rule itself."""
    try:
        yield from audit(context)
    except Exception as error:  # noqa: BLE001 - one rule's bug must not silence the others
        yield Finding(
            "RULE-BUG-001",
            f"the rule {name} could not be checked: {_described(error)}",
            "report this as a bug of the rule; the other rules were checked",
            Severity.WARNING,
            docs=f"docs/rules/{name}.md",
        )


def _described(error: Exception) -> str:
    """Return what happened in one line, with the place in our code for a bug."""
    import traceback

    if isinstance(error, OutsideRefused):
        return one_line(error.message, 300)
    frames = traceback.extract_tb(error.__traceback__)
    where = f" (rules/{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno})" if frames else ""
    return one_line(redact(f"{type(error).__name__}: {error}"), 300) + where


def answer_rules(context: RuleContext) -> list[tuple[RuleMeta, Answer]]:
    """Return every rule with its answer for the report, in the table's order."""
    return [(meta_of(name), _answer(name, context)) for name in MODULES]


def _answer(name: str, context: RuleContext) -> Answer:
    if context.rule(name).level == "off":
        return Answer(Status.NOT_NEEDED, (f"turned off (rules.{name}: off)",))
    try:
        return cast("Answer", load_rule(name).report(context))
    except Exception as error:  # noqa: BLE001 - as above
        return Answer(Status.NOT_OBSERVED, (f"a bug of this rule: {_described(error)}",))
