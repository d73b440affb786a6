"""What the operating system says when it refuses a file, in words and with what to do about it."""

from __future__ import annotations

import errno

_OWNER = "make it writable for this user (ls -ld shows its owner)"
# errno -> (what is so, what to do). What is not here has the system's own words.
REASONS: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("no space is left on the device", "free some space (df -h shows where)"),
    errno.EDQUOT: ("the disk quota is used up", "free some space (quota shows how much)"),
    errno.EROFS: ("the file system is read-only", "mount it writable, or work in another checkout"),
    errno.EACCES: ("permission denied", _OWNER),
    errno.EPERM: ("the operation is not permitted", _OWNER),
    errno.ENOENT: ("there is no such file or folder", "ls -ld shows which part of the path is not there"),
    errno.ENOTDIR: ("a part of the path is no folder", "move the file away that stands there"),
    errno.EEXIST: ("a file stands where a folder is needed", "move the file away that stands there"),
    errno.EISDIR: ("a folder stands where a file is needed", "move the folder away that stands there"),
    errno.ELOOP: ("its symbolic links go round in a circle", "remove the link that points back"),
    errno.ENAMETOOLONG: ("the name is too long", "use a shorter path"),
    errno.EMFILE: ("too many files are open", "raise the limit: ulimit -n 4096"),
    errno.ENFILE: ("too many files are open on this machine", "end some programs, then try again"),
    errno.EIO: ("the device failed", "look at the disk (dmesg | tail), then try again"),
    errno.ESTALE: ("the network file system lost the file", "try again; mount it anew where that does not help"),
    errno.EFBIG: ("the file would be too large", "raise the limit: ulimit -f unlimited"),
    errno.EBADF: ("it is closed, or not open for this", "open it for reading or writing, as the command needs"),
    errno.ENOMEM: ("no memory is left", "end some programs, then try again"),
}


def explain_refusal(error: OSError) -> tuple[str, str] | None:
    """Return what is so and what to do about it; None where the error is none of a file system's usual answers."""
    return REASONS.get(error.errno or 0)
