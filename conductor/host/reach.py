"""What a process of this user can get at: another user's rights, and keys that open the outside.

Contents of keys are never kept: only where one stands, and whether it can be used without being asked anything.
"""

from __future__ import annotations

import base64
import contextlib
import grp
import os
import stat
import subprocess
from collections.abc import Mapping

# Who is in one of these can start a container or reach a disk as root.
_GROUPS = frozenset({"docker", "lxd", "incus", "incus-admin", "disk"})
_SOCKETS = ("/var/run/docker.sock", "/run/docker.sock", "/run/podman/podman.sock", "/run/containerd/containerd.sock")
_SUDO_TIMEOUT_S = 5
_OPENSSH = b"openssh-key-v1\0"


def find_ways_up() -> list[str]:
    """Return how this user can become another one without being asked, as sentences' ends."""
    ways = ["this user is root"] if os.geteuid() == 0 else []
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            ["sudo", "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True, timeout=_SUDO_TIMEOUT_S, check=False
        )
        if done.returncode == 0 and not ways:
            ways.append("sudo asks this user for no password")
    if os.geteuid() == 0:
        return ways
    groups = (grp.getgrgid(number).gr_name for number in os.getgroups() if _is_known(number))
    ways += [f"this user is in the group {name}" for name in groups if name in _GROUPS]
    return ways + [
        f"{path} takes this user's orders" for path in _SOCKETS if _is_socket(path) and os.access(path, os.W_OK)
    ]


def find_push_keys(home: str, environment: Mapping[str, str]) -> list[str]:
    """Return where a key or token stands with which this user could push without being asked."""
    found = []
    agent = environment.get("SSH_AUTH_SOCK", "")
    if agent and _is_socket(agent) and os.access(agent, os.W_OK):
        found.append("an SSH agent (SSH_AUTH_SOCK)")
    folder = f"{home}/.ssh"
    with contextlib.suppress(OSError):
        found += [f"~/.ssh/{name}" for name in sorted(os.listdir(folder)) if is_open_key(_read(f"{folder}/{name}"))]
    for name in ("GITHUB_TOKEN", "GH_TOKEN", "SSH_ASKPASS", "GIT_ASKPASS"):
        if environment.get(name):
            found.append(f"{name} in the environment")
    files = (".config/gh/hosts.yml", ".git-credentials", ".config/git/credentials", ".netrc")
    return found + [f"~/{name}" for name in files if _read(f"{home}/{name}", 1)]


def is_open_key(content: bytes) -> bool:
    """Tell whether it is a private key that is not behind a passphrase: OpenSSH's own form, or PEM."""
    lines = content.splitlines()
    if not lines or not lines[0].startswith(b"-----BEGIN ") or b"PRIVATE KEY" not in lines[0]:
        return False
    if b"ENCRYPTED" in content:
        return False
    if b"OPENSSH" not in lines[0]:
        return True
    with contextlib.suppress(ValueError):
        blob = base64.b64decode(b"".join(lines[1:-1]))
        cipher = blob.removeprefix(_OPENSSH)
        return cipher[4 : 4 + int.from_bytes(cipher[:4], "big")] == b"none"
    return False


def _is_known(group: int) -> bool:
    try:
        grp.getgrgid(group)
    except KeyError:
        return False
    return True


def _read(path: str, limit: int = 20_000) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(limit)
    except OSError:
        return b""


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return False
