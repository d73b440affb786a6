"""Measure Conductor's records side by side with Backlog.md and task-master, at 10 and at 10,000 tasks and entries.

Run from the repository's root: `python benchmarks/bench_records.py`. Each tool gets a git repository of its own with
the same number of tasks; the commands of all tools take turns, so that a busy machine is busy for all of them. CPU time
is counted, that of the processes that a command starts too. A peer that npm can't install is left out, and the table
says so. Exits 1 where Conductor grows by more than LIMITS, or its writers are less than LEAD times Backlog.md's.

Example: python benchmarks/bench_records.py --large 2000 --runs 3 --skip-peers
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = {"backlog": "backlog.md@1.52.0", "task-master": "task-master-ai@0.43.1"}
SMALL = 10
# How much more each may take with many tasks than with few.
LIMITS = {"list": 2.5, "next": 2.5, "prime": 2.5, "note": 2.5, "new": 2.5, "check records": 4.0}
LEAD = 4.0
WORD = "quaternion"


@dataclass
class Tool:
    """A tool with its projects by size, and the commands that are measured there."""

    name: str
    projects: dict[int, Path]
    commands: dict[str, list[str]]
    times: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    create: list[str] = field(default_factory=list)


def run(command: list[str], folder: Path, *, check: bool = True) -> float:
    """Run the command there and return how many seconds of CPU it took."""
    start = used_s()
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, check=False)
    seconds = used_s() - start
    if check and done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} in {folder}: exit {done.returncode}\n{done.stderr.decode()[-2000:]}")
    return seconds


def used_s() -> float:
    """Return the seconds of CPU that all processes took which were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def environment() -> dict[str, str]:
    """Return the environment of every measured command."""
    fixed = {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "GIT_CONFIG_GLOBAL": os.devnull, "CI": "1"}
    names = ("AUTHOR", "COMMITTER")
    identity = {f"GIT_{who}_{key}": value for who in names for key, value in (("NAME", "A"), ("EMAIL", "a@b.invalid"))}
    return {**os.environ, **fixed, **identity}


def new_repository(folder: Path) -> Path:
    """Return the folder as an empty git repository."""
    folder.mkdir(parents=True)
    run(["git", "init", "-q", "-b", "main"], folder)
    return folder


def commit(folder: Path) -> None:
    """Commit everything in the folder."""
    run(["git", "add", "-A"], folder)
    run(["git", "commit", "-qm", "seed"], folder)


