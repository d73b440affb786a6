"""Walk a text as a shell would run it, without running it: the one walk, with a visitor that sees every call.

    walk = Walk(Visitor())
    walk.run_text(Source("cd /srv && pip install x", home=None), State(walk, "/"))

The walk knows words, control flow, redirections, functions, `source`, nested shells and wrappers; what a program does
is the visitor's. `Standing` says how certain each call is.
"""

from __future__ import annotations

import time

from conductor.shell import ShellSyntaxError
from conductor.shell.builtins import run_builtin
from conductor.shell.calls import Call, Field, Source, Standing, Target
from conductor.shell.expand import UNKNOWN, Expander
from conductor.shell.flow import Flow, Leave
from conductor.shell.nested import run_nested
from conductor.shell.nodes import (
    ArithmeticCommand,
    Case,
    Function,
    Group,
    If,
    Loop,
    Pipeline,
    Sequence,
    Simple,
    Statement,
    Test,
    Wrapped,
)
from conductor.shell.outputs import output_of
from conductor.shell.streams import NOTHING, Stream
from conductor.shell.visitor import Limits, TooMuchError, Visitor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Sequence as Words

    from conductor.shell.nodes import Assignment, Command, Node, Redirection
    from conductor.shell.state import Body, State

_WRITES = frozenset({">", ">>", ">|", "&>", "&>>", ">&", "<>", ">!", ">>|", "&>|"})
_APPENDS = frozenset({">>", "&>>", ">>|"})
_INPUTS = frozenset({"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"})


