"""Hook entries in the agents' settings files: merged in, taken out again, the rest of the file left as it was.

What stood there before is kept in `.conductor/local/hooks/`, so that uninstalling gives it back byte for byte; where
the file was changed in between, only Conductor's own entries are taken out.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conductor.errors import UsageProblem
from conductor.guard.hooks.agents import AGENTS
from conductor.records.files import write_atomically

MARK = ".conductor/bin/guard"
KEPT = Path(".conductor/local/hooks")
# Environment for the agent's own shells: pip refuses outside a virtual environment, user packages are not seen.
ENVIRONMENT = {"PIP_REQUIRE_VIRTUALENV": "1", "PYTHONNOUSERSITE": "1"}


@dataclass(frozen=True, slots=True)
class Installed:
    """One agent's settings file and what is in it."""

    agent: str
    path: Path
    state: str  # installed, missing, changed
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where an agent's entries go: a settings file, the entries, and the folder that keeps what stood there before."""

    agent: str
    path: Path
    kept: Path
    entries: dict[str, list[dict[str, object]]]
    environment: bool = False


def place_of(root: Path, agent: str) -> Place:
    """Return the place in the project under the root."""
    module = load_agent(agent)
    return Place(agent, root / module.SETTINGS, root / KEPT, module.entries(), environment=agent == "claude")


def place_of_user(agent: str) -> Place:
    """Return the place in the user's own settings; raises UsageProblem for an agent that needs none."""
    from conductor.config.places import state_dir

    module = load_agent(agent)
    if not hasattr(module, "user_entries"):
        raise UsageProblem(
            f"{module.TITLE} reads a project's hooks from the folders below it too: it needs none for the user",
            hint=f"conductor hooks install --agent {agent}; for the user: {', '.join(agents_of_user())}",
        )
    return Place(agent, Path.home() / module.USER_SETTINGS, state_dir() / "hooks", module.user_entries())


def agents_of_user() -> tuple[str, ...]:
    """Return the agents that have a place in the user's own settings."""
    return tuple(name for name in AGENTS if hasattr(load_agent(name), "user_entries"))


def load_agent(name: str) -> Any:
    """Return the agent's protocol module; raises UsageProblem for an unknown name."""
    if name not in AGENTS:
        raise UsageProblem(f"no agent {name!r}", hint=f"one of: {', '.join(AGENTS)}, all")
    return importlib.import_module(f"conductor.guard.hooks.agents.{name}")


def read_settings(path: Path) -> tuple[bytes | None, dict[str, Any]]:
    """Return the file's bytes (None where there is none) and its JSON object."""
    if not path.exists():
        return None, {}
    content = path.read_bytes()
    try:
        data = json.loads(content.decode("utf-8-sig") or "{}")
    except ValueError as error:
        raise UsageProblem(
            f"{path.name} is not plain JSON: {error}",
            hint="correct it, or add the entries by hand: conductor hooks install --print",
            path=str(path),
        ) from error
    if not isinstance(data, dict) or not isinstance(data.get("hooks", {}), dict):
        raise UsageProblem(f"{path.name} does not hold a mapping with hooks", hint="correct it", path=str(path))
    return content, data


