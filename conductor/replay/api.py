"""Replay a history: the one entry that the command line uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from conductor.domain.day import CalendarDay
from conductor.errors import NothingToDo, OutsideRefused
from conductor.replay.judging import Judge
from conductor.replay.read import read_entries
from conductor.replay.story import Story

if TYPE_CHECKING:
    from conductor.ports.history import History, Span
    from conductor.replay.story import Told


def open_story(history: History, revisions: Sequence[str], paths: Sequence[str] = ()) -> Story:
    """Return the story of a range before its first commit, with what stood before it.

    Raises UsageProblem for a revision that does not exist, NothingToDo where the range holds no commit.
    """
    span = history.span(revisions)
    if not span.revisions:
        named = " ".join(revisions) or "this repository"
        raise NothingToDo(f"{named} holds no commit", hint="name a range: conductor replay main~20..main")
    story = Story(span)
    _begin(story, history, span, paths)
    return story


def tell_story(story: Story, history: History, paths: Sequence[str] = ()) -> Iterator[Told]:
    """Judge commit after commit and yield what each did; `story` holds the sum so far at any moment."""
    for entry in read_entries(history, story.span.revisions, paths):
        yield story.tell(entry)


def _begin(story: Story, history: History, span: Span, paths: Sequence[str]) -> None:
    """Judge the commits that the range begins behind, as their children's days had them."""
    inside = {one.id for one in span.revisions}
    before = {parent: one for one in span.revisions for parent in one.parents if parent not in inside}
    if not before:
        return
    judge = Judge(paths)
    with history.open() as objects:
        for parent, child in before.items():
            try:
                tree = objects.tree(parent)
            except OutsideRefused:  # a shallow clone ends here
                continue
            story.begin(parent, judge.judge(tree, CalendarDay(child.at.date())))