class Walk(Flow):
    """One walk over texts that belong together; it raises TooMuchError beyond its limits."""

    def __init__(self, visitor: Visitor, limits: Limits | None = None) -> None:
        self.visitor = visitor
        self.limits = limits or Limits()
        self.standing = Standing()
        self.status: bool | None = True
        self.home: object = None
        self.calls = self.depth = self.texts = 0

    # Texts and functions

    def run_text(self, source: Source, state: State, stdin: Stream = NOTHING) -> Stream:
        """Run a text in this state, and standing as what starts it does; `exit` and `return` are the caller's."""
        if len(source.text) > self.limits.length:
            return Stream(UNKNOWN)
        try:
            script = self.visitor.parse(source.text, state.dialect)
        except ShellSyntaxError as error:
            self.visitor.is_broken(source, error)
            return Stream(UNKNOWN)
        home, self.home = self.home, source.home
        self.texts += 1
        try:
            self.visitor.begin(script, source, state, self.standing)
            return self.run_all(script.statements, state, stdin)
        finally:
            self.home = home
            self.texts -= 1

    def run_shell(self, call: Call, source: Source, state: State, stdin: Stream) -> Stream:
        """Run a text in a shell of its own, which `call` starts: what it sets ends with it, and so does its exit."""
        outer = self.standing
        self.standing = Standing(conditional=outer.conditional, caught=call.masked, tested=outer.tested)
        try:
            return self.run_text(source, state, stdin)
        except Leave:
            self.status = None
            return Stream(UNKNOWN)
        finally:
            self.standing = outer

    def run_function(self, call: Call, state: State, stdin: Stream) -> Stream:
        """Run a function: the one body that it has, or each that it may have, or the program of that name."""
        bodies = state.functions[call.fields[0].text]
        if len(bodies) == 1 and bodies[0] is not None:
            return self._body(bodies[0], call, state, stdin)

        def run(body: Body | None) -> Stream:
            return self._program(call, state, stdin) if body is None else self._body(body, call, state, stdin)

        return self.choose(bodies, run, state, complete=True)

    def _body(self, body: Body, call: Call, state: State, stdin: Stream) -> Stream:
        before = self.home, state.arguments
        self.home, state.arguments = body[1], call.argv[1:]
        state.locals.append({})
        self.texts += 1
        try:
            return self.run(body[0], state, stdin)
        except Leave as leave:
            if leave.kind != "return":
                raise
            return Stream(UNKNOWN)
        finally:
            self.texts -= 1
            self.home, state.arguments = before
            state.end_function()

    def script(self, call: Call, word: str, how: str, state: State) -> Source | None:
        """Return the script that a call runs: one that this text has written, else what the visitor knows of it."""
        written = state.files.get(state.path(word))
        if written is None:
            return None if UNKNOWN in word or not self.may_look_inside else self.visitor.read(call, word, how, state)
        if UNKNOWN in written.text or not self.may_look_inside:
            return None
        return self.given(call, 0, written.text) if written.home is None else Source(written.text, written.home)

    def given(self, call: Call, number: int, text: str) -> Source:
        """Return a text that stands in a word of a call."""
        word = call.fields[number].word if number < len(call.fields) else None
        position = word.position if word is not None else call.position
        return Source(text, self.visitor.home_of_word(call.home, position, text))

    @property
    def may_look_inside(self) -> bool:
        """Tell whether one more text or function is followed."""
        return self.texts < self.limits.texts

    # Statements

    def run_all(self, statements: Iterable[Statement], state: State, stdin: Stream) -> Stream:
        """Run statements in order and return what they print; the failure of the last one is that of them all."""
        outer, origin, output = self.standing, "", Stream("")
        texts: list[str] = []
        waiting = tuple(statements)
        try:
            for number, statement in enumerate(waiting, start=1):
                self.standing = outer if number == len(waiting) else outer.but(tail=False)
                output = self.run(statement, state, stdin)
                texts.append(output.text)
                origin = origin or output.origin
        finally:
            self.standing = outer
        return output if len(texts) == 1 else Stream("".join(texts)[: self.limits.length], origin)

    def run(self, statement: Statement, state: State, stdin: Stream) -> Stream:
        """Run one statement: its redirections, then its command."""
        if self.depth >= self.limits.depth or (self.limits.deadline_s and time.process_time() > self.limits.deadline_s):
            raise TooMuchError
        outer = self.standing
        if statement.background or statement.negated:
            self.standing = outer.but(caught=True)
        self.depth += 1
        try:
            if statement.background:
                return self.run_apart((_alone(statement),), state.copy(), stdin)
            stdin, targets = self._redirect(statement, state, stdin)
            output = self._command(statement.command, state, stdin, targets)
            if statement.negated and self.status is not None:
                self.status = not self.status
            return self._send(output, targets, state)
        finally:
            self.standing = outer
            self.depth -= 1

    def _command(self, command: Command | None, state: State, stdin: Stream, targets: list[Target]) -> Stream:
        if command is None:
            return Stream(stdin.text, stdin.origin) if not targets else Stream("")
        if isinstance(command, Simple):
            return self._simple(command, state, stdin, targets)
        run: Callable[[Command, State, Stream], Stream] = _RUN[type(command)].__get__(self)
        return run(command, state, stdin)

    def _function(self, command: Function, state: State, stdin: Stream) -> Stream:
        del stdin
        state.functions[command.name] = ((command.body, self.home),)
        self.status = True
        return Stream("")

    def _wrapped(self, command: Wrapped, state: State, stdin: Stream) -> Stream:
        if command.statement is None:
            return Stream("")
        return self.run(command.statement, state.copy() if command.keyword == "coproc" else state, stdin)

    # Simple commands

    def _simple(self, command: Simple, state: State, stdin: Stream, targets: list[Target]) -> Stream:
        expander = Expander(state)
        fields = [Field(text, word) for word in command.words for text in expander.fields(word)]
        if command.keyword is not None:
            return self._declare(command, fields, state)
        self.status = None if any(_has_substitution(each) for each in command.assignments) else True
        if not fields:
            for assignment in command.assignments:
                self._assign(assignment, state)
            return Stream("")
        before = dict(state.variables), set(state.exported)
        given = [(each.name, self._assign(each, state)) for each in command.assignments]
        state.exported.update(name for name, _ in given)
        call = self._call(command, fields, state, targets, given)
        try:
            return self.execute(call, state, stdin)
        finally:
            for name, _ in given:
                state.unset(name)
                if name in before[0]:
                    state.variables[name] = before[0][name]
                if name in before[1]:
                    state.exported.add(name)

    def _call(
        self,
        command: Simple,
        fields: Words[Field],
        state: State,
        targets: Words[Target] = (),
        assignments: Words[tuple[str, str | list[str]]] = (),
    ) -> Call:
        masked = self.standing.masked(errexit=state.errexit)
        return Call(
            fields,
            self.standing,
            masked=masked,
            home=self.home,
            position=command.position,
            assignments=assignments,
            targets=targets,
        )

    def _declare(self, command: Simple, fields: list[Field], state: State) -> Stream:
        """`export A=1`, `local B`, `declare -r C=…`: the tree has the assignments apart from the words."""
        options = "".join(field.text for field in fields[1:] if field.text[:1] == "-")
        keyword, given = command.keyword or "", []
        for assignment in command.assignments:
            if keyword == "local" or (keyword in {"declare", "typeset"} and "g" not in options):
                state.make_local(assignment.name)
            given.append((assignment.name, self._assign(assignment, state)))
            if keyword == "export" or "x" in options:
                state.exported.add(assignment.name)
        self.visitor.reach(self._call(command, fields, state, (), given), state)
        self.status = True
        return Stream("")

    def _assign(self, assignment: Assignment, state: State) -> str | list[str]:
        """Give a variable its value and return that; a bare name keeps what it has."""
        expander, name = Expander(state), assignment.name
        before = state.get(name)
        if assignment.elements is not None:
            items = [text for word in assignment.elements for text in expander.fields(word)]
            value: str | list[str] = [*before, *items] if assignment.append and isinstance(before, list) else items
        elif assignment.value is None:
            return UNKNOWN if before is None else before
        else:
            value = expander.text(assignment.value)
            if assignment.append:
                value = (before if isinstance(before, str) else UNKNOWN if before else "") + value
        if assignment.index is not None:
            value = _element(before, expander.text(assignment.index), value)
        state.set(name, value)
        return value

    # Calls

    def execute(self, call: Call, state: State, stdin: Stream = NOTHING) -> Stream:
        """Run one call with its words resolved, and whatever it starts in turn."""
        self.calls += 1
        if self.calls > self.limits.calls:
            raise TooMuchError
        if call.fields[0].text in state.functions and self.may_look_inside:
            return self.run_function(call, state, stdin)
        return self._program(call, state, stdin)

    def _program(self, call: Call, state: State, stdin: Stream) -> Stream:
        self.visitor.reach(call, state)
        self.status = None
        output = self.visitor.follow(call, state, stdin)
        for look in (run_builtin, run_nested):
            if output is None:
                output = look(self, call, state, stdin)
        if output is None:
            output = self.visitor.run(call, state, stdin)
        return output_of(self, call, state, stdin) if output is None else output

    # What a state asks

    def has_file(self, operator: str, path: str, state: State) -> bool | None:
        """Answer `test -f PATH` and its kin, for an absolute path."""
        return self.visitor.has_file(operator, path, state)

    def glob(self, pattern: str, state: State) -> list[str]:
        """Return the existing names that match a pattern."""
        return self.visitor.glob(pattern, state)

    # Redirections

    def _redirect(self, statement: Statement, state: State, stdin: Stream) -> tuple[Stream, list[Target]]:
        """Return the input of a statement, and the files that its output goes to."""
        targets: list[Target] = []
        for redirection in statement.redirections:
            stdin = self._input(redirection, state, stdin)
            operator = redirection.operator
            if operator == "<":
                self.visitor.take((Expander(state).fields(redirection.target) or [""])[0], state)
            if operator not in _WRITES:
                continue
            path = (Expander(state).fields(redirection.target) or [""])[0]
            if path and not (operator == ">&" and (path.isdigit() or path == "-")):
                targets.append(Target(operator, path, redirection.number))
                self.visitor.write(targets[-1], state, self.home, redirection.position)
        return stdin, targets

    def _input(self, redirection: Redirection, state: State, stdin: Stream) -> Stream:
        operator, expander = redirection.operator, Expander(state)
        if redirection.body is not None:
            body = expander.text(redirection.body)
            text = "\n".join(line.lstrip("\t") for line in body.split("\n")) if operator == "<<-" else body
            return Stream(text, home=self.visitor.home_of_document(self.home, redirection.body.position, text))
        if operator == "<<<":
            return Stream(expander.text(redirection.target) + "\n")
        if operator == "<":
            return self.open((expander.fields(redirection.target) or [""])[0], state, stdin)
        if operator == "<&" and redirection.number in {None, "0"}:
            target = expander.text(redirection.target)
            return stdin if target in {"-", "0"} else Stream(UNKNOWN, "piped")
        return stdin

    def open(self, word: str, state: State, stdin: Stream) -> Stream:
        """Return the text of a file: what this text has written there, else what the visitor knows of it."""
        if word in _INPUTS:
            return stdin
        path = state.path(word)
        written = state.files.get(path)
        if written is not None:
            return Stream(written.text, written.origin, home=written.home)
        text = None if UNKNOWN in path else self.visitor.text_of(path, state)
        return Stream(UNKNOWN, "file", path=word) if text is None else Stream(text, path=word)

    def _send(self, output: Stream, targets: list[Target], state: State) -> Stream:
        """Put output into the files it goes to; return what is left for the pipe."""
        kept = [target for target in targets if target.number in {None, "1"}]
        for target in kept:
            path = state.path(target.path)
            if UNKNOWN in path:
                continue
            origin = output.origin or ("piped" if UNKNOWN in output.text else "")
            if target.operator in _APPENDS:
                before = self.open(target.path, state, NOTHING)
                state.files[path] = Stream(before.text + output.text, before.origin or origin)
            else:
                state.files[path] = Stream(output.text, origin, path=output.path, home=output.home)
        return Stream("") if kept else output


