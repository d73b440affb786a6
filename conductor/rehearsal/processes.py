"""Processes of a rehearsal: git with nobody's configuration, and children that cannot outlive their parent."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

from conductor.errors import OutsideRefused

# Neither the person's nor the machine's git configuration (signing, hooks, rewritten URLs) takes part.
GIT_ISOLATION = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "LC_ALL": "C.UTF-8",
}
_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


def plain_environment() -> dict[str, str]:
    """Return what a program needs to start, and none of the person's tokens, proxies or repository variables."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ}


def git_bytes(
    directory: Path, *arguments: str, environment: dict[str, str] | None = None, isolated: bool = True
) -> bytes:
    """Run git there and return what it printed; raises OutsideRefused with git's own words.

    Not `isolated`, it heeds the person's configuration: their repository may be readable only by that (safe.directory).
    """
    isolation = GIT_ISOLATION if isolated else {"LC_ALL": "C.UTF-8", "GIT_LFS_SKIP_SMUDGE": "1"}
    kept = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "XDG_CONFIG_HOME")
    own = {} if isolated else {name: os.environ[name] for name in kept if name in os.environ}
    done = subprocess.run(
        ["git", *arguments],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**plain_environment(), **own, **isolation, **(environment or {})},
        check=False,
    )
    if done.returncode != 0:
        words = done.stderr.decode("utf-8", "replace").strip() or f"exit {done.returncode}"
        raise OutsideRefused(f"git {arguments[0]}: {words}", hint=f"run git {arguments[0]} in {directory} to see why")
    return done.stdout


def git_output(
    directory: Path, *arguments: str, environment: dict[str, str] | None = None, isolated: bool = True
) -> str:
    """Run git there and return what it printed, as text."""
    return git_bytes(directory, *arguments, environment=environment, isolated=isolated).decode(
        "utf-8", "surrogateescape"
    )


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignore Ctrl-C, SIGTERM and SIGHUP until the block ends; only the main thread can, and only it is interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class ChildProcesses:
    """Starts children that die with this process, and ends them by their ids.

    Linux signals a child when the *thread* that started it ends, so one thread starts them all and lives until
    `close()`. Elsewhere, and beside that, a child watches a pipe whose other end only this process holds.
    """

    def __init__(self) -> None:
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="children")
        self._children: dict[int, tuple[subprocess.Popen[bytes], int]] = {}

    def start(
        self, arguments: Sequence[str], *, directory: Path, environment: dict[str, str], log: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        """Start a Python script through `boot.py`, its output going to `log`; returns the child."""
        return self._starter.submit(self._start, list(arguments), directory, environment, log).result()

    def _start(
        self, arguments: list[str], directory: Path, environment: dict[str, str], log: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        watched, held = os.pipe()
        boot = str(Path(__file__).with_name("boot.py"))
        try:
            child = subprocess.Popen(
                [sys.executable, boot, str(watched), str(os.getpid()), *arguments],
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(watched,),
                start_new_session=True,
            )
        except BaseException:
            os.close(held)
            raise
        finally:
            os.close(watched)
        self._children[child.pid] = (child, held)
        return child

    def stop(self, child: subprocess.Popen[bytes]) -> None:
        """End one child and what it started; safe where it has ended already."""
        _, held = self._children.pop(child.pid, (child, -1))
        if child.poll() is None:
            # Its own session, so the group is the child and what it started, and nothing else.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if held >= 0:
            os.close(held)

    def close(self) -> None:
        """End every child."""
        for child, _ in list(self._children.values()):
            self.stop(child)
        self._starter.shutdown(wait=True)
