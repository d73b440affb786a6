"""Who may write where: what made each folder, and what chown, chmod and --chown changed since."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from conductor.preflight.environment.owners import ROOT
from conductor.preflight.environment.paths import absolute

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command, Environment

# Folders of the base in which everybody may write.
_OPEN = ("/tmp", "/var/tmp", "/dev", "/run/lock", "/proc")  # noqa: S108


def user_of(environment: Environment) -> str | None:
    """Return the user that commands run as: a name, or the number of a user without one."""
    if environment.user is None:
        return ROOT
    name = environment.user.value.partition(":")[0]
    if name in {"", "0"}:
        return ROOT
    if name.isdigit():
        users = environment.accounts.users if environment.accounts else {}
        return next((user for user, number in users.items() if number == int(name)), name)
    return name


def refuses_to_write(environment: Environment, path: str) -> str | None:
    """Return the folder in which the user certainly may not make this file or folder, or None.

    The proof: the user is not root, nothing unread ran, and the nearest folder above that exists is root's.
    """
    user, files = user_of(environment), environment.files
    if user in {None, ROOT} or files is None or environment.opaque or environment.accounts is None:
        return None
    if any(path == folder or path.startswith(f"{folder}/") for folder in _OPEN):
        return None
    if (above := above_no_home(environment, path)) is not None:
        return above
    folder = posixpath.dirname(posixpath.normpath(path))
    while folder != "/":
        found = files.find(folder)
        if found.state == "unknown" and environment.owners.of(folder) is None:
            return None
        if found.state != "absent":
            break
        folder = posixpath.dirname(folder)
    owner = environment.owners.of(folder)
    return folder if owner == ROOT else None


def above_no_home(environment: Environment, path: str) -> str | None:
    """Return the folder, root's, in which the home of a user would lie that nobody made, for a path in that home."""
    unread = environment.files is None or environment.files.anywhere or environment.accounts is None
    for home in environment.accounts.unmade.values() if environment.accounts and not unread else ():
        found = environment.files.find(home) if environment.files else None
        inside = path == home or path.startswith(f"{home}/")
        if inside and found and found.state not in {"context", "there"} and found.origin is None:
            above = posixpath.dirname(home)
            return above if above in {"/home", "/"} and environment.owners.of(home) is None else None
    return None


def note_new(environment: Environment, path: str | None) -> None:
    """Note that the user of this moment makes a file or folder, with the folders above it that were not there."""
    files, user = environment.files, user_of(environment)
    while path is not None and files is not None and path != "/":
        environment.owners.note(path, user)
        path = posixpath.dirname(path)
        if files.find(path).state != "absent":
            break


def apply_permissions(command: Command, environment: Environment) -> None:
    """Note what chown, chgrp, chmod and setfacl change."""
    name = command.name
    words = [
        text for text in command.arguments if text is None or not text.startswith("-") or re.match(r"-[rwxX]+$", text)
    ]
    if name not in {"chown", "chgrp", "chmod", "setfacl"} or not words:
        return
    deep = any(re.fullmatch(r"-[A-Za-z]*R[A-Za-z]*|--recursive", text or "") for text in command.arguments)
    who: str | None = None
    if name == "chown" and words[0] and re.fullmatch(r"[A-Za-z_][\w-]*(:[\w-]*)?", words[0]):
        who = words[0].partition(":")[0]
    elif name == "chmod" and words[0] and not opens(words[0]):
        return  # it gives nobody new the right to write
    for word in words[1:] or (None,):  # none: xargs or find names them
        _change(environment, absolute(environment, word) if word != "{}" else None, who, deep=deep)


def _change(environment: Environment, path: str | None, who: str | None, *, deep: bool) -> None:
    """Note whose a path is now; one that is not known may be any."""
    if path is None:
        environment.owners.note("/", None, deep=True)
    elif any(mark in path for mark in "*?["):
        environment.owners.note(posixpath.dirname(path), None, deep=True)
    else:
        environment.owners.note(path, who, deep=deep)


def opens(mode: str) -> bool:
    """Tell whether a mode may let others than the owner write."""
    if re.fullmatch(r"[0-7]{3,4}", mode):
        return any(int(digit) & 2 for digit in mode[-2:])
    return re.search(r"(^|[,ugoa])[ugoa]*[+=][rwxXst]*w", mode) is not None and not re.fullmatch(r"u[+=-]\w+", mode)
