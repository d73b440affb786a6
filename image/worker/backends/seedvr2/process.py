"""The worker's side of the engine: one child process, started at the first job that needs it and kept between jobs.

It is replaced when it died, failed, ran out of memory, hung, or when a job asks for other weights. Only one job uses
it at a time; the others wait.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.backends.seedvr2 import wire
from worker.contract import JobError

PACKAGE = Path(__file__).resolve().parents[3]
LOAD_LIMIT_S = 600  # 20 s from a local disk; a cold image on a slow one takes longer
LAST_WORDS = 20  # lines of the program's log that a failure may quote from


class OutOfMemory(Exception):
    """The GPU's memory ran out; `asked` is what the allocator was asked for, `free_gib` what was free, where known."""

    def __init__(self, asked: str | None, free_gib: float | None) -> None:
        super().__init__(asked)
        self.asked = asked
        self.free_gib = free_gib


class EngineLost(Exception):
    """The engine died or hung: the operating system killed it, or a fault in a driver did."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the engine said of itself when it was loaded; `gpu` is None without one, memory in GiB."""

    gpu: str | None
    free_gib: float | None
    attention: str
    torch: str


class Engine:
    """One running child process, from its start to its end."""

    def __init__(self, program: Path, python: str, weights: str) -> None:
        self._program = program
        self._weights = weights
        self._words: deque[str] = deque(maxlen=LAST_WORDS)
        self._answers: queue.SimpleQueue[tuple[dict[str, Any], bytearray] | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            # Unbuffered: its last words come last.
            [python, "-u", "-m", "worker.backends.seedvr2.engine", str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=PACKAGE,
            start_new_session=True,  # what it starts ends with it
        )
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._log, self._listen)]
        for thread in self._threads:
            thread.start()
        try:
            self.facts = _read_facts(self._answer(LOAD_LIMIT_S)[0])
        except BaseException:
            self.close()
            raise

    def enlarge(self, head: dict[str, Any], pixels: bytes, limit_s: float) -> tuple[dict[str, Any], bytearray]:
        """Enlarge one chunk; raises OutOfMemory, EngineLost, or JobError with what the program said."""
        stream = self._process.stdin
        assert stream is not None  # noqa: S101 (a pipe was asked for)
        try:
            wire.send(stream, head, pixels)
        except OSError:
            raise EngineLost(self._end()) from None
        return self._answer(limit_s)

    def close(self) -> None:
        """End the process and what it started, and wait for it."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for thread in self._threads:
            thread.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with suppress(OSError):  # what was still to be written: the other side is gone
                    stream.close()

    def serves(self, program: Path, weights: str) -> bool:
        """Say whether the process runs and is the one for this program and these weights."""
        return self._process.poll() is None and (self._program, self._weights) == (program, weights)

    def _answer(self, limit_s: float) -> tuple[dict[str, Any], bytearray]:
        try:
            message = self._answers.get(timeout=limit_s)
        except queue.Empty:
            raise EngineLost(f"it gave no answer within {limit_s:.0f} s") from None
        if message is None:
            raise EngineLost(self._end())
        head, pixels = message
        if head.get("error") == "out_of_memory":
            raise OutOfMemory(head.get("asked"), head.get("free_gib"))
        if "error" in head:
            raise JobError("backend_failed", f"SeedVR2: {head.get('message')}")
        return head, pixels

    def _end(self) -> str:
        code = self._process.wait()
        self._threads[0].join()
        how = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended with {code}"
        words = next((line for line in reversed(self._words) if line.strip()), "")
        memory = "; the container's memory ran out?" if code == -signal.SIGKILL else ""
        return f"it {how}{memory}{': ' + words.strip() if words else ''}"[:300]

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None  # noqa: S101 (a pipe was asked for)
        try:
            while (message := wire.receive(stream)) is not None:
                self._answers.put(message)
        except ValueError:
            pass  # not a message of ours: as good as none
        self._answers.put(None)

    def _log(self) -> None:
        stream = self._process.stderr
        assert stream is not None  # noqa: S101 (a pipe was asked for)
        for line in stream:
            text = line.decode("utf-8", "replace")
            self._words.append(text)
            sys.stderr.write(text)
            sys.stderr.flush()


_lock = threading.Lock()
_running: list[Engine] = []


@contextmanager
def borrow(program: Path, weights: str) -> Iterator[Lease]:
    """Hold the engine for one job; `weights` names what it has loaded, another name brings another process."""
    with _lock:
        if _running and not _running[0].serves(program, weights):
            _discard()
        yield Lease(program, weights)


class Lease:
    """The engine while one job has it: started where none runs, given up where it failed."""

    def __init__(self, program: Path, weights: str) -> None:
        self._program = program
        self._weights = weights
        self.warm = bool(_running)

    def facts(self) -> Facts:
        """Return what the engine says of itself; starts it where none runs. Raises EngineLost or JobError."""
        return self._engine().facts

    def enlarge(self, head: dict[str, Any], pixels: bytes, limit_s: float) -> tuple[dict[str, Any], bytearray]:
        """Enlarge one chunk; raises OutOfMemory, EngineLost, or JobError, and the next call has a new engine then."""
        try:
            return self._engine().enlarge(head, pixels, limit_s)
        except BaseException:  # in the middle of an answer, or with memory that nobody gives back
            _discard()
            raise

    def _engine(self) -> Engine:
        if not _running:
            python = os.environ.get("CONDUCTOR_ENGINE_PYTHON") or sys.executable
            _running.append(Engine(self._program, python, self._weights))
        return _running[0]


def close() -> None:
    """End the engine, if one runs: when the worker ends."""
    with _lock:
        _discard()


def _discard() -> None:
    while _running:
        _running.pop().close()


def _read_facts(head: dict[str, Any]) -> Facts:
    return Facts(head.get("gpu"), head.get("free_gib"), str(head.get("attention")), str(head.get("torch")))


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
