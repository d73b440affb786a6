"""Run shell text against an environment: every simple command gets a snapshot, then does what it does."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from conductor.preflight.environment.effects import apply, touch
from conductor.preflight.environment.logins import path_of_shell
from conductor.preflight.environment.model import Command
from conductor.preflight.environment.paths import absolute, dash_release
from conductor.preflight.environment.pip import PipInstall, read_pip_install
from conductor.preflight.environment.shells import ImageState, python_program
from conductor.preflight.environment.texts import (
    Home,
    dialect_of,
    is_pattern,
    parse_text,
    shebang_options,
    shell_of,
    with_heredocs,
)
from conductor.preflight.environment.timeline import (
    CopyStep,
    PythonRun,
    ScriptError,
    ScriptRun,
    ShellText,
    Start,
    Timeline,
    UnsetUse,
)
from conductor.preflight.limits import MAX_FOLLOW_S
from conductor.preflight.parse.source import Mark, SourceText, whole_file
from conductor.programs import find
from conductor.shell.calls import Call, Field, Source, Standing
from conductor.shell.expand import UNKNOWN
from conductor.shell.flow import Leave
from conductor.shell.streams import NOTHING, Stream
from conductor.shell.visitor import Limits, TooMuchError, Visitor
from conductor.shell.walk import Walk

if TYPE_CHECKING:
    from conductor.preflight.environment.context import Context
    from conductor.preflight.environment.model import Environment
    from conductor.preflight.environment.origin import Origin
    from conductor.preflight.parse.dockerfile import Instruction
    from conductor.programs.words import Wrapped
    from conductor.shell import Script, ShellSyntaxError
    from conductor.shell.calls import Target
    from conductor.shell.nodes import Position, Test
    from conductor.shell.state import State

# An image that makes more commands than this is not followed to its end.
MAX_COMMANDS = 4000
# Words of theirs that nobody knows may be names of variables.
_SETS = frozenset({"export", "declare", "typeset", "local", "readonly", "read"})
# They run their words once for each of many, in ways of their own.
_NOT_FOLLOWED = frozenset({"parallel", "entr"})


class Runner(Visitor):
    """Collects what runs; `silent` while a stage is followed that nothing needs."""

    def __init__(self, context: Context) -> None:
        self.context = context
        # What this process may have worked by the end of it, in CPU seconds.
        self.deadline_s = time.process_time() + MAX_FOLLOW_S
        self.silent = False
        self.commands: list[Command] = []
        self.installs: list[PipInstall] = []
        self.errors: list[ScriptError] = []
        self.copies: list[CopyStep] = []
        self.python_runs: list[PythonRun] = []
        self.script_runs: list[ScriptRun] = []
        self.inline: list[tuple[Command, int]] = []
        self.environment: Environment | None = None
        self.reached: Command | None = None
        self.walk: Walk | None = None
        self._written: list[tuple[Origin, str | None]] = []
        self._taken: list[str | None] = []
        self.texts: list[ShellText] = []
        self.unset: list[UnsetUse] = []
        # Something unread may have set any variable: a sourced file that is not known, an eval of unknown text.
        self.any_variable = False

    def complete(self, timeline: Timeline) -> Timeline:
        """Hand over what was collected."""
        timeline.commands = tuple(self.commands)
        timeline.pip_installs = tuple(self.installs)
        timeline.script_errors = tuple(self.errors)
        timeline.copies = tuple(self.copies)
        timeline.python_runs = tuple(self.python_runs)
        timeline.script_runs = tuple(self.script_runs)
        timeline.inline_python = self.inline
        timeline.unfinished = time.process_time() > self.deadline_s
        timeline.dash_texts, timeline.unset_uses = tuple(self.texts), tuple(self.unset)
        return timeline

    # What is run

    def run_instruction(self, instruction: Instruction, stage: int, environment: Environment, path: str) -> None:
        """Run one RUN instruction; what its shell sets is gone afterwards."""
        saved, workdir = dict(environment.variables), environment.workdir
        environment.variables = {**environment.build_variables, **environment.variables}
        home = Home(path, instruction.arguments, "build", stage)
        if instruction.json is not None:
            self._walk(environment, home, words=instruction.json, line=instruction.line)
        else:
            self._run_text(instruction, environment, home)
        environment.variables, environment.workdir = saved, workdir

    def _run_text(self, instruction: Instruction, environment: Environment, home: Home) -> None:
        alone = instruction.heredocs[:1] if len(instruction.heredocs) == 1 else ()
        leaves = any(re.fullmatch(r"-[A-Za-z]*e[A-Za-z]*|errexit", word) for word in environment.shell[1:])
        options = ["errexit"] if leaves else []
        options += ["pipefail"] if "pipefail" in environment.shell else []
        text, dialect = instruction.arguments, dialect_of(environment.shell[0])
        if alone and re.fullmatch(r"<<-?\s*[\"']?\w+[\"']?", text.text.strip()):
            content = alone[0].content
            if content.startswith("#!"):
                if not re.match(r"#!.*\b(sh|bash|dash)\b", content):
                    return
                options, dialect = shebang_options(content), dialect_of(shell_of(content.split("\n", 1)[0]))
            text = whole_file(content, alone[0].line)
        elif instruction.heredocs:
            text = with_heredocs(instruction)
        self._walk(environment, home.of(text), options=options, dialect=dialect)

    def start(self, start: Start, path: str) -> None:
        """Run what a container starts with."""
        if start.instruction is None:
            return
        environment = start.environment.copy()
        home = Home(path, start.instruction.arguments, "start", -1)
        if start.words is not None:
            self._walk(environment, home, words=start.words, line=start.instruction.line)
        elif start.text is not None:
            self._walk(environment, home, dialect=dialect_of(environment.shell[0]))

    def _walk(
        self,
        environment: Environment,
        home: Home,
        *,
        words: tuple[str, ...] | None = None,
        line: int = 0,
        options: list[str] | None = None,
        dialect: str = "bash",
    ) -> None:
        """Walk the text of a home, or call words that no shell reads, which stand in a line."""
        self.environment = environment
        self.follows = home.phase == "build"  # what a container is started with may be otherwise
        self.any_variable = False
        limits = Limits(calls=MAX_COMMANDS - len(self.commands), deadline_s=self.deadline_s)
        walk = self.walk = Walk(self, limits)
        walk.home = home
        variables = {name: UNKNOWN if value is None else value for name, value in environment.variables.items()}
        state = ImageState(walk, environment.workdir or UNKNOWN, dict(variables), dialect=dialect)
        state.options = frozenset(options or ())
        if words is None:
            self.begin_shell([*environment.shell], state)
        try:
            if words is None:
                walk.run_text(Source(home.text, home), state)
            elif words:
                told = home.of(SourceText("", (Mark(0, line, 1),)))
                call = Call([Field(word) for word in words], Standing(), masked=False, home=told, position=None)
                walk.execute(call, state, NOTHING)
        except (Leave, TooMuchError, RecursionError):
            pass
        self._write_all()

    # What the walk asks

    def parse(self, text: str, dialect: str) -> Script:
        """Return the tree of a text, each parsed once."""
        del dialect
        return parse_text(text)

    def home_of_document(self, home: object, position: Position, text: str) -> object:
        """Return the home of a here-document's text: its lines are those of the text around it."""
        return _home(home).document(position, text)

    def home_of_word(self, home: object, position: Position | None, text: str) -> object:
        """Return the home of a text that is given in a word."""
        return _home(home).word(position, text)

    def is_broken(self, source: Source, error: ShellSyntaxError) -> None:
        """Note a text that no shell can read."""
        home = _home(source.home)
        if not self.silent:
            at = home.line_and_column(error.line, error.column)
            self.errors.append(ScriptError(home.path, *at, error.message, home.phase))

    def enter(self, call: Call, wrapped: Wrapped, state: State) -> State | None:
        """Follow wrappers in the same place only: not what is fetched, or runs among other files."""
        program = find(call.name)
        here = program is not None and not program.commands and wrapped.words.how in {"", "each"}
        return state.copy() if here and wrapped.text() is None and call.name not in _NOT_FOLLOWED else None

    def has_program(self, name: str, state: State) -> bool | None:
        """Tell whether the image has a program."""
        del state
        environment = self._environment
        return False if environment.lacks(name) else True if environment.commands.get(name) else None

    def has_file(self, operator: str, path: str, state: State) -> bool | None:
        """Tell whether the image has a file or folder there."""
        del state
        files = self._environment.files
        found = files.find(path) if files is not None else None
        if found is None or found.state == "unknown" or operator in {"-L", "-h", "-s"}:
            return None
        if found.state == "absent":
            return False
        if operator == "-x":
            return True if found.executable or found.is_folder else None
        if operator in {"-d", "-f"}:
            return None if found.is_folder is None else found.is_folder is (operator == "-d")
        return True

    def text_of(self, path: str, state: State) -> str | None:
        """Return the text of a file that the project copied there."""
        del state
        files = self._environment.files
        found = files.find(path) if files is not None else None
        return self.context.read_text(found.source) if found and found.source and not found.is_folder else None

    def read(self, call: Call, word: str, how: str, state: State) -> Source | None:
        """Return the text of a script that a call runs; a Python program by its path is noted and gives none."""
        path, files = state.path(word), self._environment.files
        if UNKNOWN in path or files is None or is_pattern(path):
            return None
        found = files.find(path)
        if not self.silent:
            self.script_runs.append(ScriptRun(self._reached, path, found, how))  # type: ignore[arg-type]
        text = self.context.read_text(found.source) if found.source and not found.is_folder else None
        if text is None or found.source is None:
            return None
        home = _home(call.home).file(self.context.display(found.source), text.replace("\r", ""))
        shebang = text.split("\n", 1)[0] if text.startswith("#!") else ""
        if (how == "path" and shebang and not re.search(r"\b(ba|da|z)?sh\b", shebang)) or found.source.endswith(".py"):
            if how == "path" and "python" in shebang and not self.silent:
                self.python_runs.append(PythonRun(self._reached, path, found))
            return Source("", home)
        dialect = dialect_of(shell_of(shebang))
        return Source(home.text, home, dialect=dialect, errexit=bool(shebang_options(shebang)))

    @property
    def _environment(self) -> Environment:
        if self.environment is None:
            raise RuntimeError("nothing is walked")
        return self.environment

    @property
    def _reached(self) -> Command:
        if self.reached is None:
            raise RuntimeError("no command was reached")
        return self.reached

    # What the walk tells

    def begin(self, script: Script, source: Source, state: State, standing: Standing) -> None:
        """Note a text that dash reads."""
        release = dash_release(self._environment)
        if not self.silent and state.dialect == "posix" and release is not None:
            certain = not (standing.conditional or standing.caught or standing.tested)
            self.texts.append(ShellText(script, _home(source.home), release, certain))

    def begin_shell(self, argv: list[str], state: State) -> None:
        """Give a shell the PATH that it has from what it reads first."""
        self._give_to(state)
        before = self._environment.variables.get("PATH")
        path = path_of_shell(argv, state.dialect, self._environment, self.commands)
        if path != before:
            state.set("PATH", UNKNOWN if path is None else path)

    def brackets(self, expression: Test, state: State) -> None:
        """Note a `[[` that dash takes for a program."""
        if self.walk is not None and (words := expression.words):
            standing = self.walk.standing
            masked = standing.masked(errexit=state.errexit)
            fields = [Field("[["), *(Field(UNKNOWN, word) for word in words)]
            self.reach(Call(fields, standing, masked=masked, home=self.walk.home, position=words[0].position), state)

    def take(self, word: str, state: State) -> None:
        """Note a file that the next command reads."""
        del state
        self._taken.append(_told(word))

    def miss(self, name: str, state: State) -> None:
        """Note a variable that is asked for under `set -u` and that nothing set."""
        unclear = UNKNOWN in "".join(state.arguments or ()) if name.isdigit() else self.any_variable
        if self.silent or unclear or self.walk is None:
            return
        standing = self.walk.standing
        certain = not (standing.conditional or standing.caught or standing.tested)
        self.unset.append(UnsetUse(name, _home(self.walk.home), certain, self._environment.base or ""))

    def write(self, target: Target, state: State, home: object, position: Position) -> None:
        """Put a file there that a redirection makes."""
        self._give_to(state)
        path = absolute(self._environment, None if UNKNOWN in target.path else target.path)
        self._written.append((_home(home).origin(position, f"{target.operator} makes {path}"), path))

    def reach(self, call: Call, state: State) -> None:
        """Note a command with what holds before it."""
        self._give_to(state)
        home, standing = _home(call.home), call.standing
        words = tuple(home.word_of(field, call.position) for field in call.fields)
        self.reached = Command(
            words,
            tuple((name, _told(value)) for name, value in call.assignments),
            (
                *(("<", path) for path in self._taken),
                *((each.operator, _told(each.path)) for each in call.targets if each.number in {None, "1"}),
            ),
            home.path,
            home.phase,
            home.stage,
            self._environment.copy(),
            standing.conditional,
            call.masked,
            standing.piped,
            standing.tested,
            standing.rescued,
            caught=standing.caught and not (standing.piped or standing.tested),
            dialect=state.dialect,
        )
        unknown = any(UNKNOWN in field.text for field in call.fields[1:])
        if unknown and (call.name in _SETS or call.argv[:2] == ["printf", "-v"]):
            self.any_variable = True
        self._taken.clear()
        self._write_all()
        if not self.silent:
            self.commands.append(self.reached)

    def _write_all(self) -> None:
        """Put the files there that redirections make: after the command was shown what it meets."""
        for origin, path in self._written:
            touch(origin, self._environment, path)
        self._written.clear()

    def run(self, call: Call, state: State, stdin: Stream) -> Stream | None:
        """Do to the image what a program does."""
        del call, stdin
        command, environment = self._reached, self._environment
        self._note(command)
        if command.name in {"source", ".", "eval"}:
            self.any_variable = True  # what it sets could not be followed
        before = dict(environment.variables)
        apply(command, environment)
        for name, value in environment.variables.items():
            if before.get(name, "") != value or name not in before:
                state.set(name, UNKNOWN if value is None else value)
        return None

    def _give_to(self, state: State) -> None:
        """Let the environment have the shell's folder and variables."""
        environment = self._environment
        environment.workdir = _told(state.cwd)
        environment.variables = {name: _told(value) for name, value in state.variables.items()}

    def _note(self, command: Command) -> None:
        if self.silent:
            return
        install = read_pip_install(command)
        if install is not None:
            self.installs.append(install)
        if re.fullmatch(r"python[0-9.]*", command.name):
            self._note_python(command)

    def _note_python(self, command: Command) -> None:
        program = python_program(command.arguments)
        if isinstance(program, int):
            self.inline.append((command, program + 1))
        path = absolute(command.before, program) if isinstance(program, str) else None
        if path is not None and not is_pattern(path) and command.before.files is not None:
            self.python_runs.append(PythonRun(command, path, command.before.files.find(path)))


def _home(home: object) -> Home:
    """Return what this visitor gave the walk."""
    if not isinstance(home, Home):
        raise TypeError(home)
    return home


def _told(value: str | list[str] | None) -> str | None:
    """Return a value as the environment has it: None for one that only running would tell."""
    if isinstance(value, list):
        value = value[0] if value else ""
    return None if value is None or UNKNOWN in value else value
