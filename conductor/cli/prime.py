"""`conductor prime`: what an agent needs to go on."""

from __future__ import annotations

import typer

from conductor.cli import daily
from conductor.cli.groups import command_app

app = command_app()


@app.command()
def prime(
    budget: int = typer.Option(
        1000, "--budget", min=1, help="At most this many tokens; what matters most comes first."
    ),
    json_output: bool = typer.Option(False, "--json", help="Answer as JSON."),
) -> None:
    """Print what an agent needs to go on: the current task, what is unmet, rules, errors, the last entries.

    Example: conductor prime --budget 400
    """
    daily.prime(budget, json_output=json_output)
