"""`conductor rehearse` as a process: how long the processors work for one complete release."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORKED_S = 15.0


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        before = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
        done = subprocess.run(
            [sys.executable, "-m", "conductor", "rehearse", "--json"],
            cwd=folder,
            env={**os.environ, "XDG_STATE_HOME": folder, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
        )
        worked = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before
    print(f"rehearsal  {worked:5.2f} s of processor time   (at most {WORKED_S:.0f}; exit {done.returncode})")
    return int(done.returncode != 0 or worked > WORKED_S)


if __name__ == "__main__":
    raise SystemExit(main())
