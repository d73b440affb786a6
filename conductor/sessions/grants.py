"""The grant store: what the user allowed, in the user's own state directory, where no commit can put anything."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

from conductor.domain.agents import find_mark
from conductor.domain.grant import ACTIONS, ONCE, UNTIL, Grant, Use
from conductor.domain.rule import BY_NAME
from conductor.errors import RecordSyntaxError, UsageProblem
from conductor.records.private import make_private, open_private, write_private
from conductor.sessions.acts import Wish, close, is_same_act, join
from conductor.sessions.traces import Traces

SCHEMA = 2
DIALOG = "dialog"  # who gives what is answered in an agent's own dialog


class Answered(Protocol):
    """A question that an agent's dialog asked: the agent, when (ISO 8601 in UTC), and the command."""

    agent: str
    at: str
    command: str


class GrantStore:
    """The grants of one project: a JSON file that is replaced whole, under a lock."""

    def __init__(self, state_dir: Path, project_key: str) -> None:
        self.path = state_dir / "grants" / f"{project_key}.json"

    @classmethod
    def at(cls, path: Path) -> GrantStore:
        """Return the store that keeps its grants in that file, as the compiled policy names it."""
        return cls(path.parent.parent, path.stem)

    def load(self) -> list[Grant]:
        """Return every grant ever given here, oldest first; raises UsageProblem for a file of a later version."""
        return self._read()[1]

    def add(
        self,
        rule: str,
        *,
        action: str | None,
        scope: str,
        why: str,
        by: str,
        at: str,
        expires_at: str | None = None,
        command: str | None = None,
    ) -> Grant:
        """Give a grant and return it; `at` and `expires_at` are ISO 8601 in UTC."""
        self.require_grantable(rule)
        grant = Grant(_new_id(), rule, action, scope, why, by, at, expires_at, command)
        self._change(lambda grants: [*grants, grant])
        return grant

    @staticmethod
    def require_grantable(rule: str) -> None:
        """Raise UsageProblem for a name that is no rule's, and for a rule that nobody can be let past."""
        if rule not in BY_NAME:
            raise UsageProblem(
                f"{rule!r} is neither a rule's policy name nor one of {', '.join(ACTIONS)}",
                hint=f"one of: {', '.join((*ACTIONS, *(name for name, known in BY_NAME.items() if not known.fixed)))}",
            )
        if BY_NAME[rule].fixed:
            raise UsageProblem(f"{rule} can't be granted", hint="do it yourself, outside the agent")

    def active(self, now: str) -> list[Grant]:
        """Return the grants that would let something through now."""
        return [grant for grant in self.load() if grant.covers(grant.rule, grant.action, now, grant.command)]

    def settle(self, wishes: list[Wish], now: str, traces: Traces) -> list[Grant] | None:
        """Return the grants that cover every wish, each marked as used for its act; None, and no change, without.

        A grant that was used for the same act, and of which nothing came yet, covers it again.
        """
        settled: list[Grant] = []

        def use(grants: list[Grant]) -> list[Grant]:
            left = list(grants)
            for wish in wishes:
                place = _find_cover(left, wish, now, traces, taken=[grant.id for grant in settled])
                if place is None:
                    settled.clear()
                    return grants
                left[place] = _used(left[place], wish, now)
                settled.append(left[place])
            return left

        self._change(use)
        return settled or None

    def answer(self, rule: str, action: str, use: Use, question: Answered, now: str) -> bool:
        """Keep what an agent's dialog asked and its user allowed, as a grant that its call has used.

        Returns whether it is new: one question is one answer, and where the call has a grant for that action already,
        nothing is kept.
        """
        why = f"answered in {question.agent}'s permission dialog"
        grant = Grant(
            _new_id(), rule, action or None, ONCE, why, DIALOG, question.at,
            command=question.command, used_at=now, use=use,
        )  # fmt: skip
        kept: list[bool] = []

        def add(grants: list[Grant]) -> list[Grant]:
            known = any(g.use is not None and (g.use.call, g.use.action) == (use.call, use.action) for g in grants)
            kept.append(not known)
            return grants if known else [*grants, grant]

        self._change(add)
        return kept[0]

    def finish(
        self, call: str, now: str, traces: Traces, *, ended_well: bool | None, git_sees_pushes: bool
    ) -> list[Grant]:
        """Note that a tool call has run and ended, and return the grants that were used for it."""

        def finish_one(grant: Grant) -> Grant:
            if grant.use is None or grant.use.call != call:
                return grant
            use = close(grant.use, traces, ended_well=ended_well, git_sees_pushes=git_sees_pushes)
            # The answer in a dialog was to the whole command, so what it was used for lasts until its end.
            return replace(grant, used_at=now if grant.by == DIALOG else grant.used_at, use=use)

        self._change(lambda grants: [finish_one(grant) for grant in grants])
        return [grant for grant in self.load() if grant.use is not None and grant.use.call == call]

    def record_use(self, rule: str, *, action: str | None, why: str, at: str, used_at: str, command: str) -> Grant:
        """Keep a grant that was given and used in one: the person's answer in an agent's own dialog.

        `at` is when the agent asked, `used_at` when the command had run: what it did happened between them.
        """
        grant = Grant(_new_id(), rule, action, ONCE, why, DIALOG, at, command=command, used_at=used_at)
        self._change(lambda grants: [*grants, grant])
        return grant

    def revoke(self, grant_id: str, now: str) -> Grant:
        """Take a grant back; raises UsageProblem for an id that is not there."""
        found = next((grant for grant in self.load() if grant.id == grant_id), None)
        if found is None:
            raise UsageProblem(f"no grant {grant_id}", hint="conductor grant --list shows them")
        self._change(lambda grants: [replace(g, revoked_at=now) if g.id == grant_id else g for g in grants])
        return found

    def _read(self) -> tuple[int, list[Grant]]:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return SCHEMA, []
        try:
            data = json.loads(text)
            schema = data["schema"]
            if isinstance(schema, int) and schema > SCHEMA:
                raise UsageProblem(
                    f"the grant file has format {schema}: this version knows {SCHEMA}",
                    hint="use the newer version of Conductor that wrote it",
                    path=str(self.path),
                )
            return schema, [_read_grant(row) for row in data["grants"]]
        except (ValueError, KeyError, TypeError) as error:
            raise RecordSyntaxError(
                "the grant file can't be read",
                hint=f"move {self.path} away; grants given so far are void",
                path=str(self.path),
            ) from error

    def _change(self, change: Callable[[list[Grant]], list[Grant]]) -> None:
        """Replace the grants under the lock; a file of an older format is brought up to date whatever changes."""
        make_private(self.path.parent.parent, self.path.parent.name)
        lock = open_private(self.path.with_suffix(".lock"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            schema, before = self._read()
            after = change(before)
            if after != before or schema != SCHEMA:
                body = json.dumps({"schema": SCHEMA, "grants": [asdict(grant) for grant in after]}, indent=1)
                write_private(self.path, body.encode("utf-8"))
        finally:
            os.close(lock)


def _find_cover(grants: list[Grant], wish: Wish, now: str, traces: Traces, *, taken: list[str]) -> int | None:
    """Return the place of the best grant for the wish: one used for this very act, one for a time, one for once.

    A grant for once covers one act of a command, so one that this command needs already (`taken`) is left out.
    """

    def worth(grant: Grant) -> tuple[int, int] | None:
        if grant.id in taken and grant.scope != UNTIL:
            return None
        if is_same_act(grant, wish, traces):
            return (0, 0)
        kind = 1 if grant.scope == UNTIL else 2 if grant.command is not None else 3
        for place, action in enumerate(wish.actions):
            if grant.covers(wish.rule, action, now, wish.command):
                return (1 + place, kind)
        return None

    ranked = [(value, place) for place, grant in enumerate(grants) if (value := worth(grant)) is not None]
    return min(ranked)[1] if ranked else None


def _used(grant: Grant, wish: Wish, now: str) -> Grant:
    if grant.scope == UNTIL:
        return grant
    use = wish.use if grant.use is None else join(grant.use, wish.use)
    return replace(grant, used_at=grant.used_at or now, use=use)


def _read_grant(row: dict[str, Any]) -> Grant:
    """Return a row of the file; one of schema 1 has no use, and what it was used for is over."""
    use = row.get("use")
    if use is not None:
        lines = use["lines"]
        use = Use(**{**use, "lines": None if lines is None else tuple((a, b, c) for a, b, c in lines)})
    return Grant(**{**row, "use": use})


def _new_id() -> str:
    return f"g-{os.urandom(4).hex()}"


def find_agent() -> str | None:
    """Return the name of the variable that says an agent runs this process, or None."""
    return find_mark(os.environ)


def require_person(what: str) -> None:
    """Raise UsageProblem where an agent runs this process: only its user may do this."""
    if variable := find_agent():
        raise UsageProblem(
            f"{what} is for the user, and {variable} says that an agent is typing",
            hint=f"ask your user to run it in a terminal of their own: conductor {what}",
        )