def _alone(statement: Statement) -> Statement:
    """Return a background statement as one that is waited for."""
    return Statement(statement.command, statement.redirections, statement.position, negated=statement.negated)


def _has_substitution(assignment: Assignment) -> bool:
    from conductor.shell.nodes import Substitution

    return assignment.value is not None and any(isinstance(part, Substitution) for part in assignment.value.parts)


def _element(array: str | list[str] | None, index: str, value: str | list[str]) -> str | list[str]:
    """Return an array after `name[index]=value`; UNKNOWN where the index or the array is not known."""
    if not (index.isdigit() and len(index) < 4 and isinstance(value, str)):
        return UNKNOWN
    items = list(array) if isinstance(array, list) else [array] if isinstance(array, str) else []
    items += [""] * (int(index) + 1 - len(items))
    items[int(index)] = value
    return items


_RUN: dict[type[Node], Callable[..., Stream]] = {
    Pipeline: Walk.pipeline,
    Sequence: Walk.sequence,
    Group: Walk.group,
    If: Walk.branch,
    Loop: Walk.loop,
    Case: Walk.case,
    Function: Walk._function,  # noqa: SLF001 - the class's own table
    Test: Walk.test,
    ArithmeticCommand: Walk.arithmetic,
    Wrapped: Walk._wrapped,  # noqa: SLF001
}
