"""The facts of the folder a person typed a command in: what `judge` takes from its line, read from this machine."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from conductor.config.places import config_dir, state_dir
from conductor.guard.links import resolve
from conductor.guard.live_work import LiveWork
from conductor.guard.texts import read_text
from conductor.rules.judge.call import Facts

MOST_FILES = 20_000
_SKIPPED = {".git", "node_modules", ".venv", "venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


def read_project_facts(start: Path | None = None) -> Facts:
    """Return the facts of the git repository around a folder, or of the folder itself."""
    folder = (start or Path.cwd()).resolve()
    root = next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)
    facts = Facts(
        venv=_venv(root),
        in_container=Path("/.dockerenv").exists() or Path("/run/.containerenv").exists(),
        origin=_origin(root),
        files=_files(root),
        project=str(root),
    )
    facts.cwd, facts.home = str(folder), str(Path.home())
    facts.state = (str(state_dir()), f"{root}/.git/conductor", str(config_dir()))
    facts.resolve = resolve
    facts.finds = lambda name: shutil.which(name) is not None
    facts.read = lambda name: read_text(str(root), name)
    facts.read_work(lambda: LiveWork(str(root)))
    return facts


def _venv(root: Path) -> str:
    active = os.environ.get("VIRTUAL_ENV", "")
    if active and Path(active).resolve().is_relative_to(root):
        return "active"
    if sys.prefix != sys.base_prefix and Path(sys.prefix).resolve().is_relative_to(root):
        return "exists"
    return "exists" if any((root / name / "pyvenv.cfg").exists() for name in (".venv", "venv", "env")) else "none"


def _origin(root: Path) -> str:
    """Return https where git's own configuration file gives `origin` such an address."""
    try:
        text = (root / ".git" / "config").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "ssh"
    _, _, section = text.partition('[remote "origin"]')
    lines = section.partition("\n[")[0].splitlines()
    urls = [line.partition("=")[2].strip() for line in lines if line.strip().startswith(("url", "pushurl"))]
    return "https" if any(url.startswith(("http://", "https://")) for url in urls) else "ssh"


def _files(root: Path) -> list[str]:
    names: list[str] = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        relative = Path(folder).relative_to(root)
        names += [(relative / name).as_posix() for name in files]
        if len(names) > MOST_FILES:
            break
    return names[:MOST_FILES]
