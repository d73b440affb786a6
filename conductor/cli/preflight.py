"""`conductor preflight`: say before the push that the image will fail, and what would work."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from conductor.cli import preflight_wheels
from conductor.cli.groups import Group, command_app
from conductor.domain.finding import Severity
from conductor.errors import ExitCode, UsageProblem

if TYPE_CHECKING:
    from conductor.config.settings import Settings
    from conductor.ports.tree import Tree
    from conductor.preflight.api import Report

_COMMANDS = ("check", "env", "explain", "wheel", "wheels")
_FORMATS = ("text", "json", "sarif", "github")


class PathGroup(Group):
    """A group whose first word may be a path: what names no command is given to `check`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `check` before arguments that begin with none of the commands."""
        if not args or (args[0] not in _COMMANDS and args[0] not in {"-h", "--help"}):
            args = ["check", *args]
        return super().parse_args(ctx, args)


app = command_app(
    cls=PathGroup,
    help="Say before the push that the image will fail, and what would work.\n\n"
    "`conductor preflight` judges the project here, `conductor preflight path/to/Dockerfile` another one.\n\n"
    "Example: conductor preflight image/Dockerfile",
)


@app.command("check")
def check(
    path: Path = typer.Argument(Path(), help="A Dockerfile, or a folder that holds one (default: here)."),
    online: bool = typer.Option(False, "--online/--offline", help="Also ask whether addresses and images exist."),
    fix: bool = typer.Option(False, "--fix", help="Apply the safe repairs and show what changed."),
    all_: bool = typer.Option(False, "--all", help="Print everything, advice too; without it, one screen by kind."),
    format_: str = typer.Option("text", "--format", help="text, json, sarif or github."),
    json_output: bool = typer.Option(False, "--json", help="The same as --format json."),
    only: list[str] = typer.Option([], "--only", help="Run only this check (id or code); can be repeated."),
    skip: list[str] = typer.Option([], "--skip", help="Leave this check out; can be repeated."),
) -> None:
    """Judge the image of a project: will it build, and will it start on that GPU?

    Example: conductor preflight check image/Dockerfile --only wheel-python-tag
    """
    form = "json" if json_output else format_
    if form not in _FORMATS:
        raise UsageProblem(f"--format is {form!r}", hint=f"choose one of: {', '.join(_FORMATS)}")
    root, settings, dockerfile = locate(path)
    report = _judge(root, settings, dockerfile, online=online, only=only, skip=skip)
    if fix:
        report = _repair(root, settings, dockerfile, report, online=online, only=only, skip=skip)
    code = ExitCode.FINDINGS if any(one.severity is not Severity.ADVICE for one in report.findings) else ExitCode.OK
    _print(report, form, code, online=online, everything=all_)
    raise typer.Exit(code)


@app.command("env")
def env(
    path: Path = typer.Argument(Path(), help="A Dockerfile, or a folder that holds one (default: here)."),
    json_output: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Print what the image holds after each instruction, and where each fact comes from.

    Example: conductor preflight env image/Dockerfile
    """
    from conductor.preflight.load import load_subject
    from conductor.preflight.show import rows, show

    root, settings, dockerfile = locate(path)
    subject = load_subject(root, settings, dockerfile=dockerfile)
    if json_output:
        from conductor.cli.output import as_json

        print(as_json("preflight env", ExitCode.OK, environment=rows(subject)))
    else:
        print(show(subject))


@app.command("explain")
def explain(code: str = typer.Argument(..., help="A check's code or id, as PF-WHEEL-001.")) -> None:
    """Print the page of a check: what it does, why, an example, what to use instead.

    Example: conductor preflight explain PF-WHEEL-001
    """
    from conductor.preflight.api import find_check
    from conductor.preflight.pages import render_page

    print(render_page(find_check(code)), end="")


app.command("wheel")(preflight_wheels.wheel)
app.command("wheels")(preflight_wheels.wheels)


