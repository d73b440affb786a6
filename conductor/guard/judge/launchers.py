"""Programs that run a command somewhere or some time else: containers, other hosts, terminals, schedulers, git."""

from __future__ import annotations

from conductor.guard.judge.state import HOST_PATH, State
from conductor.programs import known
from conductor.rules.judge.git import read
from conductor.shell.expand import UNKNOWN
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.guard.judge.walker import Walker
    from conductor.programs.words import Words
    from conductor.rules.judge.git import GitCall

    Handler = Callable[[Walker, State, list[str], Stream], Stream | None]

_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "ip6-localhost", "0.0.0.0"})  # noqa: S104 - names, not a socket


def _boxed(state: State) -> State:
    """Return the state inside a container: its packages and files are not this machine's."""
    inner = state.copy()
    inner.container = inner.boxed = True
    inner.cwd = "/container"
    inner.functions, inner.aliases = {}, {}
    return inner


def _far(state: State) -> State:
    """Return the state on another host: what would be blocked here is asked there."""
    inner = state.copy()
    inner.remote = True
    inner.venv_exists = False
    inner.cwd = "/remote"
    inner.variables["PATH"] = HOST_PATH
    inner.functions, inner.aliases = {}, {}
    return inner


def _engine(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    docker = known("docker")
    parsed = docker.parse(argv[1:], stop=True)
    command, rest = (parsed.words[0] if parsed.words else ""), parsed.rest
    if command == "container" and rest:
        command, rest = rest[0], rest[1:]
    if command == "compose":
        return _compose(runner, state, ["docker-compose", *rest], stdin)
    words = docker.command([command])
    return _inside(runner, state, rest, stdin, words) if words.before is not None else None


def _inside(runner: Walker, state: State, rest: list[str], stdin: Stream, words: Words) -> Stream:
    """Judge the command after the container's or image's name."""
    parsed = words.parse(rest, stop=True)
    argv = parsed.rest
    entrypoint = parsed.value("--entrypoint")
    if entrypoint:
        argv = [*entrypoint.split(), *argv]
    return runner.execute(argv, _boxed(state), stdin) if argv else Stream(UNKNOWN)


def _compose(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    compose = known("docker-compose")
    parsed = compose.parse(argv[1:], stop=True)
    if parsed.words[:1] in (["run"], ["exec"]):
        return _inside(runner, state, parsed.rest, stdin, compose.command(parsed.words))
    return None


def _kubectl(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    parsed = known("kubectl").parse(argv[1:], stop=True)
    if parsed.words[:1] not in (["exec"], ["run"], ["debug"]) or "--" not in parsed.rest:
        return None
    return runner.execute(parsed.rest[parsed.rest.index("--") + 1 :], _boxed(state), stdin)


def _box_after(subcommands: set[str]) -> Handler:
    """`lxc exec NAME -- cmd`, `devcontainer exec cmd`, `toolbox run cmd`, `distrobox enter NAME -- cmd`."""

    def run(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
        if not subcommands & set(argv[1:2]):
            return None
        rest = argv[argv.index("--") + 1 :] if "--" in argv else known(argv[0].rpartition("/")[2]).parse(argv[2:]).words
        return runner.execute(rest, _boxed(state), stdin) if rest else None

    return run


def _ssh(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    words = known("ssh")
    parsed = words.parse(argv[1:], stop=True)
    host = parsed.words[0].rpartition("@")[2] if parsed.words else ""
    rest = parsed.rest
    while rest and rest[0][:1] == "-":  # options may follow the host
        rest = rest[2:] if rest[0] in words.valued else rest[1:]
    inner = state.copy() if host in _LOCAL_HOSTS else _far(state)
    if host in _LOCAL_HOSTS:
        inner.variables["PATH"] = HOST_PATH
    for option in parsed.values("-o"):
        name, _, value = option.partition("=")
        if name.lower() in {"proxycommand", "localcommand"}:
            runner.run_text(value, state.copy(), "ssh -o")
    if rest:
        return Stream(runner.run_text(" ".join(rest), inner, f"ssh {host}", stdin).text or UNKNOWN, "piped")
    if stdin.text and stdin.origin != "file" and host:
        runner.run_text(stdin.rest(), inner, f"ssh {host}")
    return Stream(UNKNOWN, "piped")


def _vagrant(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    """`vagrant ssh -c TEXT`, `gcloud compute ssh X --command TEXT`: another machine."""
    if "ssh" not in argv[1:4]:
        return None
    parsed = known("vagrant").parse(argv[1:])
    for text in parsed.values("-c", "--command"):
        runner.run_text(text, _far(state), argv[0], stdin)
    return Stream(UNKNOWN)


_TMUX_RUNS = frozenset({
    "new-session", "new", "new-window", "neww", "split-window", "splitw", "respawn-pane", "respawnp", "respawn-window",
    "run-shell", "run", "if-shell", "if", "pipe-pane", "popup", "display-popup",
})  # fmt: skip


def _tmux(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    tmux = known("tmux")
    parsed = tmux.parse(argv[1:], stop=True)
    command = parsed.words[0] if parsed.words else ""
    own = tmux.command([command])
    if command in {"send-keys", "send"}:
        keys = own.parse(parsed.rest).words
        typed = [key for key in keys if key not in {"Enter", "C-m", "Space", "Escape", "C-c", "KPEnter"}]
        for text in dict.fromkeys([" ".join(typed), "".join(typed)]):
            runner.run_text(text.replace("\r", "\n"), state.copy(), "tmux send-keys")
        return Stream("")
    if command in _TMUX_RUNS:
        words = own.parse(parsed.rest, stop=True)
        rest = words.after()
        if command in {"if-shell", "if"}:
            for word in rest:
                runner.run_text(word, state.copy(), "tmux")
        else:
            runner.run_text(" ".join(rest), state.copy(), "tmux", stdin)
        return Stream("")
    return None


def _screen(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    parsed = known("screen").parse(argv[1:], stop=True)
    action = parsed.value("-X")
    rest = parsed.after()
    if action == "stuff":
        runner.run_text(" ".join(rest).replace("\\n", "\n").replace("^M", "\n"), state.copy(), "screen")
    elif action in {"exec", "screen"} or (action is None and rest):
        runner.execute(rest, state.copy(), stdin)
    return Stream("")


def _at(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    if not {"-l", "-r", "-d", "-c"} & set(argv[1:]):
        runner.run_text(stdin.rest() if stdin.origin != "file" else "", state.copy(), argv[0])
    return Stream("")


def _crontab(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    if argv[-1] == "-" or len(argv) == 1:
        for line in (stdin.rest() if stdin.origin != "file" else "").split("\n"):
            fields = line.split(None, 1 if line.startswith("@") else 5)
            if fields and not line.lstrip().startswith("#") and fields[0] != UNKNOWN:
                runner.run_text(fields[-1] if len(fields) in {2, 6} else "", state.copy(), "crontab")
    return Stream("")


_COMMAND_SETTINGS = ("pager", "editor", "sshcommand", "external", "fsmonitor", "askpass", ".cmd", "command", "textconv")


def _git(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    """Run what git itself would start: aliases of `-c`, `--exec`, `bisect run`, `submodule foreach`, filters."""
    from conductor.rules.judge.call import Call

    git = read(Call(argv, state.place()))
    if git is None:
        return None
    if git.command == "stash" and not git.wants_help():
        _note_stash(state, git.options.words)
    inner = state.copy()
    if git.folder and UNKNOWN not in git.folder:
        inner.cwd = inner.place().path(git.folder)
    for key, _, value in git.settings:
        _setting(runner, inner, key, value, git.command, git.args)
    words = git.options.words
    if git.command == "config":
        pair = words[1:] if words[:1] == ["set"] else words
        if len(pair) > 1:
            _setting(runner, inner, pair[0], pair[1], "", [])
    for text in _texts(git):
        runner.run_text(text, inner.copy(), f"git {git.command}")
    if git.command == "bisect" and words[:1] == ["run"]:
        runner.execute(git.args[git.args.index("run") + 1 :], inner, stdin)
    return None


def _texts(git: GitCall) -> list[str]:
    """Return the shell text that a subcommand of git is given to run."""
    if git.command == "rebase":
        return git.options.values("-x", "--exec")
    if git.command == "submodule" and "foreach" in git.args:
        return [" ".join(word for word in git.args[git.args.index("foreach") + 1 :] if word != "--recursive")]
    if git.command == "filter-branch":
        return [value for name, value in _pairs(git.args) if name.endswith("-filter")]
    if git.command in {"difftool", "mergetool", "grep", "fetch", "pull", "clone", "ls-remote"}:
        return [value for name, value in _pairs(git.args) if name in {"-x", "--extcmd", "--upload-pack", "-u"}]
    return []


def _note_stash(state: State, words: list[str]) -> None:
    """Remember that work went into a stash, or came out of one."""
    action = words[0] if words else "push"
    state.past.popped = state.past.popped or action in {"pop", "apply", "branch"}
    state.past.stashed = state.past.stashed or action in {"push", "save"}


def _pairs(args: list[str]) -> list[tuple[str, str]]:
    out = []
    for place, argument in enumerate(args):
        name, equals, value = argument.partition("=")
        out.append((name, value if equals else (args[place + 1] if place + 1 < len(args) else "")))
    return out


def _setting(runner: Walker, state: State, key: str, value: str, command: str, args: list[str]) -> None:
    lower = key.lower()
    if lower.startswith("alias."):
        if command and command != key[6:]:
            return
        rest = " ".join("'" + word.replace("'", "'\\''") + "'" for word in args)
        text = value[1:] if value.startswith("!") else f"git {value}"
        runner.run_text(f"{text} {rest}".strip(), state.copy(), f"git alias {key[6:]}")
    elif lower.endswith(_COMMAND_SETTINGS) or (lower.endswith("helper") and value.startswith("!")):
        runner.run_text(value.lstrip("!"), state.copy(), f"git {key}")


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("docker", "podman", "nerdctl", "finch", "podman-remote"), _engine),
    **dict.fromkeys(("docker-compose", "podman-compose"), _compose),
    **dict.fromkeys(("kubectl", "oc", "k3s", "microk8s"), _kubectl),
    "lxc": _box_after({"exec"}),
    "incus": _box_after({"exec"}),
    "devcontainer": _box_after({"exec"}),
    "toolbox": _box_after({"run"}),
    "distrobox": _box_after({"enter"}),
    "machinectl": _box_after({"shell"}),
    **dict.fromkeys(("ssh", "autossh", "mosh", "slogin"), _ssh),
    "vagrant": _vagrant,
    "gcloud": _vagrant,
    "tmux": _tmux,
    "screen": _screen,
    "at": _at,
    "batch": _at,
    "crontab": _crontab,
    "git": _git,
    "hub": _git,
}
