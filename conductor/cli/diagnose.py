"""`conductor diagnose`: what a log says went wrong, and what to do about it."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import typer

from conductor.cli.groups import Group, command_app
from conductor.errors import ExitCode, NothingToDo, UsageProblem

if TYPE_CHECKING:
    from conductor.diagnosis.causes import Cause
    from conductor.diagnosis.choose import Diagnosis
    from conductor.diagnosis.repair import Patch
    from conductor.domain.finding import Finding

_COMMANDS = ("log", "list", "explain")


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
    path: str = typer.Argument("-", metavar="FILE", help="The log; `-`, or nothing, for standard input."),
    jsonl: bool = typer.Option(False, "--jsonl", help="Read {id, log} a line and answer each with a line."),
    fix: bool = typer.Option(False, "--fix", help="Print the patch that puts it right, where a program can make one."),
    write: bool = typer.Option(False, "--write", help="With --fix: write the patch as well."),
    json_output: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Say from a log what went wrong.

    Exit 1 with a cause, 3 where none is known: then the lines that tell most are shown.

    Example: conductor diagnose log build.log
    """
    if jsonl:
        from conductor.diagnosis.batch import diagnose_lines

        with _opened(path) as stream:
            for line in diagnose_lines(text.decode("utf-8", "replace") for text in stream):
                print(line)
        return
    from conductor.diagnosis.causes import load_causes
    from conductor.diagnosis.explain import diagnose, explain, read_project

    root, dockerfile = _project()
    with _opened(path) as stream:
        found = diagnose(stream, load_causes(root))
    finding = explain(found, read_project(root, dockerfile) if root else {}, dockerfile)
    patch = _patch(found, root, dockerfile, fix=fix, write=write)
    if json_output:
        print(_as_json(found, finding, patch, write=write))
    elif patch is not None and finding is not None:
        from conductor.cli.diagnose_fix import offer

        offer(patch, write=write)
    else:
        _print(found, finding)
    raise typer.Exit(ExitCode.FINDINGS if finding else ExitCode.NOTHING)


def _patch(found: Diagnosis, root: Path | None, dockerfile: str | None, *, fix: bool, write: bool) -> Patch | None:
    """Return the patch where one is asked for; with `write` it is written."""
    if write and not fix:
        raise UsageProblem("--write writes the patch of --fix", hint="conductor diagnose build.log --fix --write")
    if not fix or root is None:
        return None
    from conductor.cli.diagnose_fix import make_patch

    return make_patch(found, root, dockerfile, write=write)


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


def _print(found: Diagnosis, finding: Finding | None) -> None:
    from conductor.cli.output import print_findings
    from conductor.diagnosis.explain import message_of, quote

    if finding is None or found.suspect is None:
        for line in found.told:
            print(f"    {quote(line)}")
        raise NothingToDo(
            f"no known cause in {found.lines} lines",
            hint='read the lines above; a cause of your own: docs/diagnosis.md, "Causes of a project"',
        )
    print_findings([finding])
    if found.suspect.cause.checks:
        print(f"  before the push: conductor preflight explain {found.suspect.cause.checks[0]}")
    for other in found.also:
        print(f"also, of its own: {other.cause.code}: {message_of(other)}")
        print(f"    {quote(other.lines[0])}")


def _as_json(found: Diagnosis, finding: Finding | None, patch: Patch | None, *, write: bool) -> str:
    from conductor.cli.output import as_json
    from conductor.diagnosis.explain import quote

    return as_json(
        "diagnose",
        ExitCode.FINDINGS if finding else ExitCode.NOTHING,
        cause=finding.code if finding else None,
        confidence=str(finding.confidence) if finding else None,
        remedy=finding.remedy if finding else None,
        finding=finding.as_json() if finding else None,
        lines=[quote(line) for line in (found.suspect.lines if found.suspect else found.told)],
        also=[{"cause": other.cause.code, "lines": [quote(line) for line in other.lines]} for other in found.also],
        read=found.lines,
        **({"patch": _rows(patch, write=write)} if patch is not None else {}),
    )


def _rows(patch: Patch, *, write: bool) -> dict[str, Any]:
    from conductor.cli.diagnose_fix import as_rows

    return as_rows(patch, write=write)


def _row(cause: Cause) -> dict[str, Any]:
    names = ("code", "meaning", "remedy", "phase", "family")
    return {**{name: getattr(cause, name) for name in names}, "checks": list(cause.checks), "after": list(cause.after)}
