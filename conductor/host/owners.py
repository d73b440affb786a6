"""Which OS package owns a file: read from the package managers' own lists, once for all files."""

from __future__ import annotations

import os
import re

from conductor.host.layout import HostLayout
from conductor.host.reading import list_names, read_bytes, read_text

# Only these files matter here: metadata of distributions, interpreters, PEP 668's marker.
_WANTED = re.compile(
    rb"^(?P<path>/[^\n]*(?:\.(?:dist|egg)-info|/bin/(?:python|pypy)[0-9.]*|/EXTERNALLY-MANAGED))$", re.MULTILINE
)
Owners = dict[str, str]
_RPM = ("/var/lib/rpm", "/usr/lib/sysimage/rpm")


def stamp_of(layout: HostLayout) -> list[int]:
    """Return the times that change whenever an OS package comes, goes or changes."""
    names = ("/var/lib/dpkg/info", "/var/lib/dpkg/status", "/lib/apk/db/installed", "/var/lib/pacman/local", *_RPM)
    return [_mtime(layout.at(name)) for name in names]


def _mtime(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def load_owners(layout: HostLayout) -> Owners:
    """Return the owner of every file that matters; a package manager that is not here adds nothing."""
    return {**_from_dpkg(layout), **_from_apk(layout), **_from_pacman(layout), **_from_rpm(layout)}


def _from_dpkg(layout: HostLayout) -> Owners:
    folder = layout.at("/var/lib/dpkg/info")
    owners: Owners = {}
    for entry in list_names(folder):
        if not entry.endswith(".list"):
            continue
        content = read_bytes(os.path.join(folder, entry)) or b""
        if b"-info" in content or b"/bin/py" in content or b"EXTERNALLY" in content:
            package = entry.removesuffix(".list").partition(":")[0]
            for match in _WANTED.finditer(content):
                owners[os.fsdecode(match["path"])] = package
    return owners


def _from_apk(layout: HostLayout) -> Owners:
    """Read apk's one text file: `P:` a package, `F:` a folder of it, `R:` a file in that folder."""
    owners: Owners = {}
    package = folder = ""
    for line in read_text(layout.at("/lib/apk/db/installed")).splitlines():
        letter, _, value = line.partition(":")
        if letter == "P":
            package = value
        elif letter == "F":
            folder = "/" + value
            if _WANTED.match(folder.encode()):
                owners[folder] = package
        elif letter == "R" and _WANTED.match(f"{folder}/{value}".encode()):
            owners[f"{folder}/{value}"] = package
    return owners


def _from_pacman(layout: HostLayout) -> Owners:
    folder = layout.at("/var/lib/pacman/local")
    owners: Owners = {}
    for entry in list_names(folder):
        for line in read_text(os.path.join(folder, entry, "files")).splitlines():
            name = "/" + line.rstrip("/")
            if _WANTED.match(name.encode()):
                owners[name] = entry.rsplit("-", 2)[0]
    return owners


def _from_rpm(layout: HostLayout) -> Owners:
    """Ask rpm, once, for every file it knows: its database is binary. Nothing where there is none."""
    if layout.root != "/" or not any(os.path.isdir(name) for name in _RPM):
        return {}
    import subprocess

    command = ["rpm", "-qa", "--queryformat", "[%{=NAME} %{FILENAMES}\\n]"]
    try:
        answer = subprocess.run(command, capture_output=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return {}
    rows = (line.partition(b" ") for line in answer.splitlines())
    return {os.fsdecode(path): package.decode("utf-8", "replace") for package, _, path in rows if _WANTED.match(path)}
