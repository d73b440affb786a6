"""Events as the agents' own programs sent them (tests/agents, 27 November 2026), and what becomes of each.

`events/AGENT.jsonl` holds them byte for byte, with paths, ids and times replaced; `events/AGENT.txt` says for each how it
is read, how the call ended, and how the guard answers one that comes before a tool.
"""

import json
from pathlib import Path

import pytest

from conductor.guard.hooks.install import load_agent
from tests.guard.test_hook import fire, guarded

__all__ = ["guarded"]

FOLDER = Path(__file__).with_name("events")
AGENTS = ("claude", "codex", "gemini", "copilot")
BEFORE = ("PreToolUse", "BeforeTool")


def describe(root, agent, line):
    event = json.loads(line)
    call = load_agent(agent).read(dict(event))
    code = "-"
    if call.event in BEFORE:
        done = fire(root, agent, line.replace("/project", str(root)))
        said = "ask" if b'"ask"' in done.stdout else ""
        code = said or str(done.returncode)
    ended = {True: "ok", False: "failed", None: "-"}[call.ok if call.event not in BEFORE else None]
    about = call.command or ", ".join(edit.path for edit in call.edits) or call.tool or call.event
    return f"{call.event:<18} {call.kind:<6} {ended:<6} {code:<3} {json.dumps(about)}"


@pytest.mark.parametrize("agent", AGENTS)
def test_each_event_is_read_and_answered_as_it_was(guarded, agent, request):
    (guarded / "TASKS.md").write_text("# Tasks\n\n- [ ] Keep me\n")
    lines = (FOLDER / f"{agent}.jsonl").read_text().splitlines()
    text = "".join(describe(guarded, agent, line).rstrip() + "\n" for line in lines)
    path = FOLDER / f"{agent}.txt"
    if request.config.getoption("--update-golden"):
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize("agent", AGENTS)
def test_what_looks_only_costs_no_python(guarded, agent):
    """Without an interpreter the first stage is all there is: it lets tools that look pass, and nothing else."""
    (guarded / ".conductor/local/interpreter").unlink()
    passed = set()
    for line in (FOLDER / f"{agent}.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["hook_event_name"] in BEFORE and fire(guarded, agent, line).returncode == 0:
            passed.add(event["tool_name"])
    assert passed <= {"Bash", "run_shell_command", "Read", "read_file"}
    if agent != "codex":
        assert {"Read", "read_file"} & passed
