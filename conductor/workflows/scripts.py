"""What a `run:` script of a step does for a build: variables it hands on, and the programs it starts, words resolved.

Nothing is run: the shell's walk goes through the text, and this visitor of it keeps what a build is made of. What only
the run knows by name (`${{ secrets.USER }}`, `$GITHUB_SHA`) goes through the shell by that name (`partial`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from conductor.shell import Script as ShellTree
from conductor.shell import ShellSyntaxError, parse
from conductor.shell.calls import Call, Source
from conductor.shell.expand import UNKNOWN, unescape_pattern
from conductor.shell.flow import Leave
from conductor.shell.outputs import is_computed, output_of
from conductor.shell.patterns import has_pattern, matches
from conductor.shell.state import State
from conductor.shell.streams import Stream
from conductor.shell.visitor import Limits, TooMuchError, Visitor
from conductor.shell.walk import Walk
from conductor.workflows import partial
from conductor.workflows.documents import WORKSPACE, Files, join_path
from conductor.workflows.handed_on import HandedOn, old_commands

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.programs.words import Wrapped

_LIMITS = Limits(texts=10, length=100_000)
_SINKS = {f"/github/file_commands/{name.lower()}": name for name in ("GITHUB_ENV", "GITHUB_OUTPUT")}
_SHEBANG = re.compile(r"#![^\n]*?\b((?:ba|da|a|k|z)?sh)\b")
# Ways of a wrapper to run its words that make shell text of them, or run them among other files.
_ELSEWHERE = frozenset({"joined", "apart"})


@dataclass(frozen=True, slots=True)
class Script:
    """What was read: variables for later steps, the step's outputs, the commands in order, and files that were written.

    A file whose text can't be seen is None.
    """

    environment: Mapping[str, str]
    outputs: Mapping[str, str]
    commands: Sequence[Command]
    written: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Command:
    """A command's words, and the folder that it is started in; None for one outside the repository, or not known."""

    words: list[str]
    folder: str | None


def read_script(text: str, environment: Mapping[str, str], files: Files, folder: str = ".") -> Script:
    """Follow a script that starts with this environment in a folder; one that is no shell text does nothing.

    Shell scripts of the repository that it starts are followed as well.
    """
    return _read_once(text, tuple(environment.items()), files, folder)


@functools.lru_cache(maxsize=256)
def _read_once(text: str, given: tuple[tuple[str, str], ...], files: Files, folder: str) -> Script:
    """Read a script; the rows of a matrix and the events of a workflow ask for the same one many times."""
    environment = dict(given)
    reader = _Reader(files)
    variables: dict[str, str | list[str]] = {**environment, **{name: path for path, name in _SINKS.items()}}
    state = _State(reader.walk, _absolute(folder), variables)
    state.options = frozenset({"errexit"})
    try:
        reader.walk.run_text(Source(text, None), state)
        reader.walk.run_traps()
    except (Leave, TooMuchError, RecursionError):
        pass
    handed = {
        name: reader.handed[path].values(environment if name == "GITHUB_ENV" else {}) for path, name in _SINKS.items()
    }
    written = {path: _seen(stream.text) for full, stream in state.files.items() if (path := _inside(full)) is not None}
    return Script(handed["GITHUB_ENV"], handed["GITHUB_OUTPUT"], reader.commands, written)


@functools.lru_cache(maxsize=512)
def _parsed(text: str, dialect: str) -> ShellTree | ShellSyntaxError:
    """Return the tree of a text; a matrix asks for the same one many times."""
    try:
        return parse(text, dialect)
    except ShellSyntaxError as error:
        return error


class _State(State):
    """A shell whose texts may be known in parts, the others by name."""

    def is_open(self, text: str) -> bool:
        """Tell whether nothing of a text is known but names."""
        return partial.is_open(text)

    def through(self, text: str, change: Callable[[str], str]) -> str:
        """Return what a text becomes by a change; the names in it stay."""
        return partial.through(text, change)

    def settle_value(self, values: list[str | list[str]]) -> str | list[str]:
        """Return what is seen of a variable that has one of these values."""
        texts = [value for value in values if isinstance(value, str)]
        return partial.agreed(texts) if len(texts) == len(values) else super().settle_value(values)

    def settle_output(self, texts: list[str]) -> str:
        """Return what is seen of what branches print."""
        return partial.agreed(texts) if texts else ""

    def path(self, word: str) -> str:
        """Return the absolute path that a word names from here: a folder that is known by name is one."""
        named = partial.is_named(word) and partial.is_named(self.cwd) and not word.startswith("/")
        return super().path(f"{self.cwd}/{word}" if named else word)


