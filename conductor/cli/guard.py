"""`conductor guard`: what the guard says about a command, and why."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import typer

from conductor.cli.groups import command_app

if TYPE_CHECKING:
    from conductor.guard.judge.command import Verdict
    from conductor.rules.judge.call import Facts

app = command_app(
    no_args_is_help=True,
    help="Ask the guard what it says about a shell command. Nothing is executed.\n\n"
    "Example: conductor guard judge 'pip install einops'",
)


@app.command(name="judge")
def judge_command(
    command: str = typer.Argument("", help="The command, as one argument."),
    jsonl: bool = typer.Option(
        False, "--jsonl", help="Read lines {id, command, facts} and answer each, from the line alone."
    ),
    as_json: bool = typer.Option(False, "--json", help="Answer as JSON."),
) -> None:
    """Say allow, ask or block, the rule and the reason.

    Example: conductor guard judge 'pip install einops'
    """
    if jsonl:
        for line in sys.stdin:
            if line.strip():
                print(json.dumps(answer_line(line), ensure_ascii=False))
        return
    from conductor.cli.output import as_json as render_json
    from conductor.domain.secret import redact
    from conductor.domain.text import one_line
    from conductor.guard.judge.command import judge

    verdict = judge(_needed(command), this_project())
    row = {"verdict": verdict.verdict, "rule": verdict.rule, "reason": one_line(redact(verdict.reason))}
    print(render_json("guard judge", 0, **row) if as_json else f"{row['verdict']}: {row['rule']}: {row['reason']}")


@app.command()
def explain(
    command: str = typer.Argument("", help="The command, as one argument."),
    as_json: bool = typer.Option(False, "--json", help="Answer as JSON."),
) -> None:
    """Show what a command would run, where each part comes from, and the rule that speaks.

    Example: conductor guard explain "echo 'pip install x' | sh"
    """
    from conductor.cli.output import as_json as render_json
    from conductor.guard.explain import explain_lines, explain_row
    from conductor.guard.judge.command import judge

    text = _needed(command)
    facts = this_project()
    verdict = judge(text, facts)
    if as_json:
        print(render_json("guard explain", 0, **explain_row(text, verdict)))
        return
    for line in explain_lines(text, verdict, facts):
        print(line)


@app.command()
def walls(as_json: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """Say which acts a wall, a fence or nothing keeps from agents that run as this user, and why.

    A wall holds against a process that means to get through, a fence against the usual way: docs/security.md. Exit code
    1 where an act is open.

    Example: conductor guard walls
    """
    from dataclasses import asdict
    from textwrap import fill

    from conductor.cli.output import as_json as render_json
    from conductor.cli.reach import look_around
    from conductor.guard.walls import Strength, judge_walls

    found = judge_walls(look_around())
    code = 1 if any(wall.strength is Strength.OPEN for wall in found) else 0
    if as_json:
        print(render_json("guard walls", code, walls=[asdict(wall) for wall in found]))
    else:
        for wall in found:
            head = f"{wall.act:<8}  {wall.strength:<6}  "
            print(fill(head + wall.why, 80, subsequent_indent=" " * len(head), break_long_words=False))
    raise typer.Exit(code)


def _needed(command: str) -> str:
    if command.strip():
        return command
    from conductor.errors import UsageProblem

    raise UsageProblem("no command was given", hint="pass it as one argument: conductor guard explain 'git push'")


def answer_line(line: str) -> dict[str, Any]:
    """Return the answer to one line; a line that is no case is answered too, never raised for."""
    from conductor.domain.secret import redact
    from conductor.guard.judge.command import Verdict, judge, read_facts

    identity: Any = None
    try:
        row = json.loads(line)
        if not isinstance(row, dict) or not isinstance(row.get("command"), str):
            identity = row.get("id") if isinstance(row, dict) else None
            verdict = Verdict("ask", "ask", "The line has no command to judge. Send {id, command, facts}.")
        else:
            identity = row.get("id")
            verdict = judge(row["command"], read_facts(row.get("facts")))
    except (ValueError, RecursionError):
        verdict = Verdict("ask", "ask", "The line is not JSON. Send {id, command, facts}.")
    except Exception as error:  # noqa: BLE001 - every line is answered; a fault of ours must not let a command through
        verdict = Verdict(
            "ask", "ask", f"The guard failed on this command ({type(error).__name__}). Report it, and ask your user."
        )
    return _row(identity, verdict, redact)


def _row(identity: Any, verdict: Verdict, redact: Any) -> dict[str, Any]:
    return {"id": identity, "verdict": verdict.verdict, "rule": verdict.rule, "reason": redact(verdict.reason)}


def this_project() -> Facts:
    """Return the facts of the folder the command was typed in."""
    from conductor.guard.folder_facts import read_project_facts

    return read_project_facts()
