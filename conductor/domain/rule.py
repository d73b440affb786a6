"""The project's rules: ids, policy names and default levels. One rule, one id, one policy name."""

from __future__ import annotations

from dataclasses import dataclass

LEVELS = ("block", "ask", "warn", "off")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as the configuration and the guard name it; `fixed` levels can't be lowered."""

    id: str
    name: str
    level: str
    fixed: bool = False


RULES: tuple[Rule, ...] = (
    Rule("R1", "memories_read", "warn"),
    Rule("R2", "edit_tool", "off"),
    Rule("R3", "context_lookup", "warn"),
    Rule("R4", "container_build", "block"),
    Rule("R5", "os_package", "block"),
    Rule("R6", "bigger_scope", "warn"),
    Rule("R7", "sub_agents", "off"),
    Rule("R8", "commit_push", "ask"),
    Rule("R8a", "https_remote", "block"),
    Rule("R9", "host_pip", "block"),
    Rule("R10", "history", "block"),
    Rule("F1", "file_variant", "block"),
    Rule("D1", "release_bypass", "ask"),
    Rule("G1", "guard_tamper", "block", fixed=True),
    Rule("W1", "work_loss", "ask"),
)
BY_NAME: dict[str, Rule] = {rule.name: rule for rule in RULES}
BY_ID: dict[str, Rule] = {rule.id: rule for rule in RULES}


def is_looser(level: str, than: str) -> bool:
    """Tell whether a level stops less than the other."""
    return LEVELS.index(level) > LEVELS.index(than)
