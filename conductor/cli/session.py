"""`conductor session`: when work began and ended, what was observed of it, and the report on the rules."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from conductor.cli.groups import command_app
from conductor.cli.output import as_json
from conductor.domain.text import one_line

if TYPE_CHECKING:
    from conductor.cli.wiring import Project
    from conductor.domain.finding import Finding
    from conductor.rules.answer import Answer, RuleMeta
    from conductor.rules.context import RuleContext
    from conductor.sessions.session import Session, SessionStore
    from conductor.sessions.summary import RuleRow, Surroundings

app = command_app(
    no_args_is_help=True,
    help="What was observed of a stretch of work: ledger, rules, summary.\n\nExample: conductor session report",
)
ID = typer.Argument("", help="The session's id; without one, the open or latest session.", metavar="[ID]")
AGAIN = "conductor session end --from-records"
JSON = typer.Option(False, "--json", help="Print JSON.")


def _open(identity: str) -> tuple[Project, SessionStore, Session]:
    from conductor.cli.wiring import open_project
    from conductor.sessions.session import SessionStore

    project = open_project()
    store = SessionStore(project.repository, project.clock)
    return project, store, store.load(identity) if identity else store.latest()


def _row(session: Session) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(session)


@app.command()
def start(
    agent: str = typer.Option("", "--agent", help="Who works: claude, codex, a person's name."),
    name: str = typer.Option("", "--id", help="The agent's own session id."),
    json: bool = JSON,
) -> None:
    """Begin a session. Agents with hooks begin theirs by themselves.

    Example: conductor session start --agent codex
    """
    from conductor.cli.wiring import open_project
    from conductor.sessions.session import SessionStore

    project = open_project()
    session = SessionStore(project.repository, project.clock).start(agent=agent, name=name)
    print(as_json("session start", 0, session=_row(session)) if json else f"Session {session.id} began.")


@app.command()
def end(
    identity: str = ID,
    steps: list[str] = typer.Option([], "--next", help="A next step; becomes a task. Repeat it.", metavar="TEXT"),
    from_records: bool = typer.Option(
        False, "--from-records", help="Also take the steps written in tasks and journal."
    ),
    json: bool = JSON,
) -> None:
    """End the session and turn its next steps into tasks that say what would show them done.

    What a step expects stands in brackets behind it, or is taken from its words.

    Example: conductor session end --next "Validate the build [build, image]" --next "Test on RunPod [smoke]"
    """
    from conductor.cli.wiring import project_records
    from conductor.records.task_edits import NewTask, create_task
    from conductor.sessions.next_steps import find_next_steps, read_next_step

    project, store, session = _open(identity)
    records = project_records(project)
    recorded = find_next_steps(records, session)
    steps = [*steps, *(step for step in recorded if from_records and step not in steps)]
    wishes = [read_next_step(step, tuple(project.settings.commands)) for step in steps]
    made = [create_task(records, NewTask(title, expectations=expected)) for title, expected in wishes]
    session = store.end(session, tuple(task.id for task in made))
    if json:
        print(as_json("session end", 0, session=_row(session), tasks=[task.id for task in made]))
        return
    print(f"Session {session.id} ended.")
    for task, (_, expected) in zip(made, wishes, strict=True):
        print(f"{task.id} {task.title} (expects {', '.join(one.kind for one in expected)})")
    if recorded and not from_records:
        print(f"Not taken as tasks: {'; '.join(recorded)}. For those too: {AGAIN}", file=sys.stderr)
    print("Next: conductor session report, conductor session summary", file=sys.stderr)


@app.command()
def status(identity: str = ID, json: bool = JSON) -> None:
    """Show the session: since when, how many tool calls, what changed.

    Example: conductor session status
    """
    project, store, session = _open(identity)
    calls = store.ledger.read(session.id)
    changed = len(project.repository.changes())
    if json:
        print(as_json("session status", 0, session=_row(session), calls=len(calls), changed_files=changed))
        return
    state = f"ended {session.ended_at}" if session.ended_at else "open"
    print(f"{session.id} ({session.agent or 'no agent named'}), {state}, since {session.started_at}")
    print(
        f"{len(calls)} tool calls recorded, {changed} files changed and not committed, base {(session.base or '-')[:7]}"
    )


@app.command()
def log(
    identity: str = ID, every: bool = typer.Option(False, "--all", help="List the sessions instead."), json: bool = JSON
) -> None:
    """Print the session's tool calls, oldest first; with --all, every session.

    Example: conductor session log
    """
    from dataclasses import asdict

    from conductor.cli.wiring import open_project
    from conductor.sessions.session import SessionStore

    if every:
        project = open_project()
        found = SessionStore(project.repository, project.clock).all()
        if json:
            print(as_json("session log", 0, sessions=[_row(session) for session in found]))
            return
        for session in found:
            print(f"{session.id}  {session.started_at}  {session.ended_at or 'open'}  {session.agent}")
        return
    _, store, session = _open(identity)
    calls = store.ledger.read(session.id)
    if json:
        print(as_json("session log", 0, session=session.id, calls=[asdict(call) for call in calls]))
        return
    for call in calls:
        ended = {True: "ok", False: "failed", None: "?"}[call.ok]
        print(f"{call.at}  {ended:<6}  {one_line(call.tool, 60)}  {one_line(call.target, 120)}")
    if not calls:
        print("no tool call was recorded: conductor hooks install", file=sys.stderr)


@app.command()
def attest(
    rule: str = typer.Argument(..., help="A rule's id or policy name, for example R6."),
    sentence: str = typer.Argument(..., help="What the agent says about it."),
    identity: str = typer.Option("", "--id", help="The session's id."),
) -> None:
    """Keep the agent's own sentence about a rule. It counts as attested, never as kept.

    Example: conductor session attest R6 "Looked at the other three wheels in the image too."
    """
    from conductor.domain.rule import BY_ID, BY_NAME
    from conductor.errors import UsageProblem

    found = BY_ID.get(rule) or BY_NAME.get(rule)
    if found is None:
        raise UsageProblem(f"{rule!r} is not a rule", hint=f"one of: {', '.join(BY_ID)}")
    _, store, session = _open(identity)
    store.attest(session, found.id, sentence)
    print(f"{found.id} attested in {session.id}.")


@app.command()
def report(
    identity: str = ID,
    markdown: bool = typer.Option(False, "--markdown", help="Print Markdown."),
    json: bool = JSON,
) -> None:
    """Answer each rule for the session: kept, violated, not observed, not needed or attested, with its evidence.

    Exit code 1 where a rule was violated.

    Example: conductor session report
    """
    from conductor.domain.rule import BY_ID

    project, _, session = _open(identity)
    rows = rule_rows(project, session)
    code = 1 if any(row.status == "violated" for row in rows) else 0
    if json:
        listed = [
            {"id": r.id, "name": BY_ID[r.id].name, "title": r.title, "status": r.status, "evidence": list(r.evidence)}
            for r in rows
        ]
        print(as_json("session report", code, session=session.id, rules=listed))
        raise typer.Exit(code)
    for row in rows:
        print(render_row(row, markdown=markdown))
    counts = {row.status: sum(one.status == row.status for one in rows) for row in rows}
    print(", ".join(f"{count} {name}" for name, count in sorted(counts.items())), file=sys.stderr)
    raise typer.Exit(code)


def rule_rows(project: Project, session: Session) -> list[RuleRow]:
    """Return every rule's answer for the session."""
    from conductor.cli.wiring import rule_context, session_view
    from conductor.rules.rulebook import answer_rules

    context = rule_context(project, session_view(project, session))
    return [make_row(meta, answer) for meta, answer in answer_rules(context)]


