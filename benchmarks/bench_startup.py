"""Measure what it costs to start Conductor: its commands beside `python -c pass` of the same environment, in turns.

Run from the repository's root: `python benchmarks/bench_startup.py`. Both installations that people have are built for
it, in environments of their own that find the dependencies where this program runs: the wheel, and the editable one.
Exit 1 where a ratio is over its limit: that of the median processor times, which a busy machine hardly moves.

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


def run(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Run the command there and return its seconds by the clock and of the processor, its children's with them."""
    began = time.perf_counter()
    output = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode} in {folder}")
    return time.perf_counter() - began, used.ru_utime + used.ru_stime


def measure(programs: Path, folder: Path, runs: int) -> dict[str, tuple[float, float]]:
    """Return the median seconds per command; all take turns, so that a busy machine is busy for all of them."""
    commands = {"python": [str(programs / "python"), "-c", "pass"]}
    commands |= {name: [str(programs / "conductor"), *words] for name, words in WORDS.items()}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"XDG_STATE_HOME": str(folder / "state"), "HOME": str(folder)}
    for turn in range(runs + 2):
        for name, command in commands.items():
            repository = folder / f"{name}-{turn}".replace(" ", "-")
            subprocess.run(["git", "init", "-q", str(repository)], check=True)
            taken = run(command, repository, environment)
            if turn > 1:  # the first turns read from the disk
                times[name].append(taken)
    return {
        name: (statistics.median(clock for clock, _ in taken), statistics.median(cpu for _, cpu in taken))
        for name, taken in times.items()
    }


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
            bare_clock, bare = times["python"]
            print(f"{kind:9} python -c pass  {bare_clock * 1000:6.1f} ms")
            for name, limit in LIMITS.items():
                clock, cpu = times[name]
                over |= cpu / bare > limit
                print(
                    f"{kind:9} {name:14}  {clock * 1000:6.1f} ms  {clock / bare_clock:5.1f} times by the clock, "
                    f"{cpu / bare:5.1f} of the processor (at most {limit:g})"
                )
    return int(over)


if __name__ == "__main__":
    raise SystemExit(main())
