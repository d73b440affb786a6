"""`conductor check`: everything that can be checked without leaving this machine."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import typer

from conductor.cli.groups import command_app
from conductor.domain.finding import Finding, Location, Severity

if TYPE_CHECKING:
    from conductor.cli.wiring import Project
    from conductor.rules.context import RuleContext

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


@dataclass
class Surroundings:
    """What the areas look at, opened when the first of them asks."""

    trust: bool = False

    @cached_property
    def project(self) -> Project:
        """Return the project around the current directory."""
        from conductor.cli.wiring import open_project

        return open_project(trust=self.trust)

    @cached_property
    def rules(self) -> RuleContext:
        """Return what the rules may look at."""
        from conductor.cli.wiring import rule_context

        return rule_context(self.project)


def check_records(given: Surroundings) -> list[Finding]:
    """Return what is wrong with tasks, journal, errors, evidence, its references, and tasks that it contradicts."""
    from conductor.cli.records_of import records_of
    from conductor.records.lint import lint_records
    from conductor.records.losses import lint_history
    from conductor.records.reconcile import check_overturned
    from conductor.rules.references import check_evidence

    records = records_of(given.project)
    linted = lint_records(records)
    return [
        *linted,
        *lint_history(records),
        *check_evidence(given.rules, linted),
        *check_overturned(records),
    ]


def check_rules(given: Surroundings) -> list[Finding]:
    """Return what the rules find in the tree and its history; the machine is the host area's."""
    from conductor.records.evidence import EvidenceStore
    from conductor.rules.claims import find_claims
    from conductor.rules.rulebook import HOST_RULES, audit_rules
    from conductor.rules.table import check_table
    from conductor.sessions.trust import TrustStore, find_untrusted

    project = given.project
    waiting = [] if given.trust else find_untrusted(project.asked, TrustStore(project.state_dir, project.key).load())
    return [
        *waiting,
        *check_table(project.root, project.asked),
        *audit_rules(given.rules, without=HOST_RULES),
        *find_claims(given.rules, EvidenceStore.of(project.repository).lines()),
    ]


def check_host(_given: Surroundings) -> list[Finding]:
    """Return what somebody installed on this machine; works outside a repository too."""
    from conductor.cli.host import project_folder
    from conductor.cli.wiring import scan_host
    from conductor.config.places import state_dir
    from conductor.errors import UsageProblem
    from conductor.host.audit import audit_host
    from conductor.host.baseline import load_baseline
    from conductor.providers.clock import SystemClock

    now = scan_host(project_folder(), SystemClock())
    try:
        return audit_host(now, load_baseline(state_dir()))
    except UsageProblem as error:
        damaged = Finding("HOST-BASE-001", error.message, error.hint, docs="docs/host.md")
        return [damaged, *audit_host(now, None)]


def check_preflight(given: Surroundings) -> list[Finding]:
    """Return what keeps the image from building or starting, judged offline; remembered while no file changes."""
    from conductor.cli.remembered import remember
    from conductor.errors import NothingToDo, UsageProblem

    project = given.project

    def judge() -> list[Finding]:
        from conductor.preflight.api import check_project

        return list(check_project(project.root, project.settings).findings)

    folder = project.repository.common_dir / "conductor"
    try:
        return remember(folder, project.root, repr(project.settings), judge)
    except UsageProblem as error:
        if project.settings.build is None:
            raise NothingToDo("there is no Dockerfile", hint=error.hint) from error
        where = Location(error.path or project.settings.build.dockerfile)
        return [Finding("PF-LOAD-001", error.message, error.hint, location=where, docs="docs/check.md")]


# Area -> what checks it, in the order of the report. One with nothing to look at raises NothingToDo.
AREAS: dict[str, Callable[[Surroundings], list[Finding]]] = {
    "records": check_records,
    "rules": check_rules,
    "host": check_host,
    "preflight": check_preflight,
}
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
    shown, accepted = _only_new(given, found) if new else ([one for rows in found.values() for one in rows], [])
    failing = any(finding.severity is not Severity.ADVICE for finding in shown)
    rest = Rest(tuple(found), len(accepted), skipped)
    _print(shown, rest, Format.JSON if json else format, code=1 if failing else 0)
    raise typer.Exit(1 if failing else 0)


