"""`conductor check` on this repository, as a process: cold (no caches) and with nothing changed since."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COLD_S, UNCHANGED_S = 1.5, 0.5


def run(root: Path, state: Path) -> float:
    environment = {**os.environ, "XDG_STATE_HOME": str(state), "PYTHONPATH": str(ROOT)}
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "conductor", "check", "--trust"],
        cwd=root,
        env=environment,
        capture_output=True,
        check=False,
    )
    return time.perf_counter() - began


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
    print(f"cold       {min(cold):5.2f} s   (at most {COLD_S})")
    print(f"unchanged  {min(unchanged):5.2f} s   (at most {UNCHANGED_S})")
    return int(min(cold) > COLD_S or min(unchanged) > UNCHANGED_S)


if __name__ == "__main__":
    raise SystemExit(main())
