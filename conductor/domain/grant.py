"""A grant lets one policy name, or one action of commit_push, through."""

from __future__ import annotations

from dataclasses import dataclass

ACTIONS = ("commit", "push")


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody allowed.

    `rule` is a policy name; `action` is `commit` or `push` for commit_push, else None; `scope` is `once` or `until`;
    `expires_at` belongs to `until`; `command` binds the grant to exactly that command. Times are ISO 8601 in UTC.
    """

    id: str
    rule: str
    action: str | None
    scope: str
    why: str
    by: str
    at: str
    expires_at: str | None = None
    command: str | None = None
    used_at: str | None = None
    revoked_at: str | None = None

    def covers(self, rule: str, action: str | None, now: str, command: str | None = None) -> bool:
        """Tell whether the grant lets this through now (`now` in the same form as `at`)."""
        if self.rule != rule or self.revoked_at or (self.action is not None and self.action != action):
            return False
        if self.command is not None and self.command != command:
            return False
        if self.scope == "once":
            return self.used_at is None
        return self.expires_at is not None and now < self.expires_at
