"""A room for real servers: what is started in it ends with this process, whatever ends this process."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from conductor.errors import OutsideRefused
from conductor.rehearsal.processes import plain_environment
from conductor.rehearsal.real import keeper

_START_S = 60.0
_LOOK_S = 0.05
# Gigabytes of layers are removed.
_END_S = 120.0


class Room:
    """Processes, mounts and files of their own below `folder`, all gone after `close()` and after kill -9.

    `hosts` is read as /etc/hosts and `passwd` as /etc/passwd by everything inside; both are plain files of the folder,
    and what is written to them later counts at once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._keeper: subprocess.Popen[bytes] | None = None

    @property
    def cgroup(self) -> str:
        """Return the control group for its containers."""
        return keeper.cgroup_name(self.folder)

    def start(self) -> Self:
        """Open the room; raises OutsideRefused where the kernel does not allow it."""
        self.folder.mkdir(parents=True)
        for name in ("hosts", "passwd"):
            (self.folder / name).write_bytes(Path("/etc", name).read_bytes())
        with (self.folder / "keeper.log").open("wb") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", keeper.__file__, str(self.folder)],
                stdin=subprocess.PIPE, stdout=log, stderr=log, env=plain_environment(), cwd="/", start_new_session=True,
            )  # fmt: skip
        self.wait_until("keeper", (self.folder / "open").exists)
        return self

    def run(self, name: str, argv: Sequence[str], environment: dict[str, str] | None = None) -> None:
        """Start a program; what it says goes to `NAME.log`."""
        order = {"name": name, "argv": list(argv), "env": {**plain_environment(), **(environment or {})}}
        assert self._keeper is not None and self._keeper.stdin is not None  # noqa: S101, PT018 - started before
        self._keeper.stdin.write(json.dumps(order).encode() + b"\n")
        self._keeper.stdin.flush()

    def wait_until(self, name: str, is_ready: Callable[[], bool], seconds: float = _START_S) -> None:
        """Wait for a program that was started; raises OutsideRefused with its last words where it ends before."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            if self._has_ended(name) or time.monotonic() > deadline:
                raise OutsideRefused(
                    f"{name} does not start: {self.last_words(name)}",
                    hint="conductor rehearse, without --real, needs none of these programs",
                )
            time.sleep(_LOOK_S)

    def last_words(self, name: str) -> str:
        """Return the end of what the program wrote, in one line."""
        log = self.folder / f"{name}.log"
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        return " | ".join(text.strip().splitlines()[-3:])[-600:] or "it said nothing"

    def close(self) -> None:
        """End everything inside and wait until its files are gone; safe to call twice."""
        if self._keeper is None or self._keeper.stdin is None:
            return
        self._keeper.stdin.close()
        # On a machine too busy the keeper goes on removing files, and ends by itself.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._keeper.wait(timeout=_END_S)

    def _has_ended(self, name: str) -> bool:
        gone = self._keeper is None or self._keeper.poll() is not None
        return gone or (self.folder / f"{name}.exit").exists()
