"""Programs that make or enter an environment: uv, conda, nix-shell, virtualenv."""

from __future__ import annotations

from conductor.guard.judge.builtins import conda_activation
from conductor.guard.judge.state import OUTSIDE, State
from conductor.guard.judge.wrappers import run_wrapped
from conductor.programs import known
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.guard.judge.walker import Walker

    Handler = Callable[[Walker, State, list[str], Stream], Stream | None]


def _uv(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    words = known("uv").read(argv[1:]).words
    if words[:1] == ["venv"]:
        state.make_environment(words[1:] or [".venv"])
    return run_wrapped(runner, state, argv, stdin)


def _packages(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    """`npm exec`, and the scripts of package.json."""
    if known("npm").wrapped(argv[1:]) is not None:
        return run_wrapped(runner, state, argv, stdin)
    from conductor.guard.judge.tasks import package_script

    package_script(runner, state, argv)
    return None


def _conda(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    if conda_activation(state, argv):
        return Stream("")
    wrapped = known("conda").wrapped(argv[1:])
    if wrapped is None:
        return None
    inner = state.copy()
    prefix = wrapped.options.value("-p", "--prefix")
    folder = inner.place().path(prefix) + "/bin" if prefix else OUTSIDE
    inner.variables["PATH"] = f"{folder}:{inner.variables.get('PATH', '')}"
    return runner.execute(wrapped.argv, inner, stdin) if wrapped.argv else Stream("")


def _nix_shell(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    shell = known("nix-shell")
    for text in shell.parse(argv[1:]).values(*shell.column("text")):
        runner.run_text(text, state.copy(), "nix-shell", stdin)
    return Stream("")


def _virtualenv(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    del runner, stdin
    folders = known("virtualenv").parse(argv[1:]).words
    if folders:
        state.make_environment(folders)
    return None


HANDLERS: dict[str, Handler] = {
    "uv": _uv,
    **dict.fromkeys(("npm", "pnpm", "yarn"), _packages),
    **dict.fromkeys(("conda", "mamba", "micromamba"), _conda),
    "nix-shell": _nix_shell,
    "virtualenv": _virtualenv,
}
