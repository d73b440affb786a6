"""Which files of the context an image holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conductor.preflight.subject import Subject

MAX_FILES = 2000


def copied_files(subject: Subject, suffix: str) -> list[str]:
    """Return the context paths with that suffix that COPY takes, in order, at most `MAX_FILES`."""
    found: dict[str, None] = {}
    for step in subject.timeline.copies:
        for source in step.sources:
            for entry in subject.context.match(source) if source and "://" not in source else ():
                files = subject.context.below(entry.path) if entry.is_folder else (entry,)
                for file in files:
                    if file.path.endswith(suffix) and not file.is_folder:
                        found[file.path] = None
                    if len(found) >= MAX_FILES:
                        return list(found)
    return list(found)
