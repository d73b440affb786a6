"""`conductor release`: ship the worker image, with proof."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from conductor.cli.groups import Group, command_app
from conductor.cli.output import as_json

if TYPE_CHECKING:
    from conductor.cli.readiness import Readiness
    from conductor.cli.wiring import Project
    from conductor.release.ledger import Ledger
    from conductor.release.plan import Plan
    from conductor.release.run import Desk

LATEST = "latest"


class ReleaseGroup(Group):
    """Lets `--resume` stand alone or with an id after it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Join `--resume ID` to one word, and give `--resume` alone its default."""
        words = list(args)
        for index, word in enumerate(words):
            if word == "--resume":
                follows = words[index + 1] if index + 1 < len(words) else ""
                joined = bool(follows) and not follows.startswith("-")
                words[index : index + 1 + joined] = [f"--resume={follows if joined else LATEST}"]
                break
        return super().parse_args(ctx, words)


app = command_app(
    cls=ReleaseGroup,
    invoke_without_command=True,
)


@app.callback()
def release(
    ctx: typer.Context,
    dry_run: bool = typer.Option(False, "--dry-run", help="Print the plan; do and ask nothing."),
    yes: bool = typer.Option(False, "--yes", help="Ask nothing: use a push grant that the user has given."),
    resume: str = typer.Option("", "--resume", metavar="[ID]", help="Take up a release that was interrupted."),
    task: str = typer.Option("", "--task", help="The task this is for; by default the one in progress."),
    target: str = typer.Option("", "--target", help="Release to this target only."),
    until: str = typer.Option("", "--until", metavar="STEP", help="Stop after this step; --resume goes on."),
    trust: bool = typer.Option(False, "--trust", help="Take the configuration as trusted, this once (for CI)."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Push HEAD over SSH, wait for its build, deploy the image by digest, prove it with a job, and write it down.

    Every step leaves evidence. Where one fails, what served before is put back. A release that was interrupted (also by
    kill -9) goes on with --resume. The push needs your word: typed here, or given before with conductor grant.

    Example: conductor release --dry-run
    """
    if ctx.invoked_subcommand is not None:
        return
    from conductor.cli.wiring import open_project
    from conductor.sessions.ownership import require_own_repository

    require_own_repository(Path.cwd(), "released")
    project = open_project(trust=trust)
    if dry_run:
        raise typer.Exit(dry_run_here(project, yes=yes, task=task, target=target, until=until, json=json))
    raise typer.Exit(run_here(project, yes=yes, resume=resume, task=task, target=target, until=until, json=json))


