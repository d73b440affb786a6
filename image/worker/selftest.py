"""Check at start-up that this machine can do the work, and log the reason first where it can't."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile

from worker.contract import load_identity


def find_problems() -> list[str]:
    """Return what keeps this worker from doing any job; empty where it can work."""
    return [problem for check in (_python, _video_library, _scratch) if (problem := check())]


def log_report(problems: list[str]) -> None:
    """Print one line of JSON to stderr: what this worker is, and what is wrong with it."""
    identity = load_identity()
    report = {
        "worker": "cannot start" if problems else "starting",
        "problems": problems,
        "revision": identity.revision,
        "context": identity.context,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
    print(json.dumps(report), file=sys.stderr, flush=True)


def _python() -> str | None:
    return None if sys.version_info >= (3, 11) else f"Python 3.11 or newer is needed, not {platform.python_version()}"


def _video_library() -> str | None:
    try:
        import av
    except (ImportError, OSError) as error:
        return f"PyAV can't be imported: {error}"
    return None if "libx264" in av.codecs_available else "this PyAV has no libx264 encoder"


def _scratch() -> str | None:
    try:
        with tempfile.NamedTemporaryFile(prefix="selftest-") as file:
            file.write(b"0")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return f"the scratch folder {tempfile.gettempdir()} can't be written: {error.strerror}"
    return None
