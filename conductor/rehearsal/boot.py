"""Start a worker's handler in a child that dies with its parent and reaches loopback only.

Run as a file, not as a module, so that the worker finds nothing of Conductor on its path:
`python boot.py <pipe> <parent's id> <handler.py> [arguments…]`.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(pipe: int, parent: int) -> None:
    """Ask the kernel to kill this process with its parent, and watch the parent's pipe where it can't be asked."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    def watch() -> None:
        while os.read(pipe, 1):
            pass
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def is_loopback(host: object) -> bool:
    """Tell whether a host's name or address stays on this machine; none at all does."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")
    bare = name.removeprefix("::ffff:")
    return bare in {"", "::1", "localhost", "0.0.0.0"} or bare.startswith("127.")  # noqa: S104 - compared, not bound


def refuse_outside(event: str, arguments: tuple[Any, ...]) -> None:
    """Raise for a connection, a datagram or a name look-up that leaves loopback (an audit hook, PEP 578)."""
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = arguments[0]
    else:
        return
    if not is_loopback(host):
        raise PermissionError(f"a rehearsal reaches loopback only, not {host}")


def main(arguments: list[str]) -> None:
    """Guard this process, then become the handler."""
    pipe, parent, handler, *rest = arguments
    die_with_parent(int(pipe), int(parent))
    sys.addaudithook(refuse_outside)
    sys.argv = [handler, *rest]
    sys.path[0] = str(Path(handler).resolve().parent)
    runpy.run_path(handler, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