@app.command()
def status(
    release_id: str = typer.Argument("", metavar="[ID]", help="The release; by default the newest."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Tell how a release stands, from its ledger, and what is live, by asking the targets.

    Example: conductor release status --json
    """
    from conductor.cli.live import ask_targets
    from conductor.cli.release_text import print_status
    from conductor.cli.wiring import open_project
    from conductor.release.lock import is_locked
    from conductor.release.status import describe_release

    project = open_project()
    ledger = find_ledger(project, release_id)
    described = describe_release(ledger, running=is_locked(project.repository.common_dir))
    described["serves"] = ask_targets(project, described["targets"])
    if json:
        print(as_json("release status", 0, release=described))
    else:
        print_status(described)


@app.command()
def watch(
    release_id: str = typer.Argument("", metavar="[ID]", help="The release; by default the newest."),
    span: str = typer.Option("9m", "--for", metavar="DURATION", help="For that long: 90s, 9m, 2h (at most 24h)."),
    json: bool = typer.Option(False, "--json", help="Print JSON, at the end."),
) -> None:
    """Follow a release that another process works on, until it ends or the time is over.

    Answers with the release's own exit code; 1 where it still runs, 130 where nobody works on it any more.

    Example: conductor release watch --for 9m
    """
    from conductor.cli.grant import parse_duration
    from conductor.cli.release_watch import watch_release
    from conductor.cli.wiring import open_project

    duration = parse_duration(span)
    project = open_project()
    raise typer.Exit(watch_release(project, find_ledger(project, release_id), duration, json=json))


@app.command()
def cancel(
    release_id: str = typer.Argument("", metavar="[ID]", help="The release; by default the newest that has not ended."),
    trust: bool = typer.Option(False, "--trust", help="Take the configuration as trusted, this once (for CI)."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """End a release: its process, if one works on it here; what it deployed is put back, with proof.

    It can't be resumed then. The run that its push started is left alone.

    Example: conductor release cancel r-20260105-103100-4f2a91c
    """
    from conductor.cli.interrupts import ended_by_signals
    from conductor.cli.progress import Progress
    from conductor.cli.release_text import print_result
    from conductor.cli.wiring import connect, open_project
    from conductor.domain.release import ReleaseOutcome
    from conductor.release.cancel import cancel_release
    from conductor.release.run import find_unfinished

    project = open_project(trust=trust)
    desk = open_desk(project, lambda plan: connect(project, plan), yes=True)
    ledger = find_ledger(project, release_id) if release_id else find_unfinished(desk)
    with ended_by_signals(), Progress() as progress:
        result = cancel_release(desk, ledger, progress)
    done = result.outcome in {ReleaseOutcome.CANCELLED, ReleaseOutcome.ROLLED_BACK}
    code = 0 if done else result.exit_code
    print_result(project, result, json=json, command="release cancel", code=code)
    raise typer.Exit(code)


def find_ledger(project: Project, release_id: str) -> Ledger:
    """Return the ledger of that release, or of the newest; raises NothingToDo without one."""
    from conductor.errors import NothingToDo
    from conductor.release.ledger import Ledger, list_ledgers

    if release_id:
        return Ledger.open(project.repository.common_dir, release_id, project.clock)
    ledgers = list_ledgers(project.repository.common_dir, project.clock)
    if not ledgers:
        raise NothingToDo("there is no release yet", hint="conductor release --dry-run shows what one would do")
    return ledgers[-1]


@app.command("list")
def list_releases(json: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """List the releases begun from here, oldest first.

    Example: conductor release list
    """
    from conductor.cli.wiring import open_project
    from conductor.release.ledger import list_ledgers
    from conductor.release.status import describe_release

    project = open_project()
    rows = [describe_release(ledger) for ledger in list_ledgers(project.repository.common_dir, project.clock)]
    if json:
        print(as_json("release list", 0, releases=rows))
        return
    for row in rows:
        ended = f"{row['outcome'] or 'not ended':<15}"
        damaged = "(its ledger is damaged)" if row["damage"] else ""
        print(f"{row['id']}  {ended}  {', '.join(row['targets'])}  {row['cause'] or damaged}".rstrip())
    if not rows:
        print("No release yet. conductor release --dry-run shows what one would do.", file=sys.stderr)


def run_here(project: Project, *, yes: bool, resume: str, task: str, target: str, json: bool, until: str = "") -> int:
    """Begin or resume a release of this project, show it, and return the exit code."""
    from conductor.cli.interrupts import ended_by_signals
    from conductor.cli.live import print_interrupted
    from conductor.cli.progress import Progress
    from conductor.cli.readiness import look
    from conductor.cli.release_text import print_findings_stop, print_result
    from conductor.cli.wiring import connect
    from conductor.release.context import FindingsStop
    from conductor.release.ledger import Ledger
    from conductor.release.pipeline import stop_after
    from conductor.release.plan import plan_release
    from conductor.release.run import find_unfinished, resume_release, start_release

    desk = open_desk(project, lambda plan: connect(project, plan), yes=yes)
    try:
        with ended_by_signals():
            if resume:
                ledger = (
                    find_unfinished(desk)
                    if resume == LATEST
                    else Ledger.open(project.repository.common_dir, resume, project.clock)
                )
                with Progress() as progress:
                    result = resume_release(desk, ledger, progress, until=until)
            else:
                look(project, target=target or None, may_ask=may_ask(yes=yes)).require()
                plan = plan_release(
                    project.repository, project.settings, revision=None, target=target or None, task=task or None
                )
                plan = stop_after(plan, until) if until else plan
                with Progress() as progress:
                    result = start_release(desk, plan, progress)
    except KeyboardInterrupt:
        print_interrupted(project)
        raise
    except FindingsStop as stop:
        return print_findings_stop(stop, json=json)
    print_result(project, result, json=json)
    return result.exit_code


def open_desk(project: Project, connect: Any, *, yes: bool) -> Desk:
    """Return what beginning a release needs; the person is asked on the terminal, unless `yes`."""
    from conductor.cli.wiring import audit_push
    from conductor.release.run import Desk

    return Desk(
        repository=project.repository,
        settings=project.settings,
        clock=project.clock,
        audit=lambda: audit_push(project),
        connect=connect,
        allow_push=lambda plan: allow_push(project, plan, yes=yes),
        announce=lambda release_id, plan: print(
            f"Release {release_id}: {plan.revision[:7]} to {', '.join(target.name for target in plan.targets)}\n",
            file=sys.stderr,
        ),
    )


def dry_run_here(project: Project, *, yes: bool, task: str, target: str, until: str, json: bool) -> int:
    """Print what a release would do, and all that it lacks, and return the exit code: 2 where it lacks something."""
    from conductor.cli.output import error_as_json
    from conductor.cli.readiness import look
    from conductor.cli.release_text import describe_plan, print_plan
    from conductor.errors import ConductorError, ExitCode
    from conductor.release.pipeline import stop_after
    from conductor.release.plan import plan_release

    ready = look(project, target=target or None, may_ask=may_ask(yes=yes), dry_run=True)
    try:
        plan = plan_release(
            project.repository, project.settings, revision=None, target=target or None, task=task or None
        )
    except ConductorError:
        ready.require()
        raise
    plan = stop_after(plan, until) if until else plan
    code = ExitCode.USAGE if ready.missing else ExitCode.OK
    if json:
        described = describe_plan(plan)
        if ready.missing:
            print(error_as_json("release", [*ready.missing], code, dry_run=True, plan=described))
        else:
            print(as_json("release", code, dry_run=True, plan=described))
    else:
        print_plan(plan)
    print_readiness(ready)
    return code


def print_readiness(ready: Readiness) -> None:
    """Print what is missing and what is worth knowing, each with its remedy."""
    from conductor.cli.output import render_error

    for one in (*ready.missing, *ready.notes):
        print(render_error(one, level="error" if one in ready.missing else "note"), file=sys.stderr)
    count = len(ready.missing)
    told = f"{count} thing{'' if count == 1 else 's'} missing" if count else "To do it: conductor release"
    print(f"Nothing was done. {told}{'.' if count else ''}", file=sys.stderr)


def may_ask(*, yes: bool) -> bool:
    """Tell whether the person can be asked for the push: at a terminal, and no agent types."""
    from conductor.sessions.grants import find_agent

    return not yes and sys.stdin.isatty() and sys.stderr.isatty() and find_agent() is None


def allow_push(project: Project, plan: Plan, *, yes: bool) -> str:
    """Return the id of the grant for this push: one given before, or the confirmation typed now.

    The pre-push hook knows the push by its revision and branch, and counts the same grant. Raises UsageProblem where
    there is neither.
    """
    from conductor.errors import UsageProblem
    from conductor.release.ledger import stamp
    from conductor.sessions.acts import wish_to_push
    from conductor.sessions.grants import GrantStore
    from conductor.sessions.traces import Traces

    store, now = GrantStore(project.state_dir, project.key), stamp(project.clock)
    traces = Traces(project.repository.common_dir)
    lines = ((plan.revision, f"refs/heads/{plan.branch}", None),)
    wish = wish_to_push(traces, plan.remote, lines, rewrites=False, in_git=False)
    asked = may_ask(yes=yes) and not any(grant.covers("commit_push", "push", now) for grant in store.active(now))
    if asked:
        confirm(plan)
    settled = store.settle([wish], now, traces)
    if settled is None and asked:
        store.add(
            "commit_push",
            action="push",
            scope="once",
            why=f"typed at the prompt of conductor release, for {plan.revision}",
            by="the person at the terminal",
            at=now,
        )
        settled = store.settle([wish], now, traces)
    if settled is None:
        from conductor.cli.readiness import GRANT_HINT

        raise UsageProblem(f"nobody has allowed the push of {plan.revision[:7]}", hint=GRANT_HINT)
    return settled[0].id


def confirm(plan: Plan) -> None:
    """Ask the person at the terminal; raises UsageProblem for another answer than yes."""
    from conductor.cli.terminal import read_line
    from conductor.domain.text import one_line
    from conductor.errors import UsageProblem

    word = plan.revision[:7]
    targets = ", ".join(target.name for target in plan.targets)
    print(f"{word} {one_line(plan.subject, 100)}", file=sys.stderr)
    print(f"goes to {plan.remote}/{plan.branch}, and its image to {targets}.", file=sys.stderr)
    print(f"Type {word} (or the word release) to allow this push: ", end="", file=sys.stderr, flush=True)
    answer = read_line().strip().lower()
    if answer not in {word, "release"}:
        raise UsageProblem("not confirmed: nothing was pushed", hint=f"type {word} at the prompt to allow it")
