"""Why the guard can't run here: each part it needs, and what is wrong with it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from conductor.domain.finding import Finding, Location, Severity
from conductor.guard.hooks.wrapper import ENTER, WRAPPER, render_enter, render_wrapper
from conductor.guard.policy import LOCAL, SCHEMA
from conductor.ports.git import Repository

INSTALL = "conductor hooks install"
DOCS = "docs/hooks.md"


def find_causes(repository: Repository) -> Iterator[Finding]:
    """Yield what keeps the guard of this working tree from running, or from being what was written."""
    root = repository.root
    yield from _scripts(root)
    yield from _interpreter(root)
    yield from _policy(root)
    yield from _owner(root)
    yield from _committed(repository)


def guard_above(root: Path) -> Path | None:
    """Return the Conductor project that this repository lies inside of, whose hooks judge what agents do here too."""
    return next((folder for folder in root.resolve().parents if (folder / WRAPPER).is_file()), None)


def _scripts(root: Path) -> Iterator[Finding]:
    for name, text in ((WRAPPER, render_wrapper()), (ENTER, render_enter())):
        path = root / name
        try:
            content = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            yield _broken(f"{name} is missing, so the hooks refuse every tool", name.as_posix())
            continue
        if content != text:
            yield _broken(f"{name} is not the text that this version writes", name.as_posix())


def _interpreter(root: Path) -> Iterator[Finding]:
    name = (LOCAL / "interpreter").as_posix()
    try:
        lines = (root / name).read_text(encoding="utf-8").splitlines()
    except OSError:
        yield _broken(f"{name} is missing: this clone or worktree was never set up", name)
        return
    python, hook = (*lines, "", "")[:2]
    if not os.access(python, os.X_OK):
        yield _broken(f"the Python of the guard is gone: {python or '(none)'}", name)
    elif not Path(hook).is_file():
        yield _broken(f"the guard's program is gone: {hook or '(none)'}", name)


def _policy(root: Path) -> Iterator[Finding]:
    name = (LOCAL / "policy.json").as_posix()
    try:
        policy = json.loads((root / name).read_text(encoding="utf-8"))
    except OSError:
        yield _broken(f"{name} is missing: this clone or worktree was never set up", name)
        return
    except ValueError:
        policy = None
    if not isinstance(policy, dict) or policy.get("schema") != SCHEMA:
        yield _broken(f"{name} can't be read by this version", name)
    elif Path(str(policy.get("root"))).resolve() != root.resolve():
        yield _broken(f"{name} was made for {policy.get('root')}: the folder was copied or moved", name)
    elif not Path(str(policy.get("common_dir"))).is_dir():
        yield _broken(f"{name} names a git folder that is gone: {policy.get('common_dir')}", name)


def _owner(root: Path) -> Iterator[Finding]:
    owner = root.stat().st_uid
    if owner != os.geteuid():
        yield Finding(
            "G1",
            f"this folder belongs to another user ({owner}): git may refuse it, and Conductor's commands with it",
            f"git config --global --add safe.directory {root}",
            Severity.WARNING,
            docs=DOCS,
        )


def _committed(repository: Repository) -> Iterator[Finding]:
    names = [WRAPPER.as_posix(), ENTER.as_posix()]
    listed = repository.run("ls-files", "-z", "--", *names, check=False).stdout.decode("utf-8", "replace")
    missing = [name for name in names if name not in listed.split("\0") and (repository.root / name).exists()]
    if missing:
        yield Finding(
            "G1",
            f"not committed: {', '.join(missing)}; a clone or a new worktree refuses every tool without",
            f"git add {' '.join(missing)}",
            Severity.ADVICE,
            location=Location(missing[0]),
            docs=DOCS,
        )


def _broken(message: str, path: str) -> Finding:
    return Finding("G1", message, INSTALL, location=Location(path), docs=DOCS)
