"""What the guard costs before each command of an agent, beside peers, in one run.

Prints ratios to a bare `python -I -S -c pass` of the same interpreter, of the CPU time that each took with all it
started: other programs on the machine make that no longer. `the guard` is the script called directly, `the hook entry`
the command line in the agent's settings, with its time limit. Interpreters are counted as they really start: a second
run has a counting one in `.conductor/local/interpreter`. The commands are those of CONDUCTOR_CORPUS
(`agent_mix.jsonl`) where it is set, else the sample below. Peers that can't be installed are named as skipped.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

SAMPLE = (
    *("git status", "ls -la", "pytest -q", "cat README.md", "git diff", "rg -n 'TODO' src", 'git commit -m "fix"'),
    *("sed -n 1,80p app.py", "tail -n 60 build.log", "pip install einops", "docker ps", 'echo "$HOME"', "make test"),
)
PEERS = {
    "nah (PyPI)": ("nah", lambda folder: [str(folder / "nah/bin/python"), "-m", "nah.hook"]),
    "cc-safety-net (npm)": (
        "cc-safety-net",
        lambda folder: ["node", str(folder / "npm/node_modules/.bin/cc-safety-net"), "--claude-code"],
    ),
}


def commands() -> list[str]:
    corpus = os.environ.get("CONDUCTOR_CORPUS")
    if corpus and (path := Path(corpus) / "agent_mix.jsonl").is_file():
        return [json.loads(line)["command"] for line in path.read_text().splitlines()]
    return list(SAMPLE) * 20


def event(command: str, root: Path) -> bytes:
    body = {
        "session_id": "bench",
        "cwd": str(root),
        "hook_event_name": "PreToolUse",
        "tool_name": "Bash",
        "tool_input": {"command": command, "description": "a step"},
    }
    return json.dumps(body, separators=(",", ":")).encode()


def run(line: list[str], given: bytes, root: Path) -> float:
    """Run it and return the CPU time in milliseconds that it and its own took, in user and kernel mode."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "CLAUDE_PROJECT_DIR": str(root)}
    subprocess.run(line, input=given, capture_output=True, cwd=root, env=environment, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000


def count_interpreters(line: list[str], asked: list[str], root: Path) -> int:
    """Return how many of the commands start the interpreter that the wrapper is told of."""
    told = root / ".conductor/local/interpreter"
    python, hook = told.read_text().splitlines()
    seen, counting = root / ".conductor/local/seen", root / ".conductor/local/counting"
    counting.write_text(f"#!/bin/sh\necho started >>'{seen}'\nexec '{python}' \"$@\"\n")
    counting.chmod(0o755)
    told.write_text(f"{counting}\n{hook}\n")
    for command in asked:
        run(line, event(command, root), root)
    told.write_text(f"{python}\n{hook}\n")
    return len(seen.read_text().splitlines()) if seen.exists() else 0


def entry(root: Path) -> list[str]:
    """Return the command line that the agent's settings hold, as an agent runs it."""
    hooks = json.loads((root / ".claude/settings.json").read_text())["hooks"]["PreToolUse"]
    return ["sh", "-c", hooks[0]["hooks"][0]["command"]]


def install_peers(folder: Path) -> dict[str, list[str]]:
    found = {}
    for title, (package, line) in PEERS.items():
        if "npm" in title:
            done = subprocess.run(
                ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder / "npm"), package],
                capture_output=True,
                check=False,
            )
        else:
            subprocess.run([sys.executable, "-m", "venv", str(folder / package)], check=True)
            done = subprocess.run(
                [str(folder / package / "bin/pip"), "install", "--quiet", package], capture_output=True, check=False
            )
        if done.returncode == 0 and Path(line(folder)[1] if line(folder)[0] == "node" else line(folder)[0]).exists():
            found[title] = line(folder)
        else:
            print(f"skipped: {title} can't be installed here")
    return found


def prepare(root: Path) -> None:
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    subprocess.run(
        [sys.executable, "-m", "conductor", "hooks", "install", "--agent", "claude"],
        cwd=root,
        check=True,
        capture_output=True,
        env={**os.environ, "XDG_STATE_HOME": str(root / ".state")},
    )


def row(title: str, times: list[float], bare: float, extra: str = "") -> None:
    times = sorted(times)
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
    print(
        f"{title:<28} mean {statistics.mean(times) / bare:5.2f} x  median {statistics.median(times) / bare:5.2f} x  "
        f"p99 {p99 / bare:5.2f} x  {extra}"
    )


def main() -> None:
    asked = commands()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = folder / "project"
        root.mkdir()
        prepare(root)
        guard = [str(root / ".conductor/bin/guard"), "claude"]
        bare_line = [sys.executable, "-I", "-S", "-c", "pass"]
        for line in (guard, bare_line):
            run(line, event("git commit -m x", root), root)
        times: dict[str, list[float]] = {"the guard": [], "the hook entry": []}
        bares = []
        for number, command in enumerate(asked):
            for title, line in zip(times, (guard, entry(root)), strict=True):
                times[title].append(run(line, event(command, root), root))
            if number % 5 == 0:
                bares.append(run(bare_line, b"", root))
        bare = statistics.mean(bares)
        print(f"{len(asked)} commands; bare python -I -S: {bare:.1f} ms of CPU")
        share = 100 * (1 - count_interpreters(guard, asked, root) / len(asked))
        for title, taken in times.items():
            row(title, taken, bare, f"{share:.0f} % without Python")
        if shutil.which("npm") is None:
            print("skipped: npm is not installed")
        for title, line in install_peers(folder).items():
            sample = asked[:: max(1, len(asked) // 60)]
            row(title, [run(line, event(command, root), root) for command in sample], bare, f"{len(sample)} commands")


if __name__ == "__main__":
    main()
