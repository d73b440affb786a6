"""What a command prints, where that follows from its words: echo, printf, cat, base64, which and the like."""

from __future__ import annotations

from conductor.guard.judge.state import State
from conductor.programs import known
from conductor.rules.judge.call import Call, is_python
from conductor.rules.judge.python_environment import interpreter
from conductor.rules.judge.work import FILES, UNLISTED
from conductor.shell.expand import UNKNOWN
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


# The walk knows what these print.
_WALKS = frozenset({"echo", "printf", "pwd", "basename", "dirname", "tee", "tr", "rev"})


def output_of(state: State, argv: list[str], stdin: Stream) -> Stream | None:
    """Return what a call prints, UNKNOWN where only running it would tell; None where the walk knows it."""
    name = argv[0].rpartition("/")[2]
    if name in _WALKS:
        return None
    if name in _DOWNLOADS:
        return _download(state, argv)
    compute = _OUTPUTS.get(name)
    if compute is None:
        return Stream("" if name in _SILENT else UNKNOWN)
    return compute(state, argv[1:], stdin)


_SILENT = frozenset({
    "true", "false", ":", "cd", "mkdir", "rm", "cp", "mv", "touch", "chmod", "sleep", "exit", "return", "test", "[",
    "set",
    "shopt", "wait", "break", "continue", "ulimit", "umask", "hash", "kill", "let",
})  # fmt: skip
_DOWNLOADS = frozenset({"curl", "wget", "fetch", "aria2c", "http", "https", "xh", "lynx", "lwp-request", "GET"})


def _download(state: State, argv: list[str]) -> Stream:
    from conductor.guard.judge.arrivals import downloaded

    targets = downloaded(Call(argv, state.place()))
    for target in targets:
        if UNKNOWN not in target:
            state.files[state.place().path(target)] = Stream(UNKNOWN, "download")
    return Stream("") if targets else Stream(UNKNOWN, "download")


def _cat(state: State, args: list[str], stdin: Stream) -> Stream:
    words = [word for word in args if word == "-" or word[:1] != "-"]
    if not words:
        return Stream(stdin.rest(), "piped" if stdin.origin == "file" else stdin.origin)
    texts, origin = [], ""
    for word in words:
        written = (
            stdin
            if word in {"-", "/dev/stdin"}
            else state.files.get(word if word.startswith("/dev/fd/") else state.place().path(word))
        )
        texts.append(written.text if written else UNKNOWN)
        origin = origin or (written.origin if written else "piped")
    path = words[0] if len(words) == 1 and texts == [UNKNOWN] and words[0] != "-" else ""
    return Stream("".join(texts), "piped" if origin == "file" else origin, path=path)


def _base64(state: State, args: list[str], stdin: Stream) -> Stream:
    from binascii import Error, a2b_base64, b2a_base64

    decodes = any(
        arg in {"-d", "-D", "--decode"} or (arg[:1] == "-" and arg[1:2] != "-" and "d" in arg) for arg in args
    )
    words = known("base64").parse([arg for arg in args if arg not in {"base64", "enc"}]).words
    text = _cat(state, words[:1], stdin).text if words else stdin.rest()
    if UNKNOWN in text:
        return Stream(UNKNOWN, "piped")
    try:
        if decodes:
            data = "".join(text.split())
            return Stream(a2b_base64(data + "=" * (-len(data) % 4)).decode("utf-8", "replace"))
        return Stream(b2a_base64(text.encode()).decode())
    except (Error, ValueError):
        return Stream(UNKNOWN, "piped")


def _openssl(state: State, args: list[str], stdin: Stream) -> Stream:
    if "-in" not in args and {"base64", "-base64", "-a"} & set(args):
        return _base64(state, ["-d"] if "-d" in args else [], stdin)
    return Stream(UNKNOWN, "piped")


def _xxd(_: State, args: list[str], stdin: Stream) -> Stream:
    if any(arg[:1] != "-" for arg in args):
        return Stream(UNKNOWN, "piped")
    text = "".join(stdin.rest().split())
    plain = any(arg[:1] == "-" and "p" in arg for arg in args) and any(arg[:1] == "-" and "r" in arg for arg in args)
    try:
        return Stream(bytes.fromhex(text).decode("utf-8", "replace")) if plain else Stream(UNKNOWN, "piped")
    except ValueError:
        return Stream(UNKNOWN, "piped")


