"""history: TASKS.md and JOURNAL.md are read and appended to, never deleted, overwritten, reverted or edited."""

from __future__ import annotations

from conductor.rules.judge.call import ASK, BLOCK, Place, Ruling, Write
from conductor.rules.judge.places import whole
from conductor.rules.judge.work import FILES

RULE = "history"
RECORDS = frozenset({"TASKS.md", "JOURNAL.md"})
REMEDY = "Use conductor task and conductor journal, or append with >>."
_HARMS = {
    "delete": "delete",
    "overwrite": "overwrite",
    "edit": "edit in place",
    "move": "move away",
    "revert": "revert",
}


def judge_write(write: Write, place: Place) -> Ruling | None:  # noqa: PLR0911 - one return a kind of write
    """Return a ruling where the write would remove or rewrite the project's history."""
    if place.remote:
        return None
    if write.kind == "sweep":
        return _ask(write) if _covers(write.path, place) and not _changes_nothing(write, place) else None
    harm = _HARMS.get(write.kind)
    if harm is None:
        return None
    inside = place.inside(write.path)
    name = write.path.rpartition("/")[2]
    if inside and name in RECORDS and not _is_new_copy(write, inside, place):
        return Ruling(BLOCK, RULE, f"`{write.by}` would {harm} {inside}, which is the project's history. {REMEDY}")
    if write.kind in {"delete", "move", "revert"} and _covers(whole(write.path), place):
        if write.kind == "revert":
            return None if _changes_nothing(write, place) else _ask(write)
        return Ruling(BLOCK, RULE, f"`{write.by}` would {harm} the project's history with its folder. {REMEDY}")
    return None


def _is_new_copy(write: Write, inside: str, place: Place) -> bool:
    """Tell whether a record is copied to where the project has none: nothing is overwritten."""
    return (
        write.kind == "overwrite"
        and "/" in inside
        and inside not in place.facts.files
        and bool(RECORDS & set(write.sources))
    )


def _changes_nothing(write: Write, place: Place) -> bool:
    """Tell whether the last commit's files come back over records that are known to be the same."""
    work = place.facts.work
    if not write.head or place.past.popped or not work.is_known():
        return False
    # Of a folder of untracked files only the folder is listed: what is lost with it is work_loss's to ask about.
    return not any(name.rpartition("/")[2] in RECORDS for name in work.under(write.path, write.loses or FILES))


def _ask(write: Write) -> Ruling:
    return Ruling(
        ASK, RULE, f"`{write.by}` could revert or delete TASKS.md and JOURNAL.md. Name the files it is meant for."
    )


def _covers(path: str, place: Place) -> bool:
    """Tell whether a folder holds records: the project, a folder above it, or one the project has records in."""
    root = place.facts.project
    if path in {"/", root} or root.startswith(path.rstrip("/") + "/"):
        return True
    inside = place.inside(path)
    return bool(inside) and any(
        name.startswith(f"{inside}/") and name.rpartition("/")[2] in RECORDS for name in place.facts.files
    )
