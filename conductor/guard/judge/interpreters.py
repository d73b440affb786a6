"""Programs that run text: shells and Python; what code does is judged here, whatever language it is in."""

from __future__ import annotations

from conductor.guard.judge.state import State
from conductor.programs import find, known
from conductor.programs.index import SHELLS
from conductor.programs.interpreters import interpreter, module_files, read_python, read_shell
from conductor.rules.judge.call import ASK, Ruling, Write, show
from conductor.rules.judge.http import WRITING, is_release_url
from conductor.rules.judge.python_call import python_module
from conductor.rules.judge.python_environment import interpreter as owner_of
from conductor.rules.judge.work import FILES
from conductor.shell.expand import UNKNOWN
from conductor.shell.patterns import has_pattern
from conductor.shell.streams import NOTHING, Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.guard.judge.walker import Walker
    from conductor.guard.python.actions import Action
    from conductor.programs.words import Words

    Handler = Callable[[Walker, State, list[str], Stream], Stream | None]

HOST_SITE = "/usr/lib/python3/dist-packages"
_INPUT = frozenset({"-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"})


def python_actions(code: str, program: str = "python3") -> list[Action] | None:
    """Return what Python code would do; the parser is imported when there is code, not before every command."""
    from conductor.guard.python import code as python_code

    return python_code.python_actions(code, program)


def foreign_actions(code: str, language: str) -> list[Action]:
    """Return what code in another language would do; imported as `python_actions` is."""
    from conductor.guard.judge import foreign

    return foreign.foreign_actions(code, language)


