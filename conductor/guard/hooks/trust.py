"""Whether an agent was told to run a project's hooks, as far as it keeps that where it can be read.

Sources: codex-rs/hooks/src/engine/discovery.rs (the hash of a hook, `command_hook_hash`) and codex-rs/config's
`version_for_toml`; gemini-cli packages/core/src/utils/trust.ts; Copilot CLI 1.0.102's help on `trustedFolders`; Claude
Code's `~/.claude.json`. Each was tried with the program itself on 27 November 2026.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conductor.guard.hooks.install import load_agent

# Codex's names of the events in its keys.
_CODEX_EVENTS = {
    "PreToolUse": "pre_tool_use",
    "PostToolUse": "post_tool_use",
    "SessionStart": "session_start",
    "Stop": "stop",
}


@dataclass(frozen=True, slots=True)
class Trust:
    """`state` is given, missing, off (the hooks are switched off) or unknown; `how` says how it is given."""

    state: str
    how: str


HOW = {
    "claude": "start claude here once and accept the folder",
    "codex": "start codex here, open /hooks and trust each of Conductor's entries (again after they changed)",
    "gemini": "start gemini here and trust the folder (/permissions), in the project's own folder; not --skip-trust",
    "copilot": "start copilot here, in the project's own folder, and trust it for good",
    "cursor": "open the folder in Cursor and trust the workspace",
}


def read_trust(root: Path, agent: str) -> Trust:
    """Return whether the agent runs the hooks of the project under the root."""
    readers = {"claude": _claude, "codex": _codex, "gemini": _gemini, "copilot": _copilot}
    state = readers[agent](root) if agent in readers else "unknown"
    return Trust(state, HOW[agent])


def _home(variable: str, default: str) -> Path:
    given = os.environ.get(variable, "")
    return Path(given) if given else Path.home() / default


def _claude(root: Path) -> str:
    if any(_json(path).get("disableAllHooks") is True for path in _claude_settings(root)):
        return "off"
    given = os.environ.get("CLAUDE_CONFIG_DIR", "")
    projects = _json((Path(given) if given else Path.home()) / ".claude.json").get("projects")
    trusted = {
        path
        for path, about in (projects.items() if isinstance(projects, dict) else ())
        if isinstance(about, dict) and about.get("hasTrustDialogAccepted") is True
    }
    return "given" if _covers(trusted, root) else "missing"


def _claude_settings(root: Path) -> Iterator[Path]:
    yield from (root / ".claude/settings.json", root / ".claude/settings.local.json")
    yield _home("CLAUDE_CONFIG_DIR", ".claude") / "settings.json"


def _gemini(root: Path) -> str:
    settings = [_json(root / ".gemini/settings.json"), _json(Path.home() / ".gemini/settings.json")]
    for data in settings:
        for name in ("hooks", "hooksConfig"):
            given = data.get(name)
            if isinstance(given, dict) and (given.get("enabled") is False or "conductor" in _list(given, "disabled")):
                return "off"
    said = os.environ.get("GEMINI_CLI_TRUST_WORKSPACE")
    if said in {"true", "false"}:
        return "given" if said == "true" else "missing"
    security = settings[1].get("security")
    folder_trust = security.get("folderTrust") if isinstance(security, dict) else None
    if isinstance(folder_trust, dict) and folder_trust.get("enabled") is False:
        return "given"
    best, level = -1, ""
    for name, given in _json(Path.home() / ".gemini/trustedFolders.json").items():
        covered = os.path.dirname(name) if given == "TRUST_PARENT" else name  # noqa: PTH120 - as the agent does
        if _covers({covered}, root) and len(name) > best:
            best, level = len(name), str(given)
    return "given" if level.startswith("TRUST_") else "missing"


def _copilot(root: Path) -> str:
    home = _home("COPILOT_HOME", ".copilot")
    if any(_json(home / name).get("disableAllHooks") is True for name in ("config.json", "settings.json")):
        return "off"
    trusted = {
        folder
        for name in ("config.json", "settings.json")
        for key in ("trustedFolders", "trusted_folders")
        for folder in _list(_json(home / name), key)
    }
    return "given" if _covers({str(folder) for folder in trusted}, root) else "missing"


def _codex(root: Path) -> str:
    config = _toml(_home("CODEX_HOME", ".codex") / "config.toml")
    features = config.get("features")
    if isinstance(features, dict) and (features.get("hooks") is False or features.get("codex_hooks") is False):
        return "off"
    hooks = config.get("hooks")
    states = hooks.get("state") if isinstance(hooks, dict) else None
    states = states if isinstance(states, dict) else {}
    wanted = dict(codex_hashes(root))
    known = {key: states[key] for key in wanted if isinstance(states.get(key), dict)}
    if any(about.get("enabled") is False for about in known.values()):
        return "off"
    return "given" if wanted and all(_hash_of(known, key) == value for key, value in wanted.items()) else "missing"


def _hash_of(known: dict[str, Any], key: str) -> object:
    return known.get(key, {}).get("trusted_hash")


def codex_hashes(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the key and the hash under which Codex keeps the trust in each of Conductor's entries as they stand.

    A linked worktree has the hooks of the checkout that it belongs to.
    """
    path = _main_checkout(root.resolve()) / load_agent("codex").SETTINGS
    hooks = _json(path).get("hooks")
    for event, label in _CODEX_EVENTS.items():
        groups = hooks.get(event) if isinstance(hooks, dict) else None
        for place, group in enumerate(groups if isinstance(groups, list) else ()):
            for number, hook in enumerate(group.get("hooks", ())):
                if "conductor/bin/guard" in str(hook.get("command")):
                    yield f"{path}:{label}:{place}:{number}", codex_hash(label, group.get("matcher"), hook)


def _main_checkout(root: Path) -> Path:
    try:
        folder = (root / ".git").read_text(encoding="utf-8").partition("gitdir: ")[2].strip()
    except OSError:
        return root
    main, found, _ = folder.partition("/.git/worktrees/")
    return Path(main) if found else root


def codex_hash(label: str, matcher: str | None, hook: dict[str, Any]) -> str:
    """Return Codex's identity of a hook: the SHA-256 of its event, matcher, command and time limit as sorted JSON."""
    handler = {"type": "command", "command": hook["command"], "timeout": hook.get("timeout", 600), "async": False}
    identity: dict[str, Any] = {"event_name": label, "hooks": [handler]}
    # The end of a turn has no matcher, whatever the entry says.
    if matcher is not None and label != "stop":
        identity["matcher"] = matcher
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()


def _covers(folders: set[str], root: Path) -> bool:
    """Tell whether one of the folders is the root or above it."""
    real = root.resolve()
    return any(folder and real.is_relative_to(Path(folder).expanduser().resolve()) for folder in folders)


def _list(data: dict[str, Any], name: str) -> list[Any]:
    value = data.get(name)
    return value if isinstance(value, list) else []


def _json(path: Path) -> dict[str, Any]:
    """Return the object in a file that may hold comments; nothing where there is none to read."""
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(re.sub(r"(?m)^\s*//.*$", "", text))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
