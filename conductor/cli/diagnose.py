"""`conductor diagnose`: what a log says went wrong, and what to do about it."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import typer

from conductor.cli.groups import Group, command_app
from conductor.errors import ExitCode, UsageProblem

if TYPE_CHECKING:
    from conductor.cli.diagnose_show import Shown
    from conductor.cli.diagnose_sources import Asked
    from conductor.cli.diagnose_task import Failure
    from conductor.diagnosis.causes import Cause
    from conductor.diagnosis.repair import Patch

_COMMANDS = ("log", "list", "explain")
EVIDENCE = Path(".conductor/evidence")


class LogGroup(Group):
    """A group whose first word may be a file: what names no command is given to `log`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `log` before arguments that begin with none of the commands."""
        if not args or (args[0] not in _COMMANDS and args[0] not in {"-h", "--help"}):
            args = ["log", *args]
        return super().parse_args(ctx, args)


app = command_app(
    cls=LogGroup,
    help="Say from a log what went wrong, where it comes from and what to do about it.\n\n"
    "`conductor diagnose build.log` reads a file, `gh run view --log-failed | conductor diagnose` what is piped in.\n\n"
    "Example: conductor diagnose build.log",
)


@app.command("log")
def log(
    path: str | None = typer.Argument(None, metavar="FILE", help="The log; `-`, or nothing, for standard input."),
    run: str | None = typer.Option(None, "--run", metavar="ID|latest", help="Each failed job of a GitHub Actions run."),
    attempt: int | None = typer.Option(None, "--attempt", min=1, help="The run's attempt (default: its last)."),
    worker: str | None = typer.Option(None, "--worker", metavar="ID", help="A RunPod worker's log."),
    job: str | None = typer.Option(None, "--job", metavar="ID", help="A RunPod job's error, and its worker's log."),
    target: str | None = typer.Option(None, "--target", help="Where the worker or job is (default: every target)."),
    task: str | None = typer.Option(None, "--task", help="Write it to this task and draft the journal's Issues."),
    jsonl: bool = typer.Option(False, "--jsonl", help="Read {id, log} a line and answer each with a line."),
    fix: bool = typer.Option(False, "--fix", help="Print the patch that puts it right, where a program can make one."),
    write: bool = typer.Option(False, "--write", help="With --fix: write the patch as well."),
    json_output: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Say from a log what went wrong.

    Exit 1 with a cause, 3 where none is known: then the lines that tell most are shown. A run needs a GitHub token
    (GITHUB_TOKEN, or gh's), a worker or job a RunPod key (RUNPOD_API_KEY); exit 5 where the service has no log.

    Example: conductor diagnose log build.log
    """
    from conductor.cli.diagnose_sources import Asked, check_asked

    asked = Asked(run, attempt, worker, job, target)
    check_asked(asked, path)
    if write and not fix:
        raise UsageProblem("--write writes the patch of --fix", hint="conductor diagnose build.log --fix --write")
    if jsonl:
        _answer_lines(path or "-")
        return
    from conductor.cli.diagnose_fix import as_rows, offer
    from conductor.cli.diagnose_show import print_shown, render_json

    task_id = _task_of(task) if task is not None else None
    shown, failure = _diagnose_remote(asked) if asked.is_remote else _diagnose_file(path or "-", hashed=bool(task_id))
    written: list[dict[str, Any]] = []
    if failure is not None:
        from conductor.cli.diagnose_task import tell_earlier, write_to_task
        from conductor.cli.wiring import open_project

        project = open_project()
        shown = tell_earlier(project, shown, failure)
        written = write_to_task(project, shown, failure, task_id) if task_id else []
    patch = _offered(shown, write=write) if fix else None
    beside = (*shown.beside, *(_tell_written(row) for row in written))
    if json_output:
        rows = {"patch": as_rows(patch, write=write)} if patch is not None else {}
        print(render_json(shown, written=written, **rows))
    elif patch is not None:
        offer(patch, beside, write=write)
    else:
        print_shown(replace(shown, beside=beside))
    raise typer.Exit(shown.exit_code)


def _answer_lines(path: str) -> None:
    from conductor.diagnosis.batch import diagnose_lines

    with _opened(path) as stream:
        for line in diagnose_lines(text.decode("utf-8", "replace") for text in stream):
            print(line)


def _task_of(task: str) -> str:
    """Return the task's whole id; raises UsageProblem where there is none, before anything is read or fetched."""
    from conductor.cli.daily import task_id_of
    from conductor.cli.record_commands import open_records

    return task_id_of(open_records(), task)


def _tell_written(row: dict[str, Any]) -> str:
    return f"written to {row['task']} ({row['status']}), evidence {row['evidence']}, journal {row['journal']}"


