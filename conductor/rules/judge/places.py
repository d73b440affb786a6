"""Whose folders are whose: the project, what is temporary, where a host keeps its programs. Paths are absolute."""

from __future__ import annotations

# What may go at any time; `$TMPDIR` resolves to one of them.
_TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm", "/private/tmp", "/private/var/tmp", "/var/folders")  # noqa: S108 - names
_CACHES = ("/var/cache", "/var/lib/apt/lists")
_HOME_CACHES = (
    ".cache",
    ".npm",
    ".ccache",
    ".cargo/registry",
    ".gradle/caches",
    "Library/Caches",
    ".local/share/Trash",
)
# Where the host's programs and libraries are; below the home folder what is usually on PATH.
_PROGRAMS = ("/usr", "/opt", "/bin", "/sbin", "/lib", "/lib64")
_HOME_PROGRAMS = (".local/bin", "bin")
_DISTRIBUTIONS = frozenset({"site-packages", "dist-packages"})
_KERNEL = ("/dev", "/proc", "/sys")
_DISKS = (
    "sd", "hd", "vd", "xvd", "nvme", "mmcblk", "dm-", "md", "loop", "disk", "rdisk", "mapper/", "block/", "sr", "mem",
)  # fmt: skip


def normalise(path: str) -> str:
    """Return an absolute path without empty, `.` and `..` parts."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(part)
    return "/" + "/".join(parts)


def without_proc(path: str, cwd: str) -> str:
    """Return a path that goes through a process's root or folder (`/proc/self/root/etc`) without that detour."""
    parts = path.split("/", 4)
    if len(parts) < 4 or parts[3] not in {"root", "cwd"}:
        return path
    rest = parts[4] if len(parts) > 4 else ""
    return f"/{rest}" if parts[3] == "root" else f"{cwd}/{rest}"


def is_inside(path: str, folder: str) -> bool:
    """Tell whether a path is a folder or below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def home_of(project: str) -> str:
    """Return the home folder that a project's path shows: /home/NAME, /Users/NAME, else /root."""
    parts = project.split("/")
    return "/".join(parts[:3]) if parts[1:2] in (["home"], ["Users"]) and len(parts) > 2 else "/root"


def whole(path: str) -> str:
    """Return the folder that a pattern stands for where it takes everything in it: `/home/dev/*` is `/home/dev`."""
    folder, slash, leaf = path.rpartition("/")
    everything = leaf and not leaf.strip("*.?[]!^") and "*" in leaf
    return (folder or "/") if slash and everything else path


def is_temporary(path: str, home: str) -> bool:
    """Tell whether a path is in a temporary folder or a cache."""
    folders = (*_TEMPORARY, *_CACHES, *(f"{home}/{name}" for name in _HOME_CACHES))
    return any(is_inside(path, folder) for folder in folders)


def is_program_folder(path: str, home: str) -> bool:
    """Tell whether a path is where the host's programs are."""
    return any(is_inside(path, folder) for folder in (*_PROGRAMS, *(f"{home}/{name}" for name in _HOME_PROGRAMS)))


def is_distribution(path: str) -> bool:
    """Tell whether a path is in a folder of Python distributions."""
    return bool(_DISTRIBUTIONS & set(path.split("/")))


def is_disk(path: str) -> bool:
    """Tell whether a path is a disk or the memory itself."""
    return path.startswith("/dev/") and path[5:].startswith(_DISKS)


def is_kernel(path: str) -> bool:
    """Tell whether a path is no file of a disk: /dev/null, /proc, /sys."""
    return any(is_inside(path, folder) for folder in _KERNEL)