def merge_entries(place: Place, data: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with Conductor's entries after the others of each event; a second merge changes nothing."""
    merged = remove_entries(data, environment=place.environment)
    hooks = {event: list(groups) for event, groups in merged.get("hooks", {}).items()}
    for event, groups in place.entries.items():
        hooks[event] = [*hooks.get(event, []), *groups]
    merged["hooks"] = hooks
    if place.agent in ("copilot", "cursor"):
        merged.setdefault("version", 1)
    if place.environment:
        merged["env"] = {**merged.get("env", {}), **ENVIRONMENT}
    return merged


def remove_entries(data: dict[str, Any], *, environment: bool) -> dict[str, Any]:
    """Return the settings without any entry whose command is Conductor's, in this form or an earlier one."""
    kept = dict(data)
    hooks: dict[str, Any] = {}
    for event, groups in dict(data.get("hooks", {})).items():
        if not isinstance(groups, list):
            hooks[event] = groups
            continue
        left = [group for group in (_without_ours(group) for group in groups) if group is not None]
        if left or not groups:
            hooks[event] = left
    if hooks:
        kept["hooks"] = hooks
    else:
        kept.pop("hooks", None)
    if environment and isinstance(kept.get("env"), dict):
        others = {name: value for name, value in kept["env"].items() if ENVIRONMENT.get(name) != value}
        if others:
            kept["env"] = others
        else:
            del kept["env"]
    return kept


def install_agent(place: Place) -> Installed:
    """Merge the entries into the agent's settings; returns what was done."""
    before, data = read_settings(place.path)
    after = merge_entries(place, data)
    if after == data:
        return Installed(place.agent, place.path, "installed")
    body = (json.dumps(after, indent=_indent(before), ensure_ascii=False) + "\n").encode("utf-8")
    place.kept.mkdir(parents=True, exist_ok=True)
    note_path = place.kept / f"{place.agent}.json"
    note = {"sha256": hashlib.sha256(body).hexdigest(), "existed": before is not None}
    if not has_entries(data):
        write_atomically(place.kept / f"{place.agent}.before", before or b"")
    elif note_path.exists():
        note["existed"] = json.loads(note_path.read_text(encoding="utf-8"))["existed"]
    write_atomically(note_path, json.dumps(note).encode())
    place.path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(place.path, body)
    return Installed(place.agent, place.path, "installed", changed=True)


def uninstall_agent(place: Place) -> Installed:
    """Take the entries out again: byte for byte where nobody else changed the file since."""
    path = place.path
    content, data = read_settings(path)
    if content is None or not has_entries(data):
        return Installed(place.agent, path, "missing")
    note_path, before_path = place.kept / f"{place.agent}.json", place.kept / f"{place.agent}.before"
    note = json.loads(note_path.read_text(encoding="utf-8")) if note_path.exists() else {}
    untouched = note.get("sha256") == hashlib.sha256(content).hexdigest() and before_path.exists()
    left = remove_entries(data, environment=place.environment)
    if untouched and note["existed"]:
        write_atomically(path, before_path.read_bytes())
    elif untouched or not set(left) - {"version"}:
        path.unlink()
    else:
        body = json.dumps(left, indent=_indent(content), ensure_ascii=False)
        write_atomically(path, body.encode("utf-8") + (b"\n" if content.endswith(b"\n") else b""))
    for leftover in (note_path, before_path):
        leftover.unlink(missing_ok=True)
    return Installed(place.agent, path, "missing", changed=True)


def inspect_agent(place: Place) -> Installed:
    """Tell whether the agent's settings hold exactly the entries of this version."""
    try:
        _, data = read_settings(place.path)
    except UsageProblem:
        return Installed(place.agent, place.path, "changed")
    if not has_entries(data):
        return Installed(place.agent, place.path, "missing")
    same = merge_entries(place, data) == data
    return Installed(place.agent, place.path, "installed" if same else "changed")


def has_entries(data: dict[str, Any]) -> bool:
    """Tell whether any hook's command is Conductor's."""
    return MARK in json.dumps(data.get("hooks", {}))


def _without_ours(group: Any) -> Any:
    if not isinstance(group, dict):
        return group
    if isinstance(group.get("hooks"), list):
        left = [hook for hook in group["hooks"] if not is_ours(hook)]
        return {**group, "hooks": left} if left or not group["hooks"] else None
    return None if is_ours(group) else group


def is_ours(hook: Any) -> bool:
    """Tell whether the hook's command is Conductor's, in this form or an earlier one."""
    return isinstance(hook, dict) and any(MARK in str(hook.get(name, "")) for name in ("command", "bash"))


def _indent(content: bytes | None) -> int | str:
    for line in (content or b"").splitlines()[1:]:
        spaces = line[: len(line) - len(line.lstrip())]
        if spaces:
            return "\t" if spaces.startswith(b"\t") else len(spaces)
    return 2
