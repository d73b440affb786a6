"""What preflight says about a project, beside what really happened to it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.reality.engine import Truth

# The verdicts, in the order of the table. An error about a project that works is false; a warning there is noise.
VERDICTS = ("found", "missed", "outside", "accident", "false", "noise", "quiet", "robust")
SLOW_S = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """Preflight's findings, or why there are none."""

    findings: tuple[dict[str, Any], ...]
    seconds: float
    trouble: str = ""

    def of(self, severity: str) -> set[tuple[str, str]]:
        """Return code and message of the findings of one severity."""
        return {(one["code"], one["message"]) for one in self.findings if one["severity"] == severity}


def ask(project: Path, conductor: Path) -> Answer:
    """Run preflight on a copy of the project, outside any repository."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = shutil.copytree(
            project, Path(scratch) / "project", symlinks=True, ignore=shutil.ignore_patterns("Dockerfile.eq")
        )
        words = ["nice", str(conductor), "preflight", "Dockerfile", "--format", "json"]
        before, started = os.times(), time.monotonic()
        try:
            done = subprocess.run(
                words, cwd=copy, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=SLOW_S, check=False
            )
        except subprocess.TimeoutExpired:
            return Answer((), time.monotonic() - started, f"no answer after {SLOW_S} s")
    after = os.times()
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    try:
        return Answer(tuple(json.loads(done.stdout)["findings"]), seconds)
    except (ValueError, KeyError):
        return Answer((), seconds, f"exit {done.returncode}: {(done.stderr or done.stdout)[-400:]}")


def judge(truth: Truth, answer: Answer, parent: Answer | None, shows: str | None) -> str:
    """Return the verdict; `shows` is the file that shows the fault, empty if none does, None for a project that should work.

    An error that the parent, which works, gets as well is not what finds the fault.
    """
    if answer.trouble:
        return "robust"
    if truth.works:
        return "false" if answer.of("error") else "noise" if answer.of("warning") else "quiet"
    if shows is None:
        return "accident"
    if answer.of("error") - (parent.of("error") if parent else set()):
        return "found"
    return "missed" if shows else "outside"
