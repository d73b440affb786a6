"""Run shell text against an environment: every simple command gets a snapshot, then does what it does."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conductor.preflight.environment.effects import absolute, apply
from conductor.preflight.environment.model import Command, Phase, Word
from conductor.preflight.environment.pip import PipInstall, read_pip_install
from conductor.preflight.environment.timeline import CopyStep, PythonRun, ScriptError, ScriptRun, Start, Timeline
from conductor.preflight.parse.script import ShellWord, Step, read_script, resolve
from conductor.preflight.parse.source import Mark, SourceText, whole_file
from conductor.programs import find
from conductor.shell.expand import UNKNOWN

if TYPE_CHECKING:
    from conductor.preflight.environment.context import Context
    from conductor.preflight.environment.model import Environment
    from conductor.preflight.parse.dockerfile import Instruction

# A file that makes more commands than this is not followed to its end.
MAX_COMMANDS = 4000
_MAX_DEPTH = 5
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a text stands: its file, its marks, and what runs it."""

    path: str
    source: SourceText
    phase: Phase
    stage: int
    depth: int = 0


class Runner:
    """Collects what runs; `silent` while a stage is followed that nothing needs."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.silent = False
        self.commands: list[Command] = []
        self.installs: list[PipInstall] = []
        self.errors: list[ScriptError] = []
        self.copies: list[CopyStep] = []
        self.python_runs: list[PythonRun] = []
        self.script_runs: list[ScriptRun] = []
        self.inline: list[tuple[Command, int]] = []
        self.functions: dict[str, tuple[Step, ...]] = {}
        self.stopped = False

    def complete(self, timeline: Timeline) -> Timeline:
        """Hand over what was collected."""
        timeline.commands = tuple(self.commands)
        timeline.pip_installs = tuple(self.installs)
        timeline.script_errors = tuple(self.errors)
        timeline.copies = tuple(self.copies)
        timeline.python_runs = tuple(self.python_runs)
        timeline.script_runs = tuple(self.script_runs)
        timeline.inline_python = self.inline
        return timeline

    def run(self, instruction: Instruction, stage: int, environment: Environment, path: str) -> None:
        """Run one RUN instruction; what its shell sets is gone afterwards."""
        saved, workdir = dict(environment.variables), environment.workdir
        environment.variables = {**environment.build_variables, **environment.variables}
        place = _Place(path, instruction.arguments, "build", stage)
        self.functions = {}
        if instruction.json is not None:
            words = tuple(Word(text, text, instruction.line, 1) for text in instruction.json)
            self._command(Command(words, (), (), path, "build", stage, environment.copy()), environment, place)
        else:
            self._run_text(instruction, environment, place)
        environment.variables, environment.workdir = saved, workdir
        self.stopped = False

    def _run_text(self, instruction: Instruction, environment: Environment, place: _Place) -> None:
        text = instruction.arguments
        alone = instruction.heredocs[:1] if len(instruction.heredocs) == 1 else ()
        if alone and re.fullmatch(r"<<-?\s*[\"']?\w+[\"']?", text.text.strip()):
            content = alone[0].content
            if content.startswith("#!") and not re.match(r"#!.*\b(sh|bash|dash)\b", content):
                return
            source = _lines(content, alone[0].line)
            self.text(replace(place, source=source), environment, errexit=bool(re.match(r"#!.*sh\s+-\w*e", content)))
            return
        if instruction.heredocs:
            text = _with_heredocs(instruction)
        self.text(replace(place, source=text), environment, errexit="-e" in environment.shell)

    def start(self, start: Start, path: str) -> None:
        """Run what a container starts with."""
        if start.instruction is None:
            return
        environment = start.environment.copy()
        environment.apt_lists = environment.apt_lists
        self.functions = {}
        line = start.instruction.line
        place = _Place(path, start.instruction.arguments, "start", len(self.commands))
        if start.words is not None:
            words = tuple(Word(text, text, line, 1) for text in start.words)
            self._command(Command(words, (), (), path, "start", -1, environment.copy()), environment, place)
        elif start.text is not None:
            self.text(place, environment)
        self.stopped = False

    def text(self, place: _Place, environment: Environment, *, errexit: bool = False) -> None:
        """Run shell text."""
        script = read_script(place.source.text, errexit=errexit)
        if script.error is not None:
            line, column, message = script.error
            offset = _offset_of(place.source.text, line, column)
            at = place.source.place(offset)
            if not self.silent:
                self.errors.append(ScriptError(place.path, *at, message, place.phase))
            return
        self.steps(script.steps, place, environment)

    def steps(self, steps: tuple[Step, ...], place: _Place, environment: Environment) -> None:
        """Run steps in order; a subshell's folder and variables end with it."""
        saved: list[tuple[str | None, dict[str, str | None]]] = []
        for step in steps:
            if self.stopped or len(self.commands) >= MAX_COMMANDS:
                return
            if step.kind == "enter":
                saved.append((environment.workdir, dict(environment.variables)))
            elif step.kind == "leave" and saved:
                environment.workdir, environment.variables = saved.pop()
            elif step.kind == "define":
                self.functions[step.name] = step.steps
            elif step.kind == "command":
                self._step(step, place, environment)

    def _step(self, step: Step, place: _Place, environment: Environment) -> None:
        variables = dict(environment.variables)
        variables.update(dict.fromkeys(step.loop))
        variables.setdefault("HOME", "/root")
        variables.setdefault("PWD", environment.workdir)
        words = tuple(self._word(word, variables, place) for word in step.words)
        assignments = tuple((name, resolve(word, variables) if word else None) for name, word in step.assignments)
        redirects = tuple((operator, resolve(word, variables)) for operator, word in step.redirects)
        if not step.words or step.words[0].raw in {"export", "declare", "local", "readonly", "typeset"}:
            environment.variables.update(assignments)
        if not words and not redirects:
            return
        command = Command(
            words,
            assignments,
            redirects,
            place.path,
            place.phase,
            place.stage,
            environment.copy(),
            step.conditional,
            step.masked,
            step.piped,
            step.tested,
            step.rescued,
        )
        name = words[0].text if words else None
        if name in self.functions and place.depth < _MAX_DEPTH:
            body = tuple(_within(inner, step) for inner in self.functions[name])
            self.steps(body, replace(place, depth=place.depth + 1), environment)
            return
        self._command(command, environment, place)

    def _word(self, word: ShellWord, variables: dict[str, str | None], place: _Place) -> Word:
        line, column = place.source.place(word.offset)
        return Word(resolve(word, variables), word.raw, line, column)

    def _command(self, command: Command, environment: Environment, place: _Place) -> None:
        if not self.silent:
            self.commands.append(command)
        inner = _unwrap(command)
        if inner is not None:
            environment_variables = dict(environment.variables)
            environment.variables.update(inner.assignments)
            self._command(replace(inner, before=environment.copy()), environment, place)
            environment.variables = environment_variables
            if command.name == "exec" and not command.conditional:
                self.stopped = True
            return
        if command.name in {"exit", "return"} and not command.conditional and not command.tested:
            self.stopped = command.name == "exit"
            return
        if self._nested(command, environment, place):
            return
        self._note(command)
        workdir = environment.workdir
        variables = dict(environment.variables)
        environment.variables.update(command.assignments if command.words and command.name not in _KEEPS else ())
        apply(command, environment)
        if command.words and command.assignments and command.name not in _KEEPS:
            for name, _ in command.assignments:
                environment.variables.pop(name, None)
                if name in variables:
                    environment.variables[name] = variables[name]
        if command.conditional and environment.workdir != workdir:
            environment.workdir = None

    def _note(self, command: Command) -> None:
        if self.silent:
            return
        install = read_pip_install(command)
        if install is not None:
            self.installs.append(install)
        if re.fullmatch(r"python[0-9.]*", command.name):
            self._note_python(command)

    def _note_python(self, command: Command) -> None:
        texts = command.arguments
        skip = False
        for index, text in enumerate(texts):
            if skip:
                skip = False
                continue
            if text == "-c":
                if index + 1 < len(texts):
                    self.inline.append((command, index + 2))
                return
            if text in {"-m", None, "-"}:
                return
            if text.startswith("-"):
                skip = text in {"-W", "-X"}
                continue
            path = absolute(command.before, text)
            if path is not None and command.before.files is not None:
                self.python_runs.append(PythonRun(command, path, command.before.files.find(path)))
            return

    def _nested(self, command: Command, environment: Environment, place: _Place) -> bool:
        """Follow a shell that is given text or a script, and scripts that are run by their path."""
        if place.depth >= _MAX_DEPTH:
            return False
        name, texts = command.name, command.arguments
        if name in _SHELLS:
            return self._shell(command, environment, place)
        if name in {"source", "."} and texts and texts[0]:
            return self._script(command, texts[0], environment, place, how="source")
        first = command.words[0].text if command.words else None
        if first and "/" in first:
            return self._script(command, first, environment, place, how="path")
        return False

    def _shell(self, command: Command, environment: Environment, place: _Place) -> bool:
        for index, text in enumerate(command.arguments):
            if text is None:
                return False
            if re.fullmatch(r"-[a-z]*c", text):
                following = command.arguments[index + 1 : index + 2]
                if not following or following[0] is None:
                    return False
                word = command.words[index + 2]
                source = SourceText(following[0], (Mark(0, word.line, word.column),))
                inner = replace(place, source=source, depth=place.depth + 1)
                self._guarded(inner, environment, command, errexit="e" in text)
                return True
            if not text.startswith("-"):
                errexit = any(t and re.fullmatch(r"-[a-z]*e[a-z]*", t) for t in command.arguments[:index])
                return self._script(command, text, environment, place, how="shell", errexit=errexit)
        return False

    def _script(
        self,
        command: Command,
        name: str,
        environment: Environment,
        place: _Place,
        *,
        how: str,
        errexit: bool = False,
    ) -> bool:
        path = absolute(environment, name)
        if path is None or environment.files is None:
            return False
        found = environment.files.find(path)
        if not self.silent:
            self.script_runs.append(ScriptRun(command, path, found, how))  # type: ignore[arg-type]
        text = self.context.read_text(found.source) if found.source and not found.is_folder else None
        if text is None or found.source is None:
            return False
        shebang = text.split("\n", 1)[0] if text.startswith("#!") else ""
        if (how == "path" and shebang and not re.search(r"\b(ba|da|z)?sh\b", shebang)) or found.source.endswith(".py"):
            if how == "path" and "python" in shebang and not self.silent:
                self.python_runs.append(PythonRun(command, path, found))
            return True
        inner = replace(
            place,
            path=self.context.display(found.source),
            source=whole_file(text.replace("\r", "")),
            depth=place.depth + 1,
        )
        strict = errexit or bool(re.search(r"sh\s+-[a-z]*e", shebang))
        if how == "source":
            self._guarded(inner, environment, command, errexit=strict, keep=True)
        else:
            self._guarded(inner, environment, command, errexit=strict)
        return True

    def _guarded(
        self, place: _Place, environment: Environment, command: Command, *, errexit: bool, keep: bool = False
    ) -> None:
        """Run inner text; unless it was sourced, its folder and variables end with it, and so does its `exit`."""
        workdir, variables = environment.workdir, dict(environment.variables)
        begin = len(self.commands)
        self.text(place, environment, errexit=errexit)
        if command.conditional or command.masked:
            self.commands[begin:] = [
                replace(c, conditional=c.conditional or command.conditional, masked=c.masked or command.masked)
                for c in self.commands[begin:]
            ]
        if not keep:
            environment.workdir, environment.variables = workdir, variables
            self.stopped = False


