"""What a `run:` script of a step does for a build: variables it hands on, and the programs it starts, words resolved.

Nothing is run. Branches whose condition can be seen are followed as the shell would; of others, everything is followed,
and a variable that the branches leave with different values can't be seen behind them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from conductor.shell import Script as ShellTree
from conductor.shell import ShellSyntaxError, parse
from conductor.shell.expand import UNKNOWN, Expander, Scope
from conductor.shell.nodes import (
    Assignment,
    Case,
    Function,
    Group,
    If,
    Loop,
    Pipeline,
    Sequence,
    Simple,
    Statement,
    Wrapped,
)
from conductor.shell.patterns import matches
from conductor.workflows import partial
from conductor.workflows.called import Called, find_called, names_shell
from conductor.workflows.documents import Files, join_path

_MAX_TEXT = 100_000
_MAX_STATEMENTS = 3_000
_MAX_DEPTH = 10
_SINKS = {"GITHUB_ENV": "environment", "GITHUB_OUTPUT": "outputs"}
_OLD_COMMAND = re.compile(r"^::set-(output|env) name=([^:]+)::(.*)$", re.DOTALL)


@dataclass(slots=True)
class Script:
    """What was read: variables for later steps, the step's outputs, the commands in order, and files that were written.

    A file whose text can't be seen is None.
    """

    environment: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    written: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Command:
    """A command's words, and the folder that it is started in."""

    words: list[str]
    folder: str


def read_script(text: str, environment: Mapping[str, str], files: Files, folder: str = ".") -> Script:
    """Follow a script that starts with this environment in a folder; one that is no shell text does nothing.

    Shell scripts of the repository that it starts are followed as well.
    """
    script = Script()
    tree = _parse(text)
    if tree is None:
        return script
    scope = _Scope({**environment, **{sink: f"${sink}" for sink in _SINKS}})
    _Follower(script, scope, files, folder).block(tree.statements)
    return script


@functools.lru_cache(maxsize=512)
def _parse(text: str) -> ShellTree | None:
    """Return the tree of a text; a matrix asks for the same one many times."""
    if len(text) > _MAX_TEXT:
        return None
    try:
        return parse(text)
    except ShellSyntaxError:
        return None


class _Scope(Scope):
    """Variables of the script; a substitution stands for what its commands print, where they only print."""

    def substitute(self, statements: tuple[Statement, ...]) -> str:
        printed = [_printed(statement, self) for statement in statements]
        return UNKNOWN if None in printed else "".join(piece or "" for piece in printed).rstrip("\n")


