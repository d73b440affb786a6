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
USER = typer.Option(False, "--user", help="In your own settings, for where the project's own are not loaded.")


def _agents(name: str) -> tuple[str, ...]:
    from conductor.guard.hooks.agents import AGENTS
    from conductor.guard.hooks.install import load_agent

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
    user: bool = USER,
    json: bool = JSON,
) -> None:
    """Merge the guard's entries into the agents' settings, and install git's own hooks as a second net.

    What stands in the settings stays; a second run changes nothing. With --user the entries go into your own settings
    of the agents that read a project's only where they start, and do nothing outside of Conductor's projects.

    Example: conductor hooks install --agent claude
    """
    from json import dumps

    from conductor.cli.wiring import open_project
    from conductor.guard.hooks.git_hooks import install_git_hooks
    from conductor.guard.hooks.install import install_agent, place_of
    from conductor.guard.hooks.wrapper import write_wrapper

    if user:
        _change_user(agent, json=json, show=show)
        return
    names = _agents(agent)
    if show:
        places = {name: place_of(Path(), name) for name in names}
        print(dumps({name: {"file": str(at.path), "hooks": at.entries} for name, at in places.items()}, indent=2))
        return
    project = open_project()
    changed = write_wrapper(project.root)
    _compile(project)
    for name in names:
        done = install_agent(place_of(project.root, name))
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
    _say_trust(project, names)
    print("Next: restart running agents, then conductor hooks doctor", file=sys.stderr)


def _say_trust(project: Project, names: tuple[str, ...]) -> None:
    """Say how the user lets each agent run its hooks, where the agent was not told yet."""
    from conductor.guard.hooks.install import load_agent
    from conductor.guard.hooks.trust import read_trust

    for name in names:
        trust = read_trust(project.root, name)
        if trust.state in {"missing", "unknown"}:
            print(f"{load_agent(name).TITLE} runs them once you trust them: {trust.how}", file=sys.stderr)


def _change_user(agent: str, *, json: bool, show: bool = False, remove: bool = False) -> None:
    """Merge the entries into the user's own settings, or take them out again."""
    from json import dumps

    from conductor.guard.hooks.install import agents_of_user, install_agent, place_of_user, uninstall_agent

    names = agents_of_user() if agent == "all" else _agents(agent)
    places = [place_of_user(name) for name in names]
    if show:
        print(dumps({at.agent: {"file": str(at.path), "hooks": at.entries} for at in places}, indent=2))
        return
    done = [(uninstall_agent if remove else install_agent)(place) for place in places]
    changed = [str(item.path) for item in done if item.changed]
    verb = "uninstall" if remove else "install"
    if json:
        print(as_json(f"hooks {verb}", 0, changed=changed))
        return
    print("\n".join(f"{'restored' if remove else 'wrote'} {item}" for item in changed) or "Nothing to change.")


