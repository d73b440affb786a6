"""Measure what it costs to start Conductor: its commands beside `python -c pass` of the same environment, in turns.

Run from the repository's root: `python benchmarks/bench_startup.py`. Both installations that people have are built for
it, in environments of their own that find the dependencies where this program runs: the wheel, and the editable one.
Exit 1 where a median ratio is over its limit.

Example: python benchmarks/bench_startup.py --runs 40
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conductor.shell.shfmt import find_binary

ROOT = Path(__file__).resolve().parents[1]
LIMITS = {"--help": 8.0, "task new": 13.0, "task list": 13.0}
WORDS = {"--help": ["--help"], "task new": ["task", "new", "Measure it"], "task list": ["task", "list"]}


def install(folder: Path, source: list[str]) -> Path:
    """Make an environment with Conductor in it and return its folder of programs."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    site = next((folder / "lib").glob("python*/site-packages"))
    dependencies = Path(sysconfig.get_path("purelib"))
    (site / "dependencies.pth").write_text(f"{dependencies}\n", encoding="utf-8")
    (folder / "bin/shfmt").symlink_to(find_binary())
    quiet = ["--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-index", "--no-build-isolation"]
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "install", *quiet, *offline]
    subprocess.run([*pip, *source], check=True)
    subprocess.run([str(folder / "bin/python"), "-m", "compileall", "-q", str(site)], check=False)
    return folder / "bin"


def measure(programs: Path, folder: Path, runs: int) -> dict[str, list[float]]:
    """Return seconds per command; all take turns, so that a busy machine is busy for all of them."""
    commands = {"python": [str(programs / "python"), "-c", "pass"]}
    commands |= {name: [str(programs / "conductor"), *words] for name, words in WORDS.items()}
    times: dict[str, list[float]] = {name: [] for name in commands}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"XDG_STATE_HOME": str(folder / "state"), "HOME": str(folder)}
    for turn in range(runs + 2):
        for name, command in commands.items():
            repository = folder / f"{name}-{turn}".replace(" ", "-")
            subprocess.run(["git", "init", "-q", str(repository)], check=True)
            began = time.perf_counter()
            done = subprocess.run(command, cwd=repository, env=environment, capture_output=True, check=False)
            if turn > 1:  # the first turns read from the disk
                times[name].append(time.perf_counter() - began)
            if done.returncode:
                sys.exit(f"{' '.join(command)}: {done.stderr.decode()}")
    return times


def main() -> int:
    """Print a table for both installations; return 1 where one is over a limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="turns that count")
    runs = parser.parse_args().runs
    over = False
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        wheels = folder / "wheels"
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheels), str(ROOT)]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        sources = {"wheel": [str(next(wheels.glob("*.whl")))], "editable": ["-e", str(ROOT)]}
        for kind, source in sources.items():
            programs = install(folder / kind, source)
            work = folder / f"{kind}-work"
            work.mkdir()
            times = measure(programs, work, runs)
            bare = times["python"]
            print(f"{kind:9} python -c pass  {statistics.median(bare) * 1000:6.1f} ms")
            for name, limit in LIMITS.items():
                ratio = statistics.median(one / base for one, base in zip(times[name], bare, strict=True))
                over |= ratio > limit
                milliseconds = statistics.median(times[name]) * 1000
                print(f"{kind:9} {name:14}  {milliseconds:6.1f} ms  {ratio:5.1f} times (at most {limit:g})")
    return int(over)


if __name__ == "__main__":
    raise SystemExit(main())