class _Follower:
    """Walks the statements once."""

    def __init__(self, script: Script, scope: _Scope, files: Files, folder: str) -> None:
        self.script = script
        self.scope = scope
        self.files = files
        self.folder = folder
        self.functions: dict[str, Statement] = {}
        self.left = _MAX_STATEMENTS
        self.depth = 0

    def block(self, statements: tuple[Statement, ...]) -> None:
        """Follow a list of statements."""
        for statement in statements:
            self.statement(statement)

    def statement(self, statement: Statement | None) -> None:
        """Follow one statement with what it redirects."""
        self.left -= 1
        if statement is None or self.left < 0:
            return
        self._hand_on(statement)
        command = statement.command
        follow = {Simple: self._simple, If: self._if, Case: self._case, Sequence: self._sequence, Loop: self._loop}
        if isinstance(command, Group | Pipeline):
            before = self.folder
            self.block(command.statements)
            self.folder = before if isinstance(command, Pipeline) or command.subshell else self.folder
        elif isinstance(command, Wrapped):
            self.statement(command.statement)
        elif isinstance(command, Function):
            self.functions[command.name] = command.body
        elif command is not None and type(command) in follow:
            follow[type(command)](command)  # type: ignore[operator]

    def _simple(self, command: Simple) -> None:
        expander = Expander(self.scope)
        for assignment in command.assignments:
            self._assign(assignment, expander)
        words = [piece for word in command.words for piece in expander.fields(word)]
        if not words or self._function(words):
            return
        if words[0] == "echo" and (old := _OLD_COMMAND.match(" ".join(words[1:]))):
            (self.script.outputs if old[1] == "output" else self.script.environment)[old[2]] = old[3]
        if words[0] in {"cd", "pushd"} and len(words) == 2:
            self.folder = join_path(self.folder, words[1]) or self.folder
        elif (called := find_called(words)) is not None and self._call(called):
            return
        self.script.commands.append(Command(words, self.folder))

    def _assign(self, assignment: Assignment, expander: Expander) -> None:
        if assignment.elements is not None:
            self.scope.set(assignment.name, [piece for word in assignment.elements for piece in expander.fields(word)])
        elif assignment.value is not None:
            before = self.scope.get(assignment.name) if assignment.append else ""
            self.scope.set(
                assignment.name, f"{before if isinstance(before, str) else ''}{expander.text(assignment.value)}"
            )

    def _function(self, words: list[str]) -> bool:
        """Follow a call of one of the script's functions; false where it is none, or too deep."""
        if words[0] not in self.functions or self.depth >= _MAX_DEPTH:
            return False
        self.depth += 1
        before, self.scope.arguments = self.scope.arguments, words[1:]
        self.statement(self.functions[words[0]])
        self.scope.arguments = before
        self.depth -= 1
        return True

    def _call(self, called: Called) -> bool:
        """Follow a shell script that is started; false where it is none, or can't be read."""
        text = called.text
        if text is None:
            text = self.files.after(self.script.written).read(join_path(self.folder, called.path) or "\0")
        tree = _parse(text) if text is not None and (called.by_shell or names_shell(text, called.path)) else None
        if tree is None or self.depth >= _MAX_DEPTH:
            return False
        before = self.scope.arguments, self.folder
        self.depth += 1
        self.scope.arguments = called.arguments
        self.block(tree.statements)
        self.depth -= 1
        self.scope.arguments, self.folder = before
        return True

    def _sequence(self, command: Sequence) -> None:
        holds = _condition((command.left,), self.scope)
        self.statement(command.left)
        if holds is None or holds == (command.operator == "&&"):
            self.statement(command.right)

    def _if(self, command: If) -> None:
        undecided: list[tuple[Statement, ...]] = []
        complete = False
        for condition, body in command.branches:
            holds = True if not condition else _condition(condition, self.scope)
            if holds is not False:
                undecided.append(body)
            if holds:
                complete = True
                break
        self._follow_one_of(undecided, complete=complete)

    def _case(self, command: Case) -> None:
        expander = Expander(self.scope)
        word = expander.text(command.word)
        if UNKNOWN not in word:
            for patterns, body in command.items:
                if any(matches(expander.text(pattern), word) for pattern in patterns):
                    self.block(body)
                    return
            return
        self._follow_one_of([body for _, body in command.items], complete=True)

    def _follow_one_of(self, bodies: list[tuple[Statement, ...]], *, complete: bool) -> None:
        """Follow bodies of which one is run; `complete` tells that one of them surely is."""
        if len(bodies) == 1:
            self.block(bodies[0])
            return
        before, ends = dict(self.scope.variables), []
        for body in bodies:
            self.scope.variables = dict(before)
            self.block(body)
            ends.append(self.scope.variables)
        if not complete:
            ends.append(before)
        names = {name for end in ends for name in end}
        self.scope.variables = {
            name: ends[0][name] if all(end.get(name) == ends[0].get(name) for end in ends) else UNKNOWN
            for name in names
        }

    def _loop(self, command: Loop) -> None:
        self.block(command.condition)
        expander = Expander(self.scope)
        values = [piece for word in command.items or () for piece in expander.fields(word)] or [UNKNOWN]
        for value in values[:50]:
            if command.variable:
                self.scope.set(command.variable, value)
            self.block(command.body)

    def _hand_on(self, statement: Statement) -> None:
        """Keep what the statement appends to the files that GitHub reads after the step."""
        for redirection in statement.redirections:
            if redirection.operator not in {">", ">>", ">|"}:
                continue
            target = Expander(self.scope).text(redirection.target)
            text = _printed(statement, self.scope)
            if (sink := target.removeprefix("$")) in _SINKS:
                self._keep(sink, text or "")
            elif partial.is_known(target) and (path := join_path(self.folder, target)):
                self._write(path, text, adding=redirection.operator == ">>")
        if isinstance(statement.command, Pipeline):
            last = statement.command.statements[-1].command
            words = [Expander(self.scope).text(word) for word in last.words] if isinstance(last, Simple) else []
            sink = words[-1].removeprefix("$") if words[:1] == ["tee"] else ""
            if sink in _SINKS:
                self._keep(sink, _printed(statement.command.statements[0], self.scope) or "")

    def _write(self, path: str, text: str | None, *, adding: bool) -> None:
        before = self.files.after(self.script.written).read(path) or "" if adding else ""
        self.script.written[path] = None if text is None else before + text

    def _keep(self, sink: str, text: str) -> None:
        """Keep variables; one that different branches write with different values can't be seen."""
        kept: dict[str, str] = getattr(self.script, _SINKS[sink])
        for name, value in read_assignments(text).items():
            kept[name] = value if kept.get(name, value) == value else UNKNOWN


