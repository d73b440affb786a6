"""Programs that start another program given in their arguments."""

from __future__ import annotations

from conductor.domain.agents import MARKS, VALUED, is_mark
from conductor.guard.state import HOST_PATH, State, Stream
from conductor.programs.options import parse
from conductor.shell.expand import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from conductor.guard.runner import Runner

    Handler = Callable[[Runner, State, list[str], Stream], Stream | None]

# name: (options that take a value, words before the command)
_PLAIN: dict[str, tuple[str, int]] = {
    "nohup": ("", 0), "setsid": ("", 0), "time": ("-f --format -o --output", 0), "gtime": ("-f -o", 0),
    "nice": ("-n --adjustment", 0), "ionice": ("-c --class -n --classdata -p", 0), "builtin": ("", 0),
    "stdbuf": ("-i -o -e --input --output --error", 0), "unbuffer": ("", 0), "caffeinate": ("-t -w", 0),
    "timeout": ("-k --kill-after -s --signal", 1), "gtimeout": ("-k --kill-after -s --signal", 1),
    "chrt": ("-T -P -D", 1), "taskset": ("", 1), "numactl": ("-N -m -C --cpunodebind --membind", 0),
    "strace": ("-e -o -p -s -u -E -S -a -b -I -O -P -X", 0), "ltrace": ("-e -o -p -s -u -l -n -a -A -F", 0),
    "valgrind": ("", 0), "busybox": ("", 0), "toybox": ("", 0), "dumb-init": ("-r", 0), "tini": ("-p -e", 0),
    "fakeroot": ("-l -i -s -b", 0), "eatmydata": ("", 0), "torsocks": ("-u -p -a", 0),
    "proxychains": ("-f", 0), "proxychains4": ("-f", 0), "dbus-run-session": ("", 0),
    "xvfb-run": ("-n -s -e -f -p -w", 0),
    "systemd-inhibit": ("--what --who --why --mode", 0), "cpulimit": ("-l -p -e", 0), "prlimit": ("-p", 0),
    "choom": ("-n -p", 0), "linux64": ("", 0), "firejail": ("", 0), "proot": ("-r -b -w -0", 0),
    "bwrap": ("--bind --ro-bind --dev --proc --tmpfs --chdir", 0), "unshare": ("", 0), "nsenter": ("-t --target", 0),
    "setpriv": ("", 0), "rlwrap": ("", 0), "entr": ("", 0), "sem": ("-j --id", 0), "chronic": ("", 0), "ts": ("", 0),
    "systemd-run": ("-p --property -u --unit -E --setenv -M -H --description --slice --working-directory", 0),
    "aws-vault": ("", 2), "chroot": ("--userspec --groups", 1), "sshpass": ("-p -f -P", 0), "trickle": ("-d -u", 0),
    "with-contenv": ("", 0), "nvidia-smi-run": ("", 0), "pueue": ("", 1), "tsp": ("", 0), "batch-run": ("", 0),
}  # fmt: skip


_ARCHITECTURES = frozenset({"i386", "i486", "i586", "i686", "athlon", "aarch64", "mips", "mips64", "sparc", "riscv64"})


