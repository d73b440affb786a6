"""The work that this machine's git could not give back, read only when a command could lose some.

Each question starts at most one `git`, which may take `LIMIT_S`; what can't be read in that time counts as work.
Cheap imports only: the hook asks before it answers an agent.
"""

from __future__ import annotations

import posix
from posix import scandir, stat

from conductor.rules.judge.places import is_inside
from conductor.rules.judge.work import FILES, IGNORED, TRACKED, UNLISTED, UNTRACKED, Work
from conductor.shell.patterns import has_pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PROGRAM = "git"
LIMIT_S = 1.5
MOST_BYTES = 4 << 20
MOST_FILES = 5000
_NO_WORK = frozenset({" D", "D ", "DD", "AU", "UD", "UA", "DU", "AA", "UU"})
_FOLDER = 0o040000  # in a file's mode


class LiveWork(Work):
    """The work in the repository around `root`, and in others that a command works in.

    `started` tells when this agent's session began (seconds since 1970, None where that is not known): an untracked
    file that was written since is its own scratch, and writing over it or removing it loses nobody's work.
    """

    __slots__ = ("_read", "_root", "_started")

    def __init__(self, root: str, started: Callable[[], float | None] | None = None) -> None:
        super().__init__(root)
        self._root = root
        self._started = started
        self._read: dict[tuple[str, bool], list[tuple[str, str]] | None] = {}

    def is_known(self) -> bool:
        """Tell whether git could list what is uncommitted."""
        return self._status(self._root, ignored=False) is not None

    def top(self, folder: str) -> str:
        """Return the folder above that holds `.git`, else the folder itself."""
        above = folder
        while above != "/":
            if _exists(f"{above}/.git"):
                return above
            above = above.rpartition("/")[0] or "/"
        return folder

    def _repository(self, path: str) -> str:
        return self.top(path if _is_folder(path) else path.rpartition("/")[0])

    def under(self, path: str, kinds: Sequence[str], *, deep: bool = True) -> list[str]:
        """Return the absolute paths of the work at a path, or with `deep` also below it."""
        if not self.exists(path):
            return []
        entries = self._status(self._repository(path), ignored=IGNORED in kinds)
        if entries is None:
            return [UNLISTED] if kinds != FILES else []
        found = [(kind, name) for kind, name in entries if kind in kinds and _covers(path, name, deep=deep)]
        return [
            name if is_inside(name, path) else path
            for kind, name in found
            if kind != UNTRACKED or kinds != FILES or not self._is_own(name, path)
        ]

    def _is_own(self, name: str, path: str) -> bool:
        """Tell whether an untracked file, or all that is asked about of an untracked folder, is this session's own."""
        started = self._started() if self._started else None
        if started is None:
            return False
        return all(moment >= started for moment in _moments(path if is_inside(path, name) else name))

    def overwritten(self, path: str, tree: str) -> list[str]:
        """Return the untracked files at or below a path that the files of a revision would replace."""
        loose = self.under(path, (UNTRACKED,))
        if not loose or UNLISTED in loose or not tree.isprintable():
            return []
        top = self._repository(path)
        listed = _run_git(top, "ls-tree", "-r", "-z", "--name-only", "--full-tree", tree) or b""
        names = [f"{top}/{name}" for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]
        return [name for name in names if is_inside(name, path) and any(is_inside(name, each) for each in loose)]

    def of_worktree(self, path: str) -> list[str]:
        """Return the work in another worktree."""
        return self.under(path, FILES) if _exists(f"{path}/.git") else []

    def exists(self, path: str) -> bool | None:
        """Tell whether there is a file; of a path with an unknown part, whether there is what stands before it."""
        parts = path.split("/")
        known = next((n for n, part in enumerate(parts) if has_pattern(part) or not part.isprintable()), len(parts))
        return _exists("/".join(parts[:known]) or "/")

    def stashes(self) -> int:
        """Return how many stashes there are."""
        listed = _run_git(self._root, "stash", "list", "--format=%H")
        return 1 if listed is None else len(listed.split())

    def unmerged(self, names: Sequence[str]) -> list[str]:
        """Return those of the branches whose commits nothing else holds; with no name given all of them."""
        if not names:
            listed = _run_git(self._root, "for-each-ref", "--format=%(refname:short)", "refs/heads") or b""
            names = listed.decode("utf-8", "surrogateescape").split()[:40]
        return [name for name in names if self._is_unmerged(name)]

    def _is_unmerged(self, name: str) -> bool:
        others = ("--not", f"--exclude=refs/heads/{name}", "--all", "HEAD", "--")
        # A branch that is not there loses nothing: git refuses, and prints nothing.
        return bool(_run_git(self._root, "rev-list", "--max-count=1", f"refs/heads/{name}", *others))

    def _status(self, top: str, *, ignored: bool) -> list[tuple[str, str]] | None:
        """Return (kind, absolute path) of each file with work; a folder of untracked files is one. None: not known."""
        if (top, ignored) not in self._read:
            options = ["--ignored=matching"] if ignored else []
            listed = _run_git(top, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=normal", *options)
            self._read[top, ignored] = None if listed is None else _entries(listed, top)
        return self._read[top, ignored]


def session_start(common_dir: str, session: str) -> float | None:
    """Return when an agent's session began, in seconds since 1970; None where no ledger tells."""
    from datetime import datetime
    from pathlib import Path

    from conductor.sessions.ledger import SessionLedger

    calls = SessionLedger(Path(common_dir)).read(session) if session else []
    return datetime.fromisoformat(calls[0].at).timestamp() if calls else None


def _covers(path: str, name: str, *, deep: bool) -> bool:
    """Tell whether work is at a path: the file itself, what is below it, or a folder of untracked files around it."""
    return path == name or is_inside(path, name) or (deep and is_inside(name, path))


def _entries(listed: bytes, top: str) -> list[tuple[str, str]]:
    """Read `git status -z`. What is only deleted holds no work; a conflict holds what both commits hold."""
    found = []
    for row in listed.decode("utf-8", "surrogateescape").split("\0"):
        state, name = row[:2], row[3:]
        if not name or state in _NO_WORK:
            continue
        kind = UNTRACKED if state == "??" else IGNORED if state == "!!" else TRACKED
        found.append((kind, f"{top}/{name.rstrip('/')}"))
    return found


def _run_git(folder: str, *arguments: str) -> bytes | None:
    """Return what git prints; None where it fails, is not there, or takes longer than the limit."""
    from select import POLLIN, poll
    from time import monotonic

    command = [PROGRAM, "--no-optional-locks", "-C", folder, "-c", "core.fsmonitor=false", *arguments]
    environment = {
        name: value
        for name, value in posix.environ.items()
        if not name.startswith(b"GIT_") or name.startswith(b"GIT_CONFIG_")
    }
    reading, writing = posix.pipe()
    null = posix.open("/dev/null", posix.O_RDWR)
    actions = [(posix.POSIX_SPAWN_DUP2, end, number) for number, end in enumerate((null, writing, null))]
    try:
        child = posix.posix_spawnp(PROGRAM, command, environment, file_actions=actions)
    except OSError:
        posix.close(reading)
        return None
    finally:
        posix.close(writing)
        posix.close(null)
    pieces, size, end = [], 0, monotonic() + LIMIT_S
    waiting = poll()
    waiting.register(reading, POLLIN)
    complete = False
    while size < MOST_BYTES and waiting.poll(max(0, int((end - monotonic()) * 1000))):
        piece = posix.read(reading, 1 << 16)
        if not piece:
            complete = True
            break
        pieces.append(piece)
        size += len(piece)
    posix.close(reading)
    if not complete:
        posix.kill(child, 9)
    _, status = posix.waitpid(child, 0)
    return b"".join(pieces) if complete and status == 0 else None


def _moments(path: str) -> list[float]:
    """Return when a file, or each file of a folder, was written; the beginning of time where there are too many."""
    left, found = [path], []
    while left:
        each = left.pop()
        try:
            if _is_folder(each):
                left += [entry.path for entry in scandir(each)]
            else:
                found.append(stat(each, follow_symlinks=False).st_mtime)
        except OSError:
            continue
        if len(found) + len(left) > MOST_FILES:
            return [0.0]
    return found


def _exists(path: str) -> bool:
    try:
        stat(path, follow_symlinks=False)
    except (OSError, ValueError):
        return False
    return True


def _is_folder(path: str) -> bool:
    try:
        return stat(path, follow_symlinks=False).st_mode & 0o170000 == _FOLDER
    except (OSError, ValueError):
        return False
