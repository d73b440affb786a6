"""A session: when it began, at which revision, who works, and what the agent attested.

Kept as `<git-common-dir>/conductor/sessions/<id>.json` beside the ledger of the same name. A ledger without it (a
session whose start nobody announced) is a session too: it began with its first call.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from conductor.config.places import make_folder
from conductor.domain.text import one_line
from conductor.errors import NothingToDo, RecordSyntaxError, UsageProblem
from conductor.ports.clock import Clock
from conductor.ports.git import Repository
from conductor.records.files import write_atomically
from conductor.sessions.ledger import SessionLedger, session_id

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Session:
    """One session; times are ISO 8601 in UTC, `base` is HEAD when it began, None before the first commit."""

    id: str
    agent: str
    started_at: str
    base: str | None = None
    ended_at: str | None = None
    attested: dict[str, str] = field(default_factory=dict, hash=False)
    tasks: tuple[str, ...] = ()


class SessionStore:
    """The sessions of one repository, shared by its worktrees."""

    def __init__(self, repository: Repository, clock: Clock) -> None:
        self.repository = repository
        self.clock = clock
        self.ledger = SessionLedger(repository.common_dir)

    def start(self, *, agent: str, name: str = "") -> Session:
        """Begin a session and return it; an id that began already is returned as it is."""
        now = self.clock.now()
        identity = session_id(name) if name else f"s-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        if self._path(identity).exists():
            return self.load(identity)
        session = Session(identity, one_line(agent, 40), now.isoformat(timespec="seconds"), self.repository.head())
        self._save(session)
        return session

    def load(self, identity: str) -> Session:
        """Return a session by its id; raises UsageProblem where nothing tells of it."""
        identity = session_id(identity)
        try:
            text = self._path(identity).read_text(encoding="utf-8")
        except FileNotFoundError:
            return self._from_ledger(identity)
        try:
            data = json.loads(text)
            if data.pop("schema") != SCHEMA:
                raise RecordSyntaxError("this session is of a newer format", hint="install a newer Conductor")
            session = Session(**{**data, "tasks": tuple(data.get("tasks", ()))})
            for moment in filter(None, (session.started_at, session.ended_at)):
                _instant(moment)
        except (ValueError, KeyError, TypeError) as error:
            raise RecordSyntaxError(
                f"the session {identity} can't be read",
                hint=f"remove {self._path(identity)}; the ledger beside it stays",
                path=self._path(identity).name,
            ) from error
        return session

    def latest(self) -> Session:
        """Return the session that is open, else the one that ended last; raises NothingToDo without any."""
        found = self.all()
        if not found:
            raise NothingToDo("there is no session yet", hint="conductor session start, or conductor hooks install")
        open_ones = [session for session in found if session.ended_at is None]
        return max(open_ones or found, key=lambda session: (_instant(session.started_at), session.id))

    def all(self) -> list[Session]:
        """Return every session, oldest first; one that can't be read is left out."""
        names = set(self.ledger.sessions())
        names |= {path.stem for path in self.ledger.folder.glob("*.json")}
        found = []
        for name in names:
            try:
                found.append(self.load(name))
            except (RecordSyntaxError, UsageProblem):
                continue
        return sorted(found, key=lambda session: (_instant(session.started_at), session.id))

    def end(self, session: Session, tasks: tuple[str, ...]) -> Session:
        """End a session and return it; a clock that went backwards ends it when it began."""
        now = self.clock.now().isoformat(timespec="seconds")
        ended = replace(session, ended_at=max(now, session.started_at, key=_instant), tasks=(*session.tasks, *tasks))
        self._save(ended)
        return ended

    def attest(self, session: Session, rule_id: str, sentence: str) -> Session:
        """Keep the agent's own sentence about a rule and return the session; raises UsageProblem for an empty one."""
        if not sentence.strip():
            raise UsageProblem("there is no sentence", hint=f'conductor session attest {rule_id} "What was looked at"')
        changed = replace(session, attested={**session.attested, rule_id: one_line(sentence, 500)})
        self._save(changed)
        return changed

    def _from_ledger(self, identity: str) -> Session:
        calls = self.ledger.read(identity)
        if not calls:
            raise UsageProblem(f"there is no session {identity}", hint="conductor session log lists them")
        return Session(identity, calls[0].agent, calls[0].at, self._head_at(calls[0].at))

    def _head_at(self, instant: str) -> str | None:
        answer = self.repository.run("rev-list", "-1", f"--before={instant}", "HEAD", check=False)
        revision = answer.stdout.decode().strip()
        return revision if answer.returncode == 0 and re.fullmatch(r"[0-9a-f]{40}", revision) else None

    def _path(self, identity: str) -> Path:
        return self.ledger.folder / f"{identity}.json"

    def _save(self, session: Session) -> None:
        make_folder(self.ledger.folder)
        body = json.dumps({"schema": SCHEMA, **asdict(session)}, indent=1, ensure_ascii=False)
        write_atomically(self._path(session.id), body.encode("utf-8"))


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
