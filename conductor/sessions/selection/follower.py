"""What those who follow one kind of program may ask of the follower of commands: types only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from conductor.sessions.selection.pieces import Trace
    from conductor.sessions.selection.trees import Tree
    from conductor.shell.calls import Call
    from conductor.shell.state import State


class Follower(Protocol):
    """Follows commands through one state of the project (`tree`) into one trace."""

    tree: Tree
    trace: Trace

    def text(self, title: str, text: str, call: Call, state: State) -> None:
        """Follow a shell text that a call runs in a shell of its own; one inside itself is followed once."""

    def argv(self, words: list[str], call: Call, state: State) -> None:
        """Follow a program with its arguments, which a call stands for."""

    def script(self, word: str, state: State, *, decides: bool | None = ...) -> None:
        """Take a file of the project that another program than a shell runs."""

    def whole_file(self, name: str, paths: tuple[str, ...], state: State) -> None:
        """Take the first of these files as what the program does."""

    def folder(self, state: State) -> str:
        """Return the folder that a shell is in, below the project's root, empty for that."""

    def path(self, word: str, state: State) -> str | None:
        """Return the path below the root that a word names; None where it leads out or is not known."""

    def read_text(self, word: str, state: State) -> str | None:
        """Return the text of a file, as it is or as what is followed has written it; None where there is none."""
