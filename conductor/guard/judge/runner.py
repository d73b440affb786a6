"""Walk a command as a shell would run it, without running it, and hand every call and write to the judges."""

from __future__ import annotations

import time

from conductor.guard.judge.alternatives import choices, element_name, quote
from conductor.guard.judge.branches import Brancher, Leave
from conductor.guard.judge.dispatch import HANDLERS, handler_of
from conductor.guard.judge.ledger import Source, TooMuchError
from conductor.guard.judge.outputs import output_of
from conductor.guard.judge.relevant_names import PROGRAMS, TRIGGERS
from conductor.guard.judge.state import State
from conductor.rules.judge.call import Facts, show
from conductor.shell import Script, ShellSyntaxError, parse
from conductor.shell.conditions import both, negate
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
from conductor.shell.streams import NOTHING, Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Sequence as Words

    from conductor.shell.nodes import Command

DEEPEST = 24  # nested shells, functions, substitutions
DEEPEST_FILES = 3  # files of the project that run one another
LONGEST_FILES_S = 1.0  # of this process's own work, for all files of the project
MOST_CALLS = 2000
LONGEST_TEXT = 1 << 16
_LOOK_UP = frozenset({"command", "which", "type", "hash"})
_BUILT_IN = frozenset({"cd", "echo", "printf", "test", "read", "export", "eval", "exec", "source", "type", "command"})
# Folders of what tools put there.
_NOT_ITS_OWN = frozenset({".git", ".venv", "venv", "node_modules", ".tox", ".nox", "site-packages", "dist-packages"})
COMMAND_VARIABLES = frozenset({
    "GIT_SSH_COMMAND", "GIT_EDITOR", "EDITOR", "VISUAL", "PAGER", "GIT_PAGER", "MANPAGER", "GIT_EXTERNAL_DIFF",
    "GIT_SEQUENCE_EDITOR", "PROMPT_COMMAND", "GIT_ASKPASS", "SSH_ASKPASS", "LESSOPEN", "BROWSER", "GIT_SSH",
    "GIT_PROXY_COMMAND", "RSYNC_RSH", "FZF_DEFAULT_COMMAND",
})  # fmt: skip


