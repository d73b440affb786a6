"""npm, pnpm, yarn and bun: the scripts of package.json, with what runs before and after them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conductor.programs import known
from conductor.programs.node_scripts import named_script
from conductor.recipes import PACKAGE, folders_up
from conductor.recipes.package import scripts_of, scripts_run
from conductor.sessions.selection.pieces import Piece
from conductor.sessions.selection.places import ROOT, short
from conductor.sessions.selection.trees import join

if TYPE_CHECKING:
    from conductor.sessions.selection.follower import Follower
    from conductor.shell.calls import Call
    from conductor.shell.state import State

_PROGRAMS = frozenset({"npm", "pnpm", "yarn", "bun"})
_RUNNERS = ("jest", "vitest", "mocha", "ava", "tap", "nyc", "c8")
_INTERPRETERS = frozenset({"node", "deno", "tsx", "ts-node"})


def follow(follower: Follower, name: str, argv: list[str], call: Call, state: State) -> bool:
    """Follow a call of a package manager's script, or of node; tell whether it is one."""
    if name in _INTERPRETERS:
        _node(follower, argv, state)
        return True
    if name not in _PROGRAMS:
        return False
    manager, inner = known(name), state.copy()
    given = manager.parse(argv[1:])
    moved = given.value(*manager.chdir)
    away = moved is not None and follower.path(moved, state) is None
    if away or given.has("-w", "--workspace", "--filter", "-F", "-r", "--recursive", "--workspaces", "-ws"):
        follower.trace.leave(f"{name} in its workspaces")
        return True
    named = named_script(name, given.words)
    if named is None:
        return given.words[:1] != ["test"]  # bun test is a runner of its own
    if moved is not None:
        inner.change_folder(inner.path(moved))
    _run(follower, named[0], call, inner, nearest=moved is None)
    return True


def _node(follower: Follower, argv: list[str], state: State) -> None:
    node = known("node")
    given = node.parse(argv[1:], stop=True)
    if given.has("--test"):
        follower.trace.runs_tests = True
    elif given.words and not given.has(*node.idle, *node.column("code")):
        follower.script(given.words[0], state)


def _run(follower: Follower, script: str, call: Call, state: State, *, nearest: bool) -> None:
    for folder in folders_up(state.cwd, ROOT if nearest else state.cwd):
        state.change_folder(folder)
        content = follower.read_text(PACKAGE, state)
        if content is not None:
            break
    path = join(follower.folder(state), PACKAGE) or PACKAGE
    data = _parse(content or "")
    scripts = scripts_of(data)
    named = {name: scripts[name] for name in scripts_run(scripts, script)}
    if script not in named:
        follower.trace.leave(f"the script {short(script)} of {path} (it is not there)")
        return
    text = "\n".join(f"{name}: {' '.join(command.split())}" for name, command in named.items())
    follower.trace.add(Piece(f"the script {script} of {path}", path, text))
    for runner in _RUNNERS:
        if runner in data:
            chosen = json.dumps(data[runner], sort_keys=True)
            follower.trace.add(Piece(f"the selection of {runner} in {path}", path, chosen, decides=False))
    for name, command in named.items():
        follower.text(f"script {name} of {path}", command, call, state)


def _parse(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
