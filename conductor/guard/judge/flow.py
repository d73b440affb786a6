"""The shell's own commands that answer a question or leave what is running; only files of the project are left."""

from __future__ import annotations

from conductor.guard.judge.branches import Leave
from conductor.guard.judge.state import State
from conductor.shell.conditions import decide_words
from conductor.shell.expand import UNKNOWN
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.guard.judge.walker import Walker

    Handler = Callable[[Walker, State, list[str], Stream], Stream | None]


def _leave(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    del state, stdin
    if runner.inside:
        if len(argv) > 1:
            runner.status = argv[1] == "0" if argv[1].isdigit() else None
        raise Leave(argv[0])
    return Stream("")


def _true(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    del state, stdin
    runner.status = argv[0] != "false"
    return Stream("")


def _test(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    del stdin
    words = argv[1:-1] if argv[0] == "[" and argv[-1] == "]" else argv[1:]
    runner.status = decide_words(words, state)
    return Stream("")


def _getopts(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    """Take the next option of the script's arguments: `getopts ab:c name`."""
    del stdin
    letters, name = (*argv[1:3], "", "")[:2]
    words = argv[3:] or state.arguments or []
    place, inside = _number(state, "OPTIND", 1), _number(state, "OPTIND inside", 1)
    word = words[place - 1] if 0 < place <= len(words) else ""
    runner.status = len(word) > 1 and word[0] == "-" and word != "--" and UNKNOWN not in word
    if not runner.status:
        state.set(name, "?")
        return Stream("")
    letter = word[inside : inside + 1]
    known = letters.find(letter) >= 0
    takes = known and letters[letters.find(letter) + 1 : letters.find(letter) + 2] == ":"
    rest = word[inside + 1 :]
    state.set(name, letter if known else "?")
    if takes:
        state.set("OPTARG", rest or (words[place] if place < len(words) else ""))
        place, inside = place + (1 if rest else 2), 1
    else:
        place, inside = (place, inside + 1) if rest else (place + 1, 1)
    state.variables.update({"OPTIND": str(place), "OPTIND inside": str(inside)})
    return Stream("")


def _number(state: State, name: str, default: int) -> int:
    value = state.variables.get(name)
    return int(value) if isinstance(value, str) and value.isdigit() and len(value) < 5 else default


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("exit", "return", "break", "continue"), _leave),
    **dict.fromkeys((":", "true", "false"), _true),
    **dict.fromkeys(("test", "["), _test),
    "getopts": _getopts,
}
