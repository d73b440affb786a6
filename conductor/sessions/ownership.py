"""Whether a repository is this user's alone: whoever else can write it can have this user run something.

Git runs what a repository's configuration and hooks name, as the user who typed the command. A release user's wall
(docs/security.md) stands only where that user works in a repository that nobody else can change. Nothing here runs git
in the repository that is looked at.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

from conductor.errors import UsageProblem

# What git reads or runs before anybody is asked: its configuration, its hooks, and what HEAD and the branches name.
_READ_BY_GIT = ("config", "config.worktree", "HEAD", "packed-refs", "objects", "info", "hooks", "refs")
_WALKED = ("info", "hooks", "refs")
_SETTINGS = ("CONDUCTOR.md", "conductor.yaml")


def require_own_repository(start: Path, what: str) -> None:
    """Raise UsageProblem where somebody else could change the repository around the folder; none there is no problem.

    A folder that git's own `safe.directory` of this user or machine names exactly is taken as said to be safe; its `*`
    says nothing about this one.
    """
    found = find_repository(start.resolve())
    if found is None:
        return
    root, *folders = found
    reason = next(iter(find_strangers(root, folders)), None)
    if reason is None or _is_declared_safe(root):
        return
    raise UsageProblem(
        f"this repository is not yours alone, so nothing is {what} from it: {reason}",
        hint="work in a clone of your own (docs/security.md); where nobody else uses this machine: "
        f"git config --global --add safe.directory {root}",
        path=str(root),
    )


def find_repository(start: Path) -> tuple[Path, ...] | None:
    """Return the working tree's folder and its git folders (the worktree's own, the common one), without git."""
    for root in (start, *start.parents):
        entry = root / ".git"
        if entry.is_dir():
            return root, entry
        if entry.is_file():
            own = root / entry.read_text(encoding="utf-8", errors="surrogateescape").partition("gitdir:")[2].strip()
            common = own / "commondir"
            name = common.read_text(encoding="utf-8", errors="surrogateescape").strip() if common.is_file() else "."
            return root, entry, own, own / name
    return None


def find_strangers(root: Path, folders: list[Path]) -> Iterator[str]:
    """Yield who else could change the working tree's top folder or what git reads, and where."""
    for path in (root, *(root / name for name in _SETTINGS), *_files_of(folders)):
        try:
            # A link is judged by where it leads: that is what git reads.
            found = path.stat()
        except OSError:
            continue
        if (who := _stranger(path, found)) is not None:
            yield f"{path} {who}"


def _files_of(folders: list[Path]) -> Iterator[Path]:
    for folder in folders:
        yield folder
        for name in _READ_BY_GIT:
            yield folder / name
            if name in _WALKED:
                yield from (folder / name).rglob("*")


def _stranger(path: Path, found: os.stat_result) -> str | None:
    """Return who else may write there, as the end of a sentence; None where only this user and root may."""
    if found.st_uid not in (os.geteuid(), 0):
        return f"belongs to {_user(found.st_uid)}"
    if found.st_mode & stat.S_IWOTH:
        return "can be written by everybody"
    if found.st_mode & stat.S_IWGRP and (_has_list(path) or _others_in(found.st_gid)):
        return f"can be written by the group {_group(found.st_gid)}"
    return None


def _others_in(group: int) -> bool:
    """Tell whether anybody but this user and root is in the group: a group of one's own is what umask 002 counts on."""
    mine = {os.geteuid(), 0}
    try:
        members = set(grp.getgrgid(group).gr_mem)
    except KeyError:
        members = set()
    return any(user.pw_uid not in mine and (user.pw_gid == group or user.pw_name in members) for user in pwd.getpwall())


def _has_list(path: Path) -> bool:
    """Tell whether an access list lets further users in: the group's bits are then the most that it lets them do."""
    try:
        return bool(os.getxattr(path, "system.posix_acl_access"))
    except (OSError, AttributeError):
        return False


def _is_declared_safe(root: Path) -> bool:
    names = set()
    for scope in ("--global", "--system"):
        try:
            done = subprocess.run(
                ["git", "config", scope, "--get-all", "-z", "safe.directory"], cwd="/", capture_output=True, check=False
            )
        except FileNotFoundError:
            return False
        names |= {Path(os.fsdecode(name)).expanduser() for name in done.stdout.split(b"\0") if name}
    return any(name.is_absolute() and name.resolve() == root for name in names)


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