def choose_areas(names: list[str]) -> list[str]:
    """Return the areas in the table's order; raises UsageProblem for one that is not in it."""
    from conductor.errors import UsageProblem

    for name in names:
        if name not in AREAS:
            import difflib

            near = difflib.get_close_matches(name, AREAS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"one of: {', '.join(AREAS)}"
            raise UsageProblem(f"there is no area {name!r} to check", hint=hint)
    return [name for name in AREAS if not names or name in names]


def collect(chosen: list[str], given: Surroundings) -> tuple[dict[str, list[Finding]], dict[str, str]]:
    """Return each area's findings (one that two areas find belongs to the first), and why an area was skipped."""
    from conductor.errors import NothingToDo

    found: dict[str, list[Finding]] = {}
    skipped: dict[str, str] = {}
    seen: set[Finding] = set()
    for name in chosen:
        try:
            found[name] = [finding for finding in AREAS[name](given) if finding not in seen]
        except NothingToDo as reason:
            skipped[name] = reason.message
        else:
            seen.update(found[name])
    return found, skipped


def apply_fixes(chosen: list[str], given: Surroundings) -> None:
    """Write what needs no decision: counters, headings, the table of rules, tasks that evidence opened again."""
    from conductor.cli.records_of import records_of
    from conductor.records.lint import fix_records
    from conductor.records.reconcile import reopen_overturned
    from conductor.rules.table import write_table

    if "records" in chosen:
        records = records_of(given.project)
        for line in [*fix_records(records), *(f"{task}: opened again" for task in reopen_overturned(records))]:
            typer.echo(line, err=True)
    if "rules" in chosen and write_table(given.project.root, given.project.asked):
        typer.echo("CONDUCTOR.md: wrote the table of rules", err=True)


def _only_new(given: Surroundings, found: dict[str, list[Finding]]) -> tuple[list[Finding], list[Finding]]:
    from conductor.rules.accepted import load_accepted, split_new

    return split_new(found, load_accepted(given.project.root))


def _accept(given: Surroundings, found: dict[str, list[Finding]], why: str, *, json: bool) -> None:
    from conductor.cli.output import as_json
    from conductor.domain.text import one_line
    from conductor.errors import UsageProblem
    from conductor.rules.accepted import FILE, accept, load_accepted, save_accepted
    from conductor.sessions.grants import require_person

    require_person("check --accept")
    if not why.strip():
        raise UsageProblem("accepting findings needs a reason", hint='conductor check --accept --why "…"')
    # Another machine has other packages: what is known here belongs into this machine's baseline.
    committed = {area: findings for area, findings in found.items() if area != "host"}
    root = given.project.root
    today = given.project.clock.now().date().isoformat()
    rows, added, dropped = accept(load_accepted(root), committed, why=one_line(why, 300), at=today)
    save_accepted(root, rows)
    if json:
        print(as_json("check", 0, accepted=len(rows), added=added, dropped=dropped, path=FILE))
    else:
        print(f"{FILE}: accepted: {len(rows)}, of them new: {added}, no longer found: {dropped}")
    if found.get("host"):
        typer.echo(
            "Findings about this host are not accepted there; take them in with: conductor host baseline", err=True
        )


def _print(shown: list[Finding], rest: Rest, form: Format, *, code: int) -> None:
    from conductor.cli.output import as_json, print_findings
    from conductor.domain.finding import sort_findings

    if form is Format.JSON:
        rows = [finding.as_json() for finding in sort_findings(shown)]
        skipped = [{"area": area, "reason": reason} for area, reason in rest.skipped.items()]
        print(as_json("check", code, areas=rest.areas, findings=rows, accepted=rest.accepted, skipped=skipped))
    elif form is Format.TEXT:
        print_findings(shown)
    else:
        from conductor.cli.formats import render_github, render_sarif

        text = render_sarif(shown) if form is Format.SARIF else render_github(shown)
        print(text, end="\n" if text else "")
    typer.echo(_summary(shown, rest), err=True)


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
