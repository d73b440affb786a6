"""Programs that pipx, uv and npm installed for the whole user or machine."""

from __future__ import annotations

import json
import os

from conductor.domain.text import one_line
from conductor.host.layout import HostLayout
from conductor.host.model import Tool
from conductor.host.reading import date_of, list_names, read_bytes, read_text


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
            tools.append(Tool(manager, name, _version_in(prefix, name), layout.shown(prefix), date_of(prefix)))
    return tools


def _version_in(prefix: str, name: str) -> str:
    wanted = name.lower().replace("-", "_").replace(".", "_")
    library = os.path.join(prefix, "lib")
    for python in list_names(library):
        for entry in list_names(os.path.join(library, python, "site-packages")):
            stem, _, version = entry.removesuffix(".dist-info").partition("-")
            if entry.endswith(".dist-info") and stem.lower().replace(".", "_") == wanted:
                return version
    return "?"


def _npm(layout: HostLayout) -> list[Tool]:
    """Read the global packages of npm; what Node.js itself brings along (npm, corepack) does not count."""
    prefixes = ["/usr", "/usr/local", "/opt/homebrew", "~/.npm-global", "~/.local"]
    prefixes += [
        layout.environment[name] for name in ("NPM_CONFIG_PREFIX", "npm_config_prefix") if name in layout.environment
    ]
    prefixes += [line.partition("=")[2].strip() for line in _settings(layout) if line.startswith("prefix=")]
    folders = [folder for prefix in dict.fromkeys(prefixes) for folder in layout.expand(f"{prefix}/lib/node_modules")]
    folders += layout.expand("~/.nvm/versions/node/*/lib/node_modules")
    tools = []
    for folder in dict.fromkeys(os.path.realpath(name) for name in folders):
        for name in _npm_names(folder):
            path = os.path.join(folder, name)
            if name not in ("npm", "corepack") and os.path.isfile(os.path.join(path, "package.json")):
                tools.append(Tool("npm", name, _npm_version(path), layout.shown(path), date_of(path)))
    return tools


def _npm_names(folder: str) -> list[str]:
    names = []
    for name in list_names(folder):
        scoped = list_names(os.path.join(folder, name)) if name.startswith("@") else None
        names += [f"{name}/{inner}" for inner in scoped] if scoped is not None else [name]
    return names


def _npm_version(path: str) -> str:
    try:
        data = json.loads(read_bytes(os.path.join(path, "package.json")) or b"")
        return one_line(str(data.get("version", "?")), 80)
    except (ValueError, AttributeError):
        return "?"


def _settings(layout: HostLayout) -> list[str]:
    return [line.strip().replace(" ", "") for line in read_text(layout.at("~/.npmrc")).splitlines()]
