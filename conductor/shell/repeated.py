"""Programs that run a command once for each of many words: xargs, parallel, find, fd."""

from __future__ import annotations

from conductor.shell.calls import Call, Field
from conductor.shell.expand import UNKNOWN
from conductor.shell.streams import NOTHING, Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.programs.options import Parsed
    from conductor.programs.words import Wrapped
    from conductor.shell.state import State
    from conductor.shell.walker import Walker

MOST_WORDS = 4000  # of one list
_ACTIONS = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
_TAKES_MANY = frozenset({"rm", "unlink", "shred", "truncate"})
_FEEDS = frozenset({":::", "::::", ":::+", "::::+"})


def run_each(walk: Walker, call: Call, wrapped: Wrapped, words: list[Field], state: State, stdin: Stream) -> Stream:
    """`xargs`: the words of the input come behind the command's own, or a line of it where `-I` says."""
    if call.name == "parallel":
        return _parallel(walk, call, words, state, stdin)
    if call.name not in {"xargs", "gxargs"}:  # entr puts a name in place of `/_` only
        return walk.execute(call.inner(words), state.copy(), stdin) if words else Stream("")
    words = words or [Field("echo")]
    options, output = wrapped.options, Stream(UNKNOWN)
    text = stdin.rest() or (UNKNOWN if options.has("-a", "--arg-file") else "")
    mark = options.value("-I", "-J", "-i", "--replace") or ("{}" if options.has("-i", "--replace") else "")
    if mark:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        for line in (lines if _is_known(walk, text) else [])[: walk.limits.rounds] or [UNKNOWN]:
            given = [Field(word.text.replace(mark, line), word.word) for word in words]
            walk.execute(call.inner(given), state.copy())
        return Stream(UNKNOWN)
    items = _split(text, _separator(options, stdin)) if _is_known(walk, text) else [UNKNOWN]
    step = _step(options)
    places = range(0, max(len(items), 1), step)[: walk.limits.rounds]
    for place in places:
        end = place + step if place != places[-1] else MOST_WORDS  # the last of many gets all that are left
        output = walk.execute(call.inner([*words, *map(Field, items[place:end])]), state.copy())
    return output if len(items) <= step else Stream(UNKNOWN)


def _is_known(walk: Walker, text: str) -> bool:
    """Tell whether an input is looked at: one that is empty is not known either, where nobody may type it."""
    return walk.visitor.reads_unknown or (bool(text) and UNKNOWN not in text)


def _step(options: Parsed) -> int:
    """Return how many words one command gets."""
    most = options.value("-n", "--max-args", "-L", "--max-lines") or ""
    return int(most) if most.isdigit() and 0 < int(most) < MOST_WORDS else MOST_WORDS


def _separator(options: Parsed, stdin: Stream) -> str:
    """Return what stands between the items of xargs' input; nothing for white space."""
    if options.has("-0", "--null"):
        return "\n" if stdin.origin == "names" else "\0"  # lists of names are kept by lines here
    named = options.value("-d", "--delimiter") or ""
    return {"\\n": "\n", "\\0": "\0", "\\t": "\t"}.get(named, "" if "\\" in named else named)


def _split(text: str, separator: str) -> list[str]:
    if separator:
        body = text.strip("\n")
        return body.removesuffix(separator).split(separator)[:MOST_WORDS] if body else []
    text = text.replace("\0", "\n")
    if "'" not in text and '"' not in text and "\\" not in text:
        return text.split()[:MOST_WORDS]
    items, current, mark = [], "", ""
    for character in text:
        if mark:
            mark = "" if character == mark else mark
            current += "" if not mark else character
        elif character in "'\"":
            mark = character
        elif character.isspace():
            items += [current] if current else []
            current = ""
        elif character != "\\":
            current += character
    return [*items, *([current] if current else [])][:MOST_WORDS]


def _parallel(walk: Walker, call: Call, words: list[Field], state: State, stdin: Stream) -> Stream:
    """`parallel CMD ::: A B`: what stands before `:::` is shell text, run with each word, or each line of the input."""
    texts = [word.text for word in words]
    at = next((place for place, text in enumerate(texts) if text in _FEEDS), len(texts))
    template = " ".join(texts[:at])
    values = [text for text in texts[at + 1 :] if text not in _FEEDS]
    if at == len(texts):
        values = stdin.rest().splitlines()
    elif texts[at].startswith("::::"):
        values = [UNKNOWN]  # of a file
    for value in values[: walk.limits.rounds] or [UNKNOWN]:
        text = template.replace("{}", value) if "{" in template else f"{template} {value}".strip()
        if walk.visitor.reads_unknown or UNKNOWN not in text:
            walk.run_shell(call, walk.given(call, 1, text, "parallel"), state.copy(), NOTHING)
    return Stream(UNKNOWN)


def run_found(walk: Walker, call: Call, state: State) -> Stream | None:
    """`find … -exec CMD`, `fd … -x CMD`: run the command with the names that the visitor knows, and one not known.

    None where nothing is run, or the visitor does not look into it.
    """
    commands = _commands(call)
    found = walk.visitor.find_files(call, state) if commands else None
    if found is None:
        return None
    if not (found or walk.visitor.reads_unknown):  # there may be none
        call = call.inner(call.fields)
        call.standing = call.standing.but(conditional=True)
    for command, together in commands:
        _run_with(walk, call, command, [*found, UNKNOWN], state, together=together)
    return Stream(UNKNOWN)


def _run_with(
    walk: Walker, call: Call, command: list[Field], names: list[str], state: State, *, together: bool
) -> None:
    """Run a command with each name, or with all at once where that does the same, so that one answer names them all."""
    if command[-1].text == "{}" and (together or command[0].text.rpartition("/")[2] in _TAKES_MANY):
        given = [*command[:-1], *(Field(name) for name in names[:MOST_WORDS])]
        walk.execute(call.inner(given), state.copy())
        return
    for name in names[: walk.limits.rounds]:
        given = [Field(word.text.replace("{}", name), word.word) for word in command]
        walk.execute(call.inner(given), state.copy())


def _commands(call: Call) -> list[tuple[list[Field], bool]]:
    """Return the commands that a call runs with what it finds, and whether each gets all names at once."""
    fields = list(call.fields)
    if call.name in {"fd", "fdfind"}:
        at = next((n for n, word in enumerate(call.argv) if word in {"-x", "--exec", "-X", "--exec-batch"}), None)
        words = fields[at + 1 :] if at is not None else []
        if words and not any("{" in word.text for word in words):
            words.append(Field("{}"))
        return [(words, call.argv[at or 0] in {"-X", "--exec-batch"})] if words else []
    commands, place = [], 1
    while place < len(fields):
        if fields[place].text in _ACTIONS:
            end = next((n for n in range(place + 1, len(fields)) if fields[n].text in {";", "+"}), len(fields))
            if end > place + 1:
                commands.append((fields[place + 1 : end], end < len(fields) and fields[end].text == "+"))
            place = end
        place += 1
    return commands
