"""What git could not give back: uncommitted and untracked files, stashes, branches that nothing else holds."""

from __future__ import annotations

from conductor.rules.judge.places import is_inside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

TRACKED, UNTRACKED, IGNORED = "tracked", "untracked", "ignored"
FILES = (TRACKED, UNTRACKED)  # what a command loses that is given files, not git's own view of them
UNLISTED = "work that could not be listed"


class Work:
    """The work that the facts of a line name. `dirty` is None where the line says nothing of it.

    Which of the dirty files git tracks is not said, so each counts as both. `conductor.guard.work` reads the same from
    the machine.
    """

    __slots__ = ("_dirty", "_is_known", "_project", "_stashes", "_unmerged")

    def __init__(
        self, project: str, dirty: Sequence[str] | None = None, stashes: int = 0, unmerged: Sequence[str] = ()
    ) -> None:
        self._project = project
        self._dirty = frozenset(f"{project}/{name.removeprefix('./').rstrip('/')}" for name in dirty or ())
        self._stashes = stashes
        self._unmerged = frozenset(unmerged)
        self._is_known = dirty is not None

    def is_known(self) -> bool:
        """Tell whether it is known what is uncommitted."""
        return self._is_known

    def top(self, folder: str) -> str:
        """Return the top folder of the repository that a folder belongs to."""
        return self._project if is_inside(folder, self._project) else folder

    def under(self, path: str, kinds: Sequence[str], *, deep: bool = True) -> list[str]:
        """Return the absolute paths of the work at a path, or with `deep` also below it.

        Of another repository nothing is known, which is said as `UNLISTED`.
        """
        if not is_inside(path, self._project):
            return [UNLISTED]
        if not {TRACKED, UNTRACKED} & set(kinds):
            return []
        if not deep:
            return [path] if path in self._dirty else []
        return sorted(each for each in self._dirty if is_inside(each, path))

    def overwritten(self, path: str, tree: str) -> list[str]:
        """Return the untracked files at or below a path that the files of a revision would replace.

        A line doesn't say which files are untracked: `under` has them all.
        """
        del path, tree
        return []

    def of_worktree(self, path: str) -> list[str]:
        """Return the work in another worktree."""
        del path
        return [UNLISTED]

    def exists(self, path: str) -> bool | None:
        """Tell whether there is a file outside the project, None where that is not known."""
        del path
        return None

    def stashes(self) -> int:
        """Return how many stashes there are."""
        return self._stashes

    def unmerged(self, names: Sequence[str]) -> list[str]:
        """Return those of the branches whose commits nothing else holds; with no name given all of them."""
        return sorted(self._unmerged & set(names) if names else self._unmerged)
