"""Turn shell text into the simple commands it runs, in order, with what decides whether each runs and counts."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from conductor.preflight.parse.words import split_words
from conductor.shell import ShellSyntaxError, parse
from conductor.shell.nodes import (
    Arithmetic,
    Case,
    Function,
    Group,
    If,
    Loop,
    Parameter,
    Pipeline,
    ProcessFile,
    Sequence,
    Simple,
    Substitution,
    Test,
    Text,
    Wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conductor.shell.nodes import Assignment, Redirection, Statement, Word

_MAX_TEXT = 400_000
_MAX_DEPTH = 60
_WRITES = frozenset({">", ">>", ">|", "&>", "&>>"})


@dataclass(frozen=True, slots=True)
class ShellWord:
    """One word, unresolved; `offset` counts characters from the beginning of the text."""

    node: Word | None
    raw: str
    offset: int


@dataclass(frozen=True, slots=True)
class Step:
    """One simple command, or the edge of a subshell (`enter`, `leave`), or a function (`define`) with its steps.

    `tested`: it is a condition, or inside a substitution. `conditional`: it may not run. `masked`: its failure stops
    nothing; `rescued`: because another command does its work then. `loop` holds the loop variables around
    it, whose values are not known.
    """

    kind: Literal["command", "enter", "leave", "define"]
    words: tuple[ShellWord, ...] = ()
    assignments: tuple[tuple[str, ShellWord | None], ...] = ()
    redirects: tuple[tuple[str, ShellWord], ...] = ()
    offset: int = 0
    conditional: bool = False
    masked: bool = False
    piped: bool = False
    tested: bool = False
    rescued: bool = False
    loop: tuple[str, ...] = ()
    name: str = ""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class ScriptText:
    """A whole text: its steps, or the place and words of its syntax error (`line`, `column` from 1)."""

    steps: tuple[Step, ...]
    error: tuple[int, int, str] | None = None


@functools.lru_cache(maxsize=512)
def read_script(text: str, dialect: str = "bash", *, errexit: bool = False) -> ScriptText:
    """Read shell text; `dialect` is `bash` or `posix`; `errexit` says that the shell was started with -e."""
    if len(text) > _MAX_TEXT:
        return ScriptText((), None)
    try:
        script = parse(text, dialect)
    except ShellSyntaxError as error:
        return ScriptText((), (error.line, error.column, error.message))
    walker = _Walker(text, errexit=errexit)
    return ScriptText(tuple(walker.block(script.statements, _State())))


@dataclass(frozen=True, slots=True)
class _State:
    """What the surroundings say about a statement."""

    conditional: bool = False
    masked: bool = False
    piped: bool = False
    tested: bool = False
    rescued: bool = False
    loop: tuple[str, ...] = ()
    depth: int = 0


class _Walker:
    """Walks the tree once."""

    def __init__(self, text: str, *, errexit: bool) -> None:
        self.text = text
        self.bytes = b"" if text.isascii() else text.encode("utf-8", "replace")
        self.errexit = errexit

    def block(self, statements: tuple[Statement, ...], state: _State) -> list[Step]:
        """Walk a list; without `set -e` only the last statement's failure counts."""
        steps: list[Step] = []
        for index, statement in enumerate(statements):
            counts = self.errexit or index == len(statements) - 1
            steps += self.statement(statement, state if counts else replace(state, masked=True))
        return steps

    def statement(self, statement: Statement, state: _State) -> list[Step]:
        if state.depth > _MAX_DEPTH:
            return []
        state = replace(state, depth=state.depth + 1)
        if statement.background or statement.negated:
            state = replace(state, masked=True)
        redirects = self._redirects(statement.redirections)
        before = [
            step
            for redirection in statement.redirections
            if redirection.body is not None
            for step in self._inside(redirection.body, state)
        ]
        command = statement.command
        if isinstance(command, Simple):
            return [*before, *self._simple(command, redirects, state)]
        steps = self._compound(command, state)
        if redirects:
            offset = self._offset(statement.position.offset)
            steps.append(Step("command", redirects=redirects, offset=offset, conditional=state.conditional))
        return [*before, *steps]

    def _compound(self, command: object, state: _State) -> list[Step]:  # noqa: PLR0911 - one return a kind of node
        if isinstance(command, Sequence):
            return self._sequence(command, state)
        if isinstance(command, Pipeline):
            return self._pipeline(command, state)
        if isinstance(command, If):
            return self._if(command, state)
        if isinstance(command, Loop):
            return self._loop(command, state)
        if isinstance(command, Case):
            body = replace(state, conditional=True)
            return [step for _, statements in command.items for step in self.block(statements, body)]
        if isinstance(command, Group):
            steps = self.block(command.statements, state)
            return [Step("enter"), *steps, Step("leave")] if command.subshell else steps
        if isinstance(command, Function):
            before = self.errexit
            body_steps = self.statement(command.body, _State(depth=state.depth))
            self.errexit = before
            return [Step("define", name=command.name, steps=tuple(body_steps))]
        if isinstance(command, Wrapped):
            return self.statement(command.statement, state) if command.statement else []
        if isinstance(command, Test):
            return [step for word in command.words for step in self._inside(word, state)]
        return []

    def _sequence(self, command: Sequence, state: _State) -> list[Step]:
        if command.operator == "||":
            after = self.statement(command.right, replace(state, conditional=True))
            masked = state.masked or _catches(after)
            rescued = state.rescued or (masked and not _shrugs(after))
            return [*self.statement(command.left, replace(state, masked=masked, rescued=rescued)), *after]
        return [*self.statement(command.left, state), *self.statement(command.right, state)]

    def _pipeline(self, command: Pipeline, state: _State) -> list[Step]:
        steps: list[Step] = []
        for statement in command.statements[:-1]:
            inside = replace(state, masked=True, piped=True)
            steps += [Step("enter"), *self.statement(statement, inside), Step("leave")]
        return steps + self.statement(command.statements[-1], state)

    def _if(self, command: If, state: _State) -> list[Step]:
        steps: list[Step] = []
        branch = replace(state, conditional=True)
        for index, (condition, body) in enumerate(command.branches):
            tested = replace(branch if index else state, masked=True, tested=True)
            steps += self.block(condition, tested)
            steps += self.block(body, branch)
        return steps

    def _loop(self, command: Loop, state: _State) -> list[Step]:
        steps = self.block(command.condition, replace(state, masked=True, tested=True))
        if command.variable:
            items = [step for word in command.items or () for step in self._inside(word, state)]
            body = replace(state, loop=(*state.loop, command.variable))
            return steps + items + self.block(command.body, body)
        return steps + self.block(command.body, replace(state, conditional=True))

    def _simple(self, command: Simple, redirects: tuple[tuple[str, ShellWord], ...], state: _State) -> list[Step]:
        inner = [step for word in command.words for step in self._inside(word, state)]
        inner += [step for a in command.assignments if a.value for step in self._inside(a.value, state)]
        words = tuple(self.word(word) for word in command.words)
        if command.keyword and not words:
            offset = self._offset(command.position.offset)
            words = (ShellWord(None, command.keyword, offset),)
        self._note_options([word.raw for word in words])
        step = Step(
            "command",
            words,
            tuple(self._assignment(assignment) for assignment in command.assignments),
            redirects,
            self._offset(command.position.offset),
            state.conditional,
            state.masked or (command.keyword is not None),
            state.piped,
            state.tested,
            state.rescued,
            state.loop,
        )
        return [*inner, step]

    def _assignment(self, assignment: Assignment) -> tuple[str, ShellWord | None]:
        known = assignment.value is not None and not (assignment.append or assignment.index or assignment.elements)
        return assignment.name, self.word(assignment.value) if known and assignment.value else None

    def _note_options(self, texts: list[str]) -> None:
        """Follow `set -e` and `set +e`."""
        if texts[:1] != ["set"]:
            return
        for text in texts[1:]:
            if text.startswith("-") and not text.startswith("--") and "e" in text:
                self.errexit = True
            elif text.startswith("+") and "e" in text:
                self.errexit = False
            elif text == "errexit":
                self.errexit = True

    def _redirects(self, redirections: tuple[Redirection, ...]) -> tuple[tuple[str, ShellWord], ...]:
        return tuple(
            (redirection.operator, self.word(redirection.target))
            for redirection in redirections
            if redirection.operator in _WRITES and redirection.number in {None, "1"}
        )

    def _inside(self, word: Word, state: _State) -> list[Step]:
        """Return the steps of the substitutions inside a word; their failure is noticed by nobody."""
        steps: list[Step] = []
        inside = replace(state, masked=True, tested=True, depth=state.depth + 1)
        for part in word.parts:
            if isinstance(part, Substitution | ProcessFile):
                steps += [Step("enter"), *self.block(part.statements, inside), Step("leave")]
            elif isinstance(part, Parameter) and part.argument is not None:
                steps += self._inside(part.argument, inside)
        return steps

    def word(self, node: Word) -> ShellWord:
        offset = self._offset(node.position.offset)
        literal = node.literal()
        if literal is None:
            found = split_words(self.text[offset : offset + 2000])
            literal = found[0].raw.rstrip(";)&|") if found else ""
        return ShellWord(node, literal, offset)

    def _offset(self, position: int) -> int:
        return len(self.bytes[:position].decode("utf-8", "replace")) if self.bytes else position