def _plain(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    valued, skip = _PLAIN[argv[0].rpartition("/")[2]]
    return _after(runner, state, argv[1:], stdin, valued=frozenset(valued.split()), skip=skip)


def _faketime(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    """`faketime [-f] [-m] TIME cmd`: TIME may begin with a dash, and the command's clock is not the host's."""
    rest = argv[1:]
    while rest and rest[0] in {"-f", "-m", "--exclude-monotonic", "-p"}:
        rest = rest[2:] if rest[0] == "-p" else rest[1:]
    inner = state.copy()
    inner.variables.update({"FAKETIME": "faketime", "FAKETIME prefix": "1"})
    return runner.execute(rest[1:], inner, stdin) if rest[1:] else Stream("")


def _setarch(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    """`setarch [ARCH] [options] cmd`: the architecture may be left out."""
    rest = argv[1:]
    if rest and (rest[0] in _ARCHITECTURES or rest[0].startswith(("linux", "uname", "x86", "arm", "ppc", "s390"))):
        rest = rest[1:]
    return _after(runner, state, rest, stdin, valued=frozenset({"-p"}))


def _after(
    runner: Runner, state: State, args: list[str], stdin: Stream, *, valued: frozenset[str] = frozenset(), skip: int = 0
) -> Stream:
    """Execute what stands after the options and `skip` words."""
    parsed = parse(args, valued, stop=True)
    words = [*parsed.words[:1], *parsed.rest] if parsed.words else []
    words = words[skip:]
    if words[:1] == ["--"]:
        words = words[1:]
    while words and "=" in words[0] and words[0].partition("=")[0].isidentifier():
        words = words[1:]
    return runner.execute(words, state, stdin) if words else Stream("")


def _sudo(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    valued = frozenset({
        "-u", "--user", "-g", "--group", "-h", "--host", "-p", "--prompt", "-C", "-D", "--chdir", "-r", "-t", "-T",
        "-U",
        "-R", "--chroot", "-a", "-c",
    })  # fmt: skip
    parsed = parse(argv[1:], valued, stop=True)
    inner = state.run_as_root()
    if parsed.has("-e", "--edit") or argv[0].endswith("sudoedit"):
        runner.call(["vi", *parsed.words, *parsed.rest], inner)
        return Stream("")
    if parsed.has("-l", "--list", "-v", "--validate", "-V") and not parsed.rest:
        return Stream("")
    folder = parsed.value("-D", "--chdir")
    if folder:
        inner.cwd = inner.place().path(folder)
    if parsed.has("-s", "--shell", "-i", "--login") and parsed.words:
        return runner.run_text(" ".join([*parsed.words[:1], *parsed.rest]), inner, "sudo -s", stdin)
    if parsed.has("-s", "--shell", "-i", "--login"):
        return runner.execute(["bash"], inner, stdin)
    return _after_assignments(runner, inner, [*parsed.words[:1], *parsed.rest], stdin)


def _after_assignments(runner: Runner, state: State, words: list[str], stdin: Stream) -> Stream:
    while words and "=" in words[0] and words[0].partition("=")[0].isidentifier():
        name, _, value = words[0].partition("=")
        state.set(name, value)
        state.variables[name + " prefix"] = "1"
        runner.check_variable(name, value, state)
        words = words[1:]
    return runner.execute(words, state, stdin) if words else Stream("")


def _su(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
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
    parsed = parse(args, {"-u", "--user", "-g", "--group"}, stop=True)
    if parsed.has("-u", "--user") and parsed.words:
        return runner.execute([*parsed.words[:1], *parsed.rest], inner, stdin)
    return runner.execute(["bash"], inner, stdin)


def _env(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    inner = state.copy()
    args = argv[1:]
    place = 0
    while place < len(args):
        argument = args[place]
        place += 1
        if argument in {"-i", "--ignore-environment", "-"}:
            inner.variables["PATH"] = HOST_PATH
            _take_off(inner, (*MARKS, *VALUED))
        elif argument in {"-u", "--unset", "-C", "--chdir", "-a", "--argv0", "-P"}:
            value = args[place] if place < len(args) else ""
            place += 1
            _env_option(runner, inner, argument, value)
        elif argument.startswith(("-u", "--unset=", "--chdir=", "-C")) and len(argument) > 2:
            name, _, value = argument.partition("=")
            _env_option(runner, inner, name if value else argument[:2], value or argument[2:])
        elif argument.startswith(("-S", "-vS", "-iS", "-viS", "--split-string")):
            text = _split_string(argument) or (args[place] if place < len(args) else "")
            place += not _split_string(argument)
            rest = " ".join("'" + word.replace("'", "'\\''") + "'" for word in args[place:])
            return runner.run_text(f"{text} {rest}", inner, "env -S", stdin)
        elif argument == "--":
            break
        elif argument[:1] != "-":
            place -= 1
            break
    return _after_assignments(runner, inner, args[place:], stdin)


def _take_off(state: State, marks: Iterable[str]) -> None:
    """Note for the call that follows that the agent's marks are not in its environment."""
    for name in marks:
        state.variables[name] = ""
        state.variables[name + " prefix"] = "1"


def _split_string(argument: str) -> str:
    if argument.startswith("--"):
        return argument.partition("=")[2]
    return argument.partition("S")[2]


def _env_option(runner: Runner, state: State, option: str, value: str) -> None:
    if option in {"-u", "--unset"}:
        runner.call(["unset", value], state)
        state.variables.pop(value, None)
        if is_mark(value):
            _take_off(state, [value])
        if value == "PATH":
            state.variables["PATH"] = HOST_PATH
    elif option in {"-C", "--chdir"} and UNKNOWN not in value:
        state.cwd = state.place().path(value)


def _command(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    parsed = parse(argv[1:], stop=True)
    if parsed.has("-v", "-V"):
        return None
    inner = state.copy() if parsed.has("-p") else state
    if parsed.has("-p"):
        inner.variables["PATH"] = HOST_PATH
    if parsed.words and parsed.words[0] in state.functions:
        inner = inner.copy()
        inner.functions.pop(parsed.words[0])
    return runner.execute([*parsed.words[:1], *parsed.rest], inner, stdin) if parsed.words else Stream("")


def _exec(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    inner = state
    if parse(argv[1:], {"-a"}, stop=True).has("-c"):
        inner = state.copy()
        inner.variables["PATH"] = HOST_PATH
    return _after(runner, inner, argv[1:], stdin, valued=frozenset({"-a"}))


def _shell_text(valued: str, *, skip: int = 0) -> Handler:
    """Programs that hand their words, joined, to `sh -c`: watch, hyperfine."""

    def run(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
        parsed = parse(argv[1:], frozenset(valued.split()), stop=True)
        words = [*parsed.words[:1], *parsed.rest][skip:]
        return runner.run_text(" ".join(words), state.copy(), argv[0], stdin)

    return run


def _each_text(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    """Run every word as a command of its own (hyperfine, concurrently)."""
    for word in parse(argv[1:], {"-w", "--warmup", "-r", "--runs", "-p", "--prepare", "-n", "--names"}).words:
        runner.run_text(word, state.copy(), argv[0], stdin)
    return Stream("")


def _flock(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    parsed = parse(argv[1:], {"-w", "--wait", "--timeout", "-E", "--conflict-exit-code"}, stop=True)
    rest = parsed.rest
    if rest[:1] in (["-c"], ["--command"]):
        return runner.run_text((rest[1:] or [""])[0], state.copy(), "flock -c", stdin)
    return runner.execute(rest[1:] if rest[:1] == ["--"] else rest, state.copy(), stdin) if rest else Stream("")


def _script(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    parsed = parse(argv[1:], {"-c", "--command", "-E", "-I", "-O", "-B", "-T", "-m", "-o"}, stop=True)
    later = parse(argv[1:], {"-c", "--command", "-E", "-I", "-O", "-B", "-T", "-m", "-o"})
    text = later.value("-c", "--command")
    if text is not None:
        return runner.run_text(text, state.copy(), "script -c", stdin)
    return runner.execute(parsed.rest, state.copy(), stdin) if parsed.rest else Stream("")


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(_PLAIN, _plain),
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
    "watch": _shell_text("-n --interval"),
    "hyperfine": _each_text,
    "concurrently": _each_text,
    "flock": _flock,
    "script": _script,
}
