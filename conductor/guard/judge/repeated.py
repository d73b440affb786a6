"""Which files find, fd and xargs mean, and what find itself removes; the commands that they start are the walk's."""

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

    Handler = Callable[[Walker, State, list[str], Stream], Stream | None]


def _xargs(runner: Walker, state: State, argv: list[str], stdin: Stream) -> None:
    """Ask about a removal of what nothing tells; what the words are run with is the walk's to know."""
    del state
    parsed = known("xargs").parse(argv[1:], stop=True)
    words = parsed.after()
    text = stdin.text[stdin.place :] or (UNKNOWN if parsed.has("-a", "--arg-file") else "")
    if words and UNKNOWN in text and stdin.origin != "names" and _removes(words):
        runner.ask(f"Which files `{show(words)}` removes can't be told from the text.")


def _removes(words: list[str]) -> bool:
    """Tell whether a command removes with everything below, or by any means what it is given."""
    name = words[0].rpartition("/")[2]
    recursive = any(word[:1] == "-" and ("r" in word.lower()) for word in words[1:])
    return name in {"shred", "truncate"} or (name == "rm" and recursive)


def names_found(state: State, argv: list[str]) -> list[str]:
    """Return the files that find's or fd's tests let through.

    Outside the project no files are known, so that a folder to start from stands for some file below it.
    """
    if argv[0].rpartition("/")[2] in {"fd", "fdfind"}:
        option = next((word for word in argv if word in {"-x", "--exec", "-X", "--exec-batch"}), None)
        return _fd_files(state, argv[1 : argv.index(option) if option else len(argv)])
    return [*find_files(state, argv[1:]), *_outside(state, argv[1:])]


def _outside(state: State, args: list[str]) -> list[str]:
    place = state.place()
    paths = [place.path(start) for start in starts(args)]
    return [f"{path}/{UNKNOWN}" for path in paths if place.inside(path) is None]


def _find(runner: Walker, state: State, argv: list[str], stdin: Stream) -> None:
    """Judge `-delete` over the files that the tests let through."""
    del stdin
    for name in names_found(state, argv) if "-delete" in argv else ():
        runner.judge_write(Write("delete", state.path(name), show(argv)), state)


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


def _fd_files(state: State, args: list[str]) -> list[str]:
    """Return the project's files with an extension, or whose name may hold the pattern."""
    parsed = known("fd").parse(args)
    endings = tuple(f".{value}" for value in parsed.values("-e", "--extension"))
    pattern = parsed.words[0].strip("^$.") if parsed.words else ""
    found = [name for name in sorted(state.facts.files) if not endings or name.endswith(endings)]
    return [name for name in found if pattern in name.rpartition("/")[2] or not pattern.isalnum()]


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("xargs", "gxargs"), _xargs),
    **dict.fromkeys(("find", "gfind"), _find),
}
