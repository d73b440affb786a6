"""What those who follow one kind of program may ask of the follower of commands: types only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from conductor.sessions.selection.pieces import Trace
    from conductor.sessions.selection.trees import Tree


class Follower(Protocol):
    """Follows commands through one state of the project (`tree`) into one trace."""

    tree: Tree
    trace: Trace

    def text(self, text: str, folder: str, depth: int = ...) -> None:
        """Follow every command of a shell text that is run in that folder (below the root, empty for it)."""

    def argv(self, argv: list[str], folder: str, depth: int) -> None:
        """Follow a program with its arguments."""

    def script(self, word: str, folder: str, depth: int, *, decides: bool | None = ...) -> None:
        """Take a file of the project that is run, and follow it where it is a shell's."""

    def whole_file(self, name: str, paths: tuple[str, ...], folder: str) -> None:
        """Take the first of these files as what the program does."""