class Runner(Brancher):
    """One judgement: it collects steps in the order in which they would run."""

    def __init__(self, facts: Facts, *, deadline: float = 0.0) -> None:
        super().__init__(facts)
        self.calls = 0
        self.traps: list[tuple[str, State]] = []
        self.deadline = deadline
        self.parsed: dict[str, Script | None] = {}
        self.files_s = LONGEST_FILES_S
        self.mapped = False  # whether the lines of the text that is walked are those of the file
        self.homes: dict[int, tuple[Source | None, bool]] = {}  # of functions' bodies

    def run_text(
        self, text: str, state: State, source: str, stdin: Stream = NOTHING, *, file: Source | None = None
    ) -> Stream:
        """Judge text that a shell would run; `source` says where it is from, `file` that it is the project's."""
        if not text.strip():
            return Stream("")
        if len(text) > LONGEST_TEXT:
            self.ask(f"{source} is longer than the guard reads.")
            return Stream(UNKNOWN)
        with_source = [*self.trail, source] if source else self.trail
        if len(with_source) > DEEPEST:
            raise TooMuchError
        script = self.parse(text)
        if script is None:
            self._not_understood(text, source)
            return Stream(UNKNOWN)
        before, self.trail = self.trail, with_source
        home = self.source, self.mapped
        self.source, self.mapped = file or self.source, file is not None
        try:
            return self.run_all(script.statements, state, stdin)
        finally:
            self.trail = before
            self.source, self.mapped = home

    def parse(self, text: str) -> Script | None:
        """Return the text's tree, None where no shell would take it; each text is parsed once."""
        if text not in self.parsed:
            self.parsed[text] = self._parse(text)
        return self.parsed[text]

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
        texts, origin, path = [], "", ""
        for statement in statements:
            output = self.run(statement, state, stdin)
            texts.append(output.text)
            origin, path = origin or output.origin, output.path
        return Stream("".join(texts)[:LONGEST_TEXT], origin, path=path if len(texts) == 1 else "")

    def run(self, statement: Statement, state: State, stdin: Stream) -> Stream:
        """Run one statement: its redirections, then its command."""
        if len(self.trail) > DEEPEST * 2 or (self.deadline and time.process_time() > self.deadline):
            raise TooMuchError
        if self.mapped and self.source is not None:
            self.line = self.source.line(statement.position.line)
        if statement.background:
            state = state.copy()
        stdin, targets = self.redirect(statement.redirections, state, stdin)
        output = Stream("")
        if statement.command is not None:
            output = self._command(statement.command, state, stdin)
            if statement.negated:
                self.status = negate(self.status)
        elif any(redirection.operator == "<" for redirection in statement.redirections):
            output = Stream(stdin.text, stdin.origin)
        return self.send(output, targets, state)

    def _command(self, command: Command, state: State, stdin: Stream) -> Stream:
        run: Callable[[Command, State, Stream], Stream] = _RUN[type(command)].__get__(self)
        return run(command, state, stdin)

    def _pipeline(self, command: Pipeline, state: State, stdin: Stream) -> Stream:
        for statement in command.statements:
            output = self.run_apart((statement,), state.copy(), stdin)
            origin = output.origin or ("piped" if UNKNOWN in output.text else "")
            stdin = Stream(output.text, origin, path=output.path)
        return stdin

    def run_apart(self, statements: Iterable[Statement], state: State, stdin: Stream) -> Stream:
        """Run statements in a shell of their own, which they may leave."""
        try:
            return self.run_all(statements, state, stdin)
        except Leave:
            return Stream(UNKNOWN if self.status is None else "")

    def _function(self, command: Function, state: State, stdin: Stream) -> Stream:
        del stdin
        state.functions[command.name] = command.body
        self.homes[id(command.body)] = self.source, self.mapped
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
            self.status = True
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
        self.status = True
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
        self.status = None
        handler = handler_of(call.name)
        output = handler(self, state, argv, stdin) if handler else self._file(argv, state, stdin)
        if output is None:
            output = output_of(self, state, argv, stdin)
        if self.inside and call.name in _LOOK_UP and self.status is None:
            self.status = self._finds(argv, state)
        return output

    def _finds(self, argv: list[str], state: State) -> bool | None:
        """Tell whether `command -v NAME` and its kin find all that they are asked for."""
        names = [word for word in argv[1:] if word[:1] != "-"]
        if state.container != self.facts.in_container or state.remote or (argv[0] == "command" and "-v" not in argv):
            return None
        found: bool | None = True
        for name in names:
            own = name in state.functions or name in _BUILT_IN
            found = both(found, True if own else None if UNKNOWN in name else self.facts.finds(name))
        return found if names else None

    def _file(self, argv: list[str], state: State, stdin: Stream) -> Stream | None:
        """Run a script of the project, or one that this same command has written."""
        if "/" not in argv[0]:
            return None
        written = state.files.get(state.place().path(argv[0]))
        if written is not None:
            return HANDLERS["bash"](self, state, ["bash", *argv], stdin)
        return self.run_project(argv[0], argv[1:], state, stdin)

    def run_project(
        self, word: str, arguments: list[str], state: State, stdin: Stream, language: str = "", program: str = "python3"
    ) -> Stream | None:
        """Run a file of the project as far as its text is known, else return None.

        `language` is what it is read as (its first line and name tell where it is empty); `source` is a shell's that
        goes on in this shell. `program` is the interpreter that runs Python.
        """
        text = self.read_project(word, state)
        if text is None:
            return None
        from conductor.guard.judge.project.scripts import run_file

        return run_file(self, state, word, text, arguments, stdin, language=language, program=program)

    def read_project(self, word: str, state: State) -> str | None:
        """Return the text of a file of the project that a call made now would read; None where it is not known."""
        if UNKNOWN in word or state.remote or (state.container and not self.facts.in_container):
            return None
        if self.inside >= DEEPEST_FILES or self.files_s <= 0:
            return None
        place = state.place()
        name = place.inside(place.path(word))
        if not name or not _NOT_ITS_OWN.isdisjoint(name.split("/")):
            return None
        return self.facts.read(name)

    def keep(self, word: str, text: str, state: State) -> None:
        """Keep a text that is put into a file, behind what this command has put there before."""
        if UNKNOWN not in word:
            path = state.place().path(word)
            before = state.files[path].text if path in state.files else ""
            state.files[path] = Stream(before + text, "piped" if UNKNOWN in text else "")

    def _unresolved(self, argv: list[str], name: str, state: State, stdin: Stream) -> Stream:
        self.ask(f"The program that `{show(argv)}` starts can't be told from the text.")
        bare = name.replace(UNKNOWN, "")
        if bare in PROGRAMS:
            self.execute([bare, *argv[1:]], state, stdin)
        elif name == UNKNOWN and len(argv) > 1 and argv[1].rpartition("/")[2] in PROGRAMS:
            self.execute(argv[1:], state, stdin)
        return Stream(UNKNOWN)

    def _call_function(self, argv: list[str], state: State, stdin: Stream) -> Stream:
        before, trail, home = state.arguments, self.trail, (self.source, self.mapped)
        trail_with = [*trail, f"function {show(argv[:1])}"]
        if trail_with.count(trail_with[-1]) > 3:
            return Stream(UNKNOWN)
        body = state.functions[argv[0]]
        state.arguments, self.trail = argv[1:], trail_with
        self.source, self.mapped = self.homes.get(id(body), (self.source, False))
        try:
            return self.run(body, state, stdin)
        except Leave as leave:
            if leave.kind != "return":
                raise
            return Stream("")
        finally:
            state.arguments, self.trail = before, trail
            self.source, self.mapped = home


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
