"""What PATH a shell begins with: in a login shell /etc/profile sets it anew, whatever ENV says; bash knows `~`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from conductor.preflight.environment.distributions import packages
from conductor.preflight.environment.homes import home_of
from conductor.preflight.environment.model import DEFAULT_PATH
from conductor.preflight.environment.owners import ROOT
from conductor.preflight.environment.permissions import user_of

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command, Environment

# Bases with the profile of Debian's base-files: tried on debian:bookworm-slim and python:3.12-slim.
_BASES = ("python:", "debian:", "ubuntu:", "nvidia/cuda:")
_OF_ROOT = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_OF_OTHERS = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
_FILES = re.compile(r"profile|\.bash|bashrc|/etc/skel|/etc/environment")
_READ = ("/etc/profile", "/etc/profile.d", "/etc/profile.d/x.sh")
_OF_HOME = (".bash_profile", ".bash_login", ".profile", ".bashrc")


def path_of_shell(argv: list[str], dialect: str, environment: Environment, before: Iterable[Command]) -> str | None:
    """Return the PATH of a shell that is started with these words, its own alone; None where it is not known."""
    given = environment.variables.get("PATH", DEFAULT_PATH)
    if any(word == "--login" or re.fullmatch(r"-[A-Za-z]*l[A-Za-z]*", word) for word in argv[1:]):
        path = _login_path(environment, before)
        _forget_commands(environment, (path or "").split(":"))
        return path
    if given is None or dialect == "posix":
        return given
    return re.sub(r"(^|:)~(?=/)", lambda at: at[1] + home_of(environment), given)


def _forget_commands(environment: Environment, folders: list[str]) -> None:
    """Take the commands of packages in other folders as not known to be found."""
    for package in environment.packages.values():
        if package.commands_in not in folders:
            for name in packages().get(package.name, {"scripts": (package.name,)}).get("scripts", ()):
                environment.commands.pop(name, None)


def _login_path(environment: Environment, before: Iterable[Command]) -> str | None:
    """Return the PATH of a login shell; None where it is not known, because a file that it reads may be another.

    `before` are the commands that ran: one that names such a file may have changed it.
    """
    base = (environment.base or "").removeprefix("docker.io/").removeprefix("library/")
    files, home = environment.files, home_of(environment)
    if files is None or environment.opaque or not base.startswith(_BASES) or "alpine" in base:
        return None
    if "BASH_ENV" in environment.variables:
        return None
    read = (*_READ, *(f"{home}/{name}" for name in _OF_HOME))
    if any((found := files.find(path)).state in {"context", "there"} or found.origin is not None for path in read):
        return None
    if any(_names_one(command) for command in before):
        return None
    if user_of(environment) == ROOT:
        return _OF_ROOT
    return f"{home}/.local/bin:{home}/bin:{_OF_OTHERS}"  # Debian's own .profile adds the two


def _names_one(command: Command) -> bool:
    """Tell whether a command of the build names a file that a login shell reads."""
    texts = [word.text or word.raw for word in command.words] + [path or "" for _, path in command.redirects]
    return command.phase == "build" and any(_FILES.search(text) for text in texts)
