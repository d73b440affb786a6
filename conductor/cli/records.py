"""`conductor records`: how the record files are kept, merged, shortened and brought back."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from conductor.cli.groups import command_app
from conductor.cli.output import as_json
from conductor.cli.record_commands import say
from conductor.errors import ConductorError, ExitCode, NothingToDo, RecordSyntaxError

app = command_app(
    no_args_is_help=True,
    help="Adopt, shorten, merge and bring back record files.\n\nExample: conductor records merge-driver install",
)
driver = command_app(
    no_args_is_help=True,
    help="Let git merge TASKS.md, JOURNAL.md and ERRORS.md by meaning.\n\n"
    "Example: conductor records merge-driver install",
)
app.add_typer(driver, name="merge-driver")
JSON = typer.Option(False, "--json", help="Answer as JSON.")


@app.command("compact")
def compact(json_output: bool = JSON) -> None:
    """Move old entries and closed tasks to the archives.

    Files over the configured size (records.max_lines in CONDUCTOR.md) are shortened to it; what moves keeps its bytes.

    Example: conductor records compact
    """
    from conductor.cli.record_commands import open_records
    from conductor.records.archive import compact_records

    records = open_records()
    moved = compact_records(records)
    if json_output:
        rows = [{"from": one.source, "to": one.archive, "count": one.count, "what": one.what} for one in moved]
        print(as_json("records compact", ExitCode.OK, moved=rows))
        return
    for one in moved:
        print(f"{one.source} -> {one.archive}: {one.count} {one.what}")
    if not moved:
        say(
            f"nothing to move: at most {records.max_lines} lines, or nothing closed is left "
            "(records.max_lines in CONDUCTOR.md sets the size)"
        )


@app.command("import")
def adopt(json_output: bool = JSON) -> None:
    """Say what is understood of records that are there.

    Not a byte is changed; what is not understood is kept as it stands.

    Example: conductor records import
    """
    from conductor.cli.output import print_findings
    from conductor.cli.record_commands import open_records
    from conductor.records.adopt import survey_records

    survey = survey_records(open_records())
    if not survey.files and not survey.findings:
        raise NothingToDo("there are no records here", hint='conductor task new "Title" starts them')
    code = ExitCode.FINDINGS if any(one.severity != "advice" for one in survey.findings) else ExitCode.OK
    if json_output:
        print(as_json("records import", code, **survey.as_json()))
        raise typer.Exit(code)
    for one in survey.files:
        print(f"{one.path}: {one.records} {'record' if one.records == 1 else 'records'} in {one.lines} lines")
    print_findings(survey.findings)
    if survey.made_by:
        say(f"Written by claude-conductor {survey.made_by}; Conductor goes on with the same files.")
    if survey.findings:
        say('To be told of new findings only: conductor check records --accept --why "as they were adopted"')
    raise typer.Exit(code)


@app.command("restore")
def restore(
    words: list[str] = typer.Argument(None, help="Only what these name, by id or by words of the title."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Say what would come back, and write nothing."),
    json_output: bool = JSON,
) -> None:
    """Bring back what the records lost, from git and from what was acknowledged before any commit.

    What a commit had goes into the archives as it stood; errors, and what was never committed, go back to their file.

    Example: conductor records restore --dry-run
    """
    from conductor.cli.record_commands import open_records
    from conductor.domain.text import one_line
    from conductor.records.restore import restore_records

    restored = restore_records(open_records(), words=words or (), dry_run=dry_run)
    if words and not restored:
        said = f"nothing that is lost is called {' or '.join(words)[:80]}"
        raise NothingToDo(said, hint="conductor records restore --dry-run names what is lost")
    if json_output:
        rows = [
            {"kind": one.kind, "key": one.key, "title": one.title, "revision": one.revision or None, "path": one.path}
            for one in restored
        ]
        print(as_json("records restore", ExitCode.OK, restored=rows, dry_run=dry_run))
        return
    for one in restored:
        name = f"{one.key}  " if one.key != one.title else ""
        where = f"{one.revision[:10]} {one.path}" if one.revision else f"{one.path}, never committed"
        print(f"{one.kind:<5}  {name}{one_line(one.title, 160)}  ({where})")
    what = "would come back" if dry_run else "brought back"
    say(f"{len(restored)} {what}" if restored else "nothing is lost that is known of")


@app.command("renumber")
def renumber(
    old: str = typer.Argument(..., help="The id as the commits have it."),
    new: str = typer.Argument(..., help="The id it has since the merge."),
    lines_of: str = typer.Option(..., "--lines-of", help="Only in lines that these commits brought: BASE..REV."),
    json_output: bool = JSON,
) -> None:
    """Write a new id where a merge could not.

    Where only one branch changed JOURNAL.md, git takes it as that branch has it; the merge then names this command.

    Example: conductor records renumber TASK-2026-01-05-002 TASK-2026-01-05-003 --lines-of 1a2b3c4..5d6e7f8
    """
    from conductor.cli.record_commands import open_records
    from conductor.records.merge_driver import renumber_lines
    from conductor.records.typed_ids import whole_id

    done = renumber_lines(open_records(), whole_id(old), whole_id(new), lines_of)
    _answer("records renumber", done, "changed: ", "no line names it", json_output)


@driver.command("install")
def install(json_output: bool = JSON) -> None:
    """Register the merge driver in this clone, and merge anew what stands in conflict.

    It is written into git's configuration and .gitattributes. Where a merge has left record files unmerged, they are
    merged by meaning now; what comes out clean is staged. Exit 1 where a conflict is left.

    Example: conductor records merge-driver install
    """
    import os

    from conductor.providers.clock import SystemClock
    from conductor.providers.git import GitRepository
    from conductor.records.merge_driver import install_driver
    from conductor.records.remerge import remerge_records
    from conductor.records.store import Records

    # Not the project's settings: CONDUCTOR.md may stand in conflict too.
    repository = GitRepository.find(Path.cwd())
    records = Records(repository.root, repository, SystemClock())
    done = install_driver(records.repository, [sys.executable, "-m", "conductor"])
    again = remerge_records(records, os.environ, _target(records.root))
    code = ExitCode.FINDINGS if any(one.conflicts for one in again) else ExitCode.OK
    if json_output:
        rows = [{"path": one.path, "conflicts": one.conflicts, "notes": one.notes, "kept": one.kept} for one in again]
        print(as_json("records merge-driver install", code, changed=done, merged=rows))
        raise typer.Exit(code)
    _answer("records merge-driver install", done, "registered: ", "already registered", json_output)
    for one in again:
        print(f"{one.path}: " + (f"{one.conflicts} conflicts are left" if one.conflicts else "merged anew and staged"))
        for note in one.notes:
            say(f"conductor: {note}")
        if one.kept:
            say(f"What stood in {one.path} is kept in {one.kept}")
    if again and not code:
        say("git commit finishes the merge (git rebase --continue a rebase)")
    elif done:
        say("Every clone runs this once; .gitattributes is committed: git add .gitattributes")
    raise typer.Exit(code)


@driver.command("uninstall")
def uninstall(json_output: bool = JSON) -> None:
    """Take out exactly what install put in.

    Example: conductor records merge-driver uninstall
    """
    from conductor.providers.git import GitRepository
    from conductor.records.merge_driver import uninstall_driver

    done = uninstall_driver(GitRepository.find(Path.cwd()))
    _answer("records merge-driver uninstall", done, "taken out: ", "was not registered", json_output)


@driver.command("run", hidden=True)
def run(
    base: Path = typer.Argument(..., help="%O: the file as the merge base has it."),
    ours: Path = typer.Argument(..., help="%A: the file as ours has it; the result is written here."),
    theirs: Path = typer.Argument(..., help="%B: the file as theirs has it."),
    path: str = typer.Argument(..., help="%P: the file's path in the repository."),
    marker_size: int = typer.Option(7, "--marker-size", help="%L: the length of conflict markers."),
) -> None:
    """Merge one file for git; exit 1 where a conflict is left.

    Example: conductor records merge-driver run %O %A %B %P
    """
    import os

    from conductor.providers.git import GitRepository
    from conductor.records.merge_driver import run_driver
    from conductor.records.merge_ids import Versions
    from conductor.records.merge_lines import Labels

    repository = GitRepository.find(Path.cwd())
    versions = Versions(base.read_bytes(), ours.read_bytes(), theirs.read_bytes())
    try:
        result = run_driver(repository, versions, path, os.environ, _target(repository.root), Labels(size=marker_size))
    except RecordSyntaxError as error:
        say(f"{path}: {error.message}; ours is left as it is, merge it by hand")
        raise typer.Exit(ExitCode.FINDINGS) from None
    ours.write_bytes(result.merged.text)
    for note in result.notes:
        say(f"conductor: {note}")
    raise typer.Exit(ExitCode.FINDINGS if result.merged.conflicts else ExitCode.OK)


def _target(root: Path) -> tuple[str, str]:
    """Return the remote and branch that work ends up on; a configuration in conflict must not stop a merge."""
    from conductor.config.settings import load_settings

    try:
        settings = load_settings(root)
    except ConductorError:
        return ("origin", "main")
    return (settings.remote, settings.branch)


def _answer(command: str, done: list[str], lead: str, nothing: str, json_output: bool) -> None:
    if json_output:
        print(as_json(command, ExitCode.OK, changed=done))
    else:
        print(lead + ", ".join(done) if done else nothing)
