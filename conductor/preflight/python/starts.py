"""Every Python program that runs, with what it imports: followed once for all checks."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from conductor.preflight.python.followed import Followed
from conductor.preflight.python.imports import follow_launch
from conductor.preflight.python.launch import Launch, launches

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

# An image that starts more Python programs is not followed to its end.
MAX_LAUNCHES = 60


def starts(subject: Subject) -> tuple[tuple[Launch, Followed], ...]:
    """Return each launch of the build and the start, in order, with what it reads and imports."""
    answers = subject.timeline.answers
    if "starts" not in answers:
        found = itertools.islice(launches(subject), MAX_LAUNCHES)
        answers["starts"] = tuple((launch, follow_launch(launch, subject.context)) for launch in found)
    kept: tuple[tuple[Launch, Followed], ...] = answers["starts"]
    return kept


def imported(subject: Subject) -> dict[str, tuple[str, int]]:
    """Return the modules from elsewhere that the start imports: dotted name → (context path, line)."""
    found: dict[str, tuple[str, int]] = {}
    for launch, followed in starts(subject):
        if launch.command.phase == "start":
            for name, path, line in followed.elsewhere:
                found.setdefault(name, (path, line))
    return found


def files_started(subject: Subject) -> dict[str, Launch]:
    """Return the files of the context that run when the container starts, broken ones too, with what starts them."""
    found: dict[str, Launch] = {}
    for launch, followed in starts(subject):
        for path in (*followed.files, *followed.broken):
            if path and (path not in found or launch.command.phase == "start"):
                found[path] = launch
    return found
