"""Who looks at a walk: the guard judges what it is shown, preflight does it to an image, workflows keep it.

And how far a walk goes.
"""

from __future__ import annotations

from conductor.shell import parse
from conductor.shell.expand import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.programs.words import Wrapped
    from conductor.shell import Script, ShellSyntaxError
    from conductor.shell.calls import Call, Source, Standing, Target
    from conductor.shell.nodes import Position, Test
    from conductor.shell.state import State
    from conductor.shell.streams import Stream


class TooMuchError(Exception):
    """A text is nested or repeated beyond what a walk follows, or took longer than its deadline."""


class Limits:
    """How far a walk goes.

    `depth`: statements inside one another · `texts`: texts and functions inside one another · `again`: one function
    inside itself · `calls` · `rounds` of one loop · `length` of one text in characters · `deadline_s` of this process's
    own work, 0 for none.

    Beyond `texts` a call is shown and not looked into (where `shows`), beyond `again` it is nothing, and a text beyond
    `length` is not read; beyond the others the walk ends with TooMuchError.
    """

    __slots__ = ("again", "calls", "deadline_s", "depth", "length", "rounds", "shows", "texts")

    def __init__(
        self,
        *,
        depth: int = 70,
        texts: int = 5,
        again: int = 3,
        calls: int = 4000,
        rounds: int = 40,
        length: int = 400_000,
        deadline_s: float = 0.0,
        shows: bool = True,
    ) -> None:
        self.depth = depth
        self.texts = texts
        self.again = again
        self.calls = calls
        self.rounds = rounds
        self.length = length
        self.deadline_s = deadline_s
        self.shows = shows


class Visitor:
    """What a walk asks and tells, in the order in which a shell would do it.

    A `home` is a value of the visitor's own that says where a text stands; the walk carries it along. `follows` tells
    whether a condition that is known decides: false means that every branch is walked, as one that may not run.
    """

    follows = True

    aliases = False  # whether aliases count, as they do where a person or an agent types
    knows_input = True  # whether an input that nothing is put into is empty; else a `read` gets what nobody knows
    reads_unknown = False  # whether a text or a name of which parts are not known is walked for what is known of it

    @property
    def leaves(self) -> bool:
        """Tell whether `exit`, `exec` and their like end the text that they stand in."""
        return True

    def parse(self, text: str, dialect: str) -> Script:
        """Return the tree of a text. Raises ShellSyntaxError. A visitor may keep trees."""
        del dialect  # what bash has and sh has not is found by who looks for it, and is no error of the text
        return parse(text)

    def begin(self, script: Script, source: Source, state: State, standing: Standing) -> None:
        """See a text before it runs: its tree, where it stands, and the shell that reads it."""

    def brackets(self, expression: Test, state: State) -> None:
        """See a `[[ … ]]` that dash reads: there it is a program that does not exist."""

    def take(self, word: str, state: State) -> None:
        """See a file that a redirection reads, before the command that it belongs to is reached."""

    def reach(self, call: Call, state: State) -> None:
        """See a call before anything is done with it: each one, wrappers and shells too."""

    def begin_shell(self, argv: list[str], state: State) -> None:
        """See a shell that is started with these words, and change its state as the files that it reads first would."""

    def declare(self, call: Call, state: State) -> None:
        """See `export A=1` and its kin: the call's assignments are what it declares."""
        self.reach(call, state)

    def follow(self, call: Call, state: State, stdin: Stream) -> Stream | None:
        """Follow a call in a way of its own and return what it prints; None leaves it to the walk."""
        del call, state, stdin
        return None

    def run(self, call: Call, state: State, stdin: Stream) -> Stream | None:
        """Do what a program does that the walk does not look into; return what it prints, None where that is open."""
        del call, state, stdin
        return None

    def assign(self, name: str, value: str | list[str], state: State) -> None:
        """See a variable that is given a value, for good or for one call (then it is among `state.given`)."""

    def miss(self, name: str, state: State) -> None:
        """See a variable that is asked for, has no value, and that nothing stands for, where `set -u` holds."""

    def write(self, target: Target, state: State, home: object, position: Position) -> None:
        """See a file that a redirection writes."""

    def fill(self, path: str, output: Stream, *, appends: bool) -> None:
        """See the text that is put into a file, by an absolute path, behind what it holds where it `appends`."""

    def enter(self, call: Call, wrapped: Wrapped, state: State) -> State | None:
        """Return the state in which a wrapper runs its command, None where it is not followed."""
        del call
        return None if wrapped.words.how else state.copy()

    def read(self, call: Call, word: str, how: str, state: State) -> Source | None:
        """Return the text of a script that a call runs, None where it is not known.

        `how` is `path` (by its name), `shell` (handed to one) or `source` (it goes on in this shell).
        """
        del call, word, how, state
        return None

    def text_of(self, path: str, state: State) -> str | None:
        """Return the text of a file that the walked text has not written, None where it is not known."""
        del path, state
        return None

    def text_before(self, path: str, state: State) -> str | None:
        """Return the text of a file that is appended to, None where it is not known."""
        return self.text_of(path, state)

    def home_of_document(self, home: object, position: Position, text: str) -> object:
        """Return the home of a here-document's text, which begins at a position of another text."""
        del position, text
        return home

    def home_of_word(self, home: object, position: Position | None, text: str) -> object:
        """Return the home of a text that is given in a word; without a position it is given by no text."""
        del position, text
        return home

    def is_too_long(self, source: Source) -> None:
        """See a text that is longer than is read."""

    def is_broken(self, source: Source, error: ShellSyntaxError) -> None:
        """See a text that no shell can read."""

    def has_file(self, operator: str, path: str, state: State) -> bool | None:
        """Answer `test -f PATH` and its kin, for an absolute path; None where it is not known."""
        del operator, path, state
        return None

    def has_program(self, name: str, state: State) -> bool | None:
        """Tell whether a program is there; None where it is not known."""
        del name, state
        return None

    def path_of(self, name: str, state: State) -> str:
        """Return where a program is, as `command -v` prints it; UNKNOWN where it is not known."""
        del name, state
        return UNKNOWN

    def find_files(self, call: Call, state: State) -> list[str] | None:
        """Return the names that `find` or `fd` finds, as far as they are known; None where it is not looked into."""
        del call, state
        return None

    def glob(self, pattern: str, state: State) -> list[str]:
        """Return the existing names that match a pattern, none where nothing is known."""
        del pattern, state
        return []
