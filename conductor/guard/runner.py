"""Walk a command as a shell would run it, without running it, and hand every call and write to the judges."""

from __future__ import annotations

import time

from conductor.guard.dispatch import HANDLERS, handler_of
from conductor.guard.names import PROGRAMS, TRIGGERS
from conductor.guard.outputs import output_of
from conductor.guard.record import TooMuchError
from conductor.guard.redirect import Redirector
from conductor.guard.state import NOTHING, State, Stream
from conductor.guard.values import choices, element_name, keep_alternatives, quote
from conductor.rules.judge.call import Facts, show
from conductor.shell import Script, ShellSyntaxError, parse
from conductor.shell.expand import UNKNOWN, Expander
from conductor.shell.nodes import (
    ArithmeticCommand,
    Assignment,
    Case,
    Function,
    Group,
    If,
    Loop,
    Node,
    Pipeline,
    Sequence,
    Simple,
    Statement,
    Test,
    Wrapped,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Sequence as Words

    from conductor.shell.nodes import Command

DEEPEST = 24  # nested shells, functions, substitutions
MOST_CALLS = 2000
LONGEST_LOOP = 40
LONGEST_TEXT = 1 << 16
COMMAND_VARIABLES = frozenset({
    "GIT_SSH_COMMAND", "GIT_EDITOR", "EDITOR", "VISUAL", "PAGER", "GIT_PAGER", "MANPAGER", "GIT_EXTERNAL_DIFF",
    "GIT_SEQUENCE_EDITOR", "PROMPT_COMMAND", "GIT_ASKPASS", "SSH_ASKPASS", "LESSOPEN", "BROWSER", "GIT_SSH",
    "GIT_PROXY_COMMAND", "RSYNC_RSH", "FZF_DEFAULT_COMMAND",
})  # fmt: skip


class Runner(Redirector):
    """One judgement: it collects steps in the order in which they would run."""

    def __init__(self, facts: Facts, *, deadline: float = 0.0) -> None:
        super().__init__(facts)
        self.calls = 0
        self.traps: list[tuple[str, State]] = []
        self.deadline = deadline

    def run_text(self, text: str, state: State, source: str, stdin: Stream = NOTHING) -> Stream:
        """Judge text that a shell would run; `source` says where it comes from."""
        if not text.strip():
            return Stream("")
        if len(text) > LONGEST_TEXT:
            self.ask(f"{source} is longer than the guard reads.")
            return Stream(UNKNOWN)
        with_source = [*self.trail, source] if source else self.trail
        if len(with_source) > DEEPEST:
            raise TooMuchError
        script = self._parse(text)
        if script is None:
            self._not_understood(text, source)
            return Stream(UNKNOWN)
        before, self.trail = self.trail, with_source
        try:
            return self.run_all(script.statements, state, stdin)
        finally:
            self.trail = before

    def _parse(self, text: str) -> Script | None:
        for dialect in ("bash", "zsh"):
            try:
                return parse(text, dialect)
            except ShellSyntaxError:
                continue
        return None

    def _not_understood(self, text: str, source: str) -> None:
        if any(trigger in text for trigger in TRIGGERS) or UNKNOWN in text:
            self.ask(f"{source or 'The command'} can't be read as a shell command, so what it does is not known.")

    def run_all(self, statements: Iterable[Statement], state: State, stdin: Stream) -> Stream:
        """Run statements in order and return what they print."""
        texts, origin = [], ""
        for statement in statements:
            output = self.run(statement, state, stdin)
            texts.append(output.text)
            origin = origin or output.origin
        return Stream("".join(texts)[:LONGEST_TEXT], origin)

    def run(self, statement: Statement, state: State, stdin: Stream) -> Stream:
        """Run one statement: its redirections, then its command."""
        if len(self.trail) > DEEPEST * 2 or (self.deadline and time.process_time() > self.deadline):
            raise TooMuchError
        if statement.background:
            state = state.copy()
        stdin, targets = self.redirect(statement.redirections, state, stdin)
        output = Stream("")
        if statement.command is not None:
            output = self._command(statement.command, state, stdin)
        elif any(redirection.operator == "<" for redirection in statement.redirections):
            output = Stream(stdin.text, stdin.origin)
        return self.send(output, targets, state)

    def _command(self, command: Command, state: State, stdin: Stream) -> Stream:
        run: Callable[[Command, State, Stream], Stream] = _RUN[type(command)].__get__(self)
        return run(command, state, stdin)

    def _pipeline(self, command: Pipeline, state: State, stdin: Stream) -> Stream:
        for statement in command.statements:
            output = self.run(statement, state.copy(), stdin)
            stdin = Stream(output.text, output.origin or ("piped" if UNKNOWN in output.text else ""))
        return stdin

    def _sequence(self, command: Sequence, state: State, stdin: Stream) -> Stream:
        left = self.run(command.left, state, stdin)
        before = dict(state.variables)
        right = self.run(command.right, state, stdin)
        if command.operator == "||":
            keep_alternatives(state, before)
        return Stream(left.text + right.text, left.origin or right.origin)

    def _group(self, command: Group, state: State, stdin: Stream) -> Stream:
        return self.run_all(command.statements, state.copy() if command.subshell else state, stdin)

    def _if(self, command: If, state: State, stdin: Stream) -> Stream:
        return self._branches([(*condition, *body) for condition, body in command.branches], state, stdin)

    def _branches(self, bodies: list[tuple[Statement, ...]], state: State, stdin: Stream) -> Stream:
        """Run every branch; a variable that branches set differently has all of these values afterwards."""
        first = dict(state.variables)
        texts, origin = [], ""
        for body in bodies:
            before = dict(state.variables)
            state.variables = {**before, **{name: first[name] for name in first if name != "PATH"}}
            output = self.run_all(body, state, stdin)
            keep_alternatives(state, before)
            texts.append(output.text)
            origin = origin or output.origin
        return Stream("".join(texts), origin)

    def _loop(self, command: Loop, state: State, stdin: Stream) -> Stream:
        expander = Expander(state)
        for expression in command.expressions:
            self._arithmetic(ArithmeticCommand((expression,)), state, stdin)
        if command.variable is None:
            return self._while(command, state, stdin)
        items = [UNKNOWN]
        if command.items is not None:
            items = [field for word in command.items for field in expander.fields(word)]
        elif state.arguments is not None:
            items = state.arguments
        texts = []
        for item in items[:LONGEST_LOOP]:
            state.set(command.variable, item)
            texts.append(self.run_all(command.body, state, stdin).text)
        return Stream("".join(texts))

    def _while(self, command: Loop, state: State, stdin: Stream) -> Stream:
        texts: list[str] = []
        for _ in range(LONGEST_LOOP):
            place = stdin.place
            self.run_all(command.condition, state, stdin)
            if texts and stdin.place >= len(stdin.text) and place >= len(stdin.text):
                break
            texts.append(self.run_all(command.body, state, stdin).text)
            if stdin.place == place or stdin.place >= len(stdin.text):
                break
        return Stream("".join(texts))

    def _case(self, command: Case, state: State, stdin: Stream) -> Stream:
        expander = Expander(state)
        expander.text(command.word)
        for patterns, _ in command.items:
            for pattern in patterns:
                expander.text(pattern)
        return self._branches([body for _, body in command.items], state, stdin)

    def _function(self, command: Function, state: State, stdin: Stream) -> Stream:
        del stdin
        state.functions[command.name] = command.body
        return Stream("")

    def _test(self, command: Test, state: State, stdin: Stream) -> Stream:
        del stdin
        for word in command.words:
            Expander(state).text(word)
        return Stream("")

    def _arithmetic(self, command: ArithmeticCommand, state: State, stdin: Stream) -> Stream:
        from conductor.shell.arithmetic import evaluate

        del stdin
        for expression in command.expressions:
            evaluate(expression, Expander(state))
        return Stream("")

    def _wrapped(self, command: Wrapped, state: State, stdin: Stream) -> Stream:
        if command.statement is None:
            return Stream("")
        return self.run(command.statement, state.copy() if command.keyword == "coproc" else state, stdin)

    def _simple(self, command: Simple, state: State, stdin: Stream) -> Stream:
        for name in choices(command, state):
            values = state.alternatives.pop(name)
            output = Stream("")
            for value in values:
                state.variables[name] = value
                output = self._simple(command, state, stdin)
            state.alternatives[name] = values
            return output
        if not command.words:
            for assignment in command.assignments:
                self.assign(assignment, state)
            return Stream("")
        if command.keyword is not None:
            return self._declare(command, state)
        first = command.words[0].literal()
        if first is not None and first in state.aliases and not command.words[0].quoted():
            return self._alias(command, first, state, stdin)
        argv = [field for word in command.words for field in Expander(state).fields(word)]
        if not argv:
            return Stream("")
        return self._with_prefix(command.assignments, argv, state, stdin)

    def _alias(self, command: Simple, name: str, state: State, stdin: Stream) -> Stream:
        value = state.aliases.pop(name)
        rest = [field for word in command.words[1:] for field in Expander(state).fields(word)]
        # After an alias that ends in a space, bash looks the next word up as well.
        if rest and value.endswith(" ") and rest[0] in state.aliases:
            value += state.aliases[rest.pop(0)]
        try:
            return self.run_text(" ".join([value, *map(quote, rest)]), state, f"alias {name}", stdin)
        finally:
            state.aliases.setdefault(name, value)

    def _declare(self, command: Simple, state: State) -> Stream:
        for assignment in command.assignments:
            self.assign(assignment, state)
            value = state.get(assignment.name)
            shown = f"{assignment.name}={value}" if assignment.value is not None else assignment.name
            self.call(["export" if command.keyword != "unset" else "unset", shown], state)
        return Stream("")

    def assign(self, assignment: Assignment, state: State) -> None:
        """Give a variable its value; a variable that holds a command is judged as one."""
        expander = Expander(state)
        value: str | list[str]
        if assignment.elements is not None:
            value = [field for word in assignment.elements for field in expander.fields(word)]
            before = state.get(assignment.name)
            if assignment.append and isinstance(before, list):
                value = before + value
        elif assignment.value is None:
            return
        else:
            value = expander.text(assignment.value)
            before = state.get(assignment.name)
            if assignment.append and isinstance(before, str):
                value = before + value
        name = assignment.name
        if assignment.index is not None:
            name = element_name(state, name, expander.text(assignment.index), value)
        state.set(name, value)
        self.check_variable(name, value, state)

    def check_variable(self, name: str, value: str | list[str], state: State) -> None:
        """Judge an assignment: variables of Conductor and git, and variables that hold commands."""
        if name in COMMAND_VARIABLES and isinstance(value, str):
            self.run_text(value, state.copy(), name)
        if name in {"BASH_ENV", "ENV"} and isinstance(value, str) and value:
            self.execute(["source", value], state.copy())
        if name.startswith(("CONDUCTOR_", "GIT_CONFIG")) or name == "XDG_STATE_HOME":
            self.call(["export", f"{name}={value}"], state)

    def _with_prefix(self, assignments: Words[Assignment], argv: list[str], state: State, stdin: Stream) -> Stream:
        """Execute with variables that hold for this one call."""
        if not assignments:
            return self.execute(argv, state, stdin)
        before = dict(state.variables)
        for assignment in assignments:
            self.assign(assignment, state)
            state.variables[assignment.name + " prefix"] = "1"
        names = {assignment.name for assignment in assignments}
        try:
            return self.execute(argv, state, stdin)
        finally:
            for name in names | {f"{name} prefix" for name in names}:
                state.variables.pop(name, None)
                if name in before:
                    state.variables[name] = before[name]

    def execute(self, argv: list[str], state: State, stdin: Stream = NOTHING) -> Stream:
        """Judge one call with its words resolved, and whatever it starts in turn."""
        self.calls += 1
        if self.calls > MOST_CALLS or len(self.trail) > DEEPEST:
            raise TooMuchError
        if not argv or not argv[0]:
            return self.execute(argv[1:], state, stdin) if len(argv) > 1 else Stream("")
        name = argv[0].rpartition("/")[2]
        if UNKNOWN in name:
            return self._unresolved(argv, name, state, stdin)
        if argv[0] in state.functions:
            return self._call_function(argv, state, stdin)
        call = self.call(argv, state)
        handler = handler_of(call.name)
        output = handler(self, state, argv, stdin) if handler else self._file(argv, state, stdin)
        if output is None:
            output = output_of(self, state, argv, stdin)
        return output

    def _file(self, argv: list[str], state: State, stdin: Stream) -> Stream | None:
        """Run a script that this same command has written."""
        if "/" not in argv[0]:
            return None
        written = state.files.get(state.place().path(argv[0]))
        if written is None:
            return None
        return HANDLERS["bash"](self, state, ["bash", *argv], stdin)

    def _unresolved(self, argv: list[str], name: str, state: State, stdin: Stream) -> Stream:
        self.ask(f"The program that `{show(argv)}` starts can't be told from the text.")
        bare = name.replace(UNKNOWN, "")
        if bare in PROGRAMS:
            self.execute([bare, *argv[1:]], state, stdin)
        elif name == UNKNOWN and len(argv) > 1 and argv[1].rpartition("/")[2] in PROGRAMS:
            self.execute(argv[1:], state, stdin)
        return Stream(UNKNOWN)

    def _call_function(self, argv: list[str], state: State, stdin: Stream) -> Stream:
        before, trail = state.arguments, self.trail
        state.arguments, self.trail = argv[1:], [*self.trail, f"function {show(argv[:1])}"]
        if self.trail.count(self.trail[-1]) > 3:
            self.trail = trail
            state.arguments = before
            return Stream(UNKNOWN)
        try:
            return self.run(state.functions[argv[0]], state, stdin)
        finally:
            state.arguments, self.trail = before, trail


_RUN: dict[type[Node], Callable[..., Stream]] = {
    Simple: Runner._simple,  # noqa: SLF001 - the class's own table
    Pipeline: Runner._pipeline,  # noqa: SLF001
    Sequence: Runner._sequence,  # noqa: SLF001
    Group: Runner._group,  # noqa: SLF001
    If: Runner._if,  # noqa: SLF001
    Loop: Runner._loop,  # noqa: SLF001
    Case: Runner._case,  # noqa: SLF001
    Function: Runner._function,  # noqa: SLF001
    Test: Runner._test,  # noqa: SLF001
    ArithmeticCommand: Runner._arithmetic,  # noqa: SLF001
    Wrapped: Runner._wrapped,  # noqa: SLF001
}
