"""Programs that pipx, uv and npm installed for the whole user or machine."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

from conductor.domain.text import one_line
from conductor.host.layout import HostLayout
from conductor.host.model import Tool


def find_tools(layout: HostLayout) -> list[Tool]:
    """Return every pipx application, uv tool and global npm package, in order."""
    data = layout.data_home()
    found = [
        *_environments(layout, "pipx", layout.variable("PIPX_HOME", f"{data}/pipx") + "/venvs/*"),
        *_environments(layout, "pipx", "~/.local/pipx/venvs/*"),
        *_environments(layout, "pipx", "/opt/pipx/venvs/*"),
        *_environments(layout, "uv", layout.variable("UV_TOOL_DIR", f"{data}/uv/tools") + "/*"),
        *_npm(layout),
    ]
    unique = {(tool.manager, tool.path): tool for tool in found}
    return sorted(unique.values(), key=lambda tool: (tool.manager, tool.name, tool.path))


def _environments(layout: HostLayout, manager: str, pattern: str) -> list[Tool]:
    """Read tools that have a virtual environment each, named like the distribution."""
    tools = []
    for prefix in layout.expand(pattern):
        if os.path.isfile(os.path.join(prefix, "pyvenv.cfg")):
            name = os.path.basename(prefix)
            tools.append(Tool(manager, name, _version_in(prefix, name), layout.shown(prefix), _dated(prefix)))
    return tools


def _version_in(prefix: str, name: str) -> str:
    wanted = name.lower().replace("-", "_").replace(".", "_")
    library = os.path.join(prefix, "lib")
    for python in _names(library):
        for entry in _names(os.path.join(library, python, "site-packages")):
            stem, _, version = entry.removesuffix(".dist-info").partition("-")
            if entry.endswith(".dist-info") and stem.lower().replace(".", "_") == wanted:
                return version
    return "?"


def _npm(layout: HostLayout) -> list[Tool]:
    """Read the global packages of npm; what Node.js itself brings along (npm, corepack) does not count."""
    prefixes = ["/usr", "/usr/local", "/opt/homebrew", "~/.npm-global", "~/.local"]
    prefixes += [layout.environment[name] for name in ("NPM_CONFIG_PREFIX", "npm_config_prefix") if name in layout.environment]
    prefixes += [line.partition("=")[2].strip() for line in _lines(layout.at("~/.npmrc")) if line.startswith("prefix=")]
    folders = [folder for prefix in dict.fromkeys(prefixes) for folder in layout.expand(f"{prefix}/lib/node_modules")]
    folders += layout.expand("~/.nvm/versions/node/*/lib/node_modules")
    tools = []
    for folder in dict.fromkeys(os.path.realpath(name) for name in folders):
        for name in _npm_names(folder):
            path = os.path.join(folder, name)
            if name not in ("npm", "corepack") and os.path.isfile(os.path.join(path, "package.json")):
                tools.append(Tool("npm", name, _npm_version(path), layout.shown(path), _dated(path)))
    return tools


def _npm_names(folder: str) -> list[str]:
    names = []
    for name in _names(folder):
        scoped = _names(os.path.join(folder, name)) if name.startswith("@") else None
        names += [f"{name}/{inner}" for inner in scoped] if scoped is not None else [name]
    return names


def _npm_version(path: str) -> str:
    try:
        with open(os.path.join(path, "package.json"), encoding="utf-8") as stream:
            return one_line(str(json.load(stream).get("version", "?")), 80)
    except (OSError, ValueError, AttributeError):
        return "?"


def _dated(path: str) -> str:
    return datetime.fromtimestamp(os.stat(path).st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return [line.strip().replace(" ", "") for line in stream]
    except OSError:
        return []
