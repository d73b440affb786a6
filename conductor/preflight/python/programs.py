"""Whether the program that a path names is certainly not in the image."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from conductor.preflight.environment.apt import contents
from conductor.preflight.python.installed import KNOWN_BASES, installed
from conductor.preflight.python.launch import owner_of

if TYPE_CHECKING:
    from conductor.preflight.environment.files import Found
    from conductor.preflight.environment.model import Command, Environment

PYTHON = re.compile(r"python[0-9.]*")
# What python images have in /usr/local/bin; the other bases that are known have nothing there.
_OF_PYTHON_IMAGES = re.compile(r"(python|pip|idle|pydoc|2to3|wheel|easy_install)[0-9.-]*(-config)?")
_LOCAL = ("/usr/local/bin", "/usr/local/sbin")


def file_of(command: Command) -> tuple[str, Found] | None:
    """Return (path in the image, what is known of it) of the file that a command's name starts."""
    environment, first = command.before, command.words[0].text if command.words else None
    if not first or environment.files is None:
        return None
    if "/" in first:
        if environment.workdir is None and not first.startswith("/"):
            return None
        path = posixpath.normpath(posixpath.join(environment.workdir or "/", first))
        return path, environment.files.find(path)
    for folder in environment.path or ():
        found = environment.files.find(f"{folder}/{first}")
        if found.state == "context":
            return f"{folder}/{first}", found
    return None


def is_missing(environment: Environment, path: str) -> bool:
    """Tell whether nothing put a program at that path, and nothing unread may have."""
    files = environment.files
    found = files.find(path) if files is not None else None
    base = (environment.base or "").removeprefix("docker.io/").removeprefix("library/")
    if found is None or found.state in {"context", "there"} or environment.opaque or not base.startswith(KNOWN_BASES):
        return False
    if environment.python(path) is not None or owner_of(environment, path) is not None:
        return False
    return found.state == "absent" or (found.origin is None and _base_lacks(environment, base, path))


def _base_lacks(environment: Environment, base: str, path: str) -> bool:
    """Tell whether a base has no such program, and no package manager may have brought it."""
    folder, name = posixpath.split(path)
    if folder in _LOCAL:
        own = base.startswith("python:") and _OF_PYTHON_IMAGES.fullmatch(name)
        return not own and _pip_is_told(environment, folder)
    if PYTHON.fullmatch(name) and folder in {"/usr/bin", "/bin"}:
        return not _may_bring_python(environment)
    return folder in {"/usr/bin", "/bin", "/usr/sbin", "/sbin"} and environment.commands.get(name) is False


def _pip_is_told(environment: Environment, folder: str) -> bool:
    """Tell whether the table lists every command that pip put into a folder."""
    for key in {key for (key, _), package in environment.packages.items() if package.commands_in == folder}:
        for interpreter in environment.interpreters.get(key, {}).values():
            have = installed(environment, interpreter)
            if have.strange or have.unlisted:
                return False
    return "*" not in environment.unlisted


def _may_bring_python(environment: Environment) -> bool:
    """Tell whether a package that apt installed may have brought the system's Python along."""
    if "python3" in environment.interpreters.get("/usr/bin", {}):
        return True
    return any(
        name not in contents() or "python3" in contents()[name].get("gives", ()) for name in environment.apt_packages
    )
