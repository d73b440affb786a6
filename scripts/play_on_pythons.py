"""Play the README's two commands on every Python that is found, each in a clone of its own with an empty home.

usage: python scripts/play_on_pythons.py [--no-tests]

`make rehearse` runs on each, `make test` on the oldest and the newest. What a stranger has is what is used: the
Python's own pip, and of the variables here only those that say how to reach an index. Exit code 1 where anything
failed; its output and its clone are kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
# For one command: several times what it takes on two cores. GRACE_S is for last words.
LIMIT_S, GRACE_S = 25 * 60, 5
# Of what a command printed.
SHOWN_LINES, FAILED_LINES = 12, 80
WANTED = ("3.11", "3.12", "3.13", "3.14")
_NAME = re.compile(r"python(?:3(?:\.\d+)?)?")
# Where installers of Pythons put them, beside what PATH names.
_USUAL = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/python/*/bin", "/opt/hostedtoolcache/Python/*/*/bin")
_OF_A_HOME = (".pyenv/versions/*/bin", ".local/share/uv/python/*/bin", ".asdf/installs/python/*/bin")
_KEPT = re.compile(r"(?:https?|all|no)_proxy|(?:PIP|SSL|REQUESTS|CURL)_\w+|CONDUCTOR_CORPUS|LANG|LC_\w+", re.IGNORECASE)
_ASK = """
import json, sys
try:
    import ensurepip, venv
    pip = ensurepip.version()
except ImportError:
    pip = ""
print(json.dumps([sys.version_info[:3], sys.base_prefix, getattr(sys, "_base_executable", sys.executable), pip]))
"""


@dataclass(frozen=True, slots=True, order=True)
class Python:
    """An interpreter outside of any environment; `pip` is the version that its environments get, empty without venv."""

    version: tuple[int, int, int]
    path: str
    pip: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.version))} ({self.path}, pip {self.pip or 'none'})"


def find_pythons(environment: Mapping[str, str], usual: Iterable[str] = _USUAL) -> list[Python]:
    """Return each Python of this machine once, oldest first; those that are too old or lack venv are among them."""
    found: dict[tuple[tuple[int, int, int], str], Python] = {}
    asked: set[Path] = set()
    for folder in places(environment, usual):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if _NAME.fullmatch(path.name) and path.resolve() not in asked:
                # pyenv's shims are one program under many names, and answer by the name.
                asked.update(() if folder.name == "shims" else [path.resolve()])
                told = ask(path)
                if told is not None:
                    found.setdefault((told[0].version, told[1]), told[0])
    return sorted(found.values())


def places(environment: Mapping[str, str], usual: Iterable[str]) -> list[Path]:
    """Return the folders in which to look: those of PATH first, each once."""
    path, home = environment.get("PATH", "").split(":"), environment.get("HOME", "")
    shims = [entry.removesuffix("/shims") for entry in path if entry.endswith("/shims")]
    patterns = [
        *path,
        *(f"{root}/versions/*/bin" for root in (environment.get("PYENV_ROOT"), *shims) if root),
        *(f"{home.rstrip('/')}/{pattern}" for pattern in _OF_A_HOME),
        *usual,
    ]
    absolute = [pattern.strip("/") for pattern in patterns if pattern.startswith("/")]
    return list(dict.fromkeys(folder for pattern in absolute if pattern for folder in sorted(Path("/").glob(pattern))))


def ask(path: Path) -> tuple[Python, str] | None:
    """Return an interpreter with its folder (the same for all its names), or None for what is none that starts."""
    try:
        done = subprocess.run(
            [str(path), "-I", "-c", _ASK], capture_output=True, text=True, check=False, timeout=30, cwd="/"
        )
        version, prefix, executable, pip = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return Python((version[0], version[1], version[2]), str(executable), str(pip)), str(prefix)


def usable(python: Python) -> bool:
    """Tell whether the project promises to run there."""
    return python.version[:2] >= OLDEST and bool(python.pip)


def missing(pythons: Iterable[Python]) -> list[str]:
    """Return the promised versions that were not found."""
    have = {f"{python.version[0]}.{python.version[1]}" for python in pythons}
    return [version for version in WANTED if version not in have]


def stranger(python: Python, home: Path, around: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of somebody who has this Python, git, ssh, make, and nothing set up."""
    kept = {name: value for name, value in around.items() if _KEPT.fullmatch(name)}
    folders = dict.fromkeys((str(Path(python.path).parent), "/usr/local/bin", "/usr/bin", "/bin"))
    return {**kept, "HOME": str(home), "PATH": ":".join(folders)}


