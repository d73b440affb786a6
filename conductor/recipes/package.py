"""The scripts of a package.json, and which of them one call of a package manager runs.

Source: npm's documentation of scripts, "Pre & Post Scripts" and "Life Cycle Operation Order".
"""

from __future__ import annotations

_INSTALLS = ("preinstall", "install", "postinstall", "prepare")


def scripts_of(data: object) -> dict[str, str]:
    """Return the scripts of a package.json that has been read; what is no text is left out."""
    found = data.get("scripts") if isinstance(data, dict) else None
    pairs = found.items() if isinstance(found, dict) else ()
    return {name: command for name, command in pairs if isinstance(name, str) and isinstance(command, str)}


def scripts_run(scripts: dict[str, str], name: str) -> list[str]:
    """Return the scripts that running one of them runs, in order; `install` stands for what an installation runs."""
    names = _INSTALLS if name == "install" and name not in scripts else (f"pre{name}", name, f"post{name}")
    return [each for each in names if each in scripts]