def path_of(state: State, name: str) -> str:
    """Return where PATH has a name: what belongs to Python in the project's environment, if that comes first."""
    if "/" in name or UNKNOWN in name:
        return name
    python = is_python(name) or name.startswith("pip")
    place = state.place()
    if python and interpreter(place, name) == "project":
        return next(f"{folder}/{name}" for folder in place.search if place.inside(place.path(folder)))
    # An environment outside the project is named on PATH; what else a name is, only PATH tells, as for the bare name.
    return f"/usr/bin/{name}" if python and place.search[:1] == ("/usr/local/sbin",) else name


def _whereis(state: State, args: list[str], __: Stream) -> Stream:
    return Stream("".join(path_of(state, word) + "\n" for word in args if word[:1] != "-"))


def _path(state: State, args: list[str], _: Stream) -> Stream:
    words = [word for word in args if word[:1] != "-"]
    return Stream("".join((word if UNKNOWN in word else state.place().path(word)) + "\n" for word in words))


def _mktemp(_: State, args: list[str], __: Stream) -> Stream:
    del args
    return Stream("/tmp/tmp.XXXXXXXXXX\n")  # noqa: S108 - the name mktemp would give


def _names(state: State, argv: list[str]) -> Stream:
    from conductor.guard.judge.repeated import names_found

    return Stream("\n".join([*names_found(state, argv), UNKNOWN]) + "\n", "names")


def _git(state: State, args: list[str], _: Stream) -> Stream:
    if "--show-toplevel" in args:
        return Stream(state.facts.project + "\n")
    lists = args[:1] in (["ls-files"], ["diff"], ["status"])
    changed = {"-m", "--modified", "-o", "--others", "--name-only", "--porcelain", "-s", "--short"} & set(args)
    if lists and changed:
        return Stream("".join(name + "\n" for name in _changed(state)) + UNKNOWN + "\n", "names")
    if args[:1] == ["ls-files"]:
        names = _listed(state, [arg for arg in args[1:] if arg[:1] != "-"])
        return Stream("".join(name + "\n" for name in names) + UNKNOWN + "\n", "names")
    return Stream(UNKNOWN)


def _changed(state: State) -> list[str]:
    """Return the files with work, as git names them here."""
    top = state.facts.work.top(state.cwd)
    names = state.facts.work.under(top, FILES)
    return [name.removeprefix(f"{top}/") for name in names if name != UNLISTED][:400]


def _listed(state: State, patterns: list[str]) -> list[str]:
    from conductor.shell.patterns import matches

    chosen = [name for name in sorted(state.facts.files) if not patterns or any(matches(p, name) for p in patterns)]
    return chosen[:100]


def _ls(state: State, args: list[str], _: Stream) -> Stream:
    words = [word for word in args if word[:1] != "-"]
    names = words or [
        name for name in sorted(state.facts.files) if "/" not in name and state.cwd == state.facts.project
    ]
    return Stream("".join(name + "\n" for name in names) + ("" if words else UNKNOWN + "\n"), "names")


def _grep(_: State, args: list[str], stdin: Stream) -> Stream:
    """`grep -l PATTERN FILES` prints some of its files; a filter passes some of its lines."""
    parsed = known("grep").parse(args)
    if parsed.has("-l", "--files-with-matches"):
        files = parsed.words if parsed.has("-e", "--regexp", "-f", "--file") else parsed.words[1:]
        return Stream("".join(name + "\n" for name in files if name[:1] != "."), "names")
    return Stream(UNKNOWN, "piped" if stdin.origin != "download" else "download")


_OUTPUTS: dict[str, Callable[[State, list[str], Stream], Stream]] = {
    "cat": _cat,
    "tac": _cat,
    "base64": _base64,
    "gbase64": _base64,
    "openssl": _openssl,
    "xxd": _xxd,
    "whereis": _whereis,
    "realpath": _path,
    "readlink": _path,
    "mktemp": _mktemp,
    "git": _git,
    **dict.fromkeys(("find", "gfind"), lambda state, args, _: _names(state, ["find", *args])),
    **dict.fromkeys(("fd", "fdfind"), lambda state, args, _: _names(state, ["fd", *args])),
    "ls": _ls,
    "grep": _grep,
    "rg": _grep,
    **dict.fromkeys(("head", "tail", "sort", "uniq", "sed", "awk", "cut", "gunzip", "zcat", "gzip", "jq", "tar",
    "fold"),
                    lambda _, __, stdin: Stream(UNKNOWN, "download" if stdin.origin == "download" else "piped")),
}  # fmt: skip
