"""What was found to select what a command runs, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that selects what runs: the recipe of a target, a script, the options of a test runner.

    `name` says which, the same in every state of the project; `path` is the file it stands in now; `text` is what it
    says, without what changes nothing. `decides` is true for the command itself and its recipe.
    """

    name: str
    path: str
    text: str
    decides: bool = True


@dataclass
class Trace:
    """What one command came to in one state of the project.

    `unread` says what was not looked into, and why; `runs_tests` is true once a program that runs tests was seen.
    """

    pieces: dict[str, Piece] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    runs_tests: bool = False

    def add(self, piece: Piece) -> None:
        """Take a piece in; of two of one name the first stays, and decides where either does."""
        known = self.pieces.get(piece.name)
        if known is None:
            self.pieces[piece.name] = piece
        elif piece.decides and not known.decides:
            self.pieces[piece.name] = Piece(known.name, known.path, known.text)

    def leave(self, what: str) -> None:
        """Note something that was not looked into."""
        if what not in self.unread:
            self.unread.append(what)