def task_id(number: int) -> str:
    """Return the id of a seeded task: ten a day, from 2024 on."""
    day = time.strftime("%Y-%m-%d", time.gmtime(1704067200 + number // 10 * 86400 // 2))
    return f"TASK-{day}-{number % 20 + 1:03d}"


def seed_conductor(folder: Path, count: int) -> Path:
    """Write that many tasks and entries: what is recent in the files, the rest in the archives, as compact does."""
    new_repository(folder)
    blocks, entries = {}, {}
    for number in range(count):
        name, month = task_id(number), task_id(number)[5:12]
        title = f"Task {number} {WORD if number % 1000 == 7 else 'about the image'}"
        is_open = number >= count - SMALL
        heading = "Current Task" if number == count - 1 else "Open Task" if is_open else "Previous Task"
        status = "PLANNING" if is_open else "COMPLETE"
        block = f"## {heading}\n**Task ID**: {name}\n**Title**: {title}\n**Status**: {status}\n"
        block += (
            f"**Started**: {name[5:15]} 10:00\n**Dependencies**: None\n\n### Task Context\n- **Key Files**: a.py\n\n"
        )
        block += "### Findings & Decisions\n- **FINDING-001**: the base image has Python 3.11\n\n"
        blocks[name] = ("" if is_open else month, block)
        text = f"## {name[5:15]} {number % 20 + 1:02d}:00\n\n### Entry {number} |TASK:{name}|\n"
        text += "".join(f"- **{field_name}**: some words about it, {number}\n" for field_name in ("What", "Why", "How"))
        entries[number] = (month if not is_open else "", text + "\n")
    write(folder, "TASKS", "# Task Management\n\n## Active Phase\n**Phase**: One\n\n", blocks.values())
    write(folder, "JOURNAL", "# Engineering Journal\n\n", entries.values())
    commit(folder)
    return folder


def write(folder: Path, stem: str, head: str, parts: object) -> None:
    """Write the parts into the file or, by month, its archive; newest first."""
    files: dict[str, list[str]] = {}
    for month, text in parts:
        files.setdefault(month, []).append(text)
    for month, texts in files.items():
        path = folder / (f"{stem}_ARCHIVE/{month}.md" if month else f"{stem}.md")
        path.parent.mkdir(exist_ok=True)
        path.write_text((head if not month else f"# Archive {month}\n\n") + "".join(reversed(texts)))


def conductor(folder: Path, sizes: list[int]) -> Tool:
    """Return Conductor with its seeded projects."""
    start = [sys.executable, "-m", "conductor"]
    projects = {size: seed_conductor(folder / f"conductor-{size}", size) for size in sizes}
    return Tool(
        "conductor",
        projects,
        {
            "list": [*start, "task", "list"],
            "show": [*start, "task", "show", "{id}"],
            "search": [*start, "search", WORD],
            "new": [*start, "task", "new", "A new task"],
            "journal add": [*start, "journal", "add", "A new entry", "--what", "words"],
            "prime": [*start, "prime"],
            "next": [*start, "task", "next"],
            "note": [*start, "task", "note", "some words"],
            "check records": [*start, "check", "records"],
        },
        create=[*start, "task", "new"],
    )


def install(folder: Path, name: str) -> Path | None:
    """Install the peer with npm and return its program, or None where that fails."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    target = folder / f"npm-{name}"
    target.mkdir()
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--prefix", str(target), PEERS[name]],
        capture_output=True,
        check=False,
        timeout=600,
    )
    program = target / "node_modules/.bin" / name
    return program if done.returncode == 0 and program.exists() else None


def backlog(folder: Path, program: Path, sizes: list[int]) -> Tool:
    """Return Backlog.md with its projects: one task made by itself, the others are that file with other numbers."""
    projects = {}
    for size in sizes:
        project = new_repository(folder / f"backlog-{size}")
        run([str(program), "init", "bench", "--defaults"], project)
        run([str(program), "task", "create", "Task 1 about the image", "-d", "words"], project)
        [first] = (project / "backlog/tasks").glob("*.md")
        prefix, text = first.name.split("-1 ")[0], first.read_text()
        for number in range(2, size + 1):
            title = f"Task {number} {WORD if number % 1000 == 7 else 'about the image'}"
            other = text.replace("Task 1 about the image", title)
            other = other.replace(f"{prefix}-1\n", f"{prefix}-{number}\n").replace(
                f"{prefix.upper()}-1\n", f"{prefix.upper()}-{number}\n"
            )
            (first.parent / f"{prefix}-{number} - {title.replace(' ', '-')}.md").write_text(other)
        commit(project)
        projects[size] = project
    start = [str(program)]
    return Tool(
        "backlog",
        projects,
        {
            "list": [*start, "task", "list", "--plain"],
            "show": [*start, "task", "view", "{number}", "--plain"],
            "search": [*start, "search", WORD, "--plain"],
            "new": [*start, "task", "create", "A new task"],
        },
        create=[*start, "task", "create"],
    )


def task_master(folder: Path, program: Path, sizes: list[int]) -> Tool:
    """Return task-master with its projects: all tasks stand in one JSON file."""
    import json

    projects = {}
    for size in sizes:
        project = new_repository(folder / f"task-master-{size}")
        tasks = [
            {
                "id": number,
                "title": f"Task {number} about the image",
                "description": "words",
                "status": "pending",
                "dependencies": [],
                "priority": "medium",
                "details": "",
                "testStrategy": "",
                "subtasks": [],
            }
            for number in range(1, size + 1)
        ]
        path = project / ".taskmaster/tasks/tasks.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"master": {"tasks": tasks, "metadata": {"description": "bench"}}}))
        (project / ".taskmaster/config.json").write_text("{}")
        commit(project)
        projects[size] = project
    start = [str(program)]
    return Tool(
        "task-master",
        projects,
        {
            "list": [*start, "list"],
            "show": [*start, "show", "{number}"],
            "new": [*start, "add-task", "--title", "A new task", "--description", "words"],
        },
    )


def measure(tools: list[Tool], sizes: list[int], runs: int) -> None:
    """Run every command of every tool, in turns."""
    for turn in range(runs + 1):
        for tool in tools:
            for size in sizes:
                for name, command in tool.commands.items():
                    words = [word.replace("{id}", task_id(size - 1)).replace("{number}", str(size)) for word in command]
                    seconds = run(
                        words, tool.projects[size], check=tool.name != "task-master" and name != "check records"
                    )
                    if turn:  # the first turn warms the disk's cache
                        tool.times.setdefault((name, size), []).append(seconds)
        print(f"turn {turn} of {runs}", file=sys.stderr)


def write_at_once(tool: Tool, folder: Path, make: Callable[[Path], None], each: int) -> float:
    """Let eight writers make tasks at once in a new project; return how many came to be for a second of CPU."""
    project = new_repository(folder / f"{tool.name}-writers")
    make(project)
    script = f'for n in $(seq {each}); do "$@" "Task of $0 number $n" >/dev/null || exit 1; done'
    start = used_s()
    writers = [
        subprocess.Popen(
            ["sh", "-c", script, str(number), *tool.create], cwd=project, env=environment(), stderr=subprocess.DEVNULL
        )
        for number in range(8)
    ]
    failed = sum(writer.wait() != 0 for writer in writers)
    seconds = used_s() - start
    if failed:
        print(f"{tool.name}: {failed} of 8 writers failed", file=sys.stderr)
    return 8 * each / seconds


def growths(tool: Tool, sizes: list[int]) -> dict[str, float]:
    """Return how much more each command that has a limit takes with many tasks than with few."""
    medians = {key: statistics.median(times) for key, times in tool.times.items()}
    return {name: medians[name, sizes[-1]] / medians[name, sizes[0]] for name in LIMITS}


def print_table(tools: list[Tool], sizes: list[int]) -> None:
    """Print the medians, each tool's own growth, and what Conductor's is of the peers'."""
    small, large = sizes[0], sizes[-1]
    print(f"\n| tool | command | {small} tasks | {large} tasks | growth | to Conductor at {large} |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    own = {name: statistics.median(tools[0].times[name, large]) for name in tools[0].commands}
    for tool in tools:
        for name in tool.commands:
            first, last = (statistics.median(tool.times[name, size]) for size in (small, large))
            ratio = f"{last / own[name]:.1f} x" if tool is not tools[0] else ""
            print(f"| {tool.name} | {name} | {first:.3f} s | {last:.3f} s | {last / first:.2f} x | {ratio} |")


def main() -> None:
    """Seed, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", type=int, default=10_000, help="the larger number of tasks and entries")
    parser.add_argument("--runs", type=int, default=5, help="how often each command is measured")
    parser.add_argument("--each", type=int, default=50, help="how many tasks each of eight writers makes")
    parser.add_argument("--skip-peers", action="store_true", help="measure Conductor alone")
    parser.add_argument("--skip-writers", action="store_true", help="leave the eight writers out")
    options = parser.parse_args()
    sizes = [SMALL, options.large]
    with tempfile.TemporaryDirectory(prefix="bench-records-") as name:
        folder = Path(name)
        tools = [conductor(folder, sizes)]
        for peer, build in (("backlog", backlog), ("task-master", task_master)):
            program = None if options.skip_peers else install(folder, peer)
            if program is None:
                print(f"{peer} is left out: {'not asked for' if options.skip_peers else 'npm could not install it'}")
            else:
                tools.append(build(folder, program, sizes))
        measure(tools, sizes, options.runs)
        print_table(tools, sizes)
        over = [f"{name}: {growth:.2f} x" for name, growth in growths(tools[0], sizes).items() if growth > LIMITS[name]]
        if not options.skip_writers:
            rates = {}
            print("\n| tool | eight writers, tasks for a second of CPU |\n| --- | ---: |")
            for tool in [one for one in tools if one.create]:
                start = [tool.create[0], "init", "bench", "--defaults"] if tool.name == "backlog" else ["true"]
                rate = write_at_once(tool, folder, lambda project, first=start: run(first, project), options.each)
                rates[tool.name] = rate
                print(f"| {tool.name} | {rate:.1f} |")
            if "backlog" in rates and rates["conductor"] < LEAD * rates["backlog"]:
                over.append(f"eight writers: {rates['conductor'] / rates['backlog']:.1f} x Backlog.md, not {LEAD} x")
        if over:
            raise SystemExit("over the limit: " + "; ".join(over))


if __name__ == "__main__":
    main()
