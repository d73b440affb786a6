"""A grant lets one policy name, or one action of commit_push, through; one for once covers one act, in every layer."""

from __future__ import annotations

from dataclasses import dataclass, field

from conductor.domain.rule import BY_NAME

# What commit_push knows apart: a commit, a push, and a push that rewrites or removes what others may have.
ACTIONS = ("commit", "push", "force_push")
PUSHES = ("push", "force_push")
ONCE, UNTIL = "once", "until"
# One line of git's pre-push hook: the local object, the remote ref, the remote object before (None: not known yet).
PushLine = tuple[str, str, str | None]


@dataclass(frozen=True, slots=True)
class Use:
    """The act that a grant for once was used for, so that the next layer that asks about the same act finds it.

    `action` is what was wanted (`commit`, `push`, `force_push`, or nothing where the command does not tell). `call` and
    `session` name the agent's tool call, where the guard saw it. `logs` says how far the log of HEAD went in each git
    folder (bytes; -1: git keeps none there), `folder` in which of them git's hook saw the commit begin, `pushes` how
    many pushes the repository had on record. `remote` and `lines` are what git's hook was told about the push. `over`
    is set once the act can't be tried again.
    """

    action: str
    call: str = ""
    session: str = ""
    logs: dict[str, int] = field(default_factory=dict, hash=False)
    folder: str | None = None
    pushes: int = 0
    remote: str | None = None
    lines: tuple[PushLine, ...] | None = None
    over: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody allowed.

    `rule` is a policy name; `action` is one of ACTIONS for commit_push, else None; `scope` is `once` or `until`;
    `expires_at` belongs to `until`; `command` binds the grant to exactly that command; `use` says what it was used for.
    Times are ISO 8601 in UTC.
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
    use: Use | None = None

    def names(self, rule: str, action: str | None) -> bool:
        """Tell whether this is what the grant is about, whether or not it is still good.

        A grant of commit_push as a whole covers commits and pushes; what rewrites or removes is granted by name only.
        A rule whose level is fixed is covered by nothing, whoever wrote the grant.
        """
        known = BY_NAME.get(rule)
        if self.rule != rule or known is None or known.fixed:
            return False
        return self.action == action or (self.action is None and action != "force_push")

    def covers(self, rule: str, action: str | None, now: str, command: str | None = None) -> bool:
        """Tell whether the grant lets this through now (`now` in the same form as `at`)."""
        if self.revoked_at or not self.names(rule, action):
            return False
        if self.command is not None and self.command != command:
            return False
        if self.scope == ONCE:
            return self.used_at is None
        return self.scope == UNTIL and self.expires_at is not None and now < self.expires_at
