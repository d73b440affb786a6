"""`npm run NAME` and its kin: the one script of package.json, with what runs before and after it."""

from __future__ import annotations

from conductor.guard.judge.ledger import Source
from conductor.guard.judge.project.scripts import Opened
from conductor.guard.judge.state import State
from conductor.guard.lean_json import parse
from conductor.shell.expand import UNKNOWN
from conductor.shell.substitutes import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.guard.judge.walker import Walker

_INSTALLS = ("preinstall", "install", "postinstall", "prepare")


def run_script(runner: Walker, state: State, script: str, arguments: list[str], *, folder: str | None) -> None:
    """Judge a script of the nearest package.json; `install` stands for what an installation runs."""
    inner = state.copy()
    if folder is not None:
        inner.cwd = inner.place().path(folder)
    text = _read(runner, inner)
    while text is None and folder is None and inner.cwd != inner.facts.project and inner.place().inside(inner.cwd):
        inner.cwd = inner.cwd.rpartition("/")[0]
        text = _read(runner, inner)
    scripts = _scripts(text or "")
    names = _INSTALLS if script == "install" and script not in scripts else (f"pre{script}", script, f"post{script}")
    place = inner.place()
    name = place.inside(place.path("package.json")) or "package.json"
    inner.functions, inner.aliases, inner.arguments = {}, {}, []
    for each in names if any(each in scripts for each in names) else ():
        if each not in scripts:
            continue
        words = [word for word in arguments if word != "--"] if each == script else []
        command = " ".join([scripts[each], *map(quote, words)])
        source = Source(name, (_line_of(text or "", each),))
        with Opened(runner, source, inner):
            runner.run_text(command, inner.copy(), f"script {each}", file=source)
    runner.walk.status = None


def _read(runner: Walker, state: State) -> str | None:
    written = state.files.get(state.place().path("package.json"))
    text = written.text if written is not None else runner.read_project("package.json", state)
    return None if text is None or UNKNOWN in text else text


def _scripts(text: str) -> dict[str, str]:
    try:
        data = parse(text)
    except ValueError:
        return {}
    found = data.get("scripts") if isinstance(data, dict) else None
    pairs = found.items() if isinstance(found, dict) else ()
    return {name: command for name, command in pairs if isinstance(name, str) and isinstance(command, str)}


def _line_of(text: str, script: str) -> int:
    """Return the line in which a script is named."""
    place = text.find(f'"{script}"', max(text.find('"scripts"'), 0))
    return text.count("\n", 0, max(place, 0)) + 1
