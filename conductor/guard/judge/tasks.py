"""Programs that run what a file of the project names: make, just, and the scripts of package.json.

What reads these files is imported once there is one to read.
"""

from __future__ import annotations

from conductor.guard.judge.state import State
from conductor.programs import known
from conductor.programs.node_scripts import named_script
from conductor.programs.options import Parsed, parse
from conductor.recipes import JUSTFILES, MAKEFILES, PACKAGE
from conductor.recipes.calls import JustCall, MakeCall
from conductor.shell.expand import UNKNOWN
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from conductor.guard.judge.walker import Walker

    Handler = Callable[[Walker, State, list[str], Stream], Stream | None]

_ABOVE = ("", "../", "../../", "../../../")


def _is_there(runner: Walker, state: State, folder: str, names: Iterable[str]) -> bool:
    """Tell whether one of the files is one whose text is known; `folder` is empty or ends in a slash."""
    place = state.place()
    paths = [f"{folder}{name}" if name[:1] != "/" else name for name in names]
    return any(place.path(path) in state.files or runner.read_project(path, state) is not None for path in paths)


def _make(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    call = MakeCall(argv[1:])
    if call.idle:
        return None
    if {"-", "/dev/stdin"} & set(call.files) and stdin.origin != "file":
        call.texts.append(stdin.rest())
    below = "".join(f"{folder}/" for folder in call.folders)
    if not call.texts and not _is_there(runner, state, below, call.files or MAKEFILES):
        return None
    from conductor.guard.judge.project.makes import run_make

    run_make(runner, state, call)
    return None


def _just(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    del stdin
    call = JustCall(argv[1:])
    if call.idle or not (call.file or any(_is_there(runner, state, above, JUSTFILES) for above in _ABOVE)):
        return None
    from conductor.guard.judge.project.justs import run_just

    run_just(runner, state, call)
    return None


def _script_words(name: str, parsed: Parsed) -> tuple[str, list[str]] | None:
    """Return the script of package.json that the words name, with its arguments; None where they name none.

    `npm install` in a project runs its scripts too.
    """
    words = parsed.words
    if name == "npm" and len(words) == 1 and words[0] in {"install", "i", "ci", "add"}:
        return None if parsed.has("--ignore-scripts", "-g", "--global", "--dry-run") else ("install", [])
    return named_script(name, words)


def package_script(runner: Walker, state: State, argv: list[str]) -> None:
    """`npm run NAME` and its kin: judge the one script of package.json, with what runs before and after it."""
    name = argv[0].rpartition("/")[2]
    manager = known(name)
    parsed = manager.parse(argv[1:])
    if parsed.has(*manager.idle):
        return
    named = _script_words(name, parsed)
    folder = parsed.value(*manager.chdir)
    aboves = _ABOVE if folder is None else (f"{folder}/",)
    if named is None or UNKNOWN in named[0] or not any(_is_there(runner, state, each, (PACKAGE,)) for each in aboves):
        return
    from conductor.guard.judge.project.packages import run_script

    run_script(runner, state, *named, folder=folder)


def _run_scripts(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    """`npm-run-all a b`, `run-s a b`."""
    del stdin
    for word in parse(argv[1:]).words:
        package_script(runner, state, ["npm", "run", word])
    return None


def _concurrently(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    """`concurrently "npm:NAME" "COMMAND"`: every word is a command of its own, or a script of package.json."""
    del stdin
    for word in known("concurrently").parse(argv[1:]).words:
        manager, colon, script = word.partition(":")
        if colon and manager in {"npm", "pnpm", "yarn", "bun"}:
            package_script(runner, state, [manager, "run", *script.split()])
        else:
            runner.run_text(word, state.copy(), "concurrently")
    return Stream("")


def _cross_env(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    return runner.execute(["env", *argv[1:]], state, stdin)


HANDLERS: dict[str, Handler] = {
    "concurrently": _concurrently,
    **dict.fromkeys(("cross-env", "cross-env-shell"), _cross_env),
    **dict.fromkeys(("make", "gmake", "remake"), _make),
    "just": _just,
    **dict.fromkeys(("npm-run-all", "run-s", "run-p"), _run_scripts),
}