def _shrugs(steps: list[Step]) -> bool:
    """Tell whether what follows `||` does nothing about the failure (`true`, `echo …`)."""
    names = {step.words[0].raw for step in steps if step.kind == "command" and step.words}
    return names <= {"true", ":", "echo", "printf", "exit", "return"}


def _catches(steps: list[Step]) -> bool:
    """Tell whether what follows `||` lets the rest go on: it does unless it ends in exit, false or return."""
    last = next((step for step in reversed(steps) if step.kind == "command" and step.words), None)
    if last is None:
        return True
    name = last.words[0].raw
    code = last.words[1].raw.rstrip(";}") if len(last.words) > 1 else ""
    return not (name in {"exit", "return"} and code != "0") and name != "false"


def resolve(word: ShellWord, variables: Mapping[str, str | None]) -> str | None:
    """Return the text of a word with these variables, or None where it depends on anything else."""
    if word.node is None:
        return word.raw
    return _resolve(word.node, variables)


def _resolve(node: Word, variables: Mapping[str, str | None]) -> str | None:
    pieces: list[str] = []
    for part in node.parts:
        if isinstance(part, Text):
            pieces.append(part.value)
        elif isinstance(part, Parameter):
            value = _parameter(part, variables)
            if value is None:
                return None
            pieces.append(value)
        elif isinstance(part, Arithmetic | Substitution):
            return None
        else:
            return None
    return "".join(pieces)


def _parameter(part: Parameter, variables: Mapping[str, str | None]) -> str | None:
    if part.length or part.indirect or part.index is not None or part.name not in variables:
        return None
    value = variables[part.name]
    if part.operator is None:
        return value
    if part.operator in {":-", "-"}:
        if value or (value is not None and part.operator == "-"):
            return value
        return _resolve(part.argument, variables) if value == "" and part.argument else value
    return None
