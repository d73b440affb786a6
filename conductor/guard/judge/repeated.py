"""Programs that run a command once for each of many words: xargs, parallel, find, fd."""

from __future__ import annotations

from conductor.guard.judge.state import State
from conductor.programs import known
from conductor.rules.judge.call import Write, show
from conductor.rules.judge.places import is_inside
from conductor.shell.expand import UNKNOWN
from conductor.shell.patterns import matches
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.guard.judge.walker import Walker
    from conductor.programs.options import Parsed

    Handler = Callable[[Walker, State, list[str], Stream], Stream | None]

MOST_NAMES = 4000  # of one list
_TAKES_MANY = frozenset({"rm", "unlink", "shred", "truncate"})


def _xargs(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    parsed = known("xargs").parse(argv[1:], stop=True)
    words = parsed.after() or ["echo"]
    text = stdin.rest() or (UNKNOWN if parsed.has("-a", "--arg-file") else "")
    if UNKNOWN in text and stdin.origin != "names" and _removes(words):
        runner.ask(f"Which files `{show(words)}` removes can't be told from the text.")
    mark = _mark(parsed)
    if mark:
        lines = [line.strip() for line in text.splitlines() if line.strip()][:40] or [UNKNOWN]
        for line in lines:
            runner.execute([word.replace(mark, line) for word in words], state.copy())
        return Stream(UNKNOWN)
    items = _split(text, _separator(parsed, stdin))
    output = runner.execute([*words, *items], state.copy())
    if parsed.has("-n", "-L", "--max-args") and len(items) > 1:
        for item in items[:40]:
            runner.execute([*words, item], state.copy())
    return output


def _mark(options: Parsed) -> str:
    """Return what stands for a line of the input in xargs' command; nothing where lines are appended."""
    named = options.value("-I", "-J", "-i", "--replace")
    return named or ("{}" if options.has("-i", "--replace") else "")


def _separator(options: Parsed, stdin: Stream) -> str:
    """Return what stands between the items of xargs' input; nothing for white space."""
    if options.has("-0", "--null"):
        return "\n" if stdin.origin == "names" else "\0"  # lists of names are kept by lines here
    named = options.value("-d", "--delimiter") or ""
    return "" if "\\" in named else named


def _split(text: str, separator: str) -> list[str]:
    return text.strip("\n").split(separator) if separator else _items(text)


def _removes(words: list[str]) -> bool:
    """Tell whether a command removes with everything below, or by any means what it is given."""
    name = words[0].rpartition("/")[2]
    recursive = any(word[:1] == "-" and ("r" in word.lower()) for word in words[1:])
    return name in {"shred", "truncate"} or (name == "rm" and recursive)


def _items(text: str) -> list[str]:
    """Split xargs' input at white space and NUL, quotes removed."""
    text = text.replace("\0", "\n")
    if "'" not in text and '"' not in text and "\\" not in text:
        return text.split()[:MOST_NAMES]
    items, current, quote_mark = [], "", ""
    for character in text:
        if quote_mark:
            quote_mark = "" if character == quote_mark else quote_mark
            current += "" if not quote_mark else character
        elif character in "'\"":
            quote_mark = character
        elif character.isspace():
            items += [current] if current else []
            current = ""
        elif character != "\\":
            current += character
    return [*items, *([current] if current else [])][:MOST_NAMES]


def _parallel(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    parsed = known("parallel").parse(argv[1:], stop=True)
    words = parsed.after()
    marks = [place for place, word in enumerate(words) if word in {":::", "::::", ":::+"}]
    command = words[: marks[0]] if marks else words
    values = (
        [word for word in words[marks[0] + 1 :] if word not in {":::", ":::+"}] if marks else stdin.rest().splitlines()
    )
    if marks and words[marks[0]] == "::::":
        values = [UNKNOWN]
    template = " ".join(command)
    for value in values[:40] or [UNKNOWN]:
        text = template.replace("{}", value) if "{" in template else f"{template} {value}".strip()
        runner.run_text(text, state.copy(), "parallel")
    return Stream(UNKNOWN)


def _find(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    """Judge `-exec`, `-ok` and `-delete` over the files the tests let through; return those names.

    Outside the project no files are known, so that a folder to start from stands for some file below it.
    """
    del stdin
    found = find_files(state, argv[1:])
    outside = [path for start in starts(argv[1:]) if state.place().inside(path := state.place().path(start)) is None]
    names = [*found, *(f"{path}/{UNKNOWN}" for path in outside), UNKNOWN]
    place = 1
    while place < len(argv):
        if argv[place] in {"-exec", "-execdir", "-ok", "-okdir"}:
            end = next((n for n in range(place + 1, len(argv)) if argv[n] in {";", "+"}), len(argv))
            command = argv[place + 1 : end]
            if command[-1:] == ["{}"] and command[0].rpartition("/")[2] in _TAKES_MANY:
                runner.execute([*command[:-1], *names[:MOST_NAMES]], state.copy())
                names = []
            for name in names[:40]:
                words = [word.replace("{}", name) for word in command]
                runner.execute(words, state.copy())
            place = end
        place += 1
    if "-delete" in argv:
        for name in (*found, *(name for name in names if UNKNOWN in name and len(name) > 1)):
            runner.judge_write(Write("delete", state.place().path(name), show(argv)), state)
    return Stream("\n".join(names) + "\n", "names")


def starts(args: list[str]) -> list[str]:
    """Return the folders that find starts from."""
    out: list[str] = []
    for argument in args:
        if argument[:1] in {"-", "(", "!"}:
            break
        out.append(argument)
    return out or ["."]


def find_files(state: State, args: list[str]) -> list[str]:
    """Return the project's known files below find's folders that its name tests let through."""
    tests = _name_tests(args)
    kind = args[args.index("-type") + 1] if "-type" in args[:-1] else "f"
    if "f" not in kind:
        return []
    place = state.place()
    known = [*state.facts.files, ".conductor/bin/guard", ".git/hooks/pre-commit", ".claude/settings.json"]
    out = []
    for start in starts(args):
        folder = place.path(start)
        kept = any(is_inside(folder, each) for each in state.facts.state)
        if kept or folder.endswith(("/.conductor", "/.git/hooks")) or "/.conductor/" in folder:
            out.append(f"{folder}/file")
        for name in sorted(known):
            path = f"{state.facts.project}/{name}"
            below = path == folder or path.startswith(folder.rstrip("/") + "/")
            if below and _passes(name, tests, any_of="-o" in args or "-or" in args):
                out.append(path if start.startswith("/") else path[len(folder) :].lstrip("/") if start == "." else path)
    return out


def _name_tests(args: list[str]) -> list[tuple[str, str, bool]]:
    """Return find's tests of names: which, the pattern, and whether it is negated."""
    return [
        (argument, args[place + 1], place > 0 and args[place - 1] in {"!", "-not"})
        for place, argument in enumerate(args[:-1])
        if argument in {"-name", "-iname", "-path", "-wholename", "-ipath"}
    ]


def _passes(name: str, tests: list[tuple[str, str, bool]], *, any_of: bool) -> bool:
    if any_of:
        chosen = [(how, pattern) for how, pattern, negated in tests if not negated]
        return not chosen or any(_test_name(how, pattern, name) for how, pattern in chosen)
    return all(_test_name(how, pattern, name) != negated for how, pattern, negated in tests)


def _test_name(how: str, pattern: str, name: str) -> bool:
    subject = name.rpartition("/")[2] if how.endswith("name") and how != "-wholename" else f"./{name}"
    if how.startswith("-i"):
        return matches(pattern.lower(), subject.lower())
    return matches(pattern, subject)


def _fd(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    """Judge `-x` and `-X` over the files that a pattern or `-e` lets through; return those names."""
    option = next((word for word in argv if word in {"-x", "--exec", "-X", "--exec-batch"}), None)
    place = argv.index(option) if option else len(argv)
    names = [*_fd_files(state, argv[1:place]), UNKNOWN]
    if option is None:
        return Stream("\n".join(names) + "\n", "names")
    words = argv[place + 1 :]
    words = words if any("{" in word for word in words) else [*words, "{}"]
    for name in names[:MOST_NAMES] if words[0].rpartition("/")[2] in _TAKES_MANY else names[:40]:
        runner.execute([word.replace("{}", name) for word in words], state.copy(), stdin)
    return Stream(UNKNOWN)


def _fd_files(state: State, args: list[str]) -> list[str]:
    """Return the project's files with an extension, or whose name may hold the pattern."""
    parsed = known("fd").parse(args)
    endings = tuple(f".{value}" for value in parsed.values("-e", "--extension"))
    pattern = parsed.words[0].strip("^$.") if parsed.words else ""
    found = [name for name in sorted(state.facts.files) if not endings or name.endswith(endings)]
    return [name for name in found if pattern in name.rpartition("/")[2] or not pattern.isalnum()]


HANDLERS: dict[str, Handler] = {
    "xargs": _xargs,
    "gxargs": _xargs,
    "parallel": _parallel,
    "find": _find,
    "gfind": _find,
    "fd": _fd,
    "fdfind": _fd,
}
