"""Programs that run text: shells, Python, and the languages whose text is only searched for what starts a process."""

from __future__ import annotations

from conductor.guard.record import Step
from conductor.guard.state import State, Stream
from conductor.programs import known
from conductor.programs.options import parse
from conductor.rules.judge.call import ASK, Ruling, Write, show
from conductor.rules.judge.http import WRITING, is_release_url
from conductor.rules.judge.python_call import python_module, python_script
from conductor.rules.judge.python_environment import interpreter
from conductor.rules.judge.work import FILES
from conductor.shell.expand import UNKNOWN
from conductor.shell.patterns import has_pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.guard.pycode import Action
    from conductor.guard.runner import Runner

    Handler = Callable[[Runner, State, list[str], Stream], Stream | None]

HOST_SITE = "/usr/lib/python3/dist-packages"
_SHELL_VALUED = frozenset({"-o", "-O", "--rcfile", "--init-file", "+o", "+O"})


def python_actions(code: str, program: str = "python3") -> list[Action] | None:
    """Return what Python code would do; the parser is imported when there is code, not before every command."""
    from conductor.guard import pycode

    return pycode.python_actions(code, program)


def foreign_actions(code: str, language: str) -> list[Action]:
    """Return what code in another language would do; imported as `python_actions` is."""
    from conductor.guard import foreign

    return foreign.foreign_actions(code, language)


