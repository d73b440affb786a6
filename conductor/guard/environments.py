"""Programs that run a command inside an environment of the project or a tool: uv run, npm exec, conda run."""

from __future__ import annotations

from conductor.guard.builtins import conda_activation
from conductor.guard.state import OUTSIDE, State, Stream
from conductor.programs.options import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.guard.runner import Runner

    Handler = Callable[[Runner, State, list[str], Stream], Stream | None]

# Programs that run another one after a word of their own, in the project's environment.
_PROJECT = {
    "poetry": "run", "pipenv": "run", "pdm": "run", "rye": "run", "pixi": "run", "hatch": "run", "uv": "run",
}  # fmt: skip
_RUNNERS = {
    "mise": {"exec", "x"}, "asdf": {"exec"}, "pyenv": {"exec"}, "rbenv": {"exec"}, "bundle": {"exec"},
    "dotenv": {"run"},
    "doppler": {"run"}, "op": {"run"}, "infisical": {"run"}, "chamber": {"exec"}, "pnpm": {"exec"}, "yarn": {"exec"},
    "perf": {"record", "stat", "trace"}, "nix": {"develop", "shell", "run"}, "fnm": {"exec"}, "volta": {"run"},
    "npm": {"exec", "x"},
}  # fmt: skip
_UV_RUN = frozenset({
    "--with", "--python", "-p", "--extra", "--group", "--only-group", "--no-group", "--project", "--directory",
    "--env-file", "--index-url", "--package", "--with-requirements", "--with-editable", "--index", "--color",
})  # fmt: skip


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
    return _npm_like(runner, state, parsed.rest, stdin, skip=name == "chamber")


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


def _direnv(runner: Runner, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    return runner.execute(argv[3:], state, stdin) if argv[1:2] == ["exec"] else None


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys((*_PROJECT, *_RUNNERS), _package_runner),
    **dict.fromkeys(("npx", "bunx", "pnpx"), _npx),
    **dict.fromkeys(("conda", "mamba", "micromamba"), _conda),
    "direnv": _direnv,
    "nix-shell": _nix_shell,
    "virtualenv": _virtualenv,
}
