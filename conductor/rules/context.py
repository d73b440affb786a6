"""What a rule may look at: the tree, the history, the machine, and what was recorded about a session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from conductor.config.settings import RuleSettings, Settings
from conductor.domain.grant import Grant
from conductor.ports.engine import EngineAccess
from conductor.ports.git import Repository

if TYPE_CHECKING:
    from conductor.host.model import Inventory
    from conductor.sessions.ledger import ToolCall


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of the guard: the verdict (block, ask) on a command, and whether the command then ran."""

    rule: str
    verdict: str
    command: str
    at: str
    ran: bool
    session: str = ""


@dataclass(frozen=True, slots=True)
class SessionView:
    """One session as it was recorded.

    `calls` is None where no ledger exists, `decisions` None where the guard kept no log; `base` is the revision the
    session began at; `attested` maps a rule's id to the agent's own sentence. Times are ISO 8601 in UTC.
    """

    id: str
    started_at: str
    ended_at: str | None = None
    base: str | None = None
    calls: tuple[ToolCall, ...] | None = None
    decisions: tuple[Decision, ...] | None = None
    grants: tuple[Grant, ...] = ()
    attested: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class RuleContext:
    """The project and its surroundings; what costs time is asked only where it is needed.

    `host` returns the inventory and the baseline, `paths` the tree's files, `unpushed` where what is not pushed begins.
    """

    root: Path
    repository: Repository
    settings: Settings
    host: Callable[[], tuple[Inventory, Inventory | None]]
    engine: Callable[[], EngineAccess]
    session: SessionView | None = None
    paths: Callable[[], tuple[str, ...]] = field(default=tuple)
    unpushed: Callable[[], str | None] = field(default=lambda: None)

    def rule(self, name: str) -> RuleSettings:
        """Return how strictly that rule is kept here."""
        return self.settings.rules[name]

    def read(self, path: str) -> str | None:
        """Return a file of the tree as text, or None where it is no readable regular file."""
        try:
            return (self.root / path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None


def list_paths(repository: Repository) -> tuple[str, ...]:
    """Return the tree's files, tracked and new, without what git ignores, in order; a submodule is one name."""
    listed = repository.run("ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout
    return tuple(sorted({name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name}))


def changed_paths(context: RuleContext) -> tuple[str, ...]:
    """Return the files that differ between the session's base and the working tree; all changes without a base."""
    paths = {change.path for change in context.repository.changes()}
    if context.session is not None and context.session.base:
        arguments = ("diff", "--name-only", "-z", context.session.base, "HEAD")
        answer = context.repository.run(*arguments, check=False)
        paths |= {name for name in answer.stdout.decode("utf-8", "surrogateescape").split("\0") if name}
    return tuple(sorted(paths))


def find_unpushed(repository: Repository, settings: Settings) -> str | None:
    """Return the revision at which what is not pushed yet begins: the upstream's, else the commit before HEAD.

    None where there is none: no commit, a first commit, or a clone whose history was cut off there.
    """
    head = repository.head()
    for name in ("@{upstream}", f"refs/remotes/{settings.remote}/{settings.branch}"):
        answer = repository.run("merge-base", "HEAD", name, check=False)
        if answer.returncode == 0 and (base := answer.stdout.decode().strip()) != head:
            return base
    answer = repository.run("rev-parse", "--verify", "--quiet", "HEAD~1", check=False)
    return answer.stdout.decode().strip() if answer.returncode == 0 else None
