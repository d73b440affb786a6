"""Where a followed shell is: folders of the project under a root of their own, which is no folder of this machine."""

from __future__ import annotations

from conductor.shell.expand import UNKNOWN
from conductor.shell.state import State

_ABOVE = "/:"
ROOT = f"{_ABOVE}/project"


class Place(State):
    """A shell in the project; it stays where it was when it goes where nothing can be followed."""

    def change_folder(self, path: str) -> None:
        """Go to a folder of the project."""
        if below(path) is not None:
            super().change_folder(path)


def below(path: str) -> str | None:
    """Return the path below the root (empty for the root), None for one that leads out or is not known."""
    if path == ROOT:
        return ""
    return path[len(ROOT) + 1 :] if path.startswith(f"{ROOT}/") and path.isprintable() and UNKNOWN not in path else None


def short(text: str) -> str:
    """Return words of a command for a person: on one line, cut, `…` for what is not known."""
    words = " ".join(text.replace(f"{ROOT}/", "").replace(UNKNOWN, "…").split())
    return words if len(words) <= 60 else words[:59] + "…"
