"""What a command prints, where that follows from its words: echo, printf, cat, pwd, basename, dirname."""

from __future__ import annotations

from conductor.shell.expand import UNKNOWN
from conductor.shell.quoting import unescape_ansi
from conductor.shell.streams import NOTHING, Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.shell.calls import Call
    from conductor.shell.state import State
    from conductor.shell.walker import Walker

LONGEST = 1 << 16
# These print nothing, or what only running would tell, and change no file.
_ONLY_LOOK = frozenset({
    "awk", "cd", "chmod", "cut", "env", "grep", "head", "id", "ls", "nproc", "sleep", "sort", "tail", "test", "tr",
    "uname", "uniq", "wc", "which", "exec", "bash", "sh", "dash", "source", ".",
})  # fmt: skip


def output_of(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    """Return what a call prints; UNKNOWN where only running it would tell, and then its files are not known either."""
    name, args = call.name, call.argv[1:]
    if name == "echo":
        return Stream(echo_text(args, escapes=state.dialect == "posix"))
    if name == "printf":
        return Stream(printf_text(args))
    if name == "pwd":
        return Stream(state.cwd + "\n")
    if name == "cat":
        return _cat(walk, state, args, stdin)
    if name in {"basename", "dirname"} and args and UNKNOWN not in args[0]:
        return Stream((basename_of(args) if name == "basename" else dirname_of(args[0])) + "\n")
    if name not in _ONLY_LOOK:
        for word in args:
            state.files.pop(state.path(word), None)
    return Stream(UNKNOWN)


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


def _cat(walk: Walker, state: State, args: list[str], stdin: Stream) -> Stream:
    words = [word for word in args if word == "-" or word[:1] != "-"]
    if len(words) != len(args):
        return Stream(UNKNOWN)
    if not words:
        whole = Stream(stdin.text[stdin.place :], stdin.origin, home=stdin.home if not stdin.place else None)
        stdin.rest()
        return whole
    texts = [stdin if word == "-" else walk.open(word, state, NOTHING) for word in words]
    return texts[0] if len(texts) == 1 else Stream("".join(each.text for each in texts))


def basename_of(args: list[str]) -> str:
    """Return what `basename PATH [SUFFIX]` prints, without the line end."""
    leaf = args[0].rstrip("/").rpartition("/")[2] or args[0][:1]
    return leaf.removesuffix(args[1]) if len(args) > 1 and leaf != args[1] else leaf


def dirname_of(path: str) -> str:
    """Return what `dirname PATH` prints, without the line end."""
    bare = path.rstrip("/")
    folder, slash, _ = bare.rpartition("/")
    return folder.rstrip("/") or ("/" if slash or (path and not bare) else ".")
