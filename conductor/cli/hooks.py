"""`conductor hooks`: put the guard into the agents' tool hooks, take it out, and prove that it works."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from conductor.cli.groups import command_app
from conductor.cli.output import as_json, print_findings

if TYPE_CHECKING:
    from conductor.cli.wiring import Project

app = command_app(
    no_args_is_help=True,
    help="Put the guard into the agents' tool hooks: it reads each command before it runs.\n\n"
    "Example: conductor hooks install --agent claude",
)
AGENT = typer.Option("all", "--agent", help="claude, codex, gemini, copilot, cursor, or all.", metavar="NAME")
JSON = typer.Option(False, "--json", help="Print JSON.")


def _agents(name: str) -> tuple[str, ...]:
    from conductor.guard.agents import AGENTS
    from conductor.guard.install import load_agent

    if name == "all":
        return AGENTS
    load_agent(name)
    return (name,)


def _compile(project: Project) -> Path:
    from conductor.guard.policy import write_policy
    from conductor.sessions.grants import GrantStore

    grants = GrantStore(project.state_dir, project.key).path
    return write_policy(project.root, project.repository.common_dir, project.settings, grants)


@app.command()
def install(
    agent: str = AGENT,
    git_hooks: bool = typer.Option(True, help="Install git's pre-commit, commit-msg and pre-push hooks too."),
    show: bool = typer.Option(False, "--print", help="Only print the entries, to add by hand."),
    json: bool = JSON,
) -> None:
    """Merge the guard's entries into the agents' settings, and install git's own hooks as a second net.

    What stands in the settings stays; a second run changes nothing.

    Example: conductor hooks install --agent claude
    """
    from json import dumps

    from conductor.cli.wiring import open_project
    from conductor.guard.git_hooks import install_git_hooks
    from conductor.guard.install import install_agent, load_agent
    from conductor.guard.wrapper import write_wrapper

    names = _agents(agent)
    if show:
        print(
            dumps(
                {name: {"file": load_agent(name).SETTINGS, "hooks": load_agent(name).entries()} for name in names},
                indent=2,
            )
        )
        return
    project = open_project()
    changed = []
    if write_wrapper(project.root):
        changed.append(".conductor/bin/guard")
    _compile(project)
    for name in names:
        done = install_agent(project.root, name)
        if done.changed:
            changed.append(done.path.relative_to(project.root).as_posix())
    if git_hooks:
        changed += [f"git hook {name}" for name in install_git_hooks(project.repository)]
    if json:
        print(as_json("hooks install", 0, changed=changed))
        return
    for item in changed:
        print(f"wrote {item}")
    if not changed:
        print("Everything was installed already.")
    if "codex" in names:
        print("Codex runs a new hook only after you trusted it: /hooks", file=sys.stderr)
    print("Next: restart running agents, then conductor hooks doctor", file=sys.stderr)


@app.command()
def uninstall(agent: str = AGENT, json: bool = JSON) -> None:
    """Take the entries out again. Settings nobody changed since are as they were, byte for byte. For people only.

    Example: conductor hooks uninstall --agent codex
    """
    from conductor.cli.terminal import ask_person
    from conductor.cli.wiring import open_project
    from conductor.guard.git_hooks import uninstall_git_hooks
    from conductor.guard.install import inspect_agent, uninstall_agent
    from conductor.guard.wrapper import WRAPPER

    ask_person("hooks uninstall", "Agents here will not be guarded any more.")
    project = open_project()
    names = _agents(agent)
    changed = []
    for name in names:
        done = uninstall_agent(project.root, name)
        if done.changed:
            changed.append(done.path.relative_to(project.root).as_posix())
    if all(inspect_agent(project.root, name).state == "missing" for name in _agents("all")):
        changed += [f"git hook {name}" for name in uninstall_git_hooks(project.repository)]
        if (project.root / WRAPPER).exists():
            (project.root / WRAPPER).unlink()
            changed.append(WRAPPER.as_posix())
    if json:
        print(as_json("hooks uninstall", 0, changed=changed))
        return
    print("\n".join(f"restored {item}" for item in changed) or "Nothing was installed.")


@app.command()
def status(json: bool = JSON) -> None:
    """Show which agents' settings hold the guard, and the state of git's hooks.

    Example: conductor hooks status
    """
    from conductor.cli.wiring import open_project
    from conductor.guard.git_hooks import git_hooks_state
    from conductor.guard.install import inspect_agent

    project = open_project()
    agents = {name: inspect_agent(project.root, name) for name in _agents("all")}
    states = git_hooks_state(project.repository)
    if json:
        rows = [{"agent": name, "state": item.state, "path": item.path.name} for name, item in agents.items()]
        print(as_json("hooks status", 0, agents=rows, git_hooks=states))
        return
    for name, item in agents.items():
        print(f"{name:<8} {item.state:<10} {item.path.relative_to(project.root).as_posix()}")
    for name, state in states.items():
        print(f"git      {state:<10} {name}")


@app.command()
def doctor(agent: str = AGENT, json: bool = JSON) -> None:
    """Run each installed hook with a forbidden and a harmless command, and say where it can be got around.

    Whether an agent really fires its hooks only shows in a session: ask it to run `conductor hooks canary`, which must
    be refused, then run this again.

    Example: conductor hooks doctor
    """
    from dataclasses import asdict

    from conductor.cli.wiring import open_project
    from conductor.domain.finding import Severity
    from conductor.guard.doctor import check_agent, check_allow_lists, diagnose_agent
    from conductor.guard.install import load_agent

    project = open_project()
    common = project.repository.common_dir
    seen = [diagnose_agent(project.root, common, name) for name in _agents(agent)]
    findings = [finding for item in seen for finding in check_agent(item, load_agent(item.agent).SETTINGS)]
    findings += list(check_allow_lists(project.root))
    installed = [item for item in seen if item.state != "missing"]
    code = 1 if any(finding.severity is not Severity.ADVICE for finding in findings) else 0 if installed else 3
    if json:
        rows = [asdict(item) for item in seen]
        print(as_json("hooks doctor", code, agents=rows, findings=[finding.as_json() for finding in findings]))
        raise typer.Exit(code)
    for item in installed:
        proof = "denies and allows as it should" if item.denies and item.allows else "does not work"
        fired = f"last fired {item.fired_at}" if item.fired_at else "never seen to fire"
        print(f"{item.title}: {item.state}, {proof}, {fired}")
        for bypass in item.bypasses:
            print(f"  can be got around: {bypass}")
    print_findings(findings)
    if not installed:
        print("No agent's settings hold the guard: conductor hooks install", file=sys.stderr)
    raise typer.Exit(code)


@app.command()
def canary() -> None:
    """Prove that the guard fires: inside an agent this command must be refused, so seeing this run is the bad news.

    Example: conductor hooks canary
    """
    from conductor.sessions.grants import find_agent

    if find_agent() is None:
        print("Ask your agent to run this: the guard must refuse it there. Here, nothing guards you.")
        return
    print("NOT GUARDED: this command ran, so this agent's hooks did not fire. Tell your user: conductor hooks doctor")
    raise typer.Exit(1)


@app.command(hidden=True)
def compile() -> None:  # noqa: A001 - the command's name
    """Write the compiled policy anew."""
    from conductor.cli.wiring import open_project

    _compile(open_project())


@app.command(hidden=True)
def git(name: str, arguments: list[str] = typer.Argument(None)) -> None:
    """Answer one of git's own hooks: pre-commit, commit-msg FILE, pre-push REMOTE URL."""
    from conductor.cli.wiring import open_project
    from conductor.domain.finding import Severity
    from conductor.errors import UsageProblem
    from conductor.guard.git_gate import Gate, check_commit, check_message, check_push, read_push_lines
    from conductor.guard.policy import find_grants, strictest_levels
    from conductor.release.lock import is_locked
    from conductor.sessions.grants import GrantStore

    project = open_project()
    # The guard's own store: an agent's environment may name another state folder.
    path = find_grants(project.root) or GrantStore(project.state_dir, project.key).path
    levels = strictest_levels(project.root, project.settings)
    gate = Gate(project.repository, GrantStore.at(path), project.clock.now().isoformat(timespec="seconds"), levels)
    given = arguments or []
    if name == "pre-commit":
        findings = list(check_commit(gate))
    elif name == "commit-msg" and given:
        findings = list(check_message(Path(given[0]).read_text(encoding="utf-8", errors="replace")))
    elif name == "pre-push" and len(given) > 1:
        lines = read_push_lines("" if sys.stdin.isatty() else sys.stdin.read())
        releasing = is_locked(project.repository.common_dir)
        findings = list(check_push(gate, given[0], given[1], lines, releasing=releasing))
    else:
        raise UsageProblem(f"no git hook {name!r} with these arguments", hint="git calls this by itself")
    print_findings(findings)
    raise typer.Exit(1 if any(finding.severity is Severity.ERROR for finding in findings) else 0)
