"""Compare what a named command runs now with what it ran when the task began."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conductor.config.settings import split_front_matter
from conductor.errors import ConductorError
from conductor.ports.git import Repository
from conductor.records.beginning import Start
from conductor.sessions.selection.follow import follow_command
from conductor.sessions.selection.pieces import Piece, Trace
from conductor.sessions.selection.tests_changed import Moved, compare_tests
from conductor.sessions.selection.trees import PastTree, Tree, WorkTree, text_of

_CONFIGURATIONS = ("CONDUCTOR.md", "conductor.yaml")
_MOST = 20
_VARIABLE = re.compile(r"\$[({]?([A-Za-z_]\w*)")
# Set where it is used, so that the environment's value does not count: `NAME=…`, or make's `NAME = …` and `NAME := …`.
_OWN_VARIABLE = re.compile(r"(?m)^(?:export |local |readonly )?([A-Za-z_]\w*) ?:{0,3}=")
_HARMLESS = frozenset(
    {"HOME", "PATH", "PWD", "OLDPWD", "USER", "LOGNAME", "SHELL", "TERM", "TMPDIR", "LANG", "LC_ALL", "CI"}
)


@dataclass(frozen=True, slots=True)
class Selection:
    """What changed since the task began of that which selects what a command runs; each is a line for a person.

    `decides` is the command itself and its recipe, `notices` the rest; `looked_at` names files that were read, and
    `not_looked_at` what could not be followed.
    """

    since: str
    decides: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    looked_at: tuple[str, ...] = ()
    not_looked_at: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form, as evidence keeps it."""
        return {
            "since": self.since,
            "decides": list(self.decides),
            "notices": list(self.notices),
            "looked_at": list(self.looked_at),
            "not_looked_at": list(self.not_looked_at),
        }


def compare_selection(repository: Repository, name: str, text: str, start: Start) -> Selection:
    """Return how what the command `name` runs (its text is `text` now) differs from what it ran then."""
    now = WorkTree(repository.root)
    before = PastTree(repository, start, now)
    new, old = trace_command(now, name, text), trace_command(before, name, None)
    decides, notices = [], []
    unsure = [f"{path} (git does not keep it: nothing tells what it said before)" for path in before.unsure]
    for piece in _differing(old, new):
        line = _told(piece, old.pieces, new.pieces)
        if not piece.decides:
            # What another recipe does not come to any more, or comes to now, was not changed itself.
            notices += [line] if piece.name in old.pieces and piece.name in new.pieces else []
        elif not start.noted and piece.name not in old.pieces and _is_new(repository, piece.path):
            unsure.append(f"{piece.name} ({piece.path} is in no commit: nothing tells what it said before)")
        else:
            decides.append(line)
    notices += _from_environment(new)
    tests = compare_tests(before, now, _changed_paths(repository, start, before, now))
    files = sorted({piece.path for piece in new.pieces.values()})
    return Selection(
        start.revision, tuple(decides), _cut([*notices, *tests]), _cut(files), _cut([*unsure, *new.unread])
    )


def trace_command(tree: Tree, name: str, text: str | None) -> Trace:
    """Return what a command of the configuration comes to in a tree; its text is read there where it is None."""
    path, commands = _commands(tree)
    text = commands.get(name) if text is None else text
    trace = Trace()
    if text is not None:
        trace.add(Piece(f"the command {name}", path, " ".join(text.split())))
        follow_command(tree, trace, text)
    return trace


def _commands(tree: Tree) -> tuple[str, dict[str, str]]:
    import yaml

    for path in _CONFIGURATIONS:
        text = text_of(tree.read(path))
        try:
            found = split_front_matter(text, path) if path.endswith(".md") else (text, 1)
            data = yaml.load(found[0], Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if found else None  # noqa: S506 - the safe loader
        except (yaml.YAMLError, ConductorError, RecursionError):
            continue
        commands = data.get("commands") if isinstance(data, dict) else None
        if isinstance(commands, dict):
            return path, {str(key): str(value) for key, value in commands.items()}
    return _CONFIGURATIONS[0], {}


def _differing(old: Trace, new: Trace) -> Iterable[Piece]:
    for name in [*new.pieces, *(name for name in old.pieces if name not in new.pieces)]:
        before, now = old.pieces.get(name), new.pieces.get(name)
        if before is None or now is None or before.text != now.text:
            piece = now or before
            if piece is not None:
                yield Piece(name, piece.path, piece.text, bool((before and before.decides) or (now and now.decides)))


def _told(piece: Piece, old: Mapping[str, Piece], new: Mapping[str, Piece]) -> str:
    word = "is new" if piece.name not in old else "is gone" if piece.name not in new else "was changed"
    return f"{piece.path}: {piece.name} {word}"


def _from_environment(trace: Trace) -> list[str]:
    """Return the variables that what decides takes from the environment of whoever verifies."""
    found: set[str] = set()
    for piece in trace.pieces.values():
        if piece.decides:
            own = set(_OWN_VARIABLE.findall(piece.text))
            found |= {name for name in _VARIABLE.findall(piece.text) if name in os.environ and name not in own}
    names = sorted(found - _HARMLESS)
    return [f"the environment gives {', '.join(names)} to what it runs"] if names else []


def _changed_paths(repository: Repository, start: Start, before: Tree, now: Tree) -> list[Moved]:
    """Return every path that differs between then and now, what git ignores aside."""
    listed = repository.run("diff", "--name-status", "--no-renames", "-z", start.revision, "--", check=False).stdout
    words = listed.decode("utf-8", "surrogateescape").split("\0")
    status = {path: letter if letter in "AD" else "M" for letter, path in zip(words[::2], words[1::2], strict=False)}
    others = repository.run("ls-files", "-z", "--others", "--exclude-standard").stdout
    status.update((path, "A") for path in others.decode("utf-8", "surrogateescape").split("\0") if path)
    moved = []
    for path, letter in sorted(status.items()):
        if not start.has(path):
            moved.append(Moved(path, letter))
        elif before.read(path) != now.read(path):
            moved.append(Moved(path, "D" if now.read(path) is None else "A" if before.read(path) is None else "M"))
    return moved


def _is_new(repository: Repository, path: str) -> bool:
    return not repository.run("log", "-1", "--format=%H", "--", path, check=False).stdout.strip()


def _cut(lines: list[str]) -> tuple[str, ...]:
    rest = len(lines) - _MOST
    return tuple(lines) if rest <= 0 else (*lines[:_MOST], f"and {rest} more")
