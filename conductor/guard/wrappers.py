"""Programs that start another program given in their arguments."""

from __future__ import annotations

from conductor.guard.state import HOST_PATH, OUTSIDE, State, Stream
from conductor.rules.judge.call import Write
from conductor.rules.judge.options import parse
from conductor.shell.expand import UNKNOWN
from conductor.shell.patterns import matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

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
    "fakeroot": ("-l -i -s -b", 0), "eatmydata": ("", 0), "faketime": ("-f", 1), "torsocks": ("-u -p -a", 0),
    "proxychains": ("-f", 0), "proxychains4": ("-f", 0), "dbus-run-session": ("", 0), "xvfb-run": ("-n -s -e -f -p -w", 0),
    "systemd-inhibit": ("--what --who --why --mode", 0), "cpulimit": ("-l -p -e", 0), "prlimit": ("-p", 0),
    "choom": ("-n -p", 0), "setarch": ("", 1), "linux64": ("", 0), "firejail": ("", 0), "proot": ("-r -b -w -0", 0),
    "bwrap": ("--bind --ro-bind --dev --proc --tmpfs --chdir", 0), "unshare": ("", 0), "nsenter": ("-t --target", 0),
    "setpriv": ("", 0), "rlwrap": ("", 0), "entr": ("", 0), "sem": ("-j --id", 0), "chronic": ("", 0), "ts": ("", 0),
    "systemd-run": ("-p --property -u --unit -E --setenv -M -H --description --slice --working-directory", 0),
    "aws-vault": ("", 2), "chroot": ("--userspec --groups", 1), "sshpass": ("-p -f -P", 0), "trickle": ("-d -u", 0),
    "with-contenv": ("", 0), "nvidia-smi-run": ("", 0), "pueue": ("", 1), "tsp": ("", 0), "batch-run": ("", 0),
}  # fmt: skip
# Programs that run another one after a word of their own, in the project's environment.
_PROJECT = {
    "poetry": "run", "pipenv": "run", "pdm": "run", "rye": "run", "pixi": "run", "hatch": "run", "uv": "run",
}  # fmt: skip
_RUNNERS = {
    "mise": {"exec", "x"}, "asdf": {"exec"}, "pyenv": {"exec"}, "rbenv": {"exec"}, "bundle": {"exec"}, "dotenv": {"run"},
    "doppler": {"run"}, "op": {"run"}, "infisical": {"run"}, "chamber": {"exec"}, "pnpm": {"exec"}, "yarn": {"exec"},
    "perf": {"record", "stat", "trace"}, "nix": {"develop", "shell", "run"}, "fnm": {"exec"}, "volta": {"run"},
    "npm": {"exec", "x"},
}  # fmt: skip
_UV_RUN = frozenset({
    "--with", "--python", "-p", "--extra", "--group", "--only-group", "--no-group", "--project", "--directory",
    "--env-file", "--index-url", "--package", "--with-requirements", "--with-editable", "--index", "--color",
})  # fmt: skip


