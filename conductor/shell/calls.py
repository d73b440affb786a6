"""What the walk hands to a visitor: a call with its words resolved, and how certain it is that it runs and counts."""

from __future__ import annotations

from conductor.programs import find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from conductor.shell.nodes import Position, Word


FINDERS = frozenset({"find", "gfind", "fd", "fdfind"})


class Standing:
    """What the surroundings say about a statement.

    `conditional`: it may not run; that something before it may end the text does not count. `caught`: its failure stops
    nothing, whatever `set -e` says. `tail`: its failure is the failure of the text, which whoever started the text
    sees. `ignored`: `set -e` lets its failure pass (POSIX: all of an `&&` list but the last). `piped`: it is not the
    last of a pipe. `tested`: it is a condition, or only its output is used. `rescued`: another command does its work
    when it fails.
    """

    __slots__ = ("caught", "conditional", "ignored", "piped", "rescued", "tail", "tested")

    def __init__(
        self,
        *,
        conditional: bool = False,
        caught: bool = False,
        tail: bool = True,
        ignored: bool = False,
        piped: bool = False,
        tested: bool = False,
        rescued: bool = False,
    ) -> None:
        self.conditional = conditional
        self.caught = caught
        self.tail = tail
        self.ignored = ignored
        self.piped = piped
        self.tested = tested
        self.rescued = rescued

    def but(self, **changes: bool) -> Standing:
        """Return a copy with these changes."""
        return Standing(**{name: changes.get(name, getattr(self, name)) for name in self.__slots__})

    def masked(self, *, errexit: bool) -> bool:
        """Tell whether a failure here stops nothing; `errexit` says that `set -e` holds."""
        return self.caught or not (self.tail or (errexit and not self.ignored))


class Field:
    """One word as the program gets it: its `text` (UNKNOWN inside it for what only running would tell).

    `word` is the word of the tree that it came from, None where it came from none.
    """

    __slots__ = ("text", "word")

    def __init__(self, text: str, word: Word | None = None) -> None:
        self.text = text
        self.word = word


class Target:
    """A file that a redirection writes: `operator` as typed, `path` as resolved words, `number` of the descriptor."""

    __slots__ = ("number", "operator", "path")

    def __init__(self, operator: str, path: str, number: str | None) -> None:
        self.operator = operator
        self.path = path
        self.number = number


class Call:
    """A command that is about to run.

    `fields` are its words, program first; `assignments` stand before them and hold for this one call; `targets` are
    the files its redirections write. `home` is where its text stands (the visitor's own value), `position` its place
    there. `standing` says how certain it is; `masked` that its failure stops nothing.
    """

    __slots__ = ("assignments", "fields", "home", "masked", "position", "standing", "targets")

    def __init__(
        self,
        fields: Sequence[Field],
        standing: Standing,
        *,
        masked: bool,
        home: object,
        position: Position | None,
        assignments: Sequence[tuple[str, str | list[str]]] = (),
        targets: Sequence[Target] = (),
    ) -> None:
        self.fields = tuple(fields)
        self.standing = standing
        self.masked = masked
        self.home = home
        self.position = position
        self.assignments = tuple(assignments)
        self.targets = tuple(targets)

    @property
    def argv(self) -> list[str]:
        """Return the words' texts."""
        return [field.text for field in self.fields]

    @property
    def name(self) -> str:
        """Return the program without its folder, '' where the call has no words."""
        return self.fields[0].text.rpartition("/")[2] if self.fields else ""

    def inner(self, fields: Sequence[Field], assignments: Sequence[tuple[str, str | list[str]]] = ()) -> Call:
        """Return the call that this one starts in turn."""
        return Call(
            fields,
            self.standing,
            masked=self.masked,
            home=self.home,
            position=self.position,
            assignments=(*self.assignments, *assignments),
        )


def starts_another(call: Call) -> bool:
    """Tell whether a call may start a text or a program: a shell, find, a wrapper of the table, a script's path."""
    if is_shell(call.name) or call.name in FINDERS or "/" in call.fields[0].text:
        return True
    words = find(call.name)
    return words is not None and words.runs()


def is_shell(name: str) -> bool:
    """Tell whether the program is a shell that reads what sh reads: bash, dash and their like, not fish."""
    program = find(name)
    return program is not None and program.language == "sh"


class Source:
    """A text that a shell runs: `home` is where it stands, `dialect` what reads it (`bash` or `posix`).

    `title` says in the walk's trail what it is (`eval`, `sh -c`), '' for nothing.
    """

    __slots__ = ("arguments", "dialect", "errexit", "home", "text", "title")

    def __init__(
        self,
        text: str,
        home: object,
        *,
        dialect: str = "bash",
        errexit: bool = False,
        arguments: list[str] | None = None,
        title: str = "",
    ) -> None:
        self.text = text
        self.title = title
        self.home = home
        self.dialect = dialect
        self.errexit = errexit
        self.arguments = arguments
