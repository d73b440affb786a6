"""Run a script of the project as its interpreter would, without running it: the calls in it are judged as if typed."""

from __future__ import annotations

import time

from conductor.guard.judge.ledger import Home, Source
from conductor.guard.judge.relevant_names import ELSEWHERE
from conductor.guard.judge.state import State
from conductor.programs.interpreters import interpreter
from conductor.rules.judge.call import is_python
from conductor.shell.calls import Source as Text
from conductor.shell.calls import Standing
from conductor.shell.expand import UNKNOWN
from conductor.shell.flow import Leave
from conductor.shell.streams import Stream
from conductor.shell.visitor import TooMuchError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from conductor.guard.judge.walker import Walker

_BY_NAME = {
    "sh": "sh", "bash": "sh", "zsh": "sh", "ksh": "sh", "py": "python", "pyw": "python", "js": "javascript",
    "mjs": "javascript", "cjs": "javascript", "ts": "javascript", "mts": "javascript",
}  # fmt: skip


class Opened:
    """A file that is being run: what is found inside says where, and what takes too long is left unread."""

    def __init__(self, runner: Walker, source: Source, state: State) -> None:
        self.runner = runner
        self.source = source
        self.state = state

    def __enter__(self) -> None:
        """Begin to read the file; the first one of several has a limit of its own for all of them."""
        runner, walk = self.runner, self.runner.walk
        self.before = walk.home, walk.standing, runner.line
        self.traps = len(walk.traps)
        if not runner.inside:
            self.started, self.deadline_s, self.calls = time.process_time(), walk.limits.deadline_s, walk.calls
            walk.limits.deadline_s, walk.calls = self.started + runner.files_s, 0
            walk.standing = Standing(caught=True)  # what may not run where it was typed counts there
            _enter_project(self.state)
        runner.inside += 1
        runner.follows = True
        walk.home = Home(self.source, mapped=True)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        """Go back to what ran the file: it may have been left, or be more than the guard follows."""
        runner, walk = self.runner, self.runner.walk
        if kind is None or isinstance(error, Leave):
            try:  # noqa: SIM105 - contextlib costs each hook its import
                walk.run_traps(self.traps)
            except TooMuchError:
                pass
        del walk.traps[self.traps :]
        runner.inside -= 1
        runner.follows = runner.inside > 0
        walk.home, walk.standing, runner.line = self.before
        if not runner.inside:
            spent = time.process_time() - self.started
            runner.files_s -= spent
            walk.limits.deadline_s = self.deadline_s + spent if self.deadline_s else 0.0
            walk.calls = self.calls
            return isinstance(error, (Leave, TooMuchError, RecursionError))
        return isinstance(error, Leave)


def _enter_project(state: State) -> None:
    """Set what is known not to be set where an agent's command runs."""
    for name in (*ELSEWHERE, *(() if state.facts.venv == "active" else ("VIRTUAL_ENV",))):
        state.variables.setdefault(name, "")


def language_of(name: str, text: str) -> str:
    """Return what runs a script by its first line, else by its name: sh, python, javascript, or '' for others."""
    first = text.partition("\n")[0]
    if first.startswith("#!"):
        words = [word for word in first[2:].split() if word[:1] != "-" and "=" not in word]
        words = [word.rpartition("/")[2] for word in words]
        program = words[1] if words[:1] == ["env"] and len(words) > 1 else (words or [""])[0]
        found = interpreter(program)
        language = "python" if is_python(program) else found.language if found is not None else ""
        return language if language in {"sh", "python", "javascript"} else ""
    leaf = name.rpartition("/")[2]
    return _BY_NAME.get(leaf.rpartition(".")[2], "") if "." in leaf[1:] else "sh"


def run_file(
    runner: Walker,
    state: State,
    word: str,
    text: str,
    arguments: list[str],
    stdin: Stream,
    *,
    language: str,
    program: str,
) -> Stream | None:
    """Judge what a file of the project would run; None for a language that is not read."""
    language = language or language_of(word, text)
    place = state.place()
    source = Source(place.inside(place.path(word)) or word)
    if language == "source":
        return _sourced(runner, state, word, text, arguments, source, stdin)
    inner = state.copy()
    inner.functions, inner.aliases, inner.arguments = {}, {}, arguments
    inner.variables.update({"0": word, "BASH_SOURCE": [word]})
    with Opened(runner, source, inner):
        if language == "sh":
            runner.run_text(text, inner, f"script {word}", stdin, file=source)
        elif language == "python":
            from conductor.guard.judge.project.programs import run_python

            run_python(runner, inner, text, arguments, program)
        elif language == "javascript":
            from conductor.guard.judge.project.javascript import run_javascript

            run_javascript(runner, inner, text)
    runner.walk.status = None
    return Stream(UNKNOWN)


def _sourced(
    runner: Walker, state: State, word: str, text: str, arguments: list[str], source: Source, stdin: Stream
) -> Stream:
    """Run a file in the shell that reads it: what it defines stays."""
    before, own = state.arguments, state.variables.get("BASH_SOURCE")
    if arguments:
        state.arguments = arguments
    state.variables["BASH_SOURCE"] = [word]
    leaves = None
    with Opened(runner, source, state):
        try:
            runner.walk.run_text(Text(text, Home(source, mapped=True), title=f"source {word}"), state, stdin)
        except Leave as leave:
            leaves = leave if leave.kind in {"exit", "exec"} else None
    state.arguments = before
    state.variables.pop("BASH_SOURCE", None)
    if own is not None:
        state.variables["BASH_SOURCE"] = own
    if leaves is not None and runner.inside:
        raise leaves
    return Stream("")