def shell(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    """Judge what a shell would run: its `-c` text, the script it is given, or its input."""
    name = argv[0].rpartition("/")[2]
    started = read_shell(name, argv[1:])
    if started.idle or started.code == "":
        return Stream("")
    inner = state.copy()
    inner.aliases = {}
    inner.arguments = started.arguments
    if started.code is not None:
        inner.arguments = started.arguments[1:]
        inner.variables["0"] = started.arguments[0] if started.arguments else name
        return runner.run_text(started.code, inner, f"{name} -c", stdin)
    if started.script:
        return run_file(runner, inner, started.script, name, stdin)
    return _run_stream(runner, inner, stdin, name)


def _run_stream(runner: Walker, state: State, stdin: Stream, name: str) -> Stream:
    """Judge the text that flows into an interpreter."""
    if stdin.path and (ran := runner.run_project(stdin.path, state.arguments or [], state, stdin, "sh")) is not None:
        return ran
    if stdin.origin == "file":
        return Stream(UNKNOWN)
    if stdin.origin == "download":
        ask_download(runner, name, state)
        return Stream(UNKNOWN)
    return runner.run_text(stdin.rest(), state, f"input of {name}")


def ask_download(runner: Walker, name: str, state: State) -> None:
    """Ask about a program that comes from elsewhere and has not been read."""
    reason = f"What {name} would run is downloaded and has not been read. Download it to a file, read it, then decide."
    runner.note("", Ruling(ASK, "os_package", reason), state)


def run_file(runner: Walker, state: State, path: str, name: str, stdin: Stream) -> Stream:
    """Judge a script of the project or one that this command has written; where no text is known it runs as it is."""
    if path in _INPUT:
        return _run_stream(runner, state, stdin, name)
    written = state.files.get(path if path.startswith("/dev/fd/") else state.place().path(path))
    if written is None or written.path:
        words = interpreter(name)
        language = "sh" if words is None or words.language == "sh" else ""
        ran = runner.run_project(written.path if written else path, state.arguments or [], state, stdin, language)
        return Stream(UNKNOWN) if ran is None else ran
    if written.origin == "download":
        ask_download(runner, name, state)
        return Stream(UNKNOWN)
    first = written.text.partition("\n")[0]
    if first.startswith("#!") and "python" in first:
        run_code(runner, state, python_actions(written.text), name)
        return Stream(UNKNOWN)
    return runner.run_text(written.text, state, f"script {path}")


def python(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    """Judge Python code given with `-c`, through input, or in a file this command has written."""
    name = argv[0].rpartition("/")[2]
    started = read_python(argv[1:])
    if started.idle:
        return Stream("")
    script, rest = started.script, started.arguments
    if started.code is not None:
        _python_text(runner, state, started.code, f"{name} -c", argv[0])
        return Stream(_site_folder(state, argv[0]) if _prints_site(started.code) else UNKNOWN)
    if started.module is not None:
        module, rest = python_module(argv[1:])
        _python_module(runner, state, module or "", rest, argv[0])
        return Stream(_site_folder(state, argv[0]) if module == "site" else UNKNOWN)
    if script and script not in _INPUT:
        written = state.files.get(script if script.startswith("/dev/fd/") else state.place().path(script))
        if written is not None and written.origin == "download":
            ask_download(runner, name, state)
        elif written is not None:
            _python_text(runner, state, written.text, f"script {script}", argv[0])
        else:
            runner.run_project(script, rest, state, stdin, "python", argv[0])
        return Stream(UNKNOWN)
    if stdin.path and runner.run_project(stdin.path, rest, state, stdin, "python", argv[0]) is not None:
        return Stream(UNKNOWN)
    if stdin.origin == "download":
        ask_download(runner, name, state)
    elif stdin.origin != "file":
        _python_text(runner, state, stdin.rest(), f"input of {name}", argv[0])
    return Stream(UNKNOWN)


def _prints_site(code: str) -> bool:
    """Tell whether code prints where its interpreter keeps distributions."""
    asks = ("getsitepackages", "getusersitepackages", "get_path", "get_python_lib", "USER_SITE")
    return "print" in code and any(word in code for word in asks)


def _site_folder(state: State, program: str) -> str:
    """Return the folder of distributions of the interpreter that a program path means."""
    place = state.place()
    owner = owner_of(place, program)
    return f"{place.facts.project}/.venv/lib/python3/site-packages" if owner == "project" else HOST_SITE


def _python_module(runner: Walker, state: State, module: str, rest: list[str], path: str) -> None:
    if module == "timeit":
        timeit = known("python").command([module])
        given = timeit.parse(rest)
        for code in given.words + given.values(*timeit.column("code")):
            _python_text(runner, state, code, "timeit", path)
    elif module in {"venv", "virtualenv"} and (folders := _own_words(module).parse(rest).words):
        state.make_environment(folders, own=runner.inside > 0)
    elif module in {"pip", "ensurepip"}:
        return
    elif module in {"zipfile", "tarfile"}:
        parsed = _own_words(module).parse(rest)
        if parsed.has("-e", "--extract"):
            folder = state.place().path((*parsed.words, ".")[0])
            runner.judge_write(Write("unpack", folder, f"python -m {module} {show(rest)}"), state)
    elif module in {"IPython", "cProfile", "pdb", "trace", "coverage"} and rest:
        runner.execute([path, *rest], state)
    else:
        _project_module(runner, state, module, rest, path)


def _own_words(module: str) -> Words:
    """Return what the words after `-m module` mean, where the module is a program by itself or one of Python's."""
    return find(module) or known("python").command([module])


def _project_module(runner: Walker, state: State, module: str, rest: list[str], program: str) -> None:
    """Run a module or package that is a file of the project."""
    for name in module_files(module):
        if runner.run_project(name, rest, state, NOTHING, "python", program) is not None:
            return


def _coverage(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    """`coverage run [options] SCRIPT|-m MODULE args`."""
    if argv[1:2] != ["run"]:
        return None
    parsed = known("coverage").command(["run"]).parse(argv[2:], stop=True)
    module = ["-m"] if parsed.has("-m", "--module") else []
    folder = argv[0].rpartition("/")[0]
    program = f"{folder}/python" if folder else "python"
    return runner.execute([program, *module, *parsed.after()], state, stdin)


def _python_text(runner: Walker, state: State, code: str, source: str, program: str) -> None:
    if not code.strip():
        return
    if code.strip() == UNKNOWN:
        runner.ask(f"The code that {source} would run can't be told from the text.")
        return
    before, runner.walk.trail = runner.walk.trail, (*runner.walk.trail, source)
    try:
        actions = python_actions(code, program)
        run_code(runner, state, actions if actions is not None else foreign_actions(code, "python"), source)
    finally:
        runner.walk.trail = before


def run_code(runner: Walker, state: State, actions: list[Action] | None, source: str) -> None:
    """Judge what code does: commands, calls, writes, requests."""
    for kind, values in actions or []:
        if kind == "shell":
            runner.run_text(values[0], state.copy(), source)
        elif kind == "call":
            if values and values[0]:
                runner.execute(list(values), state.copy())
        elif kind == "ask":
            runner.ask(f"{source} runs {values[0]}, which can't be told from the text.")
        elif kind == "text":
            runner.keep(values[0], values[1], state)
        elif kind == "request":
            method, url = values
            if method.upper() in WRITING and is_release_url(url):
                runner.call(["curl", "-X", method.upper(), url], state)
        else:
            _write(runner, state, kind, values, source)


def _write(runner: Walker, state: State, kind: str, values: tuple[str, ...], source: str) -> None:
    """Judge a file change of code: its path (or the files its pattern matches), and what it is copied from."""
    path = values[0]
    if UNKNOWN in path and path.rpartition("/")[2] not in {"TASKS.md", "JOURNAL.md"}:
        return
    place = state.place()
    names = tuple(name.rpartition("/")[2] for name in values[1:])
    kind, _, how = kind.partition(" ")
    if kind == "overwrite" and not how and len(values) == 1:
        state.files.pop(place.path(path), None)
    for each in state.glob(path) if has_pattern(path) else [path]:
        by = f"{source}: {kind} {each}"
        loses = () if kind == "move" else FILES
        creates = kind == "overwrite" and len(names) > 0
        write = Write(kind, place.path(each), by, names, deep=how == "tree", loses=loses, creates=creates)
        write.guess = how == "guess"
        runner.judge_write(write, state)


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(SHELLS.split(), shell),
    **dict.fromkeys(("python", "python3"), python),
    "coverage": _coverage,
}