def make_row(meta: RuleMeta, answer: Answer) -> RuleRow:
    """Return a rule's answer as the report holds it."""
    from conductor.domain.secret import redact
    from conductor.sessions.summary import RuleRow

    evidence = tuple(one_line(redact(text), 400) for text in answer.evidence)
    return RuleRow(meta.rule.id, meta.title, str(answer.status), evidence)


def render_row(row: RuleRow, *, markdown: bool = False) -> str:
    """Return the rule as the report prints it: its line, and one below it for each sentence of evidence."""
    if markdown:
        return "\n".join([f"- **{row.id}** {row.status}: {row.title}", *(f"  - {text}" for text in row.evidence)])
    lines = [f"       {one_line(text, 200)}" for text in row.evidence]
    return "\n".join([f"{row.id:<4} {row.status:<13} {row.title}", *lines])


@app.command()
def summary(
    identity: str = ID,
    show: bool = typer.Option(False, "--print", help="Only print it."),
    json: bool = JSON,
) -> None:
    """Write the session's summary as a memory, from records, git, evidence and ledger.

    Claims are marked as claims; what contradicts them stands beside them.

    Example: conductor session summary --print
    """
    from conductor.cli.wiring import project_records
    from conductor.records.templates import render_template
    from conductor.sessions.memory import write_summary
    from conductor.sessions.summary import build_summary

    project, store, session = _open(identity)
    records = project_records(project)
    values = build_summary(records, session, store.ledger.read(session.id), _surroundings(project, session))
    text = render_template("session_summary.md.j2", project.root, **values)
    path = None if show else write_summary(records, session, text)
    if json:
        print(as_json("session summary", 0, session=session.id, path=path, text=text))
    elif show:
        print(text, end="")
    else:
        print(f"Wrote {path}.")


def _surroundings(project: Project, session: Session) -> Surroundings:
    from conductor.cli.wiring import rule_context, session_view
    from conductor.domain.finding import Severity
    from conductor.rules.file_variant import audit
    from conductor.sessions.summary import Surroundings

    context = rule_context(project, session_view(project, session))
    after = [one for one in check_image_at(project, None) if one.severity is Severity.ERROR]
    before = [one for one in check_image_at(project, session.base) if one.severity is Severity.ERROR]
    return Surroundings(rule_rows(project, session), before, after, list(audit(context)), claims_in_code(context))


def claims_in_code(context: RuleContext) -> list[str]:
    """Return what comments and commit messages claim without evidence; the records tell their own."""
    from conductor.records.evidence import EvidenceStore
    from conductor.rules.claims import find_claims

    found = find_claims(context, EvidenceStore.of(context.repository).lines())
    return [
        f"{finding.location or 'commit message'}: {finding.data['quoted']}"
        for finding in found
        if finding.location is None or not finding.location.path.endswith(("TASKS.md", "JOURNAL.md"))
    ]


def check_image_at(project: Project, revision: str | None) -> list[Finding]:
    """Return what preflight finds in the project as it stood at a revision; None is the working tree."""
    import io
    import tarfile
    import tempfile
    from pathlib import Path

    from conductor.cli.wiring import check_project
    from conductor.config.archive import unpack

    settings = project.settings
    if settings.build is None:
        return []
    if revision is None:
        return check_project(project.root, settings)
    archived = project.repository.run("archive", "--format=tar", revision, check=False)
    if archived.returncode != 0:
        return []
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as tar:
            unpack(tar, Path(folder))
        return check_project(Path(folder), settings)
