"""The compiled policy: what the hook must know, as one JSON file that costs nothing to read.

`.conductor/local/policy.json` is ignored by git and written anew when the configuration, its trust or the installation
changes. `.conductor/local/interpreter` holds two lines for the wrapper: the Python's absolute path and the hook's file.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from conductor import __version__
from conductor.config.settings import Settings
from conductor.domain.rule import LEVELS, is_looser
from conductor.records.files import write_atomically

LOCAL = Path(".conductor/local")
SCHEMA = 1
HOOK = Path(__file__).with_name("hook.py")
GIT_HOOK_MARK = "# conductor git hook"  # by which its own hooks of git are told from others


def compile_policy(root: Path, common_dir: Path, settings: Settings, grants: Path) -> dict[str, object]:
    """Return the policy as plain data; paths are absolute because the hook may run in any directory."""
    return {
        "schema": SCHEMA,
        "conductor": __version__,
        "root": str(root),
        "common_dir": str(common_dir),
        "grants": str(grants),
        "source": settings.source,
        "stamp": source_stamp(root),
        "levels": {name: rule.level for name, rule in settings.rules.items()},
        "exceptions": {name: list(rule.exceptions) for name, rule in settings.rules.items() if rule.exceptions},
        "allowed_variants": list(settings.files.allowed_variants),
        "custom_rules": [asdict(rule) for rule in settings.custom_rules],
    }


def load_compiled(root: Path) -> dict[str, Any]:
    """Return the compiled policy of the project, empty where nothing was compiled here or it can't be read."""
    try:
        found = json.loads((root / LOCAL / "policy.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def find_grants(root: Path) -> Path | None:
    """Return the file of grants that the compiled policy names, or None where there is none."""
    named = load_compiled(root).get("grants")
    return Path(named) if isinstance(named, str) else None


def strictest_levels(root: Path, settings: Settings) -> dict[str, str]:
    """Return each rule's level: the stricter of the compiled policy's and the settings'.

    An agent's environment may name a state folder with a trust of its own making, which loosens the settings; a
    configuration that was tightened since holds before the policy is compiled anew.
    """
    compiled = load_compiled(root).get("levels", {})
    levels = {}
    for name, rule in settings.rules.items():
        other = compiled.get(name, rule.level)
        levels[name] = other if other in LEVELS and is_looser(rule.level, other) else rule.level
    return levels


def command_line() -> list[str]:
    """Return the words that start this very Conductor, from an installed package or a source tree, in any directory."""
    root = str(Path(__file__).resolve().parents[2])
    start = f"import sys; sys.path.insert(0, {root!r}); from conductor.cli.main import main; main()"
    return [sys.executable, "-I", "-c", start]


def source_stamp(root: Path) -> list[int]:
    """Return what changes when the configuration file does: the modification times of both places it may stand in."""
    stamps = []
    for name in ("CONDUCTOR.md", "conductor.yaml"):
        try:
            stamps.append((root / name).stat().st_mtime_ns)
        except OSError:
            stamps.append(0)
    return stamps


def write_policy(root: Path, common_dir: Path, settings: Settings, grants: Path) -> Path:
    """Write the compiled policy and the wrapper's interpreter file; returns the policy's path."""
    folder = root / LOCAL
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "policy.json"
    body = json.dumps(compile_policy(root, common_dir, settings, grants), indent=1)
    write_atomically(path, body.encode("utf-8"))
    # The interpreter that runs this command has what the hook needs, and is no shim that would cost 200 ms a call.
    write_atomically(folder / "interpreter", f"{sys.executable}\n{HOOK}\n".encode())
    judge_all = folder / "judge-all"
    if any(rule.command for rule in settings.custom_rules):
        judge_all.touch()
    else:
        judge_all.unlink(missing_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        write_atomically(ignore, b"*\n")
    return path


def recompile(root: str, stale: dict[str, object]) -> dict[str, object]:
    """Compile the policy anew in a full interpreter and return it; the stale one where that fails.

    A configuration that can't be read must not turn the guard off, and must not lock the agent out of correcting it.
    """
    import subprocess

    subprocess.run(
        [*command_line(), "hooks", "compile"],
        cwd=root,
        capture_output=True,
        timeout=6,
        check=False,
    )
    try:
        fresh = json.loads((Path(root) / LOCAL / "policy.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return stale
    return fresh if isinstance(fresh, dict) else stale