def read_assignments(text: str) -> dict[str, str]:
    """Return the variables of a GITHUB_ENV or GITHUB_OUTPUT text: `name=value`, or `name<<END`, lines, `END`."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        name, heredoc, end = line.partition("<<")
        if heredoc and "=" not in name:
            taken = []
            for following in lines:
                if following == end:
                    break
                taken.append(following)
            found[name.strip()] = "\n".join(taken)
        elif "=" in line:
            name, _, value = line.partition("=")
            found[name.strip()] = value
    return found


def _printed(statement: Statement, scope: Scope) -> str | None:
    """Return what a statement prints, None where that can't be seen."""
    command = statement.command
    if isinstance(command, Group):
        return _together([_printed(one, scope) for one in command.statements])
    if isinstance(command, Pipeline):
        text = _printed(command.statements[0], scope)
        for filtering in command.statements[1:]:
            text = None if text is None else _filtered(filtering, text, scope)
        return text
    if not isinstance(command, Simple):
        return None
    words = [piece for word in command.words for piece in Expander(scope).fields(word)]
    if words[:1] == ["cat"] and len(words) == 1:
        body = next((one.body for one in statement.redirections if one.body is not None), None)
        return Expander(scope).text(body) if body is not None else None
    if words[:1] == ["tr"] or words[:1] == ["sed"] or words[:1] == ["awk"]:
        here = next((one for one in statement.redirections if one.operator == "<<<"), None)
        return _filtered(statement, Expander(scope).text(here.target) + "\n", scope) if here else None
    return _echoed(words)


def _together(pieces: list[str | None]) -> str | None:
    return None if None in pieces else "".join(piece or "" for piece in pieces)


def _echoed(words: list[str]) -> str | None:
    if words[:1] == ["echo"]:
        rest = words[1:]
        ending = "\n"
        while rest and re.fullmatch(r"-[neE]+", rest[0]):
            ending = "" if "n" in rest[0] else ending
            rest = rest[1:]
        return " ".join(rest) + ending
    if words[:1] == ["printf"] and len(words) > 1:
        template, values = words[1], words[2:]
        text = template.replace("\\n", "\n")
        for value in values:
            text = text.replace("%s", value, 1)
        return text if "%" not in text.replace("%%", "") else None
    return None


def _filtered(statement: Statement, text: str, scope: Scope) -> str | None:
    """Return the text after a program that changes letters: `tr A-Z a-z`; None for any other."""
    command = statement.command
    if not isinstance(command, Simple):
        return None
    words = [piece for word in command.words for piece in Expander(scope).fields(word)]
    joined = " ".join(words)
    if re.fullmatch(r"tr (?:A-Z a-z|\[:upper:\] \[:lower:\]|\[A-Z\] \[a-z\])", joined):
        return partial.lower(text)
    if joined in {r"awk {print tolower($0)}", r"sed s/.*/\L&/", r"sed -e s/.*/\L&/", r"sed -E s/.*/\L&/"}:
        return partial.lower(text)
    if joined in {"xargs", "cat", "head -1", "head -n1", "head -n 1"}:
        return text
    return None


def _condition(statements: tuple[Statement, ...], scope: Scope) -> bool | None:
    """Return whether a condition holds: `true`, `[ A = B ]`, `[ -n A ]`; None where that can't be seen."""
    command = statements[0].command if len(statements) == 1 else None
    if isinstance(command, Sequence):
        left = _condition((command.left,), scope)
        decided = left is None or left != (command.operator == "&&")
        return left if decided else _condition((command.right,), scope)
    if not isinstance(command, Simple):
        return None
    expander = Expander(scope)
    words = [expander.text(word) for word in command.words]
    if any(UNKNOWN in word for word in words):
        return None
    holds = _tested(words)
    return holds if holds is None or not statements[0].negated else not holds


def _tested(words: list[str]) -> bool | None:
    if words[:1] in (["true"], [":"], ["false"], ["echo"], ["printf"], ["export"]):
        return words != ["false"]
    if words[:1] not in (["["], ["test"]):
        return None
    given = words[1:-1] if words[0] == "[" else words[1:]
    if not all(partial.is_known(word) for word in given):
        return None
    if len(given) == 3 and given[1] in {"=", "==", "!="}:
        return (given[0] == given[2]) == (given[1] != "!=")
    if len(given) == 2 and given[0] in {"-n", "-z"}:
        return bool(given[1]) == (given[0] == "-n")
    return None