def _diagnose_file(path: str, *, hashed: bool) -> tuple[Shown, Failure | None]:
    """Return what the file says, and what failed where that is to be written or compared with what came before."""
    from conductor.cli.diagnose_show import Shown
    from conductor.cli.diagnose_task import Failure, Hashed
    from conductor.diagnosis.causes import load_causes
    from conductor.diagnosis.explain import diagnose, explain
    from conductor.diagnosis.project_files import read_project
    from conductor.diagnosis.sources.source import Answer

    root, dockerfile = _project()
    compared = hashed or bool(root and (root / ".git").exists() and (root / EVIDENCE).is_dir())
    with _opened(path) as stream:
        hashing = Hashed(stream) if compared else None
        found = diagnose(hashing or stream, load_causes(root))
    finding = explain(found, read_project(root, dockerfile) if root else {}, dockerfile)
    named = "standard input" if path == "-" else path
    return Shown(((Answer(found), finding),)), Failure(hashing.subject, None, named) if hashing else None


def _diagnose_remote(asked: Asked) -> tuple[Shown, Failure | None]:
    from conductor.cli.diagnose_show import Shown
    from conductor.cli.diagnose_sources import fetch_source
    from conductor.cli.diagnose_task import Failure
    from conductor.cli.wiring import open_project
    from conductor.diagnosis.causes import load_causes
    from conductor.diagnosis.explain import explain
    from conductor.diagnosis.project_files import read_failed
    from conductor.diagnosis.sources.source import diagnose_source

    project = open_project()
    source = fetch_source(project, asked)
    dockerfile = project.settings.build.dockerfile if project.settings.build else _lying(project.root)
    files, note = read_failed(project.repository, source.revision, dockerfile)
    answers = diagnose_source(source, load_causes(project.root))
    findings = [explain(answer.diagnosis, files, dockerfile, at_worker=source.at_worker) for answer in answers]
    shown = Shown(tuple(zip(answers, findings, strict=True)), source, (*source.notes, *note))
    return shown, Failure(source.subject, source.revision, source.place)


def _offered(shown: Shown, *, write: bool) -> Patch | None:
    """Return the patch for all the causes, None where there is none; with `write` it is written."""
    root, dockerfile = _project()
    if root is None or not shown.findings:
        return None
    from conductor.cli.diagnose_fix import make_patch

    return make_patch([answer.diagnosis for answer, _ in shown.answers], root, dockerfile, write=write)


@app.command("list")
def list_causes(json_output: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """List the causes that are known.

    Example: conductor diagnose list
    """
    from conductor.cli.output import as_json
    from conductor.diagnosis.causes import load_causes

    causes = load_causes(_project()[0])
    if json_output:
        print(as_json("diagnose list", ExitCode.OK, causes=[_row(cause) for cause in causes]))
        return
    width = max(len(cause.code) for cause in causes)
    for cause in causes:
        print(f"{cause.code:<{width}}  {cause.phase:<5}  {cause.meaning}")


@app.command("explain")
def explain_cause(code: str = typer.Argument(..., help="A cause's code, as WHEEL_PLATFORM.")) -> None:
    """Print the page of a cause: what it means, an example, the remedy, how it is known.

    Example: conductor diagnose explain WHEEL_PLATFORM
    """
    import difflib

    from conductor.diagnosis.causes import load_causes
    from conductor.diagnosis.pages import render_page

    causes = {cause.code: cause for cause in load_causes(_project()[0])}
    wanted = code.upper().replace("-", "_")
    if wanted not in causes:
        near = difflib.get_close_matches(wanted, causes, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        raise UsageProblem(f"{code[:60]!r} is no cause", hint=f"{hint}conductor diagnose list shows them")
    print(render_page(causes[wanted]), end="")


@contextlib.contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path == "-":
        if sys.stdin.isatty():
            raise UsageProblem(
                "there is no log", hint="name its file, or pipe it in: gh run view --log-failed | conductor diagnose"
            )
        yield sys.stdin.buffer
        return
    try:
        # A pipe without a writer would wait for one for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UsageProblem(
            f"can't be read: {error.strerror}", hint="name the log's file, or - for standard input", path=path
        ) from error
    # What a shell hands over as `<(…)` has its writer already.
    if stat.S_ISREG(os.fstat(descriptor).st_mode) or path.startswith("/dev/fd/"):
        os.set_blocking(descriptor, True)
        with os.fdopen(descriptor, "rb") as stream:
            yield stream
        return
    os.close(descriptor)
    raise UsageProblem("is no file", hint=f"pipe it in: conductor diagnose - < {path}", path=path)


def _project() -> tuple[Path | None, str | None]:
    """Return the project around the current folder and its Dockerfile; outside of one, this folder and its own."""
    from conductor.config.settings import load_settings

    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / ".git").exists():
            settings = load_settings(folder)
            named = settings.build.dockerfile if settings.build else None
            return folder, named or _lying(folder)
    return here, _lying(here)


def _lying(folder: Path) -> str | None:
    return next(
        (name for name in ("Dockerfile", "image/Dockerfile", "docker/Dockerfile") if (folder / name).is_file()), None
    )


def _row(cause: Cause) -> dict[str, Any]:
    names = ("code", "meaning", "remedy", "phase", "family")
    return {**{name: getattr(cause, name) for name in names}, "checks": list(cause.checks), "after": list(cause.after)}
