"""The register of the project's rules: ids, policy names, default levels, and which of them judge. One rule, one row.

The guard reads it before every command, so it imports nothing.
"""

from __future__ import annotations

LEVELS = ("block", "ask", "warn", "off")


class Rule:
    """A rule as the configuration and the guard name it; `fixed` levels can't be lowered.

    `words` are what a command must hold for the rule to matter, where `guard/hooks/triggers.py` does not list them.
    """

    __slots__ = ("fixed", "id", "level", "name", "words")

    def __init__(
        self,
        id: str,  # noqa: A002 - it is the word for it
        name: str,
        level: str,
        *,
        fixed: bool = False,
        words: tuple[str, ...] = (),
    ) -> None:
        self.id = id
        self.name = name
        self.level = level
        self.fixed = fixed
        self.words = words


# In the order of the tables. Each has its module in `conductor/rules/`, which has the rule's name.
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
# Those with a module in `conductor/rules/judge/`, in the order in which their answers win where verdicts are equal.
# A push over HTTPS is first of all that; skipping hooks comes before the commit it is part of; what would be lost is
# named before the records that it could change.
JUDGES: tuple[str, ...] = (
    "https_remote",
    "guard_tamper",
    "host_pip",
    "os_package",
    "container_build",
    "commit_push",
    "release_bypass",
    "work_loss",
    "history",
    "file_variant",
)
BY_NAME: dict[str, Rule] = {rule.name: rule for rule in RULES}
BY_ID: dict[str, Rule] = {rule.id: rule for rule in RULES}


def is_looser(level: str, than: str) -> bool:
    """Tell whether a level stops less than the other."""
    return LEVELS.index(level) > LEVELS.index(than)
