"""`conductor replay`: what preflight and the record checks would have said, commit by commit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from conductor.cli.groups import command_app
from conductor.errors import ExitCode

if TYPE_CHECKING:
    from conductor.replay.story import Story, Told

app = command_app()


@app.command()
def replay(
    revisions: list[str] = typer.Argument(None, metavar="[REV..REV]", help="A range or revision (default: all)."),
    path: list[str] = typer.Option([], "--path", help="Only images at or below this path; repeatable."),
    every: bool = typer.Option(False, "--all", help="Also tell each warning's life."),
    json_output: bool = typer.Option(False, "--json", help="Answer as JSON."),
) -> None:
    """Tell what preflight would have said about each commit of a history, and what the records lost.

    Reads git's objects, checks nothing out, and works in any repository. Each commit is judged by its own day's facts.

    Example: conductor replay main~50..main
    """
    from conductor.cli.wiring import open_history
    from conductor.replay.api import open_story, tell_story

    history, paths = open_history(path)
    story = open_story(history, revisions or [], paths)
    teller = _Collector() if json_output else _Teller(len(story.span.revisions), path)
    interrupted = False
    try:
        for told in tell_story(story, history, paths):
            teller.tell(told)
    except KeyboardInterrupt:
        interrupted = True
    code = ExitCode.INTERRUPTED if interrupted else _code(story)
    teller.end(story, code, every=every)
    raise typer.Exit(code)


def _code(story: Story) -> ExitCode:
    if story.stopped or story.lives or story.lost or story.claims or story.renamed:
        return ExitCode.FINDINGS
    return ExitCode.OK if story.judged else ExitCode.NOTHING


def _without_image(paths: list[str]) -> str:
    if paths:
        return f"no commit has an image at or below {', '.join(paths)}; without --path, conductor replay finds them all"
    return "no commit has a Dockerfile; name one: conductor replay --path docker/worker.Dockerfile"


class _Teller:
    """Prints the timeline as it is read; quiet commits are told as one line."""

    def __init__(self, commits: int, paths: list[str]) -> None:
        self._commits = commits
        self._paths = paths
        self._told = 0
        self._quiet = 0
        self._last: Told | None = None
        self._live = sys.stderr.isatty()

    def tell(self, told: Told) -> None:
        from conductor.replay.render import count_carried, render_told

        self._told += 1
        if told.is_quiet:
            if self._last is not None and count_carried(self._last) != count_carried(told):
                self._end_quiet()
            self._quiet, self._last = self._quiet + 1, told
        else:
            self._end_quiet()
            self._print("\n".join(render_told(told)))
        if self._live and self._told % 20 == 0:
            sys.stderr.write(f"\r{self._told:,} of {self._commits:,} commits")
            sys.stderr.flush()

    def end(self, story: Story, code: ExitCode, *, every: bool) -> None:
        from conductor.replay.render import render_summary

        self._end_quiet()
        self._print("")
        if code is ExitCode.INTERRUPTED:
            print(f"interrupted after {self._told:,} of {self._commits:,} commits; this is what they say:\n")
        for line in render_summary(story, every=every):
            print(line)
        if self._told and not story.judged:
            print(_without_image(self._paths), file=sys.stderr)

    def _end_quiet(self) -> None:
        from conductor.replay.render import render_quiet

        if self._quiet and self._last is not None:
            self._print(render_quiet(self._quiet, self._last))
        self._quiet, self._last = 0, None

    def _print(self, text: str) -> None:
        if self._live:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
        print(text)


class _Collector:
    """Keeps what JSON tells of each commit."""

    def __init__(self) -> None:
        self._commits: list[dict[str, Any]] = []

    def tell(self, told: Told) -> None:
        from conductor.replay.render import told_data

        self._commits.append(told_data(told))

    def end(self, story: Story, code: ExitCode, *, every: bool) -> None:
        from conductor.cli.output import as_json
        from conductor.replay.render import as_data

        del every
        print(as_json("replay", code, commits=self._commits, **as_data(story)))
