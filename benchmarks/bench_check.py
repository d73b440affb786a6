"""`conductor check` on this repository, as a process: cold (no caches) and with nothing changed since."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COLD_S, UNCHANGED_S = 1.5, 0.5


def run(root: Path, state: Path) -> tuple[float, float]:
    """Return the seconds that passed and those that the processors worked."""
    environment = {**os.environ, "XDG_STATE_HOME": str(state), "PYTHONPATH": str(ROOT)}
    began, worked = time.perf_counter(), sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    subprocess.run(
        [sys.executable, "-m", "conductor", "check", "--trust"],
        cwd=root,
        env=environment,
        capture_output=True,
        check=False,
    )
    busy = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - worked
    return time.perf_counter() - began, busy


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        clone, state = Path(folder) / "clone", Path(folder) / "state"
        subprocess.run(["git", "clone", "-q", f"file://{ROOT}", str(clone)], check=True)
        cold = []
        for _ in range(3):
            shutil.rmtree(state, ignore_errors=True)
            shutil.rmtree(clone / ".git" / "conductor", ignore_errors=True)
            cold.append(run(clone, state))
        unchanged = [run(clone, state) for _ in range(7)]
    for name, times, limit in (("cold", cold, COLD_S), ("unchanged", unchanged, UNCHANGED_S)):
        busy = min(one for _, one in times)
        print(f"{name:<9}  {min(times)[0]:5.2f} s   (at most {limit}; {busy:.2f} s of processor time)")
    return int(min(cold)[0] > COLD_S or min(unchanged)[0] > UNCHANGED_S)


if __name__ == "__main__":
    raise SystemExit(main())
