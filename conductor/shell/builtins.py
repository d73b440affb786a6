"""The shell's own commands: what they do to its state, and the text that they run."""

from __future__ import annotations

from conductor.programs.options import parse
from conductor.shell.conditions import both, decide_words
from conductor.shell.expand import UNKNOWN
from conductor.shell.flow import Leave
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.shell.calls import Call
    from conductor.shell.state import State
    from conductor.shell.walker import Walker

    Builtin = Callable[[Walker, Call, State, Stream], Stream | None]

LETTERS = {"e": "errexit", "u": "nounset", "a": "allexport", "n": "noexec"}
NAMES = frozenset({*LETTERS.values(), "pipefail"})


def run_builtin(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream | None:
    """Run one of the shell's own commands; None where it is none, or where it only prints."""
    builtin = _BUILTINS.get(call.fields[0].text)
    return builtin(walk, call, state, stdin) if builtin is not None else None


def _cd(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    del stdin
    words = [word for word in call.argv[1:] if word == "-" or word[:1] != "-"]
    home = state.get("HOME")
    target = words[0] if words else home if isinstance(home, str) else UNKNOWN
    if call.argv[0] == "pushd":
        state.folders.append(state.cwd)
    state.change_folder(state.previous if target == "-" else state.path(target))
    known = target != "-" and UNKNOWN not in state.cwd
    walk.status = True if known and (state.cwd == "/" or state.has_file("-d", state.cwd)) else None
    return Stream("")


def _popd(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    del walk, call, stdin
    state.change_folder(state.folders.pop() if state.folders else UNKNOWN)
    return Stream("")


def _export(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    """`export A=1` whose words the tree did not see as assignments (`"export"`, `export $NAME=1`)."""
    del stdin
    for word in call.argv[1:]:
        name, equals, value = word.partition("=")
        if UNKNOWN in name or not name.isidentifier():
            continue
        if equals:
            state.set(name, value)
            walk.visitor.assign(name, value, state)
        state.exported.add(name)
    walk.status = True
    return Stream("")


def _unset(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    del stdin
    for word in call.argv[1:]:
        if "-v" not in call.argv[1:2]:
            state.functions.pop(word, None)
        if "-f" not in call.argv[1:2]:
            state.unset(word)
    walk.status = True
    return Stream("")


def _set(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    del stdin
    options, rest = read_options(call.argv[1:], state.options)
    state.options = options
    if rest is not None:
        state.arguments = rest
    walk.status = True
    return Stream("")


def read_options(args: list[str], options: frozenset[str]) -> tuple[frozenset[str], list[str] | None]:
    """Return the options after `set`'s words, and the arguments that they set, None where they set none."""
    on, place = set(options), 0
    while place < len(args):
        word = args[place]
        if word == "--":
            return frozenset(on), args[place + 1 :]
        if word[:1] not in {"-", "+"} or len(word) < 2:
            return frozenset(on), args[place:]
        place += 1
        names = [LETTERS[letter] for letter in word[1:] if letter in LETTERS]
        if "o" in word[1:]:
            names += args[place : place + 1]
            place += 1
        if word[0] == "-":
            on.update(names)
        else:
            on.difference_update(names)
    return frozenset(on) & NAMES, None


def _shift(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    del stdin
    given = call.argv[1] if len(call.argv) > 1 else "1"
    if UNKNOWN in given:
        state.arguments = None
    walk.status = None
    if state.arguments is not None:
        count = int(given) if given.isdigit() and len(given) < 4 else 1
        walk.status = count <= len(state.arguments)
        state.arguments = state.arguments[count:] if walk.status else state.arguments
    return Stream("")


def _eval(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream | None:
    words = [word for word in call.argv[1:] if word != "--"]
    text = " ".join(words)
    if not walk.may_look_inside or (UNKNOWN in text and not walk.visitor.reads_unknown):
        return None
    return walk.run_text(walk.given(call, 1, text, "eval"), state, stdin)


def _source(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream | None:
    words = call.argv[2:] if call.argv[1:2] == ["--"] else call.argv[1:]
    found = walk.script(call, words[0], "source", state) if words else None
    if found is None:
        return None
    before, own = state.arguments, state.variables.get("BASH_SOURCE")
    state.arguments = words[1:] or before
    state.variables["BASH_SOURCE"] = [words[0]]
    try:
        return walk.run_text(found, state, stdin)
    except Leave as leave:
        if leave.kind != "return":
            raise
        return Stream(UNKNOWN)
    finally:
        state.arguments = before
        state.variables.pop("BASH_SOURCE", None)
        if own is not None:
            state.variables["BASH_SOURCE"] = own


def _trap(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    """`trap TEXT SIGNAL…`: the text is run at the end of the shell, with what is known then."""
    del stdin
    words = [word for word in call.argv[1:] if word not in {"--", "-l", "-p"}]
    if len(words) > 1 and words[0] not in {"-", ""}:
        walk.traps.append((walk.given(call, 1, words[0], "trap"), state, bool({"EXIT", "0"} & set(words[1:]))))
    walk.status = True
    return Stream("")


def _alias(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream | None:
    """`alias NAME=TEXT`; without a text it prints."""
    del walk, stdin
    pairs = [word.partition("=") for word in call.argv[1:]]
    state.aliases.update({name: text for name, equals, text in pairs if name and equals})
    return Stream("") if all(equals for _, equals, _ in pairs) and pairs else None


def _unalias(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    del walk, stdin
    for word in call.argv[1:]:
        state.aliases.pop(word, None)
    if "-a" in call.argv:
        state.aliases.clear()
    return Stream("")


def _leave(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    del state, stdin
    code = call.argv[1:2]
    walk.status = code[0] == "0" if code and code[0].isdigit() else None
    raise Leave(call.argv[0])


def _true(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    del state, stdin
    walk.status = call.argv[0] != "false"
    return Stream("")


def _test(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    del stdin
    words = call.argv[1:]
    walk.status = decide_words(words[:-1] if call.argv[0] == "[" and words[-1:] == ["]"] else words, state)
    return Stream("")


def _find(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream | None:
    """`command -v NAME`, `which NAME`: whether they find all that they are asked for, and where."""
    del stdin
    words = call.argv[1:]
    names = [word for word in words if word[:1] != "-"]
    if call.argv[0] == "command" and not {"-v", "-V"} & set(words[:1]):
        return None
    if call.argv[0] == "hash" and "-p" in words[:-1]:  # `hash -p PATH NAME` makes NAME start that program
        path = words[words.index("-p") + 1]
        state.aliases.update(dict.fromkeys((name for name in names if name != path), path))
    found: bool | None = True if names else None
    for name in names:
        own = name in state.functions or name in _BUILTINS
        found = both(found, True if own else None if UNKNOWN in name else walk.visitor.has_program(name, state))
    walk.status = found
    return Stream("".join(walk.visitor.path_of(name, state) + "\n" for name in names))


def _read(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    parsed = parse(call.argv[1:], {"-d", "-n", "-N", "-p", "-t", "-u", "-i", "-a"})
    line = stdin.line()
    open_ended = UNKNOWN in stdin.text or (line is None and not walk.visitor.knows_input)
    known = line is not None and not open_ended
    walk.status = True if known else None if open_ended else False
    array = parsed.value("-a")
    if array is not None:
        state.set(array, (line or "").split() if known else UNKNOWN)
        return Stream("")
    names = parsed.words or ["REPLY"]
    text = line or ""
    pieces = text.split(None, len(names) - 1) if len(names) > 1 else [text.strip()]
    for number, name in enumerate(names):
        value = pieces[number] if number < len(pieces) else ""
        state.set(name, value.strip() if walk.status is not None else UNKNOWN)
    return Stream("")


def _mapfile(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    del walk
    words = parse(call.argv[1:], {"-d", "-n", "-O", "-s", "-u", "-C", "-c"}).words
    text = stdin.rest()
    state.set(words[0] if words else "MAPFILE", UNKNOWN if UNKNOWN in text else text.splitlines())
    return Stream("")


def _getopts(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    """Take the next option of the arguments: `getopts ab:c NAME [WORDS]`."""
    del stdin
    from conductor.shell.getopts import next_option  # rare, and a hook pays for what it imports

    letters, name = (*call.argv[1:3], "", "")[:2]
    walk.status = next_option(letters, name, call.argv[3:] or state.arguments, state)
    return Stream("")


def _printf(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream | None:
    """Assign with `printf -v NAME`."""
    del stdin
    if call.argv[1:2] != ["-v"] or len(call.argv) < 4:
        return None
    from conductor.shell.outputs import printf_text

    state.set(call.argv[2], printf_text(call.argv[3:]))
    walk.status = True
    return Stream("")


_BUILTINS: dict[str, Builtin] = {
    "cd": _cd,
    "pushd": _cd,
    "popd": _popd,
    **dict.fromkeys(("export", "declare", "typeset", "local", "readonly"), _export),
    "unset": _unset,
    "set": _set,
    "shift": _shift,
    "alias": _alias,
    "unalias": _unalias,
    "trap": _trap,
    "eval": _eval,
    "source": _source,
    ".": _source,
    **dict.fromkeys(("exit", "return", "break", "continue"), _leave),
    **dict.fromkeys((":", "true", "false"), _true),
    **dict.fromkeys(("test", "["), _test),
    **dict.fromkeys(("command", "which", "type", "hash"), _find),
    "read": _read,
    "mapfile": _mapfile,
    "readarray": _mapfile,
    "getopts": _getopts,
    "printf": _printf,
}
