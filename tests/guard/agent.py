"""An agent at work in a repository: its events through the entry's own text, its commands in a shell of its own."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from conductor.guard.hooks.install import load_agent
from tests.guard.test_agents import shell_event

MARKS = {
    "claude": "CLAUDECODE",
    "codex": "CODEX_SANDBOX",
    "gemini": "GEMINI_CLI",
    "copilot": "COPILOT_CLI",
    "cursor": "CURSOR_AGENT",
}
AFTER = {
    "claude": "PostToolUse",
    "codex": "PostToolUse",
    "gemini": "AfterTool",
    "copilot": "PostToolUse",
    "cursor": "afterShellExecution",
}
SHELLS = {"gemini": "BeforeTool", "cursor": "beforeShellExecution"}


@dataclass
class Agent:
    """One agent; `guarded` says that its hooks fire, else its commands simply run."""

    name: str
    root: Path
    guarded: bool = True
    session: str = "s-1"
    calls: int = 0

    @property
    def environment(self):
        return {**os.environ, MARKS[self.name]: "1", "CLAUDE_PROJECT_DIR": str(self.root)}

    def entry(self, event):
        """Return the command text that stands in the agent's settings for the event."""
        found = list(_commands(load_agent(self.name).entries()[event]))
        assert found, event
        return found[0]

    def event(self, command):
        self.calls += 1
        event = {**shell_event(self.name, command), "cwd": str(self.root)}
        event |= {"conversation_id" if self.name == "cursor" else "session_id": self.session}
        if "tool_use_id" in event:
            event["tool_use_id"] = f"{self.session}-{self.calls}"
        return event

    def fire(self, event):
        """Hand an event to the installed entry, as the agent would, and return the finished process."""
        return subprocess.run(
            ["sh", "-c", self.entry(event["hook_event_name"])],
            input=json.dumps(event, separators=(",", ":")),
            cwd=self.root,
            env={**os.environ, "CLAUDE_PROJECT_DIR": str(self.root)},
            capture_output=True,
            text=True,
            check=False,
        )

    def ask(self, command):
        """Return the event of a call and what the guard says to it: allow, ask or block."""
        event = self.event(command)
        done = self.fire(event)
        if done.returncode == 2:
            return event, "block"
        assert done.returncode == 0, done.stderr
        return event, "ask" if '"ask"' in done.stdout else "allow"

    def run(self, command, **environment):
        """Run a command in the agent's shell, whatever the guard thinks; return the finished process."""
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.root,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def end(self, event, done):
        """Tell the hooks that the call has ended."""
        name = AFTER[self.name]
        failed = done.returncode != 0
        if failed and self.name in ("claude", "copilot"):
            name = "PostToolUseFailure"
        self.fire({**event, "hook_event_name": name, "tool_response": {"stdout": done.stdout, "is_error": failed}})

    def do(self, command, *, answer="no"):
        """Make a tool call: `answer` is the person's, where the agent's dialog asks. Returns how it went.

        `refused` by the guard, `no` from the person, `failed` or `done`.
        """
        if not self.guarded:
            return "failed" if self.run(command).returncode else "done"
        event, verdict = self.ask(command)
        if verdict == "block":
            return "refused"
        if verdict == "ask" and answer != "yes":
            return "no"
        done = self.run(command)
        self.end(event, done)
        return "failed" if done.returncode else "done"


def _commands(found):
    if isinstance(found, dict):
        for name, value in found.items():
            if name in ("command", "bash") and isinstance(value, str):
                yield value
            else:
                yield from _commands(value)
    elif isinstance(found, list):
        for value in found:
            yield from _commands(value)