def _plain(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    valued, skip = _PLAIN[argv[0].rpartition("/")[2]]
    return _after(runner, state, argv[1:], stdin, valued=frozenset(valued.split()), skip=skip)


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
        "-u", "--user", "-g", "--group", "-h", "--host", "-p", "--prompt", "-C", "-D", "--chdir", "-r", "-t", "-T", "-U",
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


def _split_string(argument: str) -> str:
    if argument.startswith("--"):
        return argument.partition("=")[2]
    return argument.partition("S")[2]


def _env_option(runner: Runner, state: State, option: str, value: str) -> None:
    if option in {"-u", "--unset"}:
        runner.call(["unset", value], state)
        state.variables.pop(value, None)
        if value == "PATH":
            state.variables["PATH"] = HOST_PATH
    elif option in {"-C", "--chdir"} and UNKNOWN not in value:
        state.cwd = state.place().path(value)


def _command(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    parsed = parse(argv[1:], stop=True)
    if parsed.has("-v", "-V"):
        return None
    inner = state
    if parsed.words and parsed.words[0] in state.functions:
        inner = state.copy()
        inner.functions.pop(parsed.words[0])
    return runner.execute([*parsed.words[:1], *parsed.rest], inner, stdin) if parsed.words else Stream("")


def _exec(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    return _after(runner, state, argv[1:], stdin, valued=frozenset({"-a"}))


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


_XARGS = frozenset({
    "-I", "-L", "-n", "-P", "-s", "-a", "-d", "-E", "--replace", "--max-lines", "--max-args", "--max-procs",
    "--arg-file", "--delimiter", "--max-chars", "-J", "-R",
})  # fmt: skip


def _xargs(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    parsed = parse(argv[1:], _XARGS, stop=True)
    words = [*parsed.words[:1], *parsed.rest] or ["echo"]
    replace = parsed.value("-I", "-J") or next(
        (value or "{}" for name, value in parsed.options if name == "--replace"), None
    )
    replace = replace or ("{}" if parsed.has("-i") else None)
    text = stdin.rest() or (UNKNOWN if parsed.has("-a", "--arg-file") else "")
    if replace:
        lines = [line.strip() for line in text.splitlines() if line.strip()][:40] or [UNKNOWN]
        for line in lines:
            runner.execute([word.replace(replace, line) for word in words], state.copy())
        return Stream(UNKNOWN)
    separator = parsed.value("-d", "--delimiter")
    items = text.split(separator) if separator and "\\" not in separator else _items(text)
    output = runner.execute([*words, *items], state.copy())
    if parsed.has("-n", "-L", "--max-args") and len(items) > 1:
        for item in items[:40]:
            runner.execute([*words, item], state.copy())
    return output


def _items(text: str) -> list[str]:
    """Split xargs' input at white space and NUL, quotes removed."""
    text = text.replace("\0", "\n")
    if "'" not in text and '"' not in text and "\\" not in text:
        return text.split()[:400]
    items, current, quote_mark = [], "", ""
    for character in text:
        if quote_mark:
            quote_mark = "" if character == quote_mark else quote_mark
            current += "" if not quote_mark else character
        elif character in "'\"":
            quote_mark = character
        elif character.isspace():
            items += [current] if current else []
            current = ""
        elif character != "\\":
            current += character
    return [*items, *([current] if current else [])][:400]


def _parallel(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    parsed = parse(
        argv[1:], {"-j", "--jobs", "-a", "--arg-file", "-I", "-n", "-N", "--joblog", "--colsep", "-S"}, stop=True
    )
    words = [*parsed.words[:1], *parsed.rest]
    marks = [place for place, word in enumerate(words) if word in {":::", "::::", ":::+"}]
    command = words[: marks[0]] if marks else words
    values = (
        [word for word in words[marks[0] + 1 :] if word not in {":::", ":::+"}] if marks else stdin.rest().splitlines()
    )
    if marks and words[marks[0]] == "::::":
        values = [UNKNOWN]
    template = " ".join(command)
    for value in values[:40] or [UNKNOWN]:
        text = template.replace("{}", value) if "{" in template else f"{template} {value}".strip()
        runner.run_text(text, state.copy(), "parallel")
    return Stream(UNKNOWN)


def _find(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    """Judge `-exec`, `-ok` and `-delete` over the files the tests let through; return those names."""
    del stdin
    found = find_files(state, argv[1:])
    names = [*found, UNKNOWN]
    place = 1
    while place < len(argv):
        if argv[place] in {"-exec", "-execdir", "-ok", "-okdir"}:
            end = next((n for n in range(place + 1, len(argv)) if argv[n] in {";", "+"}), len(argv))
            command = argv[place + 1 : end]
            for name in names[:40]:
                words = [word.replace("{}", name) for word in command]
                runner.execute(words, state.copy())
            place = end
        place += 1
    if "-delete" in argv:
        for name in found:
            runner.write(Write("delete", state.place().path(name), "find -delete"), state)
    return Stream("\n".join(names) + "\n", "file")


def find_files(state: State, args: list[str]) -> list[str]:
    """Return the project's known files below find's folders that its name tests let through."""
    starts = []
    for argument in args:
        if argument[:1] in {"-", "(", "!"}:
            break
        starts.append(argument)
    tests = _name_tests(args)
    kind = args[args.index("-type") + 1] if "-type" in args[:-1] else "f"
    if "f" not in kind:
        return []
    place = state.place()
    known = [*state.facts.files, ".conductor/bin/guard", ".git/hooks/pre-commit", ".claude/settings.json"]
    out = []
    for start in starts or ["."]:
        folder = place.path(start)
        for name in sorted(known):
            path = f"{state.facts.project}/{name}"
            below = path == folder or path.startswith(folder.rstrip("/") + "/")
            if below and all(test(name) for test in tests):
                out.append(path if start.startswith("/") else path[len(folder) :].lstrip("/") if start == "." else path)
    return out


def _name_tests(args: list[str]) -> list[Callable[[str], bool]]:
    tests: list[Callable[[str], bool]] = []
    alternatives = "-o" in args or "-or" in args
    patterns = []
    for place, argument in enumerate(args[:-1]):
        negated = args[place - 1] in {"!", "-not"} if place else False
        if argument in {"-name", "-iname", "-path", "-wholename", "-ipath"}:
            patterns.append((argument, args[place + 1], negated))
    if alternatives and patterns:
        chosen = [(how, pattern) for how, pattern, negated in patterns if not negated]
        tests.append(lambda name: not chosen or any(_test_name(how, pattern, name) for how, pattern in chosen))
    else:
        for how, pattern, negated in patterns:
            tests.append(
                lambda name, how=how, pattern=pattern, negated=negated: _test_name(how, pattern, name) != negated
            )
    return tests


def _test_name(how: str, pattern: str, name: str) -> bool:
    subject = name.rpartition("/")[2] if how.endswith("name") and how != "-wholename" else f"./{name}"
    if how.startswith("-i"):
        return matches(pattern.lower(), subject.lower())
    return matches(pattern, subject)


def _fd(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    for option in ("-x", "--exec", "-X", "--exec-batch"):
        if option in argv:
            place = argv.index(option)
            words = argv[place + 1 :]
            words = words if any("{" in word for word in words) else [*words, UNKNOWN]
            return runner.execute([word.replace("{}", UNKNOWN) for word in words], state.copy(), stdin)
    return Stream(UNKNOWN)


def _package_runner(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    """`uv run`, `poetry run`, `npm exec`, `mise exec` and their kin."""
    name = argv[0].rpartition("/")[2]
    parsed = parse(argv[1:], _UV_RUN | {"-C", "-c", "--call", "-e", "--env"}, stop=True)
    word = parsed.words[0] if parsed.words else ""
    if name in _PROJECT and word == _PROJECT[name]:
        return _in_project(runner, state, parsed.rest, stdin, uv=name == "uv")
    if name == "uv" and (word == "venv" or [word, *parsed.rest[:1]] == ["venv"]):
        state.venv_exists = True
    if word not in _RUNNERS.get(name, ()):
        return None
    return _npm_like(runner, state, parsed.rest, stdin, skip=name in {"chamber"})


def _in_project(runner: Runner, state: State, rest: list[str], stdin: Stream, *, uv: bool) -> Stream:
    inner = state.run_in_venv()
    parsed = parse(rest, _UV_RUN, stop=True)
    if uv and parsed.has("-m", "--module") and parsed.words:
        return runner.execute(["python", "-m", *parsed.words[:1], *parsed.rest], inner, stdin)
    words = [*parsed.words[:1], *parsed.rest]
    if words and ":" in words[0]:
        words[0] = words[0].rpartition(":")[2]
    return runner.execute(words, inner, stdin) if words else Stream("")


def _npm_like(runner: Runner, state: State, rest: list[str], stdin: Stream, *, skip: bool = False) -> Stream:
    parsed = parse(
        rest, {"-p", "--package", "-c", "--call", "--command", "-w", "--workspace", "-e", "--env"}, stop=True
    )
    text = parsed.value("-c", "--call")
    if text is not None:
        return runner.run_text(" ".join([text, *parsed.words[:1], *parsed.rest]), state.copy(), "-c", stdin)
    words = [*parsed.words[:1], *parsed.rest]
    if "--" in words:
        words = words[words.index("--") + 1 :]
    return runner.execute(words[1:] if skip else words, state.copy(), stdin) if words else Stream("")


def _npx(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    return _npm_like(runner, state, argv[1:], stdin)


def _conda(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    from conductor.guard.builtins import conda_activation

    if conda_activation(state, argv):
        return Stream("")
    if argv[1:2] != ["run"]:
        return None
    parsed = parse(argv[2:], {"-n", "--name", "-p", "--prefix", "--cwd"}, stop=True)
    inner = state.copy()
    prefix = parsed.value("-p", "--prefix")
    folder = inner.place().path(prefix) + "/bin" if prefix else OUTSIDE
    inner.variables["PATH"] = f"{folder}:{inner.variables.get('PATH', '')}"
    return runner.execute([*parsed.words[:1], *parsed.rest], inner, stdin) if parsed.words else Stream("")


def _nix_shell(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream:
    parsed = parse(argv[1:], {"--run", "--command", "-p", "--packages", "-A", "-I", "--arg"}, clusters=False)
    for text in parsed.values("--run", "--command"):
        runner.run_text(text, state.copy(), "nix-shell", stdin)
    return Stream("")


def _virtualenv(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    del runner, stdin
    if parse(argv[1:], {"-p", "--python", "--prompt"}).words:
        state.venv_exists = True
    return None


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(_PLAIN, _plain),
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
    "xargs": _xargs,
    "gxargs": _xargs,
    "parallel": _parallel,
    "find": _find,
    "gfind": _find,
    "fd": _fd,
    "fdfind": _fd,
    "direnv": lambda runner, state, argv, stdin: (
        runner.execute(argv[3:], state, stdin) if argv[1:2] == ["exec"] else None
    ),
    **dict.fromkeys((*_PROJECT, *_RUNNERS), _package_runner),
    "npx": _npx,
    "bunx": _npx,
    "pnpx": _npx,
    **dict.fromkeys(("conda", "mamba", "micromamba"), _conda),
    "nix-shell": _nix_shell,
    "virtualenv": _virtualenv,
}
