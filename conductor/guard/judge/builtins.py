"""The shell's own commands that change what later words mean, or run text."""

from __future__ import annotations

from conductor.domain.agents import is_mark
from conductor.guard.judge.state import HOST_PATH, OUTSIDE, State
from conductor.programs import known
from conductor.shell.expand import UNKNOWN
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.guard.judge.walker import Walker


def _cd(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    del runner, stdin
    words = [word for word in argv[1:] if word == "-" or not word.startswith("-")]
    target = words[0] if words else str(state.get("HOME") or "/")
    if target == "-":
        target = state.previous
    if UNKNOWN not in target:
        state.previous, state.cwd = state.cwd, state.place().path(target)
    return Stream("")


def _export(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    """`export A=1` reached through another word (`command export`, `"export"`)."""
    del stdin
    for word in argv[1:]:
        name, equals, value = word.partition("=")
        if equals:
            state.set(name, value)
            runner.check_variable(name, value, state)
    return Stream("")


def _unset(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    del runner, stdin
    for word in argv[1:]:
        state.functions.pop(word, None)
        if is_mark(word):
            state.variables[word] = ""  # gone is what it is from here on, whatever the agent set
            continue
        if state.variables.pop(word, None) is not None and word == "PATH":
            state.variables["PATH"] = HOST_PATH
    return Stream("")


def _alias(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    del runner, stdin
    for word in argv[1:]:
        name, equals, value = word.partition("=")
        if equals and name:
            state.aliases[name] = value
    return Stream("")


def _hash(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    """`hash -p PATH NAME` makes NAME start that program."""
    del runner, stdin
    parsed = known("hash").parse(argv[1:])
    path = parsed.value("-p")
    if path is not None:
        state.aliases.update(dict.fromkeys(parsed.words, path))
    return Stream("")


def _unalias(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    del runner, stdin
    for word in argv[1:]:
        state.aliases.pop(word, None)
    if "-a" in argv:
        state.aliases.clear()
    return Stream("")


def _eval(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    return runner.run_text(" ".join(word for word in argv[1:] if word != "--"), state, "eval", stdin)


def _trap(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    del stdin
    words = [word for word in argv[1:] if word not in {"--", "-l", "-p"}]
    if len(words) > 1 and words[0] != "-":
        runner.traps.append((words[0], state))
        runner.run_text(words[0], state.copy(), "trap")
    return Stream("")


def _source(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
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
    written = runner.open(target, state, stdin)
    if target in {"/dev/stdin", "/dev/fd/0", "-"}:
        written = stdin
    if written.origin == "file":
        return runner.run_project(target, words[1:], state, stdin, "source") or Stream("")
    return runner.run_text(written.rest() or written.text, state, f"source {target}")


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


def _set(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    del runner, stdin
    if "--" in argv:
        state.arguments = argv[argv.index("--") + 1 :]
    elif len(argv) > 1 and argv[1][:1] not in {"-", "+"}:
        state.arguments = argv[1:]
    return Stream("")


def _shift(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    del runner, stdin
    count = int(argv[1]) if len(argv) > 1 and argv[1].isdigit() and len(argv[1]) < 4 else 1
    state.arguments = (state.arguments or [])[count:]
    return Stream("")


def _read(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    del runner
    parsed = known("read").parse(argv[1:])
    line = stdin.line()
    line = UNKNOWN if line is None or UNKNOWN in stdin.text else line
    array = parsed.value("-a")
    if array is not None:
        state.set(array, line.split())
        return Stream("")
    names = parsed.words or ["REPLY"]
    pieces = line.split(None, len(names) - 1) if len(names) > 1 else [line.strip()]
    for number, name in enumerate(names):
        value = pieces[number] if number < len(pieces) else ""
        state.set(name, UNKNOWN if line == UNKNOWN else value)
    return Stream("")


def _mapfile(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    del runner
    words = known("mapfile").parse(argv[1:]).words
    state.set(words[0] if words else "MAPFILE", stdin.rest().splitlines())
    return Stream("")


def _printf(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    """Assign with `printf -v NAME`; the text itself is computed with the other outputs."""
    if argv[1:2] != ["-v"] or len(argv) < 4:
        return None
    from conductor.guard.judge.outputs import output_of

    state.set(argv[2], output_of(runner, state, ["printf", *argv[3:]], stdin).text)
    return Stream("")


HANDLERS: dict[str, Callable[[Walker, State, list[str], Stream], Stream | None]] = {
    "cd": _cd,
    "pushd": _cd,
    "popd": lambda runner, state, _, stdin: _cd(runner, state, ["cd", "-"], stdin),
    "export": _export,
    "declare": _export,
    "typeset": _export,
    "local": _export,
    "readonly": _export,
    "unset": _unset,
    "alias": _alias,
    "unalias": _unalias,
    "hash": _hash,
    "eval": _eval,
    "trap": _trap,
    "source": _source,
    ".": _source,
    "deactivate": _deactivate,
    "workon": _workon,
    "set": _set,
    "shift": _shift,
    "read": _read,
    "mapfile": _mapfile,
    "readarray": _mapfile,
    "printf": _printf,
}
