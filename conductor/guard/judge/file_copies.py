"""Follow the text of files that a command writes by other means than redirections: copies, moves, links, dd, sed."""

from __future__ import annotations

from conductor.guard.judge.state import State
from conductor.programs import known
from conductor.shell.expand import UNKNOWN
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.guard.judge.walker import Walker

    Handler = Callable[[Walker, State, list[str], Stream], Stream | None]

_INPUTS = frozenset({"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "-"})


def text_of(runner: Walker, state: State, word: str, stdin: Stream) -> Stream | None:
    """Return what a file holds that this command has written, or that the project has; None where it is not known."""
    if word in _INPUTS:
        return Stream(stdin.text[stdin.place :], stdin.origin) if stdin.origin != "file" else None
    written = state.files.get(state.place().path(word))
    if written is not None:
        return written
    text = runner.read_project(word, state)
    return None if text is None else Stream(text)


def _copy(runner: Walker, state: State, argv: list[str], stdin: Stream) -> None:
    name = argv[0].rpartition("/")[2].removeprefix("g")
    parsed = known(name).parse(argv[1:])
    folder = parsed.value("-t", "--target-directory")
    sources = parsed.words if folder is not None else parsed.words[:-1]
    if not sources or (name == "install" and parsed.has("-d", "--directory")):
        return
    target = folder if folder is not None else parsed.words[-1]
    base = state.place().path(target)
    into = folder is not None or target.endswith("/") or len(sources) > 1 or target.rpartition("/")[2] in {".", ".."}
    for source in sources:
        found = text_of(runner, state, source, stdin)
        leaf = source.rstrip("/").rpartition("/")[2]
        if found is None:
            state.files.pop(base, None)  # what it was is not there any more
            continue
        for path in (f"{base}/{leaf}",) if into else (base, f"{base}/{leaf}"):
            state.files[path] = Stream(found.text, found.origin, path=found.path)


def _dd(runner: Walker, state: State, argv: list[str], stdin: Stream) -> None:
    given = {name: value for name, equals, value in (word.partition("=") for word in argv[1:]) if equals}
    found = text_of(runner, state, given.get("if", "-"), stdin)
    if "of" in given and found is not None:
        state.files[state.place().path(given["of"])] = Stream(found.text, found.origin)


def _sed(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    """`sed s/a/b/ FILE`: the text with plain words replaced, else not known."""
    from conductor.guard.judge.languages import run_sed

    run_sed(runner, state, argv)
    parsed = known("sed").parse(argv[1:])
    scripts = parsed.values("-e", "--expression")
    files = parsed.words if scripts or parsed.has("-f", "--file") else parsed.words[1:]
    scripts = scripts or parsed.words[:1]
    in_place = any(name in {"-i", "--in-place"} for name, _ in parsed.options)
    if not files:
        return None if in_place else _replaced(scripts, Stream(stdin.rest(), stdin.origin), parsed.has("-n"))
    texts = [text_of(runner, state, file, stdin) for file in files]
    if in_place:
        for file, text in zip(files, texts, strict=True):
            path = state.place().path(file)
            if text is not None and path in state.files:
                state.files[path] = _replaced(scripts, text, parsed.has("-n"))
        return Stream("")
    if any(text is None for text in texts):
        return None
    whole = Stream("".join(text.text for text in texts if text), next((text.origin for text in texts if text), ""))
    return _replaced(scripts, whole, parsed.has("-n"))


def _replaced(scripts: list[str], stream: Stream, quiet: bool) -> Stream:  # noqa: FBT001 - one caller's flag
    """Return a text after literal `s` commands; UNKNOWN where the script does anything else."""
    text = stream.text
    if stream.origin == "download" or UNKNOWN in text or quiet:
        return Stream(UNKNOWN, "download" if stream.origin == "download" else "piped")
    for script in scripts:
        for piece in script.replace("\n", ";").split(";"):
            command = piece.strip()
            parts = command.split(command[1]) if command[:1] == "s" and len(command) > 3 else []
            if len(parts) != 4 or any(character in parts[1] for character in "\\.*[]^$+?(){}|"):
                return Stream(UNKNOWN, "piped")
            every = "g" in parts[3]
            new = parts[2].replace("&", parts[1])
            text = "\n".join(line.replace(parts[1], new, -1 if every else 1) for line in text.split("\n"))
    return Stream(text, stream.origin)


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("cp", "gcp", "mv", "gmv", "ln", "link", "install", "ginstall"), _copy),
    "dd": _dd,
    "sed": _sed,
    "gsed": _sed,
}
