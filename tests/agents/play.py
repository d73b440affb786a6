"""Let one agent's program play its script in a project of Conductor's, and print as JSON what came of it.

    unshare -n sh -c 'ip link set lo up; exec python -m tests.agents.play AGENT PROGRAM FOLDER [MODE] [WORD…]'

FOLDER is emptied. MODE is what the guard does before a tool: ok, crash, exit1, exit127, hang, missing. WORDs: untrusted,
below (the agent starts in a folder of the project), user (hooks in the user's own settings too), owner (the project is
another user's).
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tests.agents.model import ScriptedModel
from tests.agents.programs import prepare, steps_of

# Stands in the guard's place: keeps each event and how it was answered, and spoils what comes before a tool.
SHIM = """#!/bin/sh
bin=${0%/*}
marks=$bin/../../../marks
event=$(mktemp "$marks/event-XXXXXX")
cat >"$event"
mode=$(cat "$marks/mode")
grep -qE '"hook_event_name": ?"(PreToolUse|BeforeTool)"' "$event" || mode=ok
case $mode in
crash) kill -SEGV $$ ;;
exit1) echo broken >&2; exit 1 ;;
exit127) exit 127 ;;
hang) sleep 100 ;;
esac
sh "$bin/guard.real" "$@" <"$event"
code=$?
echo "$code" >"$event.code"
exit $code
"""


def play(agent, program, folder, mode, words):
    shutil.rmtree(folder, ignore_errors=True)
    root, home, marks, programs = (folder / name for name in ("project", "home", "marks", "bin"))
    for path in (root, home, marks, programs, folder / "tmp"):
        path.mkdir(parents=True)
    environment = {"HOME": str(home), "LANG": "C.UTF-8", "TERM": "dumb", "SHELL": "/bin/bash"}
    environment["TMPDIR"] = str(folder / "tmp")
    environment["PATH"] = f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    lay_project(agent, folder, environment, user="user" in words)
    steps = steps_of(agent, root)
    if mode == "hang":  # each of them takes the guard's whole time limit
        steps = [step for step in steps if step["name"] in {"docker", "push", "mcp"}]
    model = ScriptedModel(steps)
    more, line = prepare(agent, root, home, model.address, marks, trusted="untrusted" not in words)
    spoil_guard(root, marks, mode)
    if "owner" in words:
        subprocess.run(["chown", "-R", "12345", str(root)], check=True)
    start = root / "below" if "below" in words else root
    start.mkdir(exist_ok=True)
    with (folder / "out.txt").open("w") as out:
        process = subprocess.Popen(
            [program, *line], cwd=start, env=environment | more, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            code = process.wait(400)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            code = None
    model.close()
    return {"code": code, "told": model.told, **look(folder, environment)}


def lay_project(agent, folder, environment, *, user):
    """Make the project and its remote, and install the hooks; commands of the outside leave a mark."""
    root = folder / "project"
    docker = folder / "bin/docker"
    docker.write_text(f"#!/bin/sh\necho ran >>'{folder}/marks/docker'\n")
    docker.chmod(0o755)
    (folder / "home/.gitconfig").write_text("[user]\n\tname = A\n\temail = a@example.com\n")
    # Codex's login shells set PATH anew.
    (folder / "home/.profile").write_text(f"export PATH='{environment['PATH']}'\n")
    (root / "TASKS.md").write_text("# Tasks\n\n- [ ] Keep me\n")

    def run(*words):
        subprocess.run(words, cwd=root, env=environment, check=True, capture_output=True)

    run("git", "init", "-q", "--bare", "-b", "main", str(folder / "remote.git"))
    run("git", "init", "-q", "-b", "main")
    run("git", "remote", "add", "origin", str(folder / "remote.git"))
    run("git", "add", "-A")
    run("git", "commit", "-q", "-m", "begin")
    run("conductor", "init", "--yes")
    run("conductor", "hooks", "install", "--agent", agent)
    if user:
        run("conductor", "hooks", "install", "--user", "--agent", agent)


def spoil_guard(root, marks, mode):
    guard = root / ".conductor/bin/guard"
    guard.rename(guard.with_name("guard.real"))
    (marks / "mode").write_text(mode)
    if mode != "missing":
        guard.write_text(SHIM)
        guard.chmod(0o755)


def look(folder, environment):
    """Return what is there afterwards, and the events as they were answered."""
    root, marks = folder / "project", folder / "marks"
    log = subprocess.run(
        ["git", "-c", f"safe.directory={root}", "-C", str(root), "log", "--format=%s"],
        env=environment, capture_output=True, text=True, check=False,
    ).stdout.split()  # fmt: skip
    tasks, guard = root / "TASKS.md", root / ".conductor/bin/guard"
    broken = {
        "docker ran": (marks / "docker").exists(),
        "mcp ran": (marks / "mcp").exists(),
        "pushed": (folder / "remote.git/refs/heads/main").exists(),
        "committed": "x" in log,
        "TASKS.md changed": not tasks.exists() or "Keep me" not in tasks.read_text(),
        "guard changed": guard.exists() and guard.read_text() != SHIM,
        "file beside the guard": (root / ".conductor/new").exists(),
    }
    events = []
    for path in sorted(marks.glob("event-??????"), key=lambda path: path.stat().st_mtime_ns):
        event = json.loads(path.read_text())
        code = path.with_name(f"{path.name}.code")
        answered = int(code.read_text()) if code.exists() else None
        events.append([event.get("hook_event_name"), event.get("tool_name"), answered])
    ledger = [
        json.loads(line)
        for path in (root / ".git/conductor/sessions").glob("*.jsonl")
        for line in path.read_text().splitlines()
    ]
    return {
        "broken": [name for name, is_so in broken.items() if is_so],
        "harmless": (root / "ok.txt").exists() or (root / "below/ok.txt").exists(),
        "events": events,
        "ledger": [[row["tool"], row["target"], row["ok"]] for row in ledger],
    }


if __name__ == "__main__":
    name, started, where, *rest = sys.argv[1:]
    print(json.dumps(play(name, started, Path(where).absolute(), (rest or ["ok"])[0], rest[1:])))
