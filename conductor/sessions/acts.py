"""One act, one grant: whether what a layer asks about now is what a grant was used for before.

The guard sees a command before it runs, git's hook sees the commit or the push inside it, and a release pushes by
itself. What each knows of the act is a `Use`; two of them are the same act while nothing has come of the first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from conductor.domain.grant import PUSHES, Grant, PushLine, Use
from conductor.sessions.traces import NO_LOG, Traces

COMMIT_PUSH = "commit_push"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a layer wants a grant for.

    `actions` are those whose grants will do, the best first; `command` is the whole command where the layer sees it.
    """

    rule: str
    actions: tuple[str | None, ...]
    use: Use
    command: str | None = None

    def is_named_by(self, grant: Grant) -> bool:
        """Tell whether the grant is about this, whether or not it is still good."""
        return any(grant.names(self.rule, action) for action in self.actions)


def wish_to_commit(traces: Traces, folder: Path) -> Wish:
    """Return what git's pre-commit hook wants, in the git folder (of the worktree) it runs for."""
    use = Use("commit", logs=traces.positions(), folder=str(folder), pushes=traces.count_pushes())
    return Wish(COMMIT_PUSH, ("commit",), use)


def wish_to_push(traces: Traces, remote: str, lines: tuple[PushLine, ...], *, rewrites: bool, in_git: bool) -> Wish:
    """Return what a push wants. Without lines git has nothing to push yet, or does not say what."""
    use = Use("push", logs={}, pushes=traces.count_pushes(), remote=remote, lines=lines or None)
    # A push that could have been forced and was not is the lesser act.
    actions = ("force_push",) if rewrites else PUSHES if in_git else ("push",)
    return Wish(COMMIT_PUSH, actions, use)


def is_same_act(grant: Grant, wish: Wish, traces: Traces) -> bool:
    """Tell whether the wish is for the act that the grant was used for, and nothing has come of that so far."""
    used, asked = grant.use, wish.use
    if (
        used is None
        or used.over
        or grant.used_at is None
        or grant.revoked_at
        or wish.rule != COMMIT_PUSH
        or not wish.is_named_by(grant)
    ):
        return False
    if wish.command is not None and grant.command not in (None, wish.command):
        return False
    if asked.action == "commit":
        return _is_same_commit(used, asked, traces)
    return _is_same_push(used, asked, traces) if asked.action in PUSHES else not _has_come(used, traces)


def join(used: Use, asked: Use) -> Use:
    """Return what is known of the act once the second layer has asked about it too."""
    folder = used.folder or asked.folder
    logs = used.logs if used.folder or folder is None else {**used.logs, folder: asked.logs.get(folder, 0)}
    return replace(
        used,
        call=asked.call or used.call,
        session=asked.session or used.session,
        logs=logs,
        folder=folder,
        remote=asked.remote or used.remote,
        lines=asked.lines if used.lines is None or _names_less(used.lines, asked.lines) else used.lines,
    )


def close(used: Use, traces: Traces, *, ended_well: bool | None, git_sees_pushes: bool) -> Use:
    """Return the use after the tool call has ended: over where something came of it.

    Where nothing can tell (a push that no hook of git's saw, a repository without a log of HEAD), what did not fail is
    taken to have come about.
    """
    unlogged = used.action not in PUSHES and used.folder is None and NO_LOG in used.logs.values()
    unseen = used.action in PUSHES and used.lines is None and not git_sees_pushes
    blind = ended_well is True and (unlogged or unseen)
    return replace(used, over=used.over or blind or _has_come(used, traces))


def _is_same_commit(used: Use, asked: Use, traces: Traces) -> bool:
    if used.action not in ("commit", ""):
        return False
    if asked.folder is None:
        return not _has_committed(used, traces)
    if used.folder is None:
        since = used.logs.get(asked.folder)
        return since in (None, NO_LOG) or not traces.has_committed(Path(asked.folder), since or 0)
    return used.folder == asked.folder and not _has_committed(used, traces)


def _has_committed(used: Use, traces: Traces) -> bool:
    folders = [used.folder] if used.folder else list(used.logs)
    for folder in folders:
        since = used.logs.get(folder, NO_LOG)
        # Where git keeps no log, a commit that its hook saw begin is taken to have been made.
        if traces.has_committed(Path(folder), since) or (since == NO_LOG and used.folder is not None):
            return True
    return False


def _is_same_push(used: Use, asked: Use, traces: Traces) -> bool:
    if used.action not in (*PUSHES, ""):
        return False
    if used.lines is None or asked.lines is None:
        return traces.count_pushes() == used.pushes
    if used.remote != asked.remote:
        return False
    return all(any(_is_same_line(line, other) for other in used.lines) for line in asked.lines)


def _is_same_line(line: PushLine, other: PushLine) -> bool:
    """Tell whether both put the same object into the same ref, which held the same before: the first did nothing."""
    return line[:2] == other[:2] and (line[2] == other[2] or None in (line[2], other[2]))


def _names_less(lines: tuple[PushLine, ...], more: tuple[PushLine, ...] | None) -> bool:
    return more is not None and any(line[2] is None for line in lines)


def _has_come(used: Use, traces: Traces) -> bool:
    if used.lines is not None:
        return False  # what was pushed, and onto what, tells more than the logs here
    committed = used.action not in PUSHES and _has_committed(used, traces)
    return committed or (used.action != "commit" and traces.count_pushes() != used.pushes)
