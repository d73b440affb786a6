"""The second layer: git's own hooks, which run whichever way an agent came to commit or push.

A hook that stood there before is kept beside ours and still runs, after ours; uninstalling gives it back byte for byte.
"""

from __future__ import annotations

import shlex
import stat
from pathlib import Path

from conductor.errors import UsageProblem
from conductor.guard.policy import GIT_HOOK_MARK, command_line
from conductor.ports.git import Repository
from conductor.records.files import write_atomically

NAMES = ("pre-commit", "commit-msg", "pre-push")
KEPT = ".before-conductor"

_HOOK = """#!/bin/sh
{mark}: installed by `conductor hooks install`, taken out by `conductor hooks uninstall`
here=$(dirname "$0")
{conductor} hooks git {name} "$@" || exit $?
if [ -x "$here/{name}{kept}" ]; then exec "$here/{name}{kept}" "$@"; fi
"""
# pre-push gets the refs on standard input, and both hooks must see them.
_HOOK_WITH_INPUT = """#!/bin/sh
{mark}: installed by `conductor hooks install`, taken out by `conductor hooks uninstall`
here=$(dirname "$0")
refs=$(cat)
printf '%s\\n' "$refs" | {conductor} hooks git {name} "$@" || exit $?
if [ -x "$here/{name}{kept}" ]; then printf '%s\\n' "$refs" | "$here/{name}{kept}" "$@"; fi
"""


def hooks_folder(repository: Repository) -> Path:
    """Return the folder git takes hooks from; raises UsageProblem where that is shared with other repositories."""
    configured = repository.run("config", "--get", "core.hooksPath", check=False).stdout.decode().strip()
    if not configured:
        return repository.common_dir / "hooks"
    folder = (repository.root / Path(configured).expanduser()).resolve()
    if not folder.is_relative_to(repository.root.resolve()):
        raise UsageProblem(
            f"core.hooksPath is {configured}: other repositories use these hooks too",
            hint="git config --unset core.hooksPath here, or call conductor hooks git NAME from the shared hooks",
        )
    return folder


def render_hook(name: str) -> str:
    """Return the hook's text, with the interpreter that runs this command."""
    text = _HOOK_WITH_INPUT if name == "pre-push" else _HOOK
    return text.format(mark=GIT_HOOK_MARK, conductor=shlex.join(command_line()), name=name, kept=KEPT)


def install_git_hooks(repository: Repository) -> list[str]:
    """Install each hook, keeping what stood there; returns the names that changed."""
    folder = hooks_folder(repository)
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name in NAMES:
        path, text = folder / name, render_hook(name).encode()
        if path.is_file():
            content = path.read_bytes()
            if content == text:
                continue
            if GIT_HOOK_MARK.encode() not in content:
                path.replace(folder / f"{name}{KEPT}")
        write_atomically(path, text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        changed.append(name)
    return changed


def uninstall_git_hooks(repository: Repository) -> list[str]:
    """Take our hooks out and put back what stood there; returns the names that changed."""
    folder = hooks_folder(repository)
    changed = []
    for name in NAMES:
        path, kept = folder / name, folder / f"{name}{KEPT}"
        if path.is_file() and GIT_HOOK_MARK.encode() in path.read_bytes():
            if kept.exists():
                kept.replace(path)
            else:
                path.unlink()
            changed.append(name)
    return changed


def git_hooks_state(repository: Repository) -> dict[str, str]:
    """Return `installed`, `missing`, `other` (not ours) or `changed` for each hook."""
    folder = hooks_folder(repository)
    states = {}
    for name in NAMES:
        path = folder / name
        content = path.read_bytes() if path.is_file() else b""
        if not content:
            states[name] = "missing"
        elif GIT_HOOK_MARK.encode() not in content:
            states[name] = "other"
        else:
            states[name] = "installed" if content == render_hook(name).encode() else "changed"
    return states
