"""`conductor prime`: what an agent needs to go on."""

from __future__ import annotations

import typer

from conductor.cli.groups import command_app
from conductor.cli.output import as_json
from conductor.cli.records_of import records_of, say
from conductor.errors import ExitCode

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
    from conductor.cli.wiring import open_project
    from conductor.guard.running import note_unguarded
    from conductor.records.prime import prime_agent
    from conductor.sessions.ledger import SessionLedger

    project = open_project()
    rules = [f"{name} {rule.level}" for name, rule in project.settings.rules.items() if rule.level in {"block", "ask"}]
    told = prime_agent(records_of(project), rules, budget=budget)
    unguarded = note_unguarded(SessionLedger(project.repository.common_dir))
    if json_output:
        payload = {
            "lines": [*([unguarded] if unguarded else []), *told.lines],
            "tokens": told.tokens,
            "left_out": told.left_out,
            "budget": budget,
        }
        print(as_json("prime", ExitCode.OK, **payload))
        return
    print("\n".join([*([unguarded] if unguarded else []), *told.lines]))
    if told.left_out:
        say(f"{told.left_out} lines did not fit into {budget} tokens: conductor prime --budget {budget * 2}")
