"""Keep a room: processes and mounts of their own, which end when whoever holds the other end of standard input does.

Run as a file, not as a module: `python keeper.py <folder>`. It needs root, and nothing but the standard library.

The keeper stays outside. The first process inside is told on standard input what to start, one JSON object a line; at
its end the kernel kills all that were started, and their mounts go with the last of them. Then the keeper removes
the folder and the control groups. Killed itself, it takes the room with it.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_CLONE_NEWNS, _CLONE_NEWIPC, _CLONE_NEWPID = 0x00020000, 0x08000000, 0x20000000  # linux/sched.h
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18  # linux/mount.h
_LIBC = ctypes.CDLL(None, use_errno=True)
CGROUPS = Path("/sys/fs/cgroup")


def keep(folder: Path) -> None:
    """Open the room, wait until it has ended, and remove what it leaves behind."""
    _require(_LIBC.unshare(_CLONE_NEWPID), "unshare")
    child = os.fork()
    if child == 0:
        try:
            live(folder)
        finally:
            os._exit(0)
    # The orders are for the room alone: its end of the pipe must be the last one.
    os.close(0)
    os.waitpid(child, 0)
    remove_control_groups(cgroup_name(folder))
    shutil.rmtree(folder, ignore_errors=True)


def live(folder: Path) -> None:
    """Be the first process of the room: start what is asked for, take in what has ended, until the orders end."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _require(_LIBC.unshare(_CLONE_NEWNS | _CLONE_NEWIPC), "unshare")
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    _mount("proc", "/proc", "proc", 0)
    for name in ("hosts", "passwd"):
        if (folder / name).exists():
            _mount(str(folder / name), f"/etc/{name}", None, _MS_BIND)
    ended, noticed = os.pipe()
    for end in (ended, noticed):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(noticed)
    (folder / "open").touch()
    names: dict[int, str] = {}
    orders = b""
    while True:
        readable, _, _ = select.select([0, ended], [], [])
        if ended in readable:
            os.read(ended, 4096)
            take_in(folder, names)
        if 0 in readable:
            fresh = os.read(0, 65536)
            if not fresh:
                return
            *lines, orders = (orders + fresh).split(b"\n")
            for line in lines:
                start(folder, json.loads(line), names)


def start(folder: Path, order: dict[str, Any], names: dict[int, str]) -> None:
    """Start one program, its words going to `NAME.log`."""
    with (folder / f"{order['name']}.log").open("ab") as log:
        try:
            child = subprocess.Popen(
                order["argv"], cwd=folder, env=order["env"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            log.write(f"{order['argv'][0]}: {error.strerror}\n".encode())
            (folder / f"{order['name']}.exit").write_text("127")
            return
    names[child.pid] = order["name"]
    child.returncode = 0  # `take_in` waits for it; Popen must not


def take_in(folder: Path, names: dict[int, str]) -> None:
    """Reap every process that has ended, and write down how those did that were asked for."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if pid in names:
            (folder / f"{names.pop(pid)}.exit").write_text(str(os.waitstatus_to_exitcode(status)))


def cgroup_name(folder: Path) -> str:
    """Return the control group that the room's containers are in."""
    return f"conductor-{folder.parent.name}"


def remove_control_groups(name: str) -> None:
    """Remove the group and those in it, in every hierarchy; they are empty when their processes are gone."""
    for top in [CGROUPS, *CGROUPS.glob("*")]:
        groups = [Path(place) for place, _, _ in os.walk(top / name, topdown=False)] if top.is_dir() else []
        for group in groups:
            try:
                group.rmdir()
            except OSError:
                continue


def _mount(source: str | None, target: str, kind: str | None, flags: int) -> None:
    words = [word.encode() if word is not None else None for word in (source, target, kind)]
    _require(_LIBC.mount(*words, ctypes.c_ulong(flags), None), f"mount {target}")


def _require(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
