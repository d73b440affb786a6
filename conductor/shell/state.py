"""What a shell knows while it runs a text: variables, folder, functions, options, and the files it has written."""

from __future__ import annotations

from conductor.shell.conditions import Asked
from conductor.shell.expand import UNKNOWN
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol, Self, TypeVar

    T = TypeVar("T")

    class Sight(Protocol):
        """What a state asks of who looks at the walk."""

        def has_file(self, operator: str, path: str, state: State) -> bool | None:
            """Answer `test -f PATH` and its kin, for an absolute path."""

        def glob(self, pattern: str, state: State) -> list[str]:
            """Return the existing names that match a pattern."""

        def miss(self, name: str, state: State) -> None:
            """See a variable that has no value where `set -u` holds."""

    class Shell(Protocol):
        """What a state asks of the walk that it belongs to."""

        @property
        def visitor(self) -> Sight:
            """Return who looks at the walk."""

        def run_asked(self, statements: tuple[Statement, ...], state: State) -> Stream:
            """Run a substitution's statements and return what they print."""

    from conductor.shell.nodes import Statement

    Values = dict[str, str | list[str]]
    Body = tuple[Statement, object]


class State(Asked):
    """One shell's state. A subshell works on a copy, a shell that is started on a `child`; written files are shared.

    `cwd` is an absolute path, UNKNOWN where it is not known. `options` holds the long names that `set` turned on
    (`errexit`, `nounset`, `pipefail`). `functions` have, by name, every body that it may have, each with the home of
    its text, and None where it may be none. `arguments` are None where they are not known. `given` are the names of the
    variables that stand before the call that is run. A variable among `alternatives` has one of these values.
    """

    def __init__(self, walk: Shell, cwd: str, variables: Values | None = None, *, dialect: str = "bash") -> None:
        super().__init__(variables)
        self.walk = walk
        self.cwd = self.previous = cwd
        self.arguments: list[str] | None = []
        self.folders: list[str] = []
        self.dialect = dialect
        self.options: frozenset[str] = frozenset()
        self.exported = set(self.variables)
        self.functions: dict[str, tuple[Body | None, ...]] = {}
        self.files: dict[str, Stream] = {}
        self.aliases: dict[str, str] = {}
        self.alternatives: dict[str, list[str | list[str]]] = {}
        self.given: frozenset[str] = frozenset()
        self.letter = 1  # of a cluster of options, which one getopts takes next
        self.locals: list[dict[str, tuple[str | list[str] | None, bool]]] = []

    def copy(self) -> Self:
        """Return the state of a subshell."""
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.variables = dict(self.variables)
        other.exported = set(self.exported)
        other.functions = dict(self.functions)
        other.folders = list(self.folders)
        other.aliases = dict(self.aliases)
        other.alternatives = dict(self.alternatives)
        other.locals = [dict(each) for each in self.locals]
        return other

    def child(self, dialect: str, *options: str) -> State:
        """Return the state of a shell that this one starts: only what is exported is handed on."""
        other = self.copy()
        other.variables = {name: value for name, value in self.variables.items() if name in self.exported}
        other.functions, other.folders, other.locals, other.aliases = {}, [], [], {}
        other.dialect = dialect
        other.options = frozenset(options)
        return other

    @property
    def errexit(self) -> bool:
        """Tell whether `set -e` holds."""
        return "errexit" in self.options

    @property
    def has_braces(self) -> bool:
        """Tell whether the shell makes several words of `{a,b}`."""
        return self.dialect != "posix"

    def get(self, name: str) -> str | list[str] | None:
        """Return a variable, `$PWD` and `$OLDPWD` included."""
        if name == "PWD":
            return self.cwd
        if name == "OLDPWD":
            return self.previous
        if self.arguments is None and (name in {"@", "*", "#"} or (name.isdigit() and name != "0")):
            return UNKNOWN if name.isdigit() or name == "#" else [UNKNOWN]
        return super().get(name)

    def is_unset(self, name: str) -> bool:
        """Tell whether a variable without a known value is unset: one that branches left differently may have one."""
        return name not in self.variables

    def miss(self, name: str) -> None:
        """Tell of a variable without a value where `set -u` holds."""
        if "nounset" in self.options:
            self.walk.visitor.miss(name, self)

    def set(self, name: str, value: str | list[str]) -> None:
        """Assign a variable, which has one value again; `set -a` exports it."""
        self.alternatives.pop(name, None)
        super().set(name, value)
        if "allexport" in self.options:
            self.exported.add(name)

    def unset(self, name: str) -> None:
        """Take a variable away."""
        self.variables.pop(name, None)
        self.exported.discard(name)
        self.alternatives.pop(name, None)

    def give(self, names: Iterable[str]) -> None:
        """Let variables hold for the call that comes, exported as they are then."""
        self.given = self.given.union(names)
        self.exported.update(names)

    def take_back(self, names: Iterable[str], before: State) -> None:
        """Give variables that held for one call what they had before it."""
        self.given = before.given
        for name in names:
            self.variables.pop(name, None)
            self.exported.discard(name)
            if name in before.variables:
                self.variables[name] = before.variables[name]
            if name in before.exported:
                self.exported.add(name)

    def make_local(self, name: str) -> None:
        """Note that a variable is the function's own, so that its value before comes back."""
        if self.locals:
            self.locals[-1].setdefault(name, (self.variables.get(name), name in self.exported))

    def end_function(self) -> None:
        """Give back the variables that a function made its own."""
        for name, (value, exported) in self.locals.pop().items():
            self.unset(name)
            if value is not None:
                self.variables[name] = value
            if exported:
                self.exported.add(name)

    def snapshot(self) -> Snapshot:
        """Return what a branch may change."""
        return Snapshot(self)

    def merge(self, ends: list[Snapshot]) -> None:
        """Take on what branches leave, of which one has run: what they leave differently is not known."""
        self._merge_variables(ends)
        paths = {path: None for end in ends for path in end.files}
        maybe = Stream(UNKNOWN, "maybe")
        merged = {path: self.settle([end.files.get(path, maybe) for end in ends], maybe) for path in paths}
        self.files.clear()
        self.files.update(merged)
        defined = {name: None for end in ends for name in end.functions}
        self.functions = {name: _bodies([end.functions.get(name, (None,)) for end in ends]) for name in defined}
        self.options = frozenset.intersection(*(end.options for end in ends))
        self.arguments = self.settle([end.arguments for end in ends], None)
        self.folders = list(self.settle([end.folders for end in ends], []))
        self.aliases = {name: text for end in ends for name, text in end.aliases.items()}
        self.change_folder(self.settle([end.cwd for end in ends], UNKNOWN))

    def _merge_variables(self, ends: list[Snapshot]) -> None:
        names = {name: None for end in ends for name in end.variables}
        self.variables = {name: self.settle_value([end.variables.get(name, UNKNOWN) for end in ends]) for name in names}
        self.alternatives = {name: values for end in ends for name, values in end.alternatives.items()}
        self.exported = set().union(*(end.exported for end in ends))

    def settle(self, values: list[T], unknown: T) -> T:
        """Return what holds after branches of which each left one of the values."""
        return values[0] if all(value == values[0] for value in values) else unknown

    def settle_value(self, values: list[str | list[str]]) -> str | list[str]:
        """Return a variable after branches of which each left it with one of the values."""
        return self.settle(values, UNKNOWN)

    def settle_output(self, texts: list[str]) -> str:
        """Return what branches print, of which one has run."""
        return self.settle(texts, UNKNOWN) if texts else ""

    def change_folder(self, path: str) -> None:
        """Go to a folder."""
        if path != self.cwd:
            self.previous, self.cwd = self.cwd, path

    def path(self, word: str) -> str:
        """Return the absolute path that a word names from here, UNKNOWN where the folder is not known."""
        if word.startswith("/"):
            return _normal(word)
        if UNKNOWN in self.cwd or word.startswith(UNKNOWN):
            return UNKNOWN
        return _normal(f"{self.cwd}/{word}")

    def substitute(self, statements: tuple[Statement, ...]) -> str:
        """Run a substitution's commands in a subshell and return what they print."""
        return self.walk.run_asked(statements, self).text.rstrip("\n")

    def process_file(self, operator: str, statements: tuple[Statement, ...]) -> str:
        """Run a process substitution; what it prints becomes a file of this text."""
        output = self.walk.run_asked(statements, self)
        path = f"/dev/fd/{63 + len(self.files)}"
        if operator != ">(":
            self.files[path] = Stream(output.text, output.origin or "piped", path=output.path)
        return path

    def has_file(self, operator: str, path: str) -> bool | None:
        """Answer `test -f PATH` and its kin."""
        full = self.path(path)
        written = self.files.get(full)
        if written is not None and operator not in {"-d", "-L", "-h"}:
            return None if written.origin == "maybe" else True
        return None if UNKNOWN in full else self.walk.visitor.has_file(operator, full, self)

    def glob(self, pattern: str) -> list[str]:
        """Return the existing names that match, none where nothing is known."""
        return self.walk.visitor.glob(pattern, self)


class Snapshot:
    """What a shell knew before or after a branch."""

    __slots__ = (
        "aliases", "alternatives", "arguments", "cwd", "exported", "files", "folders", "functions", "options",
        "variables",
    )  # fmt: skip

    def __init__(self, state: State) -> None:
        self.variables = dict(state.variables)
        self.files = dict(state.files)
        self.functions = dict(state.functions)
        self.exported = set(state.exported)
        self.options = state.options
        self.arguments = state.arguments
        self.folders = list(state.folders)
        self.aliases = dict(state.aliases)
        self.alternatives = dict(state.alternatives)
        self.cwd = state.cwd


def _bodies(found: list[tuple[Body | None, ...]]) -> tuple[Body | None, ...]:
    """Return every body once; one tree is one body, and comparing what trees hold would take long."""
    return tuple({id(body[0]) if body else 0: body for bodies in found for body in bodies}.values())


def _normal(path: str) -> str:
    """Return an absolute path without `.`, `..` and doubled slashes."""
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in {"", "."}:
            kept.append(part)
    return "/" + "/".join(kept)
