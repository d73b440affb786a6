"""What commits and pushes leave behind in a repository's own files, read without git.

The log of HEAD tells whether a commit was made since some moment, and the logs of the remote-tracking refs whether a
push arrived. Positions, not times, say "since": whoever commits chooses the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NO_LOG = -1
# What moves HEAD and is no commit of its own. Git writes these words itself; a commit's are `<action>: <subject>`, and
# GIT_REFLOG_ACTION may stand for the action: that is why the pre-commit hook refuses these in it.
STILL = ("checkout", "reset", "pull", "merge", "Branch")
_STILL = re.compile(
    rb"checkout: moving from [^:\s]+ to [^:\s]+|reset: moving to [^:]+|pull\b.*|merge [^:]+: Fast-forward"
    rb"|Branch: renamed \S+ to \S+"
)
_ABORTED = re.compile(rb"[^:]* \(abort\): ")
# Where an operation of several commits keeps the commit that it began from, and what is there while it runs.
_BEGUN = (
    ("rebase-merge/orig-head", "rebase-merge"),
    ("rebase-apply/orig-head", "rebase-apply"),
    ("sequencer/head", "sequencer"),
    ("ORIG_HEAD", "rebase-apply/applying"),  # git am
)
_PUSHED = b"\tupdate by push\n"


@dataclass(frozen=True, slots=True)
class Move:
    """One line of HEAD's log: the objects before and after, git's words, and the place where it ends, in bytes."""

    end: int
    old: bytes
    new: bytes
    words: bytes


class Traces:
    """The logs of a repository, by its common folder."""

    def __init__(self, common_dir: Path) -> None:
        self.common_dir = common_dir

    def positions(self) -> dict[str, int]:
        """Return how far the log of HEAD goes in each git folder of the repository, in bytes."""
        linked = sorted(self.common_dir.glob("worktrees/*"))
        return {str(folder): self.position(folder) for folder in (self.common_dir, *linked)}

    def position(self, folder: Path) -> int:
        """Return how far the log of HEAD goes: 0 before the first commit, NO_LOG where git keeps none."""
        try:
            return (folder / "logs/HEAD").stat().st_size
        except OSError:
            return 0 if self._is_unborn(folder) else NO_LOG

    def has_committed(self, folder: Path, since: int) -> bool:
        """Tell whether a commit was made with that git folder's HEAD since then.

        What an unfinished rebase or series of picks has made so far belongs to the command that began it; what an
        aborted one had made counts as not made. Without a log nothing can be told, and the answer is no.
        """
        try:
            log = (folder / "logs/HEAD").read_bytes()
        except OSError:
            return False
        if len(log) < since:
            return True  # somebody shortened it
        moves = _read_moves(log)
        begun = _first_bytes(folder, tuple(name for name, running in _BEGUN if (folder / running).exists()))
        place = 0 if begun is None else _find(moves, begun, 0)
        while place < len(moves) and moves[place].end > max(since, 0):
            move = moves[place]
            back = _find(moves, move.new, place + 1) if _ABORTED.match(move.words) else place
            if back == place and move.old != move.new and not _STILL.fullmatch(move.words):
                return True
            place = max(back, place + 1)
        return False

    def count_pushes(self) -> int:
        """Return how many pushes the logs of the remote-tracking refs tell of."""
        return sum(path.read_bytes().count(_PUSHED) for path in self._remote_logs())

    def _remote_logs(self) -> Iterator[Path]:
        return (path for path in (self.common_dir / "logs/refs/remotes").rglob("*") if path.is_file())

    def _is_unborn(self, folder: Path) -> bool:
        head = _first_bytes(folder, ("HEAD",)) or b""
        name = head.removeprefix(b"ref: ").decode("utf-8", "surrogateescape")
        if name == head.decode("utf-8", "surrogateescape") or name.endswith("/.invalid"):
            return False  # detached, or another ref format, which keeps its logs elsewhere
        packed = (_first_bytes(self.common_dir, ("packed-refs",)) or b"") + b"\n"
        return not (self.common_dir / name).exists() and f" {name}\n".encode("utf-8", "surrogateescape") not in packed


def _find(moves: list[Move], revision: bytes, start: int) -> int:
    """Return the place of the newest move from `start` on that led to the revision; without one, the place before."""
    found = (place for place in range(start, len(moves)) if moves[place].new == revision)
    return next(found, max(start - 1, 0))


def _read_moves(log: bytes) -> list[Move]:
    """Return the log's lines, newest first."""
    moves, end = [], 0
    for line in log.split(b"\n")[:-1]:
        end += len(line) + 1
        head, _, words = line.partition(b"\t")
        parts = head.split(b" ", 2)
        if len(parts) == 3:
            moves.append(Move(end, parts[0], parts[1], words.strip()))
    return moves[::-1]


def _first_bytes(folder: Path, names: tuple[str, ...]) -> bytes | None:
    for name in names:
        try:
            return (folder / name).read_bytes().strip()
        except OSError:
            continue
    return None
