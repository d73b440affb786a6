"""Programs that start another program given in their arguments."""

from __future__ import annotations

from conductor.domain.agents import MARKS, VALUED, is_mark
from conductor.guard.judge.state import HOST_PATH, State
from conductor.programs import known
from conductor.programs.words import NOTHING, Words
from conductor.rules.judge.call import program_name
from conductor.shell.expand import UNKNOWN
from conductor.shell.flow import Leave
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from conductor.guard.judge.walker import Walker

    Handler = Callable[[Walker, State, list[str], Stream], Stream | None]

_ARCHITECTURES = frozenset({"i386", "i486", "i586", "i686", "athlon", "aarch64", "mips", "mips64", "sparc", "riscv64"})


def run_wrapped(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    """Execute what a program of the table runs: the words after its options and words, or an option's shell text."""
    wrapped = known(program_name(argv[0])).wrapped(argv[1:])
    if wrapped is None:
        return None
    text, words = wrapped.text(), wrapped.argv
    if text is not None:
        return runner.run_text(" ".join([text, *words]), state.copy(), "-c", stdin)
    if wrapped.words.how == "project":
        state = state.run_in_venv()
        words = [words[0].rpartition(":")[2], *words[1:]] if words else []  # hatch's `environment:script`
    if "--" in words and wrapped.words.how == "fetches":
        words = words[words.index("--") + 1 :]
    while words and "=" in words[0] and words[0].partition("=")[0].isidentifier():
        words = words[1:]
    return runner.execute(words, state, stdin) if words else Stream("")


def _faketime(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    """`faketime [-f] [-m] TIME cmd`: TIME may begin with a dash, and the command's clock is not the host's."""
    rest = argv[1:]
    while rest and rest[0] in {"-f", "-m", "--exclude-monotonic", "-p"}:
        rest = rest[2:] if rest[0] == "-p" else rest[1:]
    inner = state.copy()
    inner.variables["FAKETIME"] = "faketime"
    inner.give(["FAKETIME"])
    return runner.execute(rest[1:], inner, stdin) if rest[1:] else Stream("")


def _setarch(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    """`setarch [ARCH] [options] cmd`: the architecture may be left out."""
    rest = argv[1:]
    if rest and (rest[0] in _ARCHITECTURES or rest[0].startswith(("linux", "uname", "x86", "arm", "ppc", "s390"))):
        rest = rest[1:]
    return _after(runner, state, rest, stdin, words=known("setarch"))


def _after(
    runner: Walker, state: State, args: list[str], stdin: Stream, *, words: Words = NOTHING, skip: int = 0
) -> Stream:
    """Execute what stands after the options and `skip` words."""
    parsed = words.parse(args, stop=True)
    rest = parsed.after()[skip:]
    if rest[:1] == ["--"]:
        rest = rest[1:]
    while rest and "=" in rest[0] and rest[0].partition("=")[0].isidentifier():
        rest = rest[1:]
    return runner.execute(rest, state, stdin) if rest else Stream("")


def _sudo(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    sudo = known("sudo")
    parsed = sudo.parse(argv[1:], stop=True)
    inner = state.run_as_root()
    if parsed.has("-e", "--edit") or argv[0].endswith("sudoedit"):
        runner.call(["vi", *parsed.words, *parsed.rest], inner)
        return Stream("")
    if parsed.has(*sudo.idle) and not parsed.rest:
        return Stream("")
    folder = parsed.value("-D", "--chdir")
    if folder:
        inner.cwd = inner.place().path(folder)
    if parsed.has("-s", "--shell", "-i", "--login") and parsed.words:
        return runner.run_text(" ".join(parsed.after()), inner, "sudo -s", stdin)
    if parsed.has("-s", "--shell", "-i", "--login"):
        return runner.execute(["bash"], inner, stdin)
    return _after_assignments(runner, inner, parsed.after(), stdin)


def _after_assignments(runner: Walker, state: State, words: list[str], stdin: Stream) -> Stream:
    while words and "=" in words[0] and words[0].partition("=")[0].isidentifier():
        name, _, value = words[0].partition("=")
        state.set(name, value)
        state.give([name])
        runner.assign(name, value, state)
        words = words[1:]
    return runner.execute(words, state, stdin) if words else Stream("")


def _su(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    """`su [-] [user] -c TEXT`, `runuser -u user -- cmd`, `sg group -c TEXT`."""
    inner = state.run_as_root() if not argv[0].endswith("sg") else state.copy()
    args = argv[1:]
    for number, word in enumerate(args):
        if word in {"-c", "--command", "--session-command"} or (
            word[:1] == "-" and word[1:2] != "-" and word.endswith("c")
        ):
            return runner.run_text((args[number + 1 :] or [""])[0], inner, argv[0], stdin)
        if word.startswith("--command="):
            return runner.run_text(word.partition("=")[2], inner, argv[0], stdin)
    if "--" in args:
        return runner.execute(args[args.index("--") + 1 :], inner, stdin)
    if argv[0].endswith("sg"):
        return runner.run_text(" ".join(args[1:]), inner, "sg", stdin)
    parsed = known("su").parse(args, stop=True)
    if parsed.has("-u", "--user") and parsed.words:
        return runner.execute(parsed.after(), inner, stdin)
    return runner.execute(["bash"], inner, stdin)


def _env(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    inner, env, args = state.copy(), known("env"), argv[1:]
    while True:
        parsed = env.parse(args, stop=True)
        for place, (name, value) in zip(parsed.at, parsed.options, strict=True):
            if name in {"-i", "--ignore-environment"}:
                _empty(inner)
            elif name in env.column("text"):  # its words come first, and may be all that is left for env
                rest = " ".join("'" + word.replace("'", "'\\''") + "'" for word in args[place + 1 :])
                return runner.run_text(f"{value or ''} {rest}", inner, "env -S", stdin)
            else:
                _env_option(runner, inner, name, value or "")
        args = parsed.after()
        if args[:1] != ["-"]:
            return _after_assignments(runner, inner, args, stdin)
        _empty(inner)
        args = args[1:]


def _empty(state: State) -> None:
    state.variables["PATH"] = HOST_PATH
    _take_off(state, (*MARKS, *VALUED))


def _take_off(state: State, marks: Iterable[str]) -> None:
    """Note for the call that follows that the agent's marks are not in its environment."""
    for name in marks:
        state.variables[name] = ""
        state.give([name])


def _env_option(runner: Walker, state: State, option: str, value: str) -> None:
    if option in {"-u", "--unset"}:
        runner.call(["unset", value], state)
        state.variables.pop(value, None)
        if is_mark(value):
            _take_off(state, [value])
        if value == "PATH":
            state.variables["PATH"] = HOST_PATH
    elif option in {"-C", "--chdir"} and UNKNOWN not in value:
        state.cwd = state.place().path(value)


def _command(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    command = known("command")
    parsed = command.parse(argv[1:], stop=True)
    if parsed.has(*command.idle):
        return None
    inner = state.copy() if parsed.has("-p") else state
    if parsed.has("-p"):
        inner.variables["PATH"] = HOST_PATH
    if parsed.words and parsed.words[0] in state.functions:
        inner = inner.copy()
        inner.functions.pop(parsed.words[0])
    return runner.execute(parsed.after(), inner, stdin) if parsed.words else Stream("")


def _exec(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    inner = state
    words = known("exec")
    parsed = words.parse(argv[1:], stop=True)
    if parsed.has("-c"):
        inner = state.copy()
        inner.variables["PATH"] = HOST_PATH
    output = _after(runner, inner, argv[1:], stdin, words=words)
    if runner.inside and parsed.after():
        raise Leave("exec")
    return output


def _watch(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    """Run the words, joined, as `sh -c` would."""
    parsed = known("watch").parse(argv[1:], stop=True)
    return runner.run_text(" ".join(parsed.after()), state.copy(), argv[0], stdin)


def _each_text(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    """Run every word as a command of its own (hyperfine)."""
    for word in known("hyperfine").parse(argv[1:]).words:
        runner.run_text(word, state.copy(), argv[0], stdin)
    return Stream("")


def _flock(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    flock = known("flock")
    rest = flock.parse(argv[1:], stop=True).rest
    if rest[:1] and rest[0] in flock.column("text"):
        return runner.run_text((rest[1:] or [""])[0], state.copy(), "flock -c", stdin)
    return runner.execute(rest[1:] if rest[:1] == ["--"] else rest, state.copy(), stdin) if rest else Stream("")


def _script(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    script = known("script")
    text = script.parse(argv[1:]).value(*script.column("text"))
    if text is not None:
        return runner.run_text(text, state.copy(), "script -c", stdin)
    rest = script.parse(argv[1:], stop=True).rest
    return runner.execute(rest, state.copy(), stdin) if rest else Stream("")


HANDLERS: dict[str, Handler] = {
    "faketime": _faketime,
    "setarch": _setarch,
    "sudo": _sudo,
    "sudoedit": _sudo,
    "doas": _sudo,
    "pkexec": _sudo,
    "su": _su,
    "runuser": _su,
    "sg": _su,
    "gosu": lambda runner, state, argv, stdin: _after(runner, state.run_as_root(), argv[1:], stdin, skip=1),
    "su-exec": lambda runner, state, argv, stdin: _after(runner, state.run_as_root(), argv[1:], stdin, skip=1),
    "env": _env,
    "genv": _env,
    "command": _command,
    "exec": _exec,
    "watch": _watch,
    "hyperfine": _each_text,
    "flock": _flock,
    "script": _script,
}