def locate(path: Path) -> tuple[Path, Settings, Path | None]:
    """Return (project root, settings, Dockerfile or None for the project's own) of what was named."""
    from conductor.config.settings import Settings, load_settings

    try:
        target = path.resolve()
        found = target.exists()
    except (OSError, RuntimeError):
        found = False
    if not found:
        raise UsageProblem(
            f"{path} does not exist", hint="name a Dockerfile or a folder: conductor preflight image/Dockerfile"
        )
    if target.is_dir():
        return target, load_settings(target), None
    for folder in (target.parent, *target.parent.parents):
        settings = load_settings(folder)
        if settings.source is not None:
            own = settings.build is not None and (folder / settings.build.dockerfile).resolve() == target
            return folder, settings, None if own else target
        if (folder / ".git").exists():
            return folder, settings, target
    return target.parent, Settings(), target


def _judge(
    root: Path,
    settings: Settings,
    dockerfile: Path | None,
    *,
    online: bool,
    only: list[str],
    skip: list[str],
    tree: Tree | None = None,
) -> Report:
    from conductor.preflight.api import check_project

    lookup = None
    if online:
        from conductor.providers.lookup import HttpLookup

        lookup = HttpLookup()
    return check_project(
        root, settings, dockerfile=dockerfile, online=online, only=only, skip=skip, lookup=lookup, tree=tree
    )


def _repair(
    root: Path,
    settings: Settings,
    dockerfile: Path | None,
    report: Report,
    *,
    online: bool,
    only: list[str],
    skip: list[str],
) -> Report:
    """Apply the repairs that bring nothing new, show them, and judge again what is there now."""
    from conductor.config.disk import DiskTree
    from conductor.preflight.repair import plan_repairs, write_repairs

    plan = plan_repairs(
        DiskTree(root.resolve()),
        lambda tree: _judge(root, settings, dockerfile, online=False, only=only, skip=skip, tree=tree).findings,
        report.findings,
    )
    repaired = write_repairs(root, plan)
    for change in repaired:
        print(change.diff, file=sys.stderr)
    for one in plan.taken_back:
        where = f"{one.fix.path}:{one.fix.line}" if one.fix.line else one.fix.path
        print(f"{where}: not repaired, because it would bring {', '.join(one.brought)}", file=sys.stderr)
    fixed = (
        f"{len(repaired)} file{'' if len(repaired) == 1 else 's'} repaired" if repaired else "nothing could be repaired"
    )
    print(fixed, file=sys.stderr)
    return _judge(root, settings, dockerfile, online=online, only=only, skip=skip) if repaired else report


def _print(report: Report, form: str, code: ExitCode, *, online: bool, everything: bool) -> None:
    if form == "json":
        from conductor.cli.output import as_json

        print(
            as_json(
                "preflight",
                code,
                findings=[finding.as_json() for finding in report.findings],
                checks=list(report.checks_run),
                skipped=list(report.skipped),
                late=report.late,
                files=list(report.files),
            )
        )
    elif form == "sarif":
        from conductor.cli.formats import render_sarif
        from conductor.preflight.checks import load_checks

        print(render_sarif(report.findings, [check for check in load_checks() if check.meta.id in report.checks_run]))
    elif form == "github":
        from conductor.cli.formats import render_github

        if report.findings:
            print(render_github(report.findings))
    elif everything:
        from conductor.cli.output import print_findings

        print_findings(report.findings)
    elif text := _screen(report):
        print(text)
    print(summary(report, online=online, everything=everything or form != "text"), file=sys.stderr)


def _screen(report: Report) -> str:
    import shutil

    from conductor.cli.preflight_text import Span, render_screen

    size = shutil.get_terminal_size()
    spans = [Span(*one) for one in report.instructions]
    return render_screen(report.findings, spans, width=size.columns, rows=size.lines)


def summary(report: Report, *, online: bool = False, everything: bool = True) -> str:
    """Return the closing line: `31 checks, 6 files, 1 error, 0 warnings, 2 advice (--all), 4 skipped (offline)`."""
    parts = [
        _count(len(report.checks_run), "check"),
        _count(len(report.files), "file"),
        _count(report.count(Severity.ERROR), "error"),
        _count(report.count(Severity.WARNING), "warning"),
    ]
    advice = report.count(Severity.ADVICE)
    if advice:
        parts.append(f"{advice} advice{'' if everything else ' (--all)'}")
    if report.late:
        parts.append(f"too much work to judge: {report.late}")
    if report.skipped:
        parts.append(f"{len(report.skipped)} skipped ({'no answer' if online else 'offline'})")
    return ", ".join(parts)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
