"""Prove that the hooks work, say where an agent can get around them, and find allow-lists that defeat a rule."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conductor.domain.finding import Finding, Location, Severity
from conductor.guard.hooks.agents.entry import REFUSE
from conductor.guard.hooks.install import agents_of_user, inspect_agent, load_agent, place_of, place_of_user
from conductor.guard.hooks.trust import Trust, read_trust
from conductor.sessions.ledger import SessionLedger

# The guard refuses this in every project and under every grant: seeing it run means that no hook fired.
CANARY = "conductor hooks canary"
DOCS = "docs/hooks.md"
SESSION = "doctor"  # the doctor's own calls, which prove nothing about an agent


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the doctor saw of one agent; `fired_at` is the last call in the ledger, None where there is none.

    `trust` is given, missing, off or unknown; `for_user` tells whether the user's own settings hold the guard, None
    where the agent has no need of it.
    """

    agent: str
    title: str
    state: str
    denies: bool
    allows: bool
    trust: str
    for_user: bool | None
    fired_at: str | None
    canary_seen: bool
    bypasses: tuple[str, ...]


def diagnose_agent(root: Path, common_dir: Path, agent: str) -> Diagnosis:
    """Run the installed entry with a forbidden and a harmless event, and look for traces of real ones."""
    module = load_agent(agent)
    state = inspect_agent(place_of(root, agent)).state
    denies = allows = False
    if state != "missing":
        denies = _run_hook(root, module, CANARY).returncode == REFUSE
        allows = _run_hook(root, module, "git status").returncode == 0
    for_user = None
    if agent in agents_of_user():
        for_user = inspect_agent(place_of_user(agent)).state == "installed"
    return Diagnosis(
        agent,
        module.TITLE,
        state,
        denies,
        allows,
        read_trust(root, agent).state,
        for_user,
        _last_call(common_dir, agent),
        _canary_seen(root, agent),
        tuple(module.BYPASSES),
    )


def check_agent(diagnosis: Diagnosis, root: Path) -> Iterator[Finding]:
    """Return what is wrong with an agent's hooks."""
    if diagnosis.state == "missing":
        return
    where = Location(load_agent(diagnosis.agent).SETTINGS)
    install = f"conductor hooks install --agent {diagnosis.agent}"
    if diagnosis.state == "changed":
        yield Finding(
            "G1", f"the hook entries for {diagnosis.title} are not the ones Conductor writes", install, location=where
        )
    if not diagnosis.denies:
        yield Finding("G1", f"the hook for {diagnosis.title} lets a forbidden command through", install, location=where)
    if not diagnosis.allows:
        yield Finding("G1", f"the hook for {diagnosis.title} stops a harmless command", install, location=where)
    yield from _check_trust(diagnosis, read_trust(root, diagnosis.agent), where)
    if not diagnosis.canary_seen:
        yield Finding(
            "G1",
            f"nobody has seen the hook for {diagnosis.title} stop anything in a real session yet",
            f"start the agent here and ask it to run: {CANARY} (it must be refused)",
            Severity.ADVICE,
            location=where,
            docs=DOCS,
        )


def _check_trust(diagnosis: Diagnosis, trust: Trust, where: Location) -> Iterator[Finding]:
    if trust.state == "off":
        message = f"{diagnosis.title} is told to run no hooks"
        yield Finding("G1", message, "take that out of its settings", location=where, docs=DOCS)
    elif trust.state == "missing":
        # Claude Code asks before it starts, and runs the hooks without an answer too; the others leave them out unsaid.
        severity = Severity.ADVICE if diagnosis.agent == "claude" else Severity.WARNING
        message = f"{diagnosis.title} was not told to trust this project's hooks"
        yield Finding("G1", message, trust.how, severity, location=where, docs=DOCS)


