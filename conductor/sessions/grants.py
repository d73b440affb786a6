"""The grant store: what the user allowed, in the user's own state directory, where no commit can put anything."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from conductor.config.places import make_folder
from conductor.domain.grant import Grant
from conductor.domain.rule import BY_NAME
from conductor.errors import RecordSyntaxError, UsageProblem
from conductor.records.files import write_atomically

# A known agent's variables: where one is set, a person is not the one who types.
AGENT_VARIABLES = (
    "CLAUDECODE",
    "CLAUDE_CODE_ENTRYPOINT",
    "CODEX_SANDBOX",
    "CODEX_THREAD_ID",
    "CODEX_CI",
    "GEMINI_CLI",
    "COPILOT_CLI",
    "CURSOR_AGENT",
    "CURSOR_TRACE_ID",
    "AI_AGENT",
    "OPENCODE",
    "QWEN_CODE",
    "GOOSE_TERMINAL",
    "CRUSH",
    "PI_CODING_AGENT",
)
# People have a variable of this name too; what the agents put in it is theirs alone (opencode: 1, Amp: amp).
AGENT_VALUES = ("1", "amp")


class GrantStore:
    """The grants of one project: a JSON file that is replaced whole, under a lock."""

    def __init__(self, state_dir: Path, project_key: str) -> None:
        self.path = state_dir / "grants" / f"{project_key}.json"

    def load(self) -> list[Grant]:
        """Return every grant ever given here, oldest first."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        try:
            return [Grant(**row) for row in json.loads(text)["grants"]]
        except (ValueError, KeyError, TypeError) as error:
            raise RecordSyntaxError(
                "the grant file can't be read",
                hint=f"move {self.path} away; grants given so far are void",
                path=str(self.path),
            ) from error

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
        if rule not in BY_NAME:
            raise UsageProblem(f"{rule!r} is not a rule's policy name", hint=f"one of: {', '.join(BY_NAME)}")
        if BY_NAME[rule].fixed:
            raise UsageProblem(f"{rule} can't be granted", hint="do it yourself, outside the agent")
        grant = Grant(f"g-{secrets.token_hex(4)}", rule, action, scope, why, by, at, expires_at, command)
        self._change(lambda grants: [*grants, grant])
        return grant

    def record_use(
        self, rule: str, *, action: str | None, why: str, by: str, at: str, used_at: str, command: str
    ) -> Grant:
        """Keep a grant that was given and used in one: the person's answer in an agent's own dialog.

        `at` is when the agent asked, `used_at` when the command had run: what it did happened between them.
        """
        grant = Grant(f"g-{secrets.token_hex(4)}", rule, action, "once", why, by, at, command=command, used_at=used_at)
        self._change(lambda grants: [*grants, grant])
        return grant

    def active(self, now: str) -> list[Grant]:
        """Return the grants that would let something through now."""
        return [grant for grant in self.load() if grant.covers(grant.rule, grant.action, now, grant.command)]

    def take(self, rule: str, action: str | None, now: str, command: str | None = None) -> Grant | None:
        """Use a grant: return the one that covers this, marked as used where it was for once; None without one."""
        taken: list[Grant] = []

        def use(grants: list[Grant]) -> list[Grant]:
            for index, grant in enumerate(grants):
                if grant.covers(rule, action, now, command):
                    taken.append(grant)
                    changed = replace(grant, used_at=now) if grant.scope == "once" else grant
                    return [*grants[:index], changed, *grants[index + 1 :]]
            return grants

        self._change(use)
        return taken[0] if taken else None

    def revoke(self, grant_id: str, now: str) -> Grant:
        """Take a grant back; raises UsageProblem for an id that is not there."""
        found = next((grant for grant in self.load() if grant.id == grant_id), None)
        if found is None:
            raise UsageProblem(f"no grant {grant_id}", hint="conductor grant --list shows them")
        self._change(lambda grants: [replace(g, revoked_at=now) if g.id == grant_id else g for g in grants])
        return found

    def _change(self, change: Callable[[list[Grant]], list[Grant]]) -> None:
        make_folder(self.path.parent, mode=0o700)
        with self.path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = self.load()
            after = change(before)
            if after != before:
                body = json.dumps({"schema": 1, "grants": [asdict(grant) for grant in after]}, indent=1)
                write_atomically(self.path, body.encode("utf-8"))


def find_agent() -> str | None:
    """Return the name of the variable that says an agent runs this process, or None."""
    found = next((name for name in AGENT_VARIABLES if os.environ.get(name)), None)
    return found or ("AGENT" if os.environ.get("AGENT") in AGENT_VALUES else None)


def require_person(what: str) -> None:
    """Raise UsageProblem where an agent runs this process: only its user may do this."""
    if variable := find_agent():
        raise UsageProblem(
            f"{what} is for the user, and {variable} says that an agent is typing",
            hint=f"ask your user to run it in a terminal of their own: conductor {what}",
        )