@app.command()
def uninstall(agent: str = AGENT, user: bool = USER, json: bool = JSON) -> None:
    """Take the entries out again. Settings nobody changed since are as they were, byte for byte. For people only.

    Example: conductor hooks uninstall --agent codex
    """
    from conductor.cli.terminal import ask_person
    from conductor.cli.wiring import open_project
    from conductor.guard.hooks.git_hooks import uninstall_git_hooks
    from conductor.guard.hooks.install import inspect_agent, place_of, uninstall_agent
    from conductor.guard.hooks.wrapper import ENTER, WRAPPER

    typed = f"hooks uninstall{'' if agent == 'all' else f' --agent {agent}'}{' --user' if user else ''}"
    ask_person(typed, "Agents here will not be guarded any more.")
    if user:
        _change_user(agent, json=json, remove=True)
        return
    project = open_project()
    names = _agents(agent)
    changed = []
    for name in names:
        done = uninstall_agent(place_of(project.root, name))
        if done.changed:
            changed.append(done.path.relative_to(project.root).as_posix())
    if all(inspect_agent(place_of(project.root, name)).state == "missing" for name in _agents("all")):
        changed += [f"git hook {name}" for name in uninstall_git_hooks(project.repository)]
        for script in (WRAPPER, ENTER):
            if (project.root / script).exists():
                (project.root / script).unlink()
                changed.append(script.as_posix())
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
    from conductor.guard.hooks.git_hooks import git_hooks_state
    from conductor.guard.hooks.install import agents_of_user, inspect_agent, place_of, place_of_user

    project = open_project()
    agents = {name: inspect_agent(place_of(project.root, name)) for name in _agents("all")}
    users = {name: inspect_agent(place_of_user(name)) for name in agents_of_user()}
    states = git_hooks_state(project.repository)
    if json:
        rows = [{"agent": name, "state": item.state, "path": item.path.name} for name, item in agents.items()]
        of_user = [{"agent": name, "state": item.state, "path": str(item.path)} for name, item in users.items()]
        print(as_json("hooks status", 0, agents=rows, user=of_user, git_hooks=states))
        return
    for name, item in agents.items():
        print(f"{name:<8} {item.state:<10} {item.path.relative_to(project.root).as_posix()}")
    for name, item in users.items():
        print(f"{name:<8} {item.state:<10} {item.path} (yours)")
    for name, state in states.items():
        print(f"git      {state:<10} {name}")


@app.command()
def doctor(agent: str = AGENT, json: bool = JSON) -> None:
    """Run each installed hook with a forbidden and a harmless command, and say where it can be got around.

    It also says whether each agent was told to trust its hooks, and what keeps the guard from running here.
    Whether an agent really fires its hooks only shows in a session: ask it to run `conductor hooks canary`, which must
    be refused, then run this again.

    Example: conductor hooks doctor
    """
    from dataclasses import asdict

    from conductor.cli.wiring import open_project
    from conductor.domain.finding import Severity
    from conductor.guard.hooks.causes import find_causes, guard_above
    from conductor.guard.hooks.doctor import check_agent, check_allow_lists, check_sessions, diagnose_agent

    project = open_project()
    common = project.repository.common_dir
    causes = list(find_causes(project.repository))  # before the hooks run: they put right what they can
    seen = [diagnose_agent(project.root, common, name) for name in _agents(agent)]
    installed = [item for item in seen if item.state != "missing"]
    findings = causes if installed else []
    findings += [finding for item in seen for finding in check_agent(item, project.root)]
    findings += [*check_sessions(common), *check_allow_lists(project.root)]
    code = 1 if any(finding.severity is not Severity.ADVICE for finding in findings) else 0 if installed else 3
    if json:
        rows = [asdict(item) for item in seen]
        print(as_json("hooks doctor", code, agents=rows, findings=[finding.as_json() for finding in findings]))
        raise typer.Exit(code)
    for item in installed:
        proof = "denies and allows as it should" if item.denies and item.allows else "does not work"
        fired = f"last fired {item.fired_at}" if item.fired_at else "never seen to fire"
        print(f"{item.title}: {item.state}, {proof}, trust {item.trust}, {fired}")
        if item.for_user is not None:
            print(f"  in your own settings, for a start in a folder below: {'yes' if item.for_user else 'no'}")
        for bypass in item.bypasses:
            print(f"  can be got around: {bypass}")
    print_findings(findings)
    if not installed:
        print("No agent's settings hold the guard: conductor hooks install", file=sys.stderr)
        if above := guard_above(project.root):
            print(f"The guard of {above}, which this repository lies in, judges here too.", file=sys.stderr)
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
    from conductor.guard.hooks.git_gate import Gate, check_commit, check_message, check_push, read_push_lines
    from conductor.guard.hooks.running import note_unguarded
    from conductor.guard.policy import find_grants, strictest_levels
    from conductor.release.lock import is_locked
    from conductor.sessions.grants import GrantStore
    from conductor.sessions.ledger import SessionLedger

    project = open_project()
    if told := note_unguarded(SessionLedger(project.repository.common_dir)):
        print(told, file=sys.stderr)
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