def check_sessions(common_dir: Path) -> Iterator[Finding]:
    """Find the agent that ran here without hooks last."""
    from conductor.guard.hooks.running import unguarded_sessions

    notes = unguarded_sessions(SessionLedger(common_dir))
    if notes:
        last, count = notes[0], len({call.session for call in notes})
        yield Finding(
            "G1",
            f"{count} session{'s' if count > 1 else ''} ran here without hooks, the last one {last.agent}'s, {last.at}",
            "give the hooks trust, start the agent in the project's own folder, or: conductor hooks install --user",
            Severity.WARNING,
            docs=DOCS,
        )


def check_allow_lists(root: Path) -> Iterator[Finding]:
    """Find entries in Claude Code's permissions that allow in advance what a rule asks about or stops."""
    for name in (".claude/settings.json", ".claude/settings.local.json"):
        path = root / name
        try:
            text = path.read_text(encoding="utf-8")
            data = json.loads(text)
        except (OSError, ValueError):
            continue
        permissions = data.get("permissions", {}) if isinstance(data, dict) else {}
        entries = permissions.get("allow", []) if isinstance(permissions, dict) else []
        for entry in entries if isinstance(entries, list) else []:
            rule = defeated_rule(str(entry))
            if rule:
                line = text[: text.find(json.dumps(str(entry)))].count("\n") + 1
                yield Finding(
                    "G1",
                    f"permissions.allow has {entry!r}, which answers {rule}'s question before your user is asked",
                    f"take {entry!r} out of {name}",
                    Severity.WARNING,
                    location=Location(name, line),
                    docs=DOCS,
                )


def defeated_rule(entry: str) -> str | None:
    """Return the rule that a permission such as `Bash(git push:*)` answers in advance, or None."""
    match = re.fullmatch(r"Bash(?:\((.*)\))?", entry, re.DOTALL)
    if not match:
        return None
    pattern = (match[1] or "*").replace(":*", " *").strip()
    if pattern in {"*", ""}:
        return "every rule"
    from conductor.guard.judge.command import judge, read_facts

    facts = read_facts(None)
    tried = pattern.replace("*", "x") if "*" in pattern else pattern
    for command in (tried, pattern.rstrip("* ")):
        verdict = judge(command, facts)
        if verdict.verdict != "allow":
            return str(verdict.rule)
    return None


def _run_hook(root: Path, module: Any, command: str) -> subprocess.CompletedProcess[str]:
    tool = module.SHELL_TOOL
    event = {
        "session_id": SESSION,
        "conversation_id": SESSION,
        "cwd": str(root),
        "hook_event_name": "beforeShellExecution" if module.NAME == "cursor" else module.BEFORE,
        "tool_name": tool,
        "tool_input": {"command": command},
        **({"command": command} if module.NAME == "cursor" else {}),
    }
    return subprocess.run(
        ["sh", "-c", entry_command(root, module.NAME)],
        cwd=root,
        input=json.dumps(event, separators=(",", ":")),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={**os.environ, "CLAUDE_PROJECT_DIR": str(root)},
    )


def entry_command(root: Path, agent: str) -> str:
    """Return the command line before a tool, as the agent's settings have it or else as this version writes it."""
    from conductor.errors import UsageProblem
    from conductor.guard.hooks.install import is_ours, read_settings

    module = load_agent(agent)
    try:
        _, data = read_settings(root / module.SETTINGS)
    except UsageProblem:
        data = {}
    groups = data.get("hooks", {}).get(module.BEFORE) or module.entries()[module.BEFORE]
    hooks = [hook for group in groups for hook in (group.get("hooks") or [group])]
    ours: dict[str, Any] = next((hook for hook in hooks if is_ours(hook)), {})
    return str(ours.get("command") or ours.get("bash") or "exit 0")


def _last_call(common_dir: Path, agent: str) -> str | None:
    ledger = SessionLedger(common_dir)
    seen = [call.at for name in ledger.sessions()[:50] for call in ledger.read(name) if call.agent == agent]
    return max(seen, default=None)


def _canary_seen(root: Path, agent: str) -> bool:
    try:
        text = (root / ".conductor/local/guard.jsonl").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    wanted, own = f'"agent":"{agent}"', f'"session":"{SESSION}"'
    return any(CANARY in line and wanted in line and own not in line for line in text.splitlines())
