"""Bad input: projects with broken bytes, nests and strange files. Preflight must answer, with findings or with an error that it means.

usage: python -m tests.reality.fuzz [--seed N] [--count N] [--keep FOLDER]

Prints a line for each project that raised, ended the process, or took more than three seconds of CPU.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import select
import shutil
import signal
import sys
import tempfile
import traceback
from dataclasses import replace
from pathlib import Path

from conductor.config.settings import Settings
from conductor.errors import ConductorError
from conductor.preflight.api import check_project
from tests.reality.nasty import NASTY
from tests.reality.plan import plan
from tests.reality.project import Project

SLOW_CPU_S = 3.0
# CPU that one project may use before it is ended, and the wall clock for one that waits for something (a FIFO).
_CPU_S, _WALL_S, _MEMORY = 20, 60, 3 << 30
_TOKENS = (
    b'"', b"'", b"`", b"\\", b"\\\n", b"$", b"${", b"$(", b"$((", b"))", b"}", b"(", b")", b"[", b"]", b"{", b"<<EOF\n", b"<(", b">", b"|", b"&&", b";;",
    b";", b"#", b"*", b"?", b"~", b"!", b"if ", b"fi", b"do ", b"done", b"case x in ", b"esac", b"\x00", b"\x1b[31m", b"\x7f", b"\r", b"\t", b"\x0c",
    "\u2028".encode(), "\ufeff".encode(), "\u202e".encode(), "ａ".encode(), b"\xff\xfe", b"\xc3(", b"%s", b"{}", b"--", b"-", b"=", b"==", b"@", b"://",
    b"FROM", b"COPY", b"RUN ", b"ENV ", b"ARG ", b"ONBUILD ", b"HEALTHCHECK ", b"9" * 30, b"-1", b"1e999", b"../", b"/", b"/dev/zero", b"\nUSER ",
)  # fmt: skip


def mutate(project: Project, rng: random.Random) -> Project:
    """Return the project with one to four changes in the bytes of one of its files."""
    name = rng.choice(["Dockerfile", *sorted(project.files)])
    content = project.files[name]
    for _ in range(rng.randint(1, 4)):
        at, until = sorted((rng.randint(0, len(content)), rng.randint(0, len(content))))
        short = content[at : min(until, at + 40)]
        kind = rng.randrange(7)
        if kind <= 2:
            content = content[:at] + rng.choice(_TOKENS) + content[at:]
        elif kind == 3:
            content = content[:at] + content[at + len(short) :]
        elif kind == 4:
            content = content[:at] + short * rng.choice((2, 3, 300)) + content[at:]
        elif kind == 5:
            lines = content.splitlines(keepends=True)
            rng.shuffle(lines)
            content = b"".join(lines)
        else:
            content = content[:at] + rng.choice(_TOKENS) * rng.choice((2, 50, 1000)) + content[at:]
    return replace(project, files={**project.files, name: content})


def try_one(folder: Path) -> str:
    """Judge the project in a process of its own; returns what went wrong, empty if nothing did."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            check_project(folder, Settings(), dockerfile=folder / "Dockerfile")
        except ConductorError:
            pass
        except BaseException:  # noqa: BLE001 - whatever it is, it is what is looked for
            os.write(writing, traceback.format_exc()[-3000:].encode(errors="replace"))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        late = not select.select([pipe], [], [], _WALL_S)[0]
        if late:
            os.kill(child, signal.SIGKILL)
        text = pipe.read().decode()
    _, status, used = os.wait4(child, 0)
    cpu = used.ru_utime + used.ru_stime
    if late:
        return f"waits for ever ({cpu:.1f} s of CPU in {_WALL_S} s)"
    if os.WIFSIGNALED(status):
        return f"ended by signal {os.WTERMSIG(status)} after {cpu:.1f} s of CPU"
    return text or (f"{cpu:.1f} s of CPU" if cpu > SLOW_CPU_S else "")


def main() -> int:
    """Try the nasty projects and so many random ones; exit 1 if one went wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.reality.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    wrong, tried = set[str](), 0
    rng = random.Random(asked.seed)
    plain = [case.project for case in plan(asked.seed, 60)]
    made = [(name, make) for name, make in sorted(NASTY.items())]
    made += [(f"random-{asked.seed}-{number}", mutate(rng.choice(plain), rng).write) for number in range(asked.count)]
    for name, make in made:
        if asked.only not in name:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "project"
            folder.mkdir()
            make(folder)
            tried += 1
            trouble = try_one(folder)
            kind = trouble.splitlines()[-1] if trouble else ""
            if trouble:
                print(f"{name}: {kind}", flush=True)
            if trouble and kind not in wrong and asked.keep:
                target = asked.keep / "robust" / name
                shutil.rmtree(target, ignore_errors=True)
                if not any(path.is_fifo() for path in folder.rglob("*")):
                    shutil.copytree(folder, target / "project", symlinks=True)
                target.mkdir(parents=True, exist_ok=True)
                (target / "why.txt").write_text(trouble + "\n")
            wrong |= {kind} - {""}
    print(f"{tried} projects, {len(wrong)} kinds of trouble")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
