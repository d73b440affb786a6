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
from conductor.shell.calls import Call, Field, Source, Standing, starts_another
from conductor.shell.expand import UNKNOWN, Expander
from conductor.shell.flow import Leave
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
from conductor.shell.redirections import Redirecting
from conductor.shell.streams import NOTHING, Stream
from conductor.shell.visitor import Limits, TooMuchError, Visitor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Sequence as Words

    from conductor.shell.calls import Target
    from conductor.shell.nodes import Assignment, Command, Node
    from conductor.shell.state import Body, State


class Walk(Redirecting):
    """One walk over texts that belong together; it raises TooMuchError beyond its limits."""

    def __init__(self, visitor: Visitor, limits: Limits | None = None) -> None:
        self.visitor = visitor
        self.limits = limits or Limits()
        self.standing = Standing()
        self.status: bool | None = True
        self.home: object = None
        self.trail: tuple[str, ...] = ()  # what the text is that is walked, and those around it
        self.traps: list[tuple[Source, State, bool]] = []  # and whether it is sure that it goes off
        self.calls = self.depth = self.texts = 0

    # Texts and functions

    def run_text(self, source: Source, state: State, stdin: Stream = NOTHING) -> Stream:
        """Run a text in this state, and standing as what starts it does; `exit` and `return` are the caller's."""
        if len(source.text) > self.limits.length:
            self.visitor.is_too_long(source)
            return Stream(UNKNOWN)
        try:
            script = self.visitor.parse(source.text, state.dialect)
        except ShellSyntaxError as error:
            self.visitor.is_broken(source, error)
            return Stream(UNKNOWN)
        before, self.home = (self.home, self.trail), source.home
        if source.title:
            self.trail = (*self.trail, source.title)
        self.texts += 1
        try:
            self.visitor.begin(script, source, state, self.standing)
            return self.run_all(script.statements, state, stdin)
        finally:
            self.home, self.trail = before
            self.texts -= 1

    def run_shell(self, call: Call, source: Source, state: State, stdin: Stream) -> Stream:
        """Run a text in a shell of its own, which `call` starts: what it sets ends with it, and so does its exit."""
        outer, traps = self.standing, len(self.traps)
        self.standing = Standing(conditional=outer.conditional, caught=call.masked, tested=outer.tested)
        try:
            output = self.run_text(source, state, stdin)
        except Leave:
            self.status = None
            output = Stream(UNKNOWN)
        finally:
            self.standing = outer
        self.run_traps(traps)
        return output

    def run_traps(self, first: int = 0) -> None:
        """Run what a shell was told to run at its end, or at a signal: with the functions that it then has."""
        waiting, self.traps[first:] = self.traps[first:], []
        outer = self.standing
        for source, state, sure in waiting:
            self.standing = outer.but(caught=True, conditional=outer.conditional or not sure)
            try:
                self.run_text(source, state.copy())
            except Leave:
                continue
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
        title = f"function {call.fields[0].text}"
        if self.trail.count(title) > self.limits.again:
            return Stream(UNKNOWN)
        before = self.home, self.trail, state.arguments
        self.home, self.trail, state.arguments = body[1], (*self.trail, title), call.argv[1:]
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
            self.home, self.trail, state.arguments = before
            state.end_function()

    def script(self, call: Call, word: str, how: str, state: State) -> Source | None:
        """Return the script that a call runs: one that this text has written, else what the visitor knows of it."""
        written = state.files.get(state.path(word))
        if written is None:
            return None if UNKNOWN in word or not self.may_look_inside else self.visitor.read(call, word, how, state)
        if not self.may_look_inside or (UNKNOWN in written.text and not self.visitor.reads_unknown):
            return None
        title = f"{call.fields[0].text} {word}"
        if written.home is None:
            return self.given(call, 0, written.text, title)
        return Source(written.text, written.home, title=title)

    def given(self, call: Call, number: int, text: str, title: str = "") -> Source:
        """Return a text that stands in a word of a call."""
        word = call.fields[number].word if number < len(call.fields) else None
        position = word.position if word is not None else call.position
        return Source(text, self.visitor.home_of_word(call.home, position, text), title=title)

    @property
    def may_look_inside(self) -> bool:
        """Tell whether one more text or function is followed; where none is shown instead, the walk ends."""
        inside = self.texts < self.limits.texts
        if not inside and not self.limits.shows:
            raise TooMuchError
        return inside

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
            stdin, targets = self.redirect(statement, state, stdin)
            output = self._command(statement.command, state, stdin, targets)
            if statement.negated and self.status is not None:
                self.status = not self.status
            return self.send(output, targets, state)
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
        if state.alternatives or (state.aliases and self.visitor.aliases):
            from conductor.shell.substitutes import alias_of, names_of  # rare, and a hook pays for each module

            for name in names_of(command, state)[:1]:
                return self._each_value(name, command, state, stdin, targets)
            alias = alias_of(command, state) if self.visitor.aliases else None
            if alias is not None:
                return self._alias(alias, command, state, stdin)
        expander = Expander(state)
        fields = [Field(text, word) for word in command.words for text in expander.fields(word)]
        if command.keyword is not None:
            return self._declare(command, fields, state)
        self.status = None if any(_has_substitution(each) for each in command.assignments) else True
        if not fields:
            for assignment in command.assignments:
                self._assign(assignment, state)
            return Stream("")
        if not command.assignments:
            return self.execute(self._call(command, fields, state, targets), state, stdin)
        before, names = state.copy(), [each.name for each in command.assignments]
        state.given = state.given.union(names)
        given = [(each.name, self._assign(each, state)) for each in command.assignments]
        state.exported.update(names)
        try:
            return self.execute(self._call(command, fields, state, targets, given), state, stdin)
        finally:
            state.take_back(names, before)

    def _each_value(self, name: str, command: Simple, state: State, stdin: Stream, targets: list[Target]) -> Stream:
        """Run a command once for each value that a variable in its words may have."""
        values, output = state.alternatives.pop(name), Stream("")
        for value in values:
            self._count()
            state.variables[name] = value
            output = self._simple(command, state, stdin, targets)
        state.alternatives[name] = values
        return output

    def _alias(self, name: str, command: Simple, state: State, stdin: Stream) -> Stream:
        from conductor.shell.substitutes import quote

        value = state.aliases.pop(name)
        rest = [field for word in command.words[1:] for field in Expander(state).fields(word)]
        # After an alias that ends in a space, bash looks the next word up as well.
        if rest and value.endswith(" ") and rest[0] in state.aliases:
            value += state.aliases[rest.pop(0)]
        text = " ".join([value, *map(quote, rest)])
        home = self.visitor.home_of_word(self.home, command.position, text)
        try:
            return self.run_text(Source(text, home, title=f"alias {name}"), state, stdin)
        finally:
            state.aliases.setdefault(name, value)

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
        self.visitor.declare(self._call(command, fields, state, (), given), state)
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
            from conductor.shell.substitutes import with_element

            value = with_element(before, expander.text(assignment.index), value)
        state.set(name, value)
        self.visitor.assign(name, value, state)
        return value

    # Calls

    def execute(self, call: Call, state: State, stdin: Stream = NOTHING) -> Stream:
        """Run one call with its words resolved, and whatever it starts in turn."""
        self._count()
        if call.fields[0].text in state.functions and self.may_look_inside:
            return self.run_function(call, state, stdin)
        return self._program(call, state, stdin)

    def _count(self) -> None:
        self.calls += 1
        if self.calls > self.limits.calls:
            raise TooMuchError

    def _program(self, call: Call, state: State, stdin: Stream) -> Stream:
        self.visitor.reach(call, state)
        self.status = None
        output = self.visitor.follow(call, state, stdin)
        if output is None:
            output = run_builtin(self, call, state, stdin)
        if output is None and starts_another(call):
            from conductor.shell.nested import run_nested  # here and below: a hook pays for each module

            output = run_nested(self, call, state, stdin)
        if output is None:
            output = self.visitor.run(call, state, stdin)
        if output is None:
            from conductor.shell.outputs import output_of

            output = output_of(self, call, state, stdin)
        return output


def _alone(statement: Statement) -> Statement:
    """Return a background statement as one that is waited for."""
    return Statement(statement.command, statement.redirections, statement.position, negated=statement.negated)


def _has_substitution(assignment: Assignment) -> bool:
    from conductor.shell.nodes import Substitution

    return assignment.value is not None and any(isinstance(part, Substitution) for part in assignment.value.parts)


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
