"""`npm run NAME` and its kin: the one script of package.json, with what runs before and after it."""

from __future__ import annotations

from conductor.guard.judge.ledger import Source
from conductor.guard.judge.project.scripts import Opened
from conductor.guard.judge.state import State
from conductor.guard.lean_json import parse
from conductor.recipes import PACKAGE, folders_up
from conductor.recipes.package import scripts_of, scripts_run
from conductor.shell.expand import UNKNOWN
from conductor.shell.substitutes import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.guard.judge.walker import Walker


def run_script(runner: Walker, state: State, script: str, arguments: list[str], *, folder: str | None) -> None:
    """Judge a script of the nearest package.json; `install` stands for what an installation runs."""
    inner = state.copy()
    if folder is not None:
        inner.cwd = inner.place().path(folder)
    text = None
    for above in folders_up(inner.cwd, inner.facts.project if folder is None else inner.cwd):
        inner.cwd = above
        text = _read(runner, inner)
        if text is not None:
            break
    scripts = _scripts(text or "")
    place = inner.place()
    name = place.inside(place.path(PACKAGE)) or PACKAGE
    inner.functions, inner.aliases, inner.arguments = {}, {}, []
    for each in scripts_run(scripts, script):
        words = [word for word in arguments if word != "--"] if each == script else []
        command = " ".join([scripts[each], *map(quote, words)])
        source = Source(name, (_line_of(text or "", each),))
        with Opened(runner, source, inner):
            runner.run_text(command, inner.copy(), f"script {each}", file=source)
    runner.walk.status = None


def _read(runner: Walker, state: State) -> str | None:
    written = state.files.get(state.place().path(PACKAGE))
    text = written.text if written is not None else runner.read_project(PACKAGE, state)
    return None if text is None or UNKNOWN in text else text


def _scripts(text: str) -> dict[str, str]:
    try:
        return scripts_of(parse(text))
    except ValueError:
        return {}


def _line_of(text: str, script: str) -> int:
    """Return the line in which a script is named."""
    place = text.find(f'"{script}"', max(text.find('"scripts"'), 0))
    return text.count("\n", 0, max(place, 0)) + 1
