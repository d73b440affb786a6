"""`conductor check`: everything that can be checked without leaving this machine."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import typer

from conductor.cli.check_areas import AREAS, Surroundings, choose_areas, collect
from conductor.cli.groups import command_app
from conductor.domain.finding import Finding, Severity

app = command_app()


class Format(enum.StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


@dataclass(frozen=True, slots=True)
class Rest:
    """What is said beside the findings: the areas looked at, how many findings were accepted, why an area was not."""

    areas: tuple[str, ...]
    accepted: int
    skipped: dict[str, str]


_AREAS = typer.Argument(None, help=f"What to check: {', '.join(AREAS)}; everything if none is named.")
_FORMAT = typer.Option(Format.TEXT, "--format", help="How to print findings.")


@app.command()
def check(
    areas: list[str] = _AREAS,
    new: bool = typer.Option(False, "--new", help="Only findings that were not accepted."),
    accept: bool = typer.Option(False, "--accept", help="Accept every finding of today, with --why. For people."),
    why: str = typer.Option("", "--why", help="The reason, kept with each accepted finding.", metavar="TEXT"),
    fix: bool = typer.Option(False, "--fix", help="Write what needs no decision: counters, glued headings, tables."),
    online: bool = typer.Option(False, "--online", help="Ask the services too what evidence rests on."),
    trust: bool = typer.Option(False, "--trust", help="Take the configuration as trusted, for this run (CI)."),
    every: bool = typer.Option(False, "--all", help="Print each finding, also where they fill more than a screen."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
    format: Format = _FORMAT,  # noqa: A002 - the option's name
) -> None:
    """Check records, rules, this host and the image, offline. Exit 1 for an error or a warning; advice alone is 0.

    With --online, the services are asked again what the evidence says they said; who can't be reached is skipped.

    Adopting Conductor in an old project: look through the findings once, accept them with a reason, and let CI report
    only what is new.

    Example: conductor check rules host

    Example: conductor check --accept --why "known on the day we began" && conductor check --new
    """
    chosen = choose_areas(areas or [])
    given = Surroundings(trust)
    if fix:
        apply_fixes(chosen, given)
    found, skipped = collect(chosen, given)
    if online:
        from conductor.cli.online import check_online

        found["online"] = check_online(given.project)
    if accept:
        _accept(given, found, why, json=json)
        return
    shown = [one for rows in found.values() for one in rows]
    accepted: list[Finding] = []
    if new:
        from conductor.rules.accepted import load_accepted, split_new

        shown, accepted = split_new(found, load_accepted(given.project.root))
    failing = any(finding.severity is not Severity.ADVICE for finding in shown)
    rest = Rest(tuple(found), len(accepted), skipped)
    _print(shown, rest, Format.JSON if json else format, code=1 if failing else 0, every=every)
    raise typer.Exit(1 if failing else 0)


def apply_fixes(chosen: list[str], given: Surroundings) -> None:
    """Write what needs no decision: counters, headings, the table of rules, tasks that evidence opened again."""
    from conductor.cli.wiring import project_records
    from conductor.records.lint import fix_records
    from conductor.records.reconcile import reopen_overturned
    from conductor.rules.table import write_table

    if "records" in chosen:
        records = project_records(given.project)
        for line in [*fix_records(records), *(f"{task}: opened again" for task in reopen_overturned(records))]:
            typer.echo(line, err=True)
    if "rules" in chosen and write_table(given.project.root, given.project.asked):
        typer.echo("CONDUCTOR.md: wrote the table of rules", err=True)


def _accept(given: Surroundings, found: dict[str, list[Finding]], why: str, *, json: bool) -> None:
    from conductor.cli.acceptance import NOT_ACCEPTED, accept_findings
    from conductor.cli.output import as_json
    from conductor.rules.accepted import FILE

    done = accept_findings(given.project, found, why)
    if json:
        print(as_json("check", 0, accepted=done.total, added=done.added, dropped=done.dropped, path=FILE))
    else:
        print(f"{FILE}: accepted: {done.total}, of them new: {done.added}, no longer found: {done.dropped}")
    left = [area for area in found if area in NOT_ACCEPTED and found[area]]
    if "host" in left:
        typer.echo("Findings about this host are not accepted there; take them in: conductor host baseline", err=True)
    if "configuration" in left:
        typer.echo("What is wrong with CONDUCTOR.md itself is not accepted: conductor check configuration", err=True)


def _print(shown: list[Finding], rest: Rest, form: Format, *, code: int, every: bool) -> None:
    from conductor.cli.output import as_json, print_findings
    from conductor.cli.summary import fits_a_screen, render_screen
    from conductor.domain.finding import sort_findings

    grouped = form is Format.TEXT and not every and not fits_a_screen(shown)

    if form is Format.JSON:
        rows = [finding.as_json() for finding in sort_findings(shown)]
        skipped = [{"area": area, "reason": reason} for area, reason in rest.skipped.items()]
        print(as_json("check", code, areas=rest.areas, findings=rows, accepted=rest.accepted, skipped=skipped))
    elif grouped:
        print("\n".join(render_screen(shown, paint=True)))
    elif form is Format.TEXT:
        print_findings(shown)
    else:
        from conductor.cli.formats import render_github, render_sarif

        text = render_sarif(shown) if form is Format.SARIF else render_github(shown)
        print(text, end="\n" if text else "")
    typer.echo(_summary(shown, rest) + ("; each of them: conductor check --all" if grouped else ""), err=True)


def _summary(shown: list[Finding], rest: Rest) -> str:
    counts = {level: sum(finding.severity is level for finding in shown) for level in Severity}
    errors, warnings = counts[Severity.ERROR], counts[Severity.WARNING]
    said = [
        f"{errors} error{'' if errors == 1 else 's'}",
        f"{warnings} warning{'' if warnings == 1 else 's'}",
        f"{counts[Severity.ADVICE]} advice",
    ]
    if rest.accepted:
        said.append(f"{rest.accepted} accepted")
    said += [f"{area} skipped ({reason})" for area, reason in rest.skipped.items()]
    fixable = sum(finding.fix and not finding.code.startswith("PF-") for finding in shown)
    more = f"; {fixable} can be written by --fix" if fixable else ""
    if any(finding.fix and finding.code.startswith("PF-") for finding in shown):
        more += "; conductor preflight --fix repairs what it can"
    return f"checked {', '.join(rest.areas) or 'nothing'}: {', '.join(said)}{more}"
