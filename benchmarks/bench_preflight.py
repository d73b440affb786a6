"""Preflight and hadolint on the same Dockerfiles, one cold process each, in the same run.

usage: python benchmarks/bench_preflight.py [FOLDER …]     each holds a Dockerfile; without one, three made-up workers
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMIT_S = 0.7
RUNS = 7
WORKERS = {
    "seed": "FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime\nRUN apt-get update && apt-get install -y git ffmpeg\n"
    "RUN pip install einops\n"
    'COPY handler.py /handler.py\nCMD ["python", "-u", "/handler.py"]\n',
    "cuda": "FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04\n"
    + "".join(f"RUN apt-get update && apt-get install -y git python3-pip && echo {n}\n" for n in range(20))
    + 'RUN pip install runpod torch==2.7.1\nCOPY . /app\nCMD ["bash", "/app/start.sh"]\n',
    "stages": "FROM python:3.11 AS build\nRUN python -m venv /venv && . /venv/bin/activate && pip install runpod\n"
    "FROM python:3.11-slim\n"
    'COPY --from=build /venv /venv\nENV PATH=/venv/bin:$PATH\nCOPY . /app\nCMD ["python", "-u", "/app/handler.py"]\n',
}


def build(root: Path) -> list[Path]:
    """Write the workers, each with sixty files beside its Dockerfile."""
    folders = []
    for name, text in WORKERS.items():
        folder = root / name
        folder.mkdir()
        (folder / "Dockerfile").write_text(text)
        (folder / "handler.py").write_text('import runpod\n\nrunpod.serverless.start({"handler": print})\n')
        (folder / "start.sh").write_text("#!/bin/bash\nset -e\ncd /app\nexec python3 -u handler.py\n")
        for number in range(60):
            (folder / f"module_{number}.py").write_text("def f(x):\n    return x\n" * 40)
        folders.append(folder)
    return folders


def seconds(command: list[str]) -> float:
    """Return the median wall time of a command."""
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        subprocess.run(command, capture_output=True, check=False, cwd=ROOT)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def main() -> int:
    hadolint = shutil.which("hadolint") or str(Path(sys.executable).with_name("hadolint"))
    worst = 0.0
    with tempfile.TemporaryDirectory() as temporary:
        folders = [Path(name).resolve() for name in sys.argv[1:]] or build(Path(temporary))
        for folder in folders:
            ours = seconds([sys.executable, "-m", "conductor", "preflight", str(folder)])
            theirs = seconds([hadolint, str(folder / "Dockerfile")]) if Path(hadolint).exists() else float("nan")
            worst = max(worst, ours)
            print(f"{folder.name:10} preflight {ours:.3f} s   hadolint {theirs:.3f} s")
    print(f"worst {worst:.3f} s, limit {LIMIT_S} s")
    return 0 if worst <= LIMIT_S else 1


if __name__ == "__main__":
    sys.exit(main())
