"""Diagnosis of a log of 100 MB, beside grep with the words of every sign on the same file: CPU time and memory."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from conductor.diagnosis.causes import built_in  # noqa: E402

MEGABYTES = 100
LIMIT_S, LIMIT_MB = 4.0, 150
WORDS = ("torch", "numpy", "layer", "cache", "image", "build", "wheel", "python", "server", "token", "memory", "driver")
SHAPES = (
    "#{step} {seconds} Get:{number} http://archive.example bookworm/main amd64 lib{word}{number} all [{number} kB]",
    "#{step} {seconds}   Downloading {word}-{number}.{number}-cp311-cp311-manylinux_2_28_x86_64.whl ({number}.2 MB)",
    "#{step} {seconds} Requirement already satisfied: {word}>=1.{number} in /usr/local/lib ({word} 1.{number})",
    "2026-01-05T10:44:{number}Z #{step} {seconds} [{number}/1450] Building CUDA object csrc/{word}_{other}.cu.o",
    "#{step} {seconds} Unpacking {word}{number} ({number}.1) ... Setting up {other} ({number})",
    "#{step} {seconds} WARNING: {word} {number} was retried: the server of {other} said 503",
    "#{step} sha256:{number:064x} {number}.05MB / {number}.05MB {seconds}s done",
    "#{step} {seconds} {word} {other}: no error, 0 failed, {number} passed, {number} not found in {word}",
)
CHILD = "from conductor.cli.main import main; main()"


def write_log(path: Path) -> None:
    """Write lines as builds print them, the cause far behind."""
    chance = random.Random(7)
    with path.open("w") as file:
        size = 0
        while size < MEGABYTES * 1_000_000:
            lines = "".join(_line(chance) for _ in range(10_000))
            size += file.write(lines)
        file.write("#9 812.4 E: Unable to locate package python3.12-dev\n#9 ERROR: exit code: 100\n")


def _line(chance: random.Random) -> str:
    return (
        chance.choice(SHAPES).format(
            step=chance.randrange(30),
            seconds=f"{chance.random() * 900:.3f}",
            number=chance.randrange(10, 1000),
            word=chance.choice(WORDS),
            other=chance.choice(WORDS),
        )
        + "\n"
    )


def measure(command: list[str]) -> tuple[float, float, str]:
    """Return the CPU seconds of a command, its largest memory in MB, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, after.ru_maxrss / 1000, done.stdout


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        log, words = Path(folder) / "build.log", Path(folder) / "words"
        write_log(log)
        words.write_text("\n".join(sorted({sign.has.decode() for cause in built_in() for sign in cause.signs})))
        floor, _, count = measure(["grep", "-c", "-i", "-F", "-f", str(words), str(log)])
        cpu, memory, told = measure([sys.executable, "-c", CHILD, "diagnose", str(log), "--json"])
    found = '"cause": "APT_PACKAGE_MISSING"' in told
    print(f"{MEGABYTES} MB; grep for the words {floor:5.2f} s, {int(count):,} lines")
    print(f"diagnose {cpu:5.2f} s of CPU (at most {LIMIT_S}), {memory:.0f} MB (at most {LIMIT_MB}), found: {found}")
    return int(cpu > LIMIT_S or memory > LIMIT_MB or not found)


if __name__ == "__main__":
    raise SystemExit(main())