def play(python: Python, source: Path, around: Mapping[str, str], commands: Iterable[tuple[str, ...]]) -> bool:
    """Run make with the words of each command in a fresh clone; tell whether all ended well. A failed clone stays."""
    folder = Path(tempfile.mkdtemp(prefix="conductor-python-"))
    home, clone = folder / "home", folder / "clone"
    home.mkdir()
    copy_project(source, clone)
    for words in commands:
        code = make(python, words, folder / f"{words[0]}.log", clone=clone, env=stranger(python, home, around))
        if code and words[0] == "test":
            # Real processes on a busy machine: what failed is said, and may show once more whether it really does.
            print("  once more, only what failed:", flush=True)
            again = ("test", "TESTFLAGS=--last-failed --last-failed-no-failures none")
            code = make(python, again, folder / "again.log", clone=clone, env=stranger(python, home, around))
        if code != 0:
            print(f"  the clone and the whole output are kept in {folder}", flush=True)
            return False
    shutil.rmtree(folder, ignore_errors=True)
    return True


def make(python: Python, words: tuple[str, ...], log: Path, *, clone: Path, env: Mapping[str, str]) -> int | None:
    """Run make with these words, show the end of its output, and return its exit code; None where it was ended."""
    print(f"  make {words[0]}", end=": ", flush=True)
    begun = time.monotonic()
    code = run(["make", f"PYTHON={python.path}", *words], log, cwd=clone, env=env)
    print(f"{'ended' if code is None else f'exit {code}'} after {time.monotonic() - begun:.0f} s")
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    print(*(f"    {line}" for line in lines[-SHOWN_LINES if code == 0 else -FAILED_LINES :]), sep="\n", flush=True)
    return code


def run(command: list[str], log: Path, *, cwd: Path, env: Mapping[str, str], limit: float = LIMIT_S) -> int | None:
    """Run the command with its output in a file and return its exit code, or None where it was ended at the limit (s).

    The output is no pipe: one that a forgotten process holds open would never end.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            # Each Python that pytest runs in tells where it is.
            os.killpg(process.pid, signal.SIGABRT)
            time.sleep(GRACE_S)
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def copy_project(source: Path, clone: Path) -> None:
    """Clone what is committed; copy the files where they are no repository (an unpacked archive)."""
    if (source / ".git").exists():
        # In CI the checkout may belong to another user.
        git = ["git", "-c", "safe.directory=*", "clone", "--quiet", "--", str(source), str(clone)]
        subprocess.run(git, check=True)
    else:
        shutil.copytree(source, clone, ignore=shutil.ignore_patterns(".venv", "__pycache__"))


def main(words: list[str]) -> int:
    """Find the Pythons, play on each, and say what was not found and what failed."""
    found = find_pythons(os.environ)
    chosen = [python for python in found if usable(python)]
    for python in found:
        print(f"found {python}{'' if python in chosen else ': passed over, too old or without venv'}")
    print(f"not found: {', '.join(missing(chosen)) or 'nothing that is promised'}", flush=True)
    if not chosen:
        print("no Python here can play: 3.11 or newer with venv is needed", file=sys.stderr)
        return 2
    tests = {} if "--no-tests" in words else dict.fromkeys((chosen[0], chosen[-1]), ("test",))
    failed = []
    for python in chosen:
        print(f"== {python}", flush=True)
        commands = [("rehearse",), *([tests[python]] if python in tests else [])]
        if not play(python, ROOT, os.environ, commands):
            failed.append(python)
    print(f"rehearsed on {len(chosen)} Pythons, tested on {len(tests)}", end="; ")
    print(f"failed: {', '.join(map(str, failed)) or 'none'}; not found: {', '.join(missing(chosen)) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
