"""Programs that run a text or other words: shells, scripts by their path, the wrappers of the table."""

from __future__ import annotations

from conductor.programs import find
from conductor.programs.wrapping import is_assignment
from conductor.shell.builtins import NAMES, read_options
from conductor.shell.calls import FINDERS, Call, Field, Source, is_shell
from conductor.shell.expand import UNKNOWN
from conductor.shell.flow import Leave
from conductor.shell.repeated import run_each, run_found
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.programs.words import Wrapped
    from conductor.shell.state import State
    from conductor.shell.walker import Walker

_POSIX = frozenset({"sh", "dash", "ash"})
_VALUED = frozenset({"--rcfile", "--init-file", "-O", "+O"})
_ENV = frozenset({"env", "genv"})
# What takes `NAME=value` before its command; for any other wrapper that is a program's name.
_ASSIGNS = _ENV | {"sudo", "cross-env"}
_CLEARS = {**dict.fromkeys(_ENV, ("-i", "--ignore-environment")), "exec": ("-c",)}


def run_nested(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream | None:
    """Follow what a call starts in turn; None where it starts nothing that is known."""
    if is_shell(call.name):
        return _shell(walk, call, state, stdin) if walk.may_look_inside else None
    if call.name in FINDERS:
        return run_found(walk, call, state)
    wrapped = _wrapped(call)
    if wrapped is not None:
        return _wrapper(walk, call, wrapped, state, stdin)
    if "/" in call.fields[0].text and walk.may_look_inside:
        return _path(walk, call, state, stdin)
    return None


def _path(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream | None:
    """Run a script by its path."""
    name = call.fields[0].text
    source = walk.script(call, name, "path", state)
    if source is None:
        return None
    options = ("errexit",) if source.errexit else ()
    inner = state.child(source.dialect, *options)
    inner.arguments = call.argv[1:]
    _name_script(inner, name)
    return walk.run_shell(call, source, inner, stdin)


def _name_script(state: State, name: str) -> None:
    """Let a shell know which script it runs."""
    state.set("0", name)
    if state.dialect != "posix":
        state.variables["BASH_SOURCE"] = [name]


def _shell(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream | None:
    """Run the text, the script or the input that a shell is given."""
    takes, options, place = shell_options(call.argv)
    if options is None:  # it only looks at the grammar
        return Stream("")
    words = call.argv[place:]
    dialect = "posix" if call.name in _POSIX else "bash"
    inner = state.child(dialect, *options)
    inner.arguments, name = words[1:], call.fields[0].text
    walk.visitor.begin_shell(call.argv[:place], inner)
    if takes == "text":
        if not words or (UNKNOWN in words[0] and not walk.visitor.reads_unknown):
            return None
        inner.arguments, name = words[2:], words[1] if len(words) > 1 else name
        source: Source | None = walk.given(call, place, words[0])
    elif words and takes != "input":
        name = words[0]
        _name_script(inner, name)
        source = walk.script(call, name, "shell", state)
    elif stdin.text.strip() in {"", UNKNOWN} or (UNKNOWN in stdin.text and not walk.visitor.reads_unknown):
        return None
    else:
        inner.arguments = words
        text = stdin.rest()
        source = walk.given(call, 0, text) if stdin.home is None else Source(text, stdin.home)
    if source is None:
        return None
    inner.set("0", name)
    if source.errexit:
        inner.options |= {"errexit"}
    return walk.run_shell(call, source, inner, stdin)


def shell_options(argv: list[str]) -> tuple[str, frozenset[str] | None, int]:
    """Return what a shell takes, its options, and the place of the first word after them.

    It takes a `text` (`-c`, in a cluster too), its `input` (`-s`) or a `file`. The options are None where it only
    checks the grammar (`-n`).
    """
    takes, place = "file", 1
    options: frozenset[str] = frozenset()
    while place < len(argv):
        word = argv[place]
        if word in {"--", "-"}:
            place += 1
            break
        if word[:1] not in {"-", "+"} or len(word) < 2:
            break
        place += 1
        if word[1:2] == "-" or word in _VALUED:
            place += 1 if word in _VALUED else 0
            continue
        if word[0] == "-" and "c" in word:
            takes = "text"
        elif "s" in word and takes == "file":
            takes = "input"
        named = 1 if "o" in word else 0
        options, _ = read_options([word, *argv[place : place + named]], options)
        place += named
    return takes, None if "noexec" in options else options & NAMES, place


def _wrapped(call: Call) -> Wrapped | None:
    words = find(call.name)
    return words.wrapped(call.argv[1:]) if words is not None and words.runs() else None


def _wrapper(walk: Walker, call: Call, wrapped: Wrapped, state: State, stdin: Stream) -> Stream | None:
    """Run the command of a wrapper: the words after its options, or an option's shell text."""
    own = len(call.fields) + wrapped.at
    unclear = UNKNOWN in "".join(call.argv[1:own]) and not walk.visitor.reads_unknown
    inner = walk.visitor.enter(call, wrapped, state)
    if inner is None or unclear or not walk.may_look_inside:
        return None
    folder = wrapped.folder()
    if folder is not None:
        inner.change_folder(inner.path(folder))
    started = _command_of(call, wrapped, own)
    _change_environment(call.name, wrapped, started, inner)
    texts = wrapped.texts()
    if texts:
        return _texts(walk, call, texts, inner, stdin)
    assignments = _take_assignments(walk, started, inner) if call.name in _ASSIGNS else []
    if wrapped.words.how == "each":
        return run_each(walk, call, wrapped, started, inner, stdin)
    if not started:
        return None
    started_call = call.inner(started, assignments)
    if call.name in {"command", "builtin"}:
        return _past_functions(walk, started_call, inner if wrapped.options.has("-p") else state, stdin)
    inner.functions = {name: bodies for name, bodies in inner.functions.items() if name != started[0].text}
    output = walk.execute(started_call, inner, stdin)
    if call.name == "exec" and walk.visitor.leaves:
        raise Leave("exec")
    return output


def _texts(walk: Walker, call: Call, texts: list[str], state: State, stdin: Stream) -> Stream:
    """Run shell texts one after the other, each in a shell of its own."""
    output = Stream("")
    for text in texts:
        output = walk.run_shell(call, walk.given(call, 1, text, call.name), state.copy(), stdin)
    return output


def _command_of(call: Call, wrapped: Wrapped, own: int) -> list[Field]:
    """Return the command's words; one that the table puts before them (`python -m`) stands nowhere."""
    words = [field.word for field in call.fields[own:]] if wrapped.at else []
    before = [None] * (len(wrapped.argv) - len(words))
    return [Field(text, word) for text, word in zip(wrapped.argv, [*before, *words], strict=True)]


def _change_environment(name: str, wrapped: Wrapped, words: list[Field], state: State) -> None:
    """`env -i`, which is `env -` too, `env -u NAME`, `exec -c`."""
    options = wrapped.options
    bare = name in _ENV and [field.text for field in words[:1]] == ["-"]
    del words[: 1 if bare else 0]
    if bare or options.has(*_CLEARS.get(name, ())):
        state.leave_all_out()
    for left_out in options.values("-u", "--unset") if name in _ENV else ():
        state.leave_out(left_out)


def _take_assignments(walk: Walker, words: list[Field], state: State) -> list[tuple[str, str | list[str]]]:
    """Take the `NAME=value` words that `env`, `sudo` and `cross-env` have before the command."""
    found: list[tuple[str, str | list[str]]] = []
    while words and is_assignment(words[0].text):
        name, _, value = words.pop(0).text.partition("=")
        found.append((name, value))
        state.set(name, value)
        state.give([name])
        walk.visitor.assign(name, value, state)
    return found


def _past_functions(walk: Walker, call: Call, state: State, stdin: Stream) -> Stream:
    """`command NAME`: in this shell, and not the function of that name."""
    name = call.fields[0].text
    kept = state.functions.pop(name, None)
    try:
        return walk.execute(call, state, stdin)
    finally:
        if kept is not None:
            state.functions.setdefault(name, kept)
