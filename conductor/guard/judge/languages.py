"""Languages whose text is only searched for what starts a process, writes a file or sends a request."""

from __future__ import annotations

from conductor.guard.judge.dispatch import SEARCHED
from conductor.guard.judge.interpreters import ask_download, foreign_actions, run_code
from conductor.guard.judge.state import State
from conductor.guard.judge.tasks import package_script
from conductor.programs import known
from conductor.programs.interpreters import interpreter
from conductor.programs.words import NOTHING
from conductor.shell.expand import UNKNOWN
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.guard.judge.walker import Walker
    from conductor.guard.python.actions import Action

    Handler = Callable[[Walker, State, list[str], Stream], Stream | None]


def foreign(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    """Judge code of a language that has no parser here by the strings in what starts a process or writes a file."""
    name = argv[0].rpartition("/")[2].rstrip("0123456789.")
    words = interpreter(name) or NOTHING
    codes = argv[2:3] if argv[1:2] == ["eval"] and "eval" in words.commands else _codes(argv[1:], words.column("code"))
    if not codes and (not argv[1:] or argv[-1] == "-" or argv[1:] == ["-f", "-"]):
        codes = [stdin.rest()] if stdin.origin != "file" else []
        if stdin.origin == "download":
            ask_download(runner, name, state)
            return Stream(UNKNOWN)
    if not codes and words.language == "javascript":
        _javascript_file(runner, state, argv, stdin)
    files = [state.files.get(state.place().path(word)) for word in argv[1:] if word[:1] != "-"]
    codes += [written.text for written in files if written is not None and not codes]
    for code in codes:
        if code.strip() == UNKNOWN:
            runner.ask(f"The code that {name} would run can't be told from the text.")
        before, runner.walk.trail = runner.walk.trail, (*runner.walk.trail, f"{name} code")
        run_code(runner, state, foreign_actions(code, name), name)
        run_code(runner, state, foreign_texts(code), name)
        runner.walk.trail = before
    return Stream(UNKNOWN)


def _codes(args: list[str], options: frozenset[str]) -> list[str]:
    codes, place = [], 0
    while place < len(args):
        argument = args[place]
        place += 1
        letters = {option[1:] for option in options if len(option) == 2}
        if argument in options:
            codes += args[place : place + 1]
            place += 1
        elif argument.startswith("--") and argument.partition("=")[0] in options:
            codes.append(argument.partition("=")[2])
        elif argument[:1] == "-" and argument[1:2] not in {"-", ""} and letters:
            found = next((n for n, letter in enumerate(argument) if n and letter in letters), 0)
            if found and found == len(argument) - 1:
                codes += args[place : place + 1]
                place += 1
            elif found == 1:
                codes.append(argument[2:])
    return codes


def _awk(runner: Walker, state: State, argv: list[str], stdin: Stream) -> None:
    del stdin
    parsed = known("awk").parse(argv[1:], stop=True)
    if parsed.words:
        run_code(runner, state, foreign_actions(parsed.words[0], "awk"), "awk")


def run_sed(runner: Walker, state: State, argv: list[str]) -> None:
    """Judge what GNU sed's `e` command runs: `1e cmd`, `s/x/cmd/e`."""
    parsed = known("sed").parse(argv[1:])
    scripts = parsed.values("-e", "--expression") or parsed.words[:1]
    for script in scripts:
        for piece in script.replace("\n", ";").split(";"):
            command = piece.strip().lstrip("0123456789,$ ")
            if command.startswith("e ") and len(command) > 2:
                runner.run_text(command[2:], state.copy(), "sed e")
            parts = command.split(command[1]) if command[:1] == "s" and len(command) > 2 else []
            if len(parts) > 3 and "e" in parts[3]:
                runner.run_text(parts[2], state.copy(), "sed s///e")


def _vim(runner: Walker, state: State, argv: list[str], stdin: Stream) -> None:
    del stdin
    vim = known("vim")
    commands = [*vim.parse(argv[1:]).values(*vim.column("code")), *(w[1:] for w in argv[1:] if w[:1] == "+")]
    for command in commands:
        text = command.lstrip(":% ")
        if text.startswith("!"):
            runner.run_text(text[1:], state.copy(), "vim !")
        elif "system(" in text or text.startswith(("py", "lua", "perl")):
            run_code(runner, state, foreign_actions(text, "vim"), "vim")


def _javascript_file(runner: Walker, state: State, argv: list[str], stdin: Stream) -> None:
    """`node [options] FILE`, `deno run FILE`, `bun run FILE`: a file of the project."""
    node = known("node")
    parsed = node.parse(argv[1:], stop=True)
    words = parsed.after()
    if argv[0].rpartition("/")[2] == "bun":
        package_script(runner, state, argv)
    if words[:1] == ["run"]:
        words = [word for word in words[1:] if word[:1] != "-"]
    if words and not parsed.has("--test", *node.idle):
        runner.run_project(words[0], words[1:], state, stdin, "javascript")


def foreign_texts(code: str) -> list[Action]:
    """Return what code in another language writes; imported as `python_actions` is."""
    from conductor.guard.judge import foreign_texts as texts

    return texts.text_actions(code)


HANDLERS: dict[str, Handler] = {
    name: _awk if language == "awk" else _vim if language == "vim" else foreign for name, language in SEARCHED.items()
}
