"""`conductor trust`: say yes to the repository's configuration as it stands."""

from __future__ import annotations

from pathlib import Path

import typer

from conductor.cli.groups import command_app
from conductor.cli.output import as_json

app = command_app()


@app.command()
def trust(
    show: bool = typer.Option(False, "--show", help="Only show what waits for trust; exit 1 if anything does."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Trust this repository's rules and named commands, exactly as they stand now.

    A repository can't loosen a rule or have a command run on your machine before you said yes. Changing them later
    needs another yes. For people only: refused where an agent is typing. What would let an agent do more than before
    (a loosened rule) is asked at the terminal; a named command is not, since whoever types this can run it.

    Example: conductor trust
    """
    from conductor.cli.terminal import ask_person
    from conductor.cli.wiring import open_project
    from conductor.guard.policy import find_grants, write_policy
    from conductor.sessions.grants import require_person
    from conductor.sessions.ownership import require_own_repository
    from conductor.sessions.trust import TrustStore, find_loosened, find_untrusted, hash_policy

    if not show:
        require_own_repository(Path.cwd(), "trusted")
    project = open_project()
    store = TrustStore(project.state_dir, project.key)
    waiting = find_untrusted(project.asked, store.load())
    if show:
        code = 1 if waiting else 0
    else:
        require_person("trust")
        if loosened := find_loosened(project.asked, store.load()):
            ask_person("trust", f"This lets agents do more than before: {'; '.join(loosened)}.")
        store.save(project.asked, project.clock.now().isoformat(timespec="seconds"))
        if grants := find_grants(project.root):
            write_policy(project.root, project.repository.common_dir, project.asked, grants)
        code = 0
    if json:
        rows = [finding.as_json() for finding in waiting]
        print(as_json("trust", code, hash=hash_policy(project.asked), findings=rows))
    else:
        for finding in waiting:
            print(f"{'waits' if show else 'trusted'}: {finding.message.partition(' has no effect')[0]}")
        if not waiting:
            print("Nothing waits for trust." if show else "Trusted. Nothing was waiting.")
    raise typer.Exit(code)
