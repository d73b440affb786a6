"""npm, pnpm, yarn and bun: the scripts of package.json, with what runs before and after them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conductor.programs import known
from conductor.programs.node_scripts import named_script
from conductor.sessions.selection.pieces import Piece
from conductor.sessions.selection.trees import join, text_of
from conductor.shell.expand import UNKNOWN

if TYPE_CHECKING:
    from conductor.sessions.selection.follower import Follower

_PROGRAMS = frozenset({"npm", "pnpm", "yarn", "bun"})
_RUNNERS = ("jest", "vitest", "mocha", "ava", "tap", "nyc", "c8")
_INTERPRETERS = frozenset({"node", "deno", "tsx", "ts-node"})


def follow(follower: Follower, name: str, argv: list[str], folder: str, depth: int) -> bool:
    """Follow a call of a package manager's script, or of node; tell whether it is one."""
    if name in _INTERPRETERS:
        node = known("node")
        given = node.parse(argv[1:], stop=True)
        if given.has("--test"):
            follower.trace.runs_tests = True
        elif given.words and not given.has(*node.idle, *node.column("code")):
            follower.script(given.words[0], folder, depth)
        return True
    if name not in _PROGRAMS:
        return False
    manager = known(name)
    given = manager.parse(argv[1:])
    moved = given.value(*manager.chdir)
    below = folder if moved is None else (join(folder, moved) if UNKNOWN not in moved else None)
    words = given.words
    if given.has("-w", "--workspace", "--filter", "-F", "-r", "--recursive", "--workspaces", "-ws") or below is None:
        follower.trace.leave(f"{name} in its workspaces")
        return True
    named = named_script(name, words)
    if named is None:
        return words[:1] != ["test"]  # bun test is a runner of its own
    _run(follower, named[0], below, depth)
    return True


def _run(follower: Follower, script: str, folder: str, depth: int) -> None:
    path = join(folder, "package.json") or "package.json"
    data = _parse(text_of(follower.tree.read(path)))
    scripts = data.get("scripts")
    scripts = scripts if isinstance(scripts, dict) else {}
    named = {name: str(scripts[name]) for name in (f"pre{script}", script, f"post{script}") if name in scripts}
    if script not in named:
        follower.trace.leave(f"the script {script.replace(UNKNOWN, '…')} of {path} (it is not there)")
        return
    text = "\n".join(f"{name}: {' '.join(command.split())}" for name, command in named.items())
    follower.trace.add(Piece(f"the script {script} of {path}", path, text))
    for runner in _RUNNERS:
        if runner in data:
            chosen = json.dumps(data[runner], sort_keys=True)
            follower.trace.add(Piece(f"the selection of {runner} in {path}", path, chosen, decides=False))
    for command in named.values():
        follower.text(command, folder, depth + 1)


def _parse(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