class _Reader(Visitor):
    """Keeps the commands of a walk, and what is written where GitHub reads it."""

    reads_unknown = True

    def __init__(self, files: Files) -> None:
        self.files = files
        self.walk = Walk(self, _LIMITS)
        self.commands: list[Command] = []
        self.handed = {path: HandedOn() for path in _SINKS}

    def parse(self, text: str, dialect: str) -> ShellTree:
        """Return the tree of a text, each parsed once."""
        del dialect  # what bash has and sh has not is no matter of a build
        found = _parsed(text, "bash")
        if isinstance(found, ShellSyntaxError):
            raise found
        return found

    def run(self, call: Call, state: State, stdin: Stream) -> Stream:
        """Keep a command, and what it prints for GitHub."""
        self.commands.append(Command(call.argv, _inside(state.cwd)))
        # Of any other program it is taken that it changes no file that was written before.
        output = output_of(self.walk, call, state, stdin) if is_computed(call.name) else Stream(UNKNOWN)
        self.walk.status = True if call.name in {"echo", "printf"} else None
        if "::set-" in output.text and not (call.standing.piped or call.targets):
            for is_output, text in old_commands(output.text):
                sink = next(path for path, name in _SINKS.items() if name.endswith("OUTPUT") is is_output)
                self.handed[sink].write(text, sure=not call.standing.conditional)
        return output

    def fill(self, path: str, output: Stream, *, appends: bool) -> None:
        """Keep what is written for GitHub."""
        if path in self.handed:
            self.handed[path].write(output.text, sure=not self.walk.standing.conditional, appends=appends)

    def enter(self, call: Call, wrapped: Wrapped, state: State) -> State | None:
        """Follow wrappers that run their words here."""
        del call
        return None if wrapped.words.how in _ELSEWHERE else state.copy()

    def read(self, call: Call, word: str, how: str, state: State) -> Source | None:
        """Return the text of a shell script of the repository."""
        del call
        text = self.text_of(state.path(word), state)
        if text is None or (how == "path" and not _names_shell(text, word)):
            return None
        named = _SHEBANG.match(text)
        return Source(text, None, dialect="posix" if named and named[1] in {"sh", "dash", "ash"} else "bash")

    def text_of(self, path: str, state: State) -> str | None:
        """Return the text of a file of the repository, or of one that a step before wrote."""
        del state
        inside = _inside(path)
        return self.files.read(inside) if inside is not None else None

    def text_before(self, path: str, state: State) -> str:
        """Return the text of a file that is appended to; one that is not there begins empty."""
        return self.text_of(path, state) or ""

    def has_file(self, operator: str, path: str, state: State) -> bool | None:
        """Tell that the repository has a file; what it lacks, something may have made before."""
        del state
        inside = _inside(path)
        if inside is None or operator not in {"-e", "-f", "-d", "-s", "-r"}:
            return None
        found = self.files.is_folder(inside) if operator == "-d" else self.files.is_file(inside)
        return found or (operator in {"-e", "-r"} and self.files.is_folder(inside)) or None

    def glob(self, pattern: str, state: State) -> list[str]:
        """Return the files and folders of the repository that a pattern matches, as it would name them."""
        return list(self._matching(pattern.split("/"), "", state))

    def _matching(self, parts: list[str], before: str, state: State) -> Iterator[str]:
        part, *rest = parts
        if not has_pattern(part):
            before += unescape_pattern(part) + ("/" if rest else "")
            if rest:
                yield from self._matching(rest, before, state)
            elif self.files.has(_inside(state.path(before)) or "\0"):
                yield before
            return
        folder = _inside(state.path(before or "."))
        for name in sorted(self.files.tree.names("" if folder == "." else folder) or ()) if folder is not None else ():
            if not matches(part, name) or (name.startswith(".") and not part.startswith(".")):
                continue
            if not rest:
                yield before + name
            elif self.files.is_folder(_inside(state.path(before + name)) or "\0"):
                yield from self._matching(rest, f"{before}{name}/", state)


def _names_shell(text: str, path: str) -> bool:
    """Tell whether a file that is started by its path is a shell script: by its first line, else by its name."""
    return _SHEBANG.match(text) is not None if text.startswith("#!") else path.endswith((".sh", ".bash"))


def _absolute(folder: str) -> str:
    return WORKSPACE if folder == "." else f"{WORKSPACE}/{folder}"


def _inside(path: str) -> str | None:
    """Return an absolute path from the repository's root; None where it is outside, or not known."""
    return join_path(".", path) if partial.is_named(path) else None


def _seen(text: str) -> str | None:
    return None if partial.is_open(text) else text