_KEEPS = frozenset({"export", "declare", "local", "readonly", "typeset"})


def _within(inner: Step, call: Step) -> Step:
    """Return a step of a function's body as its call runs it."""
    return replace(
        inner,
        conditional=inner.conditional or call.conditional,
        masked=inner.masked or call.masked,
        tested=inner.tested or call.tested,
        steps=inner.steps,
    )


def _unwrap(command: Command) -> Command | None:
    """Return the command that a wrapper (`exec`, `env A=1`, `timeout 60`) starts, or None.

    What is fetched, runs among other files or in an environment of its own, or is made from text, is not followed.
    """
    program = find(command.name)
    texts = [UNKNOWN if text is None else text for text in command.arguments]
    wrapped = program.wrapped(texts) if program is not None and not program.commands else None
    if wrapped is None or wrapped.words.how or wrapped.text() is not None or not wrapped.at:
        return None
    words = list(command.words[wrapped.at :])
    assignments = list(command.assignments)
    while command.name in {"env", "sudo"} and words and _ASSIGNMENT.fullmatch(words[0].text or ""):
        name, _, value = (words[0].text or "").partition("=")
        assignments.append((name, value))
        words = words[1:]
    if not words or UNKNOWN in "".join(texts[: wrapped.at]):
        return None
    return replace(command, words=tuple(words), assignments=tuple(assignments), redirects=())


def _lines(content: str, first_line: int) -> SourceText:
    """Return the text of a heredoc with marks to its lines in the file."""
    source = whole_file(content)
    marks = tuple(Mark(mark.offset, mark.line + first_line - 1, mark.column) for mark in source.marks)
    return SourceText(content, marks)


def _with_heredocs(instruction: Instruction) -> SourceText:
    """Return the arguments and their heredocs as the shell gets them."""
    text, marks = instruction.arguments.text + "\n", list(instruction.arguments.marks)
    for heredoc in instruction.heredocs:
        for number, line in enumerate([*heredoc.content.splitlines(), heredoc.name]):
            marks.append(Mark(len(text), heredoc.line + number, 1))
            text += line + "\n"
    return SourceText(text, tuple(marks))


def _offset_of(text: str, line: int, column: int) -> int:
    """Return the offset of a line and column of a text."""
    lines = text.split("\n")
    return sum(len(part) + 1 for part in lines[: line - 1]) + max(0, column - 1)