def shell(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    """Judge what a shell would run: its `-c` text, the script it is given, or its input."""
    if {"--version", "--help"} & set(argv[1:2]):
        return Stream("")
    text_follows, words = _shell_options(argv[1:])
    inner = state.copy()
    inner.aliases = {}
    name = argv[0].rpartition("/")[2]
    if text_follows:
        if not words:
            return Stream("")
        inner.arguments = words[2:]
        inner.variables["0"] = words[1] if len(words) > 1 else name
        return runner.run_text(words[0], inner, f"{name} -c", stdin)
    if words and not _reads_input(argv[1:]):
        inner.arguments = words[1:]
        return run_file(runner, inner, words[0], name, stdin)
    inner.arguments = words
    return _run_stream(runner, inner, stdin, name)


def _reads_input(args: list[str]) -> bool:
    """Tell whether `-s` stands among a shell's options."""
    for argument in args:
        if argument[:1] != "-" or argument == "--":
            return False
        if argument[1:2] != "-" and "s" in argument:
            return True
    return False


def _shell_options(args: list[str]) -> tuple[bool, list[str]]:
    """Return whether `-c` was given (in a cluster too), and the words after the options."""
    text_follows, place = False, 0
    while place < len(args):
        argument = args[place]
        if argument in {"--", "-"}:
            place += 1
            break
        if argument[:1] not in {"-", "+"} or len(argument) < 2:
            break
        place += 1
        if argument in _SHELL_VALUED or (argument[1:2] != "-" and argument[-1] in "oO"):
            place += 1
        if argument == "--command" or argument.startswith("--command="):
            return True, [argument.partition("=")[2], *args[place:]] if "=" in argument else args[place:]
        if argument[1:2] != "-" and "c" in argument and argument[0] == "-":
            text_follows = True
    return text_follows, args[place:]


def _run_stream(runner: Runner, state: State, stdin: Stream, name: str) -> Stream:
    """Judge the text that flows into an interpreter."""
    if stdin.origin == "file":
        return Stream(UNKNOWN)
    if stdin.origin == "download":
        _ask_download(runner, name)
        return Stream(UNKNOWN)
    return runner.run_text(stdin.rest(), state, f"input of {name}")


def _ask_download(runner: Runner, name: str) -> None:
    reason = f"What {name} would run is downloaded and has not been read. Download it to a file, read it, then decide."
    runner.steps.append(Step("", tuple(runner.trail), Ruling(ASK, "os_package", reason)))


def run_file(runner: Runner, state: State, path: str, name: str, stdin: Stream) -> Stream:
    """Judge a script that this command has written; one whose text is not known runs as it is."""
    if path in {"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"}:
        return _run_stream(runner, state, stdin, name)
    written = state.files.get(path if path.startswith("/dev/fd/") else state.place().path(path))
    if written is None:
        return Stream(UNKNOWN)
    if written.origin == "download":
        _ask_download(runner, name)
        return Stream(UNKNOWN)
    first = written.text.partition("\n")[0]
    if first.startswith("#!") and "python" in first:
        run_code(runner, state, python_actions(written.text), name)
        return Stream(UNKNOWN)
    return runner.run_text(written.text, state, f"script {path}")


def python(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    """Judge Python code given with `-c`, through input, or in a file this command has written."""
    args = argv[1:]
    code = _python_code(args)
    name = argv[0].rpartition("/")[2]
    if code is not None:
        _python_text(runner, state, code, f"{name} -c", argv[0])
        return Stream(_site_folder(state, argv[0]) if _prints_site(code) else UNKNOWN)
    module, rest = python_module(args)
    if module is not None:
        _python_module(runner, state, module, rest, argv[0])
        return Stream(_site_folder(state, argv[0]) if module == "site" else UNKNOWN)
    script, _ = python_script(args)
    if {"--version", "-V", "--help", "-h", "-VV"} & set(args[:1]):
        return Stream("")
    if script and script not in {"/dev/stdin", "/dev/fd/0"}:
        written = state.files.get(script if script.startswith("/dev/fd/") else state.place().path(script))
        if written is not None and written.origin == "download":
            _ask_download(runner, name)
        elif written is not None:
            _python_text(runner, state, written.text, f"script {script}", argv[0])
        return Stream(UNKNOWN)
    if stdin.origin == "download":
        _ask_download(runner, name)
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
    owner = interpreter(place, program)
    return f"{place.facts.project}/.venv/lib/python3/site-packages" if owner == "project" else HOST_SITE


def _python_code(args: list[str]) -> str | None:
    """Return the code of `-c`, also in a cluster (`-Ic`, `-c'code'`)."""
    place = 0
    while place < len(args):
        argument = args[place]
        place += 1
        if argument[:1] != "-" or argument == "-":
            return None
        if argument.startswith("--"):
            continue
        for number, letter in enumerate(argument[1:], start=1):
            if letter == "c":
                return argument[number + 1 :] or (args[place] if place < len(args) else "")
            if letter == "m":
                return None
            if letter in "WXQ":
                place += number == len(argument) - 1
                break
    return None


def _python_module(runner: Runner, state: State, module: str, rest: list[str], path: str) -> None:
    if module == "timeit":
        for code in parse(rest, {"-n", "-r", "-u", "-s"}).words + parse(rest, {"-n", "-r", "-u", "-s"}).values("-s"):
            _python_text(runner, state, code, "timeit", path)
    elif module in {"venv", "virtualenv"} and parse(rest, {"--prompt"}).words:
        state.venv_exists = True
    elif module in {"pip", "ensurepip"}:
        return
    elif module in {"zipfile", "tarfile"}:
        parsed = parse(rest, {"-e", "--extract"})
        if parsed.has("-e", "--extract"):
            folder = state.place().path((*parsed.words, ".")[0])
            runner.write(Write("unpack", folder, f"python -m {module} {show(rest)}"), state)
    elif module in {"IPython", "cProfile", "pdb", "trace", "coverage"} and rest:
        runner.execute([path, *rest], state)


def _coverage(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    """`coverage run [options] SCRIPT|-m MODULE args`."""
    if argv[1:2] != ["run"]:
        return None
    parsed = known("coverage").command(["run"]).parse(argv[2:], stop=True)
    module = ["-m"] if parsed.has("-m", "--module") else []
    folder = argv[0].rpartition("/")[0]
    program = f"{folder}/python" if folder else "python"
    return runner.execute([program, *module, *parsed.words[:1], *parsed.rest], state, stdin)


def _python_text(runner: Runner, state: State, code: str, source: str, program: str) -> None:
    if not code.strip():
        return
    if code.strip() == UNKNOWN:
        runner.ask(f"The code that {source} would run can't be told from the text.")
        return
    before = runner.trail
    runner.trail = [*before, source]
    try:
        actions = python_actions(code, program)
        run_code(runner, state, actions if actions is not None else foreign_actions(code, "python"), source)
    finally:
        runner.trail = before


def run_code(runner: Runner, state: State, actions: list[Action] | None, source: str) -> None:
    """Judge what code does: commands, calls, writes, requests."""
    for kind, values in actions or []:
        if kind == "shell":
            runner.run_text(values[0], state.copy(), source)
        elif kind == "call":
            if values and values[0]:
                runner.execute(list(values), state.copy())
        elif kind == "ask":
            runner.ask(f"{source} runs {values[0]}, which can't be told from the text.")
        elif kind == "request":
            method, url = values
            if method.upper() in WRITING and is_release_url(url):
                runner.call(["curl", "-X", method.upper(), url], state)
        else:
            _write(runner, state, kind, values, source)


def _write(runner: Runner, state: State, kind: str, values: tuple[str, ...], source: str) -> None:
    """Judge a file change of code: its path (or the files its pattern matches), and what it is copied from."""
    path = values[0]
    if UNKNOWN in path and path.rpartition("/")[2] not in {"TASKS.md", "JOURNAL.md"}:
        return
    place = state.place()
    names = tuple(name.rpartition("/")[2] for name in values[1:])
    kind, _, how = kind.partition(" ")
    for each in state.glob(path) if has_pattern(path) else [path]:
        by = f"{source}: {kind} {each}"
        loses = () if kind == "move" else FILES
        creates = kind == "overwrite" and len(names) > 0
        write = Write(kind, place.path(each), by, names, deep=how == "tree", loses=loses, creates=creates)
        write.guess = how == "guess"
        runner.write(write, state)


_CODE_OPTIONS = {
    "perl": ("-e", "-E"), "ruby": ("-e",), "node": ("-e", "--eval", "-p", "--print", "-pe"), "nodejs": ("-e", "-p"),
    "php": ("-r", "--run"), "lua": ("-e",), "luajit": ("-e",), "osascript": ("-e",), "Rscript": ("-e",), "R": ("-e",),
    "julia": ("-e", "-E"), "deno": ("eval",), "bun": ("-e", "--eval", "-p"), "tclsh": (), "expect": ("-c",),
    "pwsh": ("-c", "-Command", "-command"), "powershell": ("-c", "-Command"), "nu": ("-c",), "guile": ("-c",),
    "elixir": ("-e",), "groovy": ("-e",), "scala": ("-e",), "erl": ("-eval",), "ghc": ("-e",), "racket": ("-e",),
    "emacs": ("--eval", "--execute"), "tsx": ("-e",), "ts-node": ("-e",), "sqlite3": (), "gdb": ("-ex",),
    "lldb": ("-o",),
}  # fmt: skip


def foreign(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    """Judge code of a language that has no parser here by the strings in what starts a process or writes a file."""
    name = argv[0].rpartition("/")[2].rstrip("0123456789.")
    options = _CODE_OPTIONS.get(name, ("-e",))
    codes = _codes(argv[1:], options)
    if not codes and (not argv[1:] or argv[-1] == "-" or argv[1:] == ["-f", "-"]):
        codes = [stdin.rest()] if stdin.origin != "file" else []
        if stdin.origin == "download":
            _ask_download(runner, name)
            return Stream(UNKNOWN)
    files = [state.files.get(state.place().path(word)) for word in argv[1:] if word[:1] != "-"]
    codes += [written.text for written in files if written is not None and not codes]
    for code in codes:
        if code.strip() == UNKNOWN:
            runner.ask(f"The code that {name} would run can't be told from the text.")
        before, runner.trail = runner.trail, [*runner.trail, f"{name} code"]
        run_code(runner, state, foreign_actions(code, name), name)
        runner.trail = before
    return Stream(UNKNOWN)


def _codes(args: list[str], options: tuple[str, ...]) -> list[str]:
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


def _awk(runner: Runner, state: State, argv: list[str], stdin: Stream) -> None:
    del stdin
    parsed = known("awk").parse(argv[1:], stop=True)
    if parsed.words:
        run_code(runner, state, foreign_actions(parsed.words[0], "awk"), "awk")


def _sed(runner: Runner, state: State, argv: list[str], stdin: Stream) -> None:
    """GNU sed's `e` command runs text: `1e cmd`, `s/x/cmd/e`."""
    del stdin
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


def _vim(runner: Runner, state: State, argv: list[str], stdin: Stream) -> None:
    del stdin
    commands = [*known("vim").parse(argv[1:]).values("-c", "--cmd"), *(w[1:] for w in argv[1:] if w[:1] == "+")]
    for command in commands:
        text = command.lstrip(":% ")
        if text.startswith("!"):
            runner.run_text(text[1:], state.copy(), "vim !")
        elif "system(" in text or text.startswith(("py", "lua", "perl")):
            run_code(runner, state, foreign_actions(text, "vim"), "vim")


def _make(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    """A makefile from input or written by this command: its recipe lines are shell commands."""
    parsed = known("make").parse(argv[1:])
    texts = [text.partition(":")[2].lstrip(";") for text in parsed.values("--eval")]
    for path in parsed.values("-f", "--file", "--makefile") or ["Makefile"]:
        if path in {"-", "/dev/stdin"} and stdin.origin != "file":
            texts.append(stdin.rest())
        elif (written := state.files.get(state.place().path(path))) is not None:
            texts.append(written.text)
    for text in texts:
        for line in text.split("\n"):
            if line.startswith("\t") or "--eval" in " ".join(argv):
                runner.run_text(line.strip().lstrip("@-+"), state.copy(), "make")
    return None


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("python", "python3"), python),
    **dict.fromkeys(_CODE_OPTIONS, foreign),
    **dict.fromkeys(("awk", "gawk", "mawk", "nawk"), _awk),
    "sed": _sed,
    "gsed": _sed,
    **dict.fromkeys(("vim", "vi", "nvim", "ex"), _vim),
    "coverage": _coverage,
    "make": _make,
    "gmake": _make,
}
