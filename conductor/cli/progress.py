"""How a release looks while it runs: a live line on a terminal, one line a step elsewhere."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Sequence
from typing import Self, TextIO

from conductor.cli.layout import USUAL, beside, cut, width_of
from conductor.cli.output import colour
from conductor.domain.finding import Confidence, Finding, Severity
from conductor.domain.text import one_line, quoted_line

NAME_WIDTH = 12
_FRAMES = "|/-\\"
_SURE = {Confidence.HIGH: "certain", Confidence.MEDIUM: "likely", Confidence.LOW: "possible"}


class Silence:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        return

    def step_started(self, name: str) -> None:
        """Show nothing."""

    def step_detail(self, name: str, text: str) -> None:
        """Show nothing."""

    def step_ended(self, name: str, summary: str, seconds: float) -> None:
        """Show nothing."""

    def step_failed(self, name: str, summary: str, seconds: float, findings: Sequence[Finding]) -> None:
        """Show nothing."""


class Progress:
    """Prints steps to a stream; use it as a context manager so that the live line is taken away at the end."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._lock = threading.Lock()
        self._name = ""
        self._detail = ""
        self._since = 0.0
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        if self._live:
            self._thread = threading.Thread(target=self._spin, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._stopped.set()
        if self._thread:
            self._thread.join(timeout=2)
        with self._lock:
            self._clear()

    def step_started(self, name: str) -> None:
        """Show that a step begins."""
        with self._lock:
            self._name, self._detail, self._since = name, "", time.monotonic()

    def step_detail(self, name: str, text: str) -> None:
        """Show what the step waits for."""
        del name
        with self._lock:
            self._detail = one_line(text, 100)

    def step_ended(self, name: str, summary: str, seconds: float) -> None:
        """Print the step's line."""
        self._print("\n".join(render_step(name, summary, seconds, width_of(self._stream))))

    def step_failed(self, name: str, summary: str, seconds: float, findings: Sequence[Finding]) -> None:
        """Print the step's line in red, with the causes below it: errors, where there are any."""
        width = width_of(self._stream)
        lines = [colour(line, "31", stream=self._stream) for line in render_step(name, summary, seconds, width)]
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        lines += [line for finding in errors or findings for line in render_cause(finding, width)]
        self._print("\n".join(lines))

    def _print(self, text: str) -> None:
        with self._lock:
            self._clear()
            self._name = ""
            self._stream.write(text + "\n")
            self._stream.flush()

    def _clear(self) -> None:
        if self._live:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()

    def _spin(self) -> None:
        turn = 0
        while not self._stopped.wait(0.1):
            turn += 1
            with self._lock:
                if self._name:
                    elapsed = time.monotonic() - self._since
                    line = f"{_FRAMES[turn % 4]} {self._name:<{NAME_WIDTH}} {self._detail} {elapsed:.0f} s"
                    self._stream.write("\r\x1b[2K" + cut(line, (width_of(self._stream) or USUAL) - 1))
                    self._stream.flush()


def render_step(name: str, summary: str, seconds: float, width: int | None) -> list[str]:
    """Return `  push         4f2a91c to …   0.2 s`, folded to the width where there is one."""
    took = f"{seconds:>5.1f} s" if seconds else ""
    return beside(f"  {name:<{NAME_WIDTH}} ", one_line(summary, 400), width, tail=took)


def render_cause(finding: Finding, width: int | None) -> list[str]:
    """Return a finding as the lines under a failed step."""
    where = f"{finding.location}: " if finding.location else ""
    rows = [
        ("cause", f"{finding.code} ({_SURE[finding.confidence]})", 0),
        ("", f"{where}{one_line(finding.message)}", 0),
        # What is quoted keeps its shape, and goes on further in than it began.
        *(("", quoted_line(line), None) for line in finding.context),
        ("remedy", one_line(finding.remedy), 0),
    ]
    return [line for label, text, hang in rows for line in beside(f"    {label:<10} ", text, width, hang=hang)]
