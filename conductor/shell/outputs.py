"""What a command prints, where that follows from its words: echo, printf, cat, tee, pwd, and what filters a text."""

from __future__ import annotations

from conductor.shell.expand import UNKNOWN
from conductor.shell.quoting import unescape_ansi
from conductor.shell.streams import NOTHING, Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.shell.calls import Call
    from conductor.shell.state import State
    from conductor.shell.walker import Walker

LONGEST = 1 << 16
# These print nothing, or what only running would tell, and change no file.
_ONLY_LOOK = frozenset({
    "awk", "cd", "chmod", "cut", "env", "grep", "head", "id", "ls", "nproc", "rev", "sleep", "sort", "tail", "test",
    "tr", "uname", "uniq", "wc", "which", "exec", "bash", "sh", "dash", "source", ".",
})  # fmt: skip


def output_of(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    """Return what a call prints; UNKNOWN where only running it would tell, and then its files are not known either."""
    compute = _OUTPUTS.get(call.name)
    output = compute(walk, call, state, stdin) if compute is not None else None
    if output is not None:
        return output
    if call.name not in _ONLY_LOOK:
        for word in call.argv[1:]:
            state.files.pop(state.path(word), None)
    return Stream(UNKNOWN)


def is_computed(name: str) -> bool:
    """Tell whether there are words of a program from which follows what it prints."""
    return name in _OUTPUTS


def _echo(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    del walk, stdin
    return Stream(echo_text(call.argv[1:], escapes=state.dialect == "posix"))


def _printf(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    del walk, state, stdin
    return Stream(printf_text(call.argv[1:]))


def _pwd(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    del walk, call, stdin
    return Stream(state.cwd + "\n")


def echo_text(args: list[str], *, escapes: bool = False) -> str:
    """Return what `echo` prints; `escapes` says that it reads backslashes unasked, as dash's does."""
    newline = True
    while args and args[0][:1] == "-" and len(args[0]) > 1 and set(args[0][1:]) <= {"n", "e", "E"}:
        newline = newline and "n" not in args[0]
        escapes = "e" in args[0]
        args = args[1:]
    text = " ".join(args)
    if escapes:  # unlike $'…', echo -e keeps the backslash before a quote
        halves = [half.replace("\\'", "\\\\'").replace('\\"', '\\\\"') for half in text.split("\\\\")]
        text = unescape_ansi("\\\\".join(halves))
    return text + ("\n" if newline else "")


def printf_text(args: list[str]) -> str:
    """Return what `printf` prints."""
    args = args[1:] if args[:1] == ["--"] else args
    if not args:
        return ""
    pattern, values = unescape_ansi(args[0]), args[1:]
    out: list[str] = []
    for _round in range(64):
        used, text = _format(pattern, values)
        out.append(text)
        values = values[used:]
        if not values or not used:
            break
    return "".join(out)[:LONGEST]


def _format(pattern: str, values: list[str]) -> tuple[int, str]:
    out, used, place = [], 0, 0
    while place < len(pattern):
        character = pattern[place]
        place += 1
        if character != "%":
            out.append(character)
            continue
        start = place
        while place < len(pattern) and not pattern[place].isalpha() and pattern[place] != "%":
            place += 1
        kind = pattern[place : place + 1]
        place += 1
        if kind == "%":
            out.append("%")
            continue
        value = values[used] if used < len(values) else ""
        used += 1
        if kind == "b":
            value = unescape_ansi(value)
        elif kind == "c":
            value = value[:1]
        precision = pattern[start : place - 1].partition(".")[2]
        out.append(value[: int(precision)] if precision.isdigit() and kind == "s" else value)
    return used, "".join(out)


def _cat(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    args = call.argv[1:]
    words = [word for word in args if word == "-" or word[:1] != "-"]
    if len(words) != len(args):
        return Stream(UNKNOWN)
    if not words:
        whole = Stream(stdin.text[stdin.place :], stdin.origin, home=stdin.home if not stdin.place else None)
        stdin.rest()
        return whole
    texts = [stdin if word == "-" else walk.open(word, state, NOTHING) for word in words]
    return texts[0] if len(texts) == 1 else Stream("".join(each.text for each in texts))


def _tee(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    text, args = Stream(stdin.rest(), stdin.origin), call.argv[1:]
    for word in args:
        if word[:1] != "-" and UNKNOWN not in word:
            walk.fill(word, text, state, appends="-a" in args or "--append" in args)
    return text


def _filter(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream | None:
    from conductor.shell.filters import filter_of  # a hook pays for what it imports

    found = filter_of(call.name, call.argv[1:])
    if found is None:
        return None
    change, files = found
    given = [walk.open(word, state, stdin) for word in files] or [stdin]
    text = state.through("".join(each.rest() for each in given), change)
    origins = [each.origin for each in given if each.origin]
    return Stream(text, origins[0] if origins else "piped" if UNKNOWN in text else "")


def _path_name(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream | None:
    del walk, stdin
    path, *rest = call.argv[1:] or [""]
    if not path:
        return None
    cut = dirname_of if call.name == "dirname" else lambda path: basename_of([path, *rest])
    return Stream(state.through(path, cut) + "\n")


def basename_of(args: list[str]) -> str:
    """Return what `basename PATH [SUFFIX]` prints, without the line end."""
    leaf = args[0].rstrip("/").rpartition("/")[2] or args[0][:1]
    return leaf.removesuffix(args[1]) if len(args) > 1 and leaf != args[1] else leaf


def dirname_of(path: str) -> str:
    """Return what `dirname PATH` prints, without the line end."""
    bare = path.rstrip("/")
    folder, slash, _ = bare.rpartition("/")
    return folder.rstrip("/") or ("/" if slash or (path and not bare) else ".")


_OUTPUTS: dict[str, Callable[[Walker, Call, State, Stream], Stream | None]] = {
    "echo": _echo, "printf": _printf, "pwd": _pwd, "cat": _cat, "tee": _tee,
    **dict.fromkeys(("basename", "dirname"), _path_name),
    **dict.fromkeys(("tr", "cut", "head", "tail", "rev", "sed", "gsed", "awk", "gawk", "mawk"), _filter),
}  # fmt: skip
