"""Programs that run what a file of the project names: make, just, and the scripts of package.json.

What reads these files is imported once there is one to read.
"""

from __future__ import annotations

from conductor.guard.judge.state import State
from conductor.guard.judge.task_files import JUSTFILES, MAKEFILES, PACKAGES
from conductor.programs import known
from conductor.programs.options import Parsed, parse
from conductor.shell.expand import UNKNOWN
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from conductor.guard.judge.walker import Walker

    Handler = Callable[[Walker, State, list[str], Stream], Stream | None]

_MAKE_RUNS_NOTHING = (
    "-n", "--dry-run", "--just-print", "--recon", "-q", "--question", "-t", "--touch", "-h", "--help", "-v",
    "--version",
)  # fmt: skip
_JUST_RUNS_NOTHING = (
    "-n", "--dry-run", "-l", "--list", "-s", "--show", "--summary", "--evaluate", "--dump", "--fmt", "--unstable-fmt",
    "--choose", "--variables", "-e", "--edit", "--init", "-h", "--help", "-V", "--version", "--groups", "--man",
    "--completions", "--changelog", "--usage",
)  # fmt: skip


_ABOVE = ("", "../", "../../", "../../../")


def _is_there(runner: Walker, state: State, folder: str, names: Iterable[str]) -> bool:
    """Tell whether one of the files is one whose text is known; `folder` is empty or ends in a slash."""
    place = state.place()
    paths = [f"{folder}{name}" if name[:1] != "/" else name for name in names]
    return any(place.path(path) in state.files or runner.read_project(path, state) is not None for path in paths)


def _make(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    parsed = known("make").parse(argv[1:])
    if parsed.has(*_MAKE_RUNS_NOTHING):
        return None
    texts = parsed.values("--eval")
    named = parsed.values("-f", "--file", "--makefile")
    if {"-", "/dev/stdin"} & set(named) and stdin.origin != "file":
        texts.append(stdin.rest())
    folders = [f"{folder}/" for folder in parsed.values("-C", "--directory")]
    if not texts and not _is_there(runner, state, "".join(folders), named or MAKEFILES):
        return None
    from conductor.guard.judge.project.makes import run_make

    run_make(runner, state, parsed, texts)
    return None


def _just(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    del stdin
    parsed = known("just").parse(argv[1:], stop=True)
    if parsed.has(*_JUST_RUNS_NOTHING):
        return None
    named = parsed.values("-f", "--justfile")
    if not named and not any(
        _is_there(runner, state, above, JUSTFILES) for above in ("", "../", "../../", "../../../")
    ):
        return None
    from conductor.guard.judge.project.justs import run_just

    run_just(runner, state, parsed)
    return None


def script_words(name: str, parsed: Parsed) -> tuple[str, list[str]] | None:
    """Return the script of package.json that the words name, with its arguments; None where they name none."""
    words = parsed.words
    first = words[0] if words else ""
    if first in {"run", "run-script", "rum", "urn"}:
        return (words[1], words[2:]) if len(words) > 1 else None
    if first in {"test", "t", "tst"} and name != "bun":
        return "test", words[1:]
    if first in {"start", "stop", "restart"} and name != "bun":
        return first, words[1:]
    if first in {"install", "i", "ci", "add"} and name == "npm" and len(words) == 1:
        return None if parsed.has("--ignore-scripts", "-g", "--global", "--dry-run") else ("install", [])
    if name == "npm" or not first or first in _OWN or (name == "pnpm" and first == "setup"):
        return None
    return first, words[1:]


# What pnpm, yarn and bun do themselves; any other first word is a script.
_OWN = frozenset({
    "install", "i", "ci", "add", "remove", "rm", "update", "up", "upgrade", "publish", "pack", "link", "unlink",
    "audit", "exec", "dlx", "x", "init", "create", "cache", "config", "info", "view", "why", "test", "global", "env",
    "workspace", "workspaces", "dedupe", "version", "login", "logout", "outdated", "list", "ls", "node", "bin", "help",
    "pm", "set", "plugin", "import", "fetch", "store", "patch", "rebuild", "prune", "root",
})  # fmt: skip


def package_script(runner: Walker, state: State, argv: list[str]) -> None:
    """`npm run NAME` and its kin: judge the one script of package.json, with what runs before and after it."""
    name = argv[0].rpartition("/")[2]
    parsed = known("npm").parse(argv[1:])
    if parsed.has("-h", "--help", "--version"):
        return
    named = script_words(name, parsed)
    folder = parsed.value("--prefix", "-C", "--dir", "--cwd")
    aboves = _ABOVE if folder is None else (f"{folder}/",)
    if named is None or UNKNOWN in named[0] or not any(_is_there(runner, state, each, PACKAGES) for each in aboves):
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
    for word in parse(argv[1:], {"-n", "--names", "-c", "--prefix-colors", "-p", "--prefix", "-m"}).words:
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
