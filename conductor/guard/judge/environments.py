"""Programs that make, enter or leave an environment: uv, conda, nix-shell, virtualenv, `activate`."""

from __future__ import annotations

from conductor.guard.judge.state import OUTSIDE, State
from conductor.programs import known
from conductor.shell.expand import UNKNOWN
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.guard.judge.walker import Walker

    Handler = Callable[[Walker, State, list[str], Stream], Stream | None]

_INPUT = frozenset({"-", "/dev/stdin", "/dev/fd/0"})


def _source(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    """Enter an environment, or run a file of the project in this shell; what the same command wrote is the walk's."""
    words = argv[2:] if argv[1:2] == ["--"] else argv[1:]
    if not words:
        return None
    target = words[0]
    folder, _, leaf = target.rpartition("/")
    if leaf.startswith("activate") and (
        folder.endswith(("bin", "Scripts")) or runner.read_project(target, state) is None
    ):
        _activate(state, target)
        return Stream("")
    if target in _INPUT:
        return Stream("") if stdin.origin == "file" else runner.run_text(stdin.rest(), state, f"source {target}")
    if state.path(target) in state.files:
        return None
    return runner.run_project(target, words[1:], state, stdin, "source") or Stream("")


def _activate(state: State, target: str) -> None:
    """Put an environment's programs first on PATH; one outside the project counts as the host."""
    _deactivate_path(state)
    path = str(state.variables.get("PATH", ""))
    if target.startswith(UNKNOWN):
        folder = UNKNOWN + "venv"
    else:
        place = state.place()
        parts = place.path(target).split("/")
        made = "/".join(parts[:-2]) in state.past.environments
        inside = "made" if made else place.inside("/".join(parts[:-2]))
        folder = "/".join(parts[:-1]) if inside else OUTSIDE
        if inside:
            state.venv_exists = True
            state.variables["VIRTUAL_ENV"] = "/".join(parts[:-2])
    state.variables["PATH"] = f"{folder}:{path}"
    state.functions.pop("deactivate", None)


def _deactivate(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    del runner, argv, stdin
    _deactivate_path(state)
    state.variables.pop("VIRTUAL_ENV", None)
    return Stream("")


def _deactivate_path(state: State) -> None:
    """Take every virtual environment off PATH."""
    place = state.place()
    kept = []
    for folder in place.search:
        inside = place.inside(place.path(folder)) if folder and not folder.startswith(UNKNOWN) else None
        environment = folder in {OUTSIDE, UNKNOWN + "venv"} or bool(inside and inside.endswith(("/bin", "/Scripts")))
        if not environment:
            kept.append(folder)
    state.variables["PATH"] = ":".join(kept)


def _conda_activate(state: State, name: str) -> None:
    _deactivate_path(state)
    place = state.place()
    inside = place.inside(place.path(name)) if "/" in name else None
    folder = place.path(name) + "/bin" if inside else OUTSIDE
    state.variables["PATH"] = f"{folder}:{state.variables.get('PATH', '')}"


def conda_activation(state: State, argv: list[str]) -> bool:
    """Follow `conda activate X` and `deactivate`; tell whether it was one of them."""
    if argv[1:2] == ["activate"]:
        _conda_activate(state, argv[2] if len(argv) > 2 else "base")
    elif argv[1:2] == ["deactivate"]:
        _deactivate_path(state)
    else:
        return False
    return True


def _workon(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    del runner, stdin
    _conda_activate(state, argv[1] if len(argv) > 1 else "x")
    return Stream("")


def _uv(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    del stdin
    words = known("uv").read(argv[1:]).words
    if words[:1] == ["venv"]:
        state.make_environment(words[1:] or [".venv"], own=runner.inside > 0)
    return None


def _packages(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    """The scripts of package.json; what `npm exec` runs is the walk's."""
    del stdin
    if known("npm").wrapped(argv[1:]) is not None:
        return None
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
    del stdin
    folders = known("virtualenv").parse(argv[1:]).words
    if folders:
        state.make_environment(folders, own=runner.inside > 0)
    return None


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("source", "."), _source),
    "deactivate": _deactivate,
    "workon": _workon,
    "uv": _uv,
    **dict.fromkeys(("npm", "pnpm", "yarn"), _packages),
    **dict.fromkeys(("conda", "mamba", "micromamba"), _conda),
    "nix-shell": _nix_shell,
    "virtualenv": _virtualenv,
}
