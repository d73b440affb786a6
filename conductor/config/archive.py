"""Unpack a tar archive of somebody's project.

tarfile's own `filter="data"` does the same, but Python has it only since 3.11.4 (Debian 12 brings 3.11.2), and it stops
at the first link that leads outside.
"""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path


def unpack(archive: tarfile.TarFile, folder: Path) -> list[str]:
    """Write the archive's files, folders and links into the folder, which exists.

    Returns the names that were left out: what would lead outside of the folder, and what is none of the three. Of
    owners, times and modes only the owner's right to execute is kept.
    """
    root, left_out = folder.resolve(), []
    for member in archive:
        target = folder / member.name
        wanted = target.parent / member.linkname if member.issym() else target
        # Resolved when its turn comes, through the links that are there by then.
        inside = _is_inside(target.parent, root) and _is_inside(wanted, root)
        if not inside or not _write(archive, member, target):
            left_out.append(member.name)
    return left_out


def _is_inside(path: Path, root: Path) -> bool:
    try:
        resolved = path.resolve()
    except (OSError, RuntimeError):  # a loop of links; since Python 3.13 what comes back is still a link
        return False
    return resolved.is_relative_to(root) and not resolved.is_symlink()


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> bool:
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return True
    if not (member.isreg() or member.issym()):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    if member.issym():
        target.symlink_to(member.linkname)
        return True
    content = archive.extractfile(member)
    if content is None:
        return False
    with content, target.open("wb") as file:
        shutil.copyfileobj(content, file)
    target.chmod(0o755 if member.mode & 0o100 else 0o644)
    return True
