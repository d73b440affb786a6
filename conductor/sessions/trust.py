"""Trust: what a repository asks for takes effect once its user has said yes to exactly that.

Tightening a rule needs no trust; loosening one, and every named command, does. Until then the last trusted policy
(at first: the defaults, without commands) stays in force.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from conductor.config.settings import DEFAULT_RULES, CustomRule, RuleSettings, Settings
from conductor.domain.finding import Finding, Location, Severity
from conductor.domain.rule import is_looser
from conductor.errors import UsageProblem
from conductor.records.host_key import make_key
from conductor.records.private import make_private, write_private


@dataclass(frozen=True, slots=True)
class Trusted:
    """The policy the user trusted last; `hash` is the sha256 of its canonical form, None before the first time."""

    hash: str | None
    rules: dict[str, RuleSettings]
    commands: dict[str, str]
    allowed_variants: tuple[str, ...]
    custom_rules: tuple[CustomRule, ...]


NOTHING = Trusted(None, dict(DEFAULT_RULES), {}, (), ())


def policy_of(settings: Settings) -> dict[str, Any]:
    """Return the part of the configuration that needs trust, as plain data."""
    return {
        "rules": {name: asdict(rule) for name, rule in sorted(settings.rules.items())},
        "commands": dict(sorted(settings.commands.items())),
        "allowed_variants": sorted(settings.files.allowed_variants),
        "custom_rules": [asdict(rule) for rule in settings.custom_rules],
    }


def hash_policy(settings: Settings) -> str:
    """Return the sha256 (hex) of the policy's canonical JSON."""
    return hashlib.sha256(json.dumps(policy_of(settings), sort_keys=True).encode()).hexdigest()


class TrustStore:
    """What the user trusted, a file for each project in the user's state directory."""

    def __init__(self, state_dir: Path, project_key: str) -> None:
        self.path = state_dir / "trust" / f"{project_key}.json"

    def load(self) -> Trusted:
        """Return the last trusted policy; nothing where there is none or it can't be read."""
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            policy = data["policy"]
            rules = {
                name: RuleSettings(rule["level"], tuple(rule["exceptions"]), rule["threshold"])
                for name, rule in policy["rules"].items()
            }
            custom = tuple(CustomRule(**rule) for rule in policy["custom_rules"])
            return Trusted(data["hash"], rules, policy["commands"], tuple(policy["allowed_variants"]), custom)
        except (OSError, ValueError, KeyError, TypeError):
            return NOTHING

    def save(self, settings: Settings, at: str) -> str:
        """Trust the policy as it stands and return its hash; `at` is ISO 8601 in UTC.

        The key of this host's evidence is made here too: an agent that may run commands from now on may be in a sandbox
        that can't write it.
        """
        with contextlib.suppress(UsageProblem):
            make_key(self.path.parent.parent)
        digest = hash_policy(settings)
        make_private(self.path.parent.parent, self.path.parent.name)
        body = {"schema": 1, "hash": digest, "at": at, "policy": policy_of(settings)}
        write_private(self.path, json.dumps(body, indent=1).encode("utf-8"))
        return digest


def apply_trust(settings: Settings, trusted: Trusted) -> Settings:
    """Return the settings as they are in force: what was not trusted yet is as it was trusted last."""
    if trusted.hash == hash_policy(settings):
        return settings
    trusted_rules = {rule.name: rule for rule in trusted.custom_rules}
    names = {rule.name for rule in settings.custom_rules}
    return replace(
        settings,
        rules={
            name: _stricter(rule, trusted.rules.get(name, DEFAULT_RULES[name])) for name, rule in settings.rules.items()
        },
        commands={name: text for name, text in settings.commands.items() if trusted.commands.get(name) == text},
        files=replace(
            settings.files,
            allowed_variants=tuple(v for v in settings.files.allowed_variants if v in trusted.allowed_variants),
        ),
        custom_rules=(
            *(_stricter_custom(rule, trusted_rules.get(rule.name, rule)) for rule in settings.custom_rules),
            *(rule for rule in trusted.custom_rules if rule.name not in names),
        ),
    )


def find_loosened(settings: Settings, trusted: Trusted) -> list[str]:
    """Return what trusting the configuration would let agents do that is stopped now, in words.

    A named command is none of it: who can have it trusted can type it.
    """
    return [what for what in _list_waiting(settings, trusted) if not what.startswith("commands.")]


def find_untrusted(settings: Settings, trusted: Trusted) -> list[Finding]:
    """Return a finding for each thing in the configuration that waits for the user's trust."""
    return [
        Finding(
            "CF-TRUST-001",
            f"{what} has no effect: this repository's configuration is not trusted as it stands",
            "read CONDUCTOR.md, then run conductor trust in a terminal of your own",
            Severity.WARNING,
            location=Location(settings.source or "CONDUCTOR.md"),
            docs="docs/configuration.md#trust",
        )
        for what in _list_waiting(settings, trusted)
    ]


def _list_waiting(settings: Settings, trusted: Trusted) -> list[str]:
    if trusted.hash == hash_policy(settings):
        return []
    in_force = apply_trust(settings, trusted)
    wanted = {rule.name: rule for rule in settings.custom_rules}
    waiting = [
        f"rules.{name}: {rule.level} (in force: {in_force.rules[name].level})"
        for name, rule in settings.rules.items()
        if rule != in_force.rules[name]
    ]
    waiting += [f"commands.{name}" for name in settings.commands if name not in in_force.commands]
    waiting += [
        f"files.allowed_variants: {name}"
        for name in settings.files.allowed_variants
        if name not in in_force.files.allowed_variants
    ]
    return waiting + [
        f"custom_rules.{rule.name}: {'changed' if rule.name in wanted else 'taken out'}"
        for rule in in_force.custom_rules
        if rule != wanted.get(rule.name)
    ]


def _stricter(wanted: RuleSettings, trusted: RuleSettings) -> RuleSettings:
    level = trusted.level if is_looser(wanted.level, trusted.level) else wanted.level
    exceptions = tuple(item for item in wanted.exceptions if item in trusted.exceptions)
    threshold = wanted.threshold if wanted.threshold == trusted.threshold else trusted.threshold
    return RuleSettings(level, exceptions, threshold)


def _stricter_custom(wanted: CustomRule, trusted: CustomRule) -> CustomRule:
    """Return the rule as it is in force: a stricter level takes effect, any other change of what it stops waits."""
    same = replace(wanted, level=trusted.level, message=trusted.message) == trusted
    return wanted if same and not is_looser(wanted.level, trusted.level) else trusted
