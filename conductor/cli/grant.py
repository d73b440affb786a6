"""`conductor grant`: let one rule, or one commit, push or forced push, through."""

from __future__ import annotations

import getpass
import re
import sys
from datetime import timedelta
from pathlib import Path

import typer

from conductor.cli.groups import command_app
from conductor.cli.output import as_json
from conductor.domain.grant import ACTIONS, Grant
from conductor.domain.text import one_line
from conductor.errors import UsageProblem

app = command_app()
_UNITS = {"s": 1, "m": 60, "h": 3600}


def parse_duration(text: str) -> timedelta:
    """Return a duration written `90s`, `30m` or `2h`, at most a day; raises UsageProblem for anything else."""
    match = re.fullmatch(r"([1-9][0-9]{0,4})([smh])", text)
    duration = timedelta(seconds=int(match[1]) * _UNITS[match[2]]) if match else timedelta(0)
    if not timedelta(0) < duration <= timedelta(days=1):
        raise UsageProblem(f"{text!r} is not a duration of at most a day", hint="write 90s, 30m or 2h")
    return duration


def describe(grant: Grant, now: str) -> str:
    """Return one line about a grant and whether it still lets something through."""
    if grant.revoked_at:
        state = f"revoked {grant.revoked_at}"
    elif grant.used_at:
        state = f"used {grant.used_at}"
    elif grant.expires_at:
        state = f"until {grant.expires_at}" if now < grant.expires_at else f"expired {grant.expires_at}"
    else:
        state = "once, not used"
    name = grant.action or grant.rule
    exact = f" for exactly: {one_line(grant.command, 200)}" if grant.command else ""
    why = one_line(grant.why, 200) or "no reason given"
    return f"{grant.id}  {name}  {state}{exact}  given {grant.at} by {one_line(grant.by, 60)}: {why}"


@app.command()
def grant(
    name: str = typer.Argument("", help="commit, push, force_push, or a rule's policy name."),
    once: bool = typer.Option(False, "--once", help="For the next time only."),
    duration: str = typer.Option("", "--for", help="For that long: 90s, 30m, 2h (at most 24h).", metavar="DURATION"),
    command: str = typer.Option("", "--command", help="For exactly this command."),
    why: str = typer.Option("", "--why", help="The reason, for the record."),
    listing: bool = typer.Option(False, "--list", help="Show every grant."),
    revoke: str = typer.Option("", "--revoke", help="Take a grant back.", metavar="ID"),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Let one rule, or one commit or push, through. For people at a terminal: refused where an agent is typing.

    One grant for once covers one act: a commit, a push, or a push that rewrites or removes what others may have
    (force_push), through the guard and git's own hooks. What failed may be tried again. Every grant is recorded,
    expires or is used up, and stands in the session's report.

    Example: conductor grant push --once --why "ship the wheel fix"
    """
    from dataclasses import asdict

    from conductor.cli.wiring import open_project
    from conductor.guard.policy import find_grants
    from conductor.sessions.grants import GrantStore
    from conductor.sessions.ownership import require_own_repository

    if not listing:
        require_own_repository(Path.cwd(), "granted")
    project = open_project()
    store = GrantStore(project.state_dir, project.key)
    now = project.clock.now()
    stamp = now.isoformat(timespec="seconds")
    if listing:
        grants = store.load()
        print(as_json("grant", 0, grants=[asdict(item) for item in grants]) if json else _listed(grants, stamp))
        return
    if revoke:
        taken = store.revoke(revoke, stamp)
        print(as_json("grant", 0, revoked=asdict(taken)) if json else f"Revoked {taken.id}.")
        return
    if not name:
        raise UsageProblem("say what to grant", hint="conductor grant push --once, or a rule's name; --list shows all")
    if once == bool(duration):
        both = "once or for a time, not both" if once else "say for how long"
        raise UsageProblem(both, hint=f"conductor grant {name} --once, or --for 30m")
    expires = (now + parse_duration(duration)).isoformat(timespec="seconds") if duration else None
    action = name if name in ACTIONS else None
    rule = "commit_push" if action else name
    store.require_grantable(rule)
    _ask(project.root.name, name, command, duration)
    scope = "until" if expires else "once"
    given = store.add(
        rule, action=action, scope=scope, why=one_line(why), by=getpass.getuser(), at=stamp, expires_at=expires,
        command=command or None,
    )  # fmt: skip
    print(as_json("grant", 0, grant=asdict(given)) if json else f"Granted. {describe(given, stamp)}")
    read = find_grants(project.root)
    if read is not None and read != store.path:
        print(f"The guard here reads {read}, not {store.path}: conductor hooks install", file=sys.stderr)


def _ask(project: str, name: str, command: str, duration: str) -> None:
    """Ask the person whether they mean it; raises UsageProblem for any answer but yes."""
    from conductor.cli.terminal import ask_person

    exactly = f" of exactly `{one_line(command, 200)}`" if command else ""
    ask_person(
        f"grant {name} {f'--for {duration}' if duration else '--once'}",
        f"Let an agent in {project} through: {name}{exactly}, {f'for {duration}' if duration else 'once'}.",
    )


def _listed(grants: list[Grant], now: str) -> str:
    return "\n".join(describe(item, now) for item in grants) or "No grants."
