"""Ids that two branches gave to different things: which side gets new ones, and its text with the new ids.

A renumbered task says what it was called (`**Formerly**: TASK-…`), so that a later merge of the same branch knows it
again, and a commit that names the old id can still be understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from conductor.records.blocks import FORMERLY
from conductor.records.document import Document, Edit
from conductor.records.errors_ledger import read_errors
from conductor.records.files import ERRORS, TASKS
from conductor.records.grammar import DAY
from conductor.records.sections import add_field
from conductor.records.tasks import TaskFile

_NUMBERED = re.compile(rf"(?P<stem>(?:TASK|ERR)-{DAY})-(?P<number>[0-9]{{3,9}})(?P<letter>[a-z]?)")


@dataclass(frozen=True, slots=True)
class Versions:
    """The three versions of one file; an absent one is empty."""

    base: bytes = b""
    ours: bytes = b""
    theirs: bytes = b""


@dataclass(frozen=True, slots=True)
class Renumbering:
    """New ids by old ones, for each version; base gets some where an earlier merge renumbered one side already."""

    ours: Mapping[str, str] = field(default_factory=dict)
    theirs: Mapping[str, str] = field(default_factory=dict)
    base: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.ours or self.theirs or self.base)


def plan_renumbering(
    name: str, versions: Versions, targets: Sequence[bytes] = (), taken: Iterable[bytes] = ()
) -> Renumbering:
    """Return which ids change on which side, from the three versions of TASKS.md or ERRORS.md.

    The side that is not on the target yet is renumbered: `targets` are the file as the target branch has it, the surest
    first; where that does not tell, theirs is. `taken` are further texts whose ids are not to be given again.
    The same versions always give the same answer.
    """
    base, ours, theirs = (_titles(name, content) for content in (versions.base, versions.ours, versions.theirs))
    known: dict[str, str] = {}
    for target in reversed(targets):
        known |= _titles(name, target)
    followed = _followed(name, versions) if name == TASKS else Renumbering()
    new_ours, new_theirs = dict(followed.ours), dict(followed.theirs)
    highest = _highest((versions.base, versions.ours, versions.theirs, *targets, *taken))
    for record_id in sorted(set(ours) & set(theirs)):
        if record_id in {*base, *new_ours, *new_theirs} or ours[record_id] == theirs[record_id]:
            continue
        moved = new_ours if known.get(record_id) == theirs[record_id] else new_theirs
        side = ours if moved is new_ours else theirs
        new = _next_id(record_id, highest)
        moved[record_id] = new
        for sub in sorted(other for other in side if _is_below(other, record_id) and other not in base):
            moved[sub] = new + sub[-1]
    return Renumbering(new_ours, new_theirs, followed.base)


def renumber(content: bytes, base: bytes, new_ids: Mapping[str, str], *, name: str) -> bytes:
    """Return the text with the new ids; lines that base has too are left as they are."""
    if not new_ids or not any(old.encode() in content for old in new_ids):
        return content
    ids = "|".join(map(re.escape, sorted(new_ids, key=len, reverse=True)))
    pattern = re.compile(rf"(?<![A-Za-z0-9-])(?:{ids})(?![A-Za-z0-9])".encode())
    known = set(base.split(b"\n"))
    lines = content.split(b"\n")
    changed = [
        line if line in known else pattern.sub(lambda match: new_ids[match[0].decode()].encode(), line)
        for line in lines
    ]
    text = b"\n".join(changed)
    return _with_former_ids(text, new_ids) if name == TASKS else text


def _with_former_ids(content: bytes, new_ids: Mapping[str, str]) -> bytes:
    document = Document(content, TASKS)
    blocks = TaskFile(document).blocks
    edits: list[Edit] = []
    for old, new in new_ids.items():
        block = blocks.get(new)
        if block and FORMERLY not in block.fields:
            edits.append(add_field(document, block.fields["Task ID"], FORMERLY, old))
    return document.apply(edits).content if edits else content


def _titles(name: str, content: bytes) -> dict[str, str]:
    document = Document(content, name)
    if name == ERRORS:
        return {row.id: _plain(row.area) for row in reversed(read_errors(document))}
    return {task.id: _plain(task.title) for task in TaskFile(document).tasks()}


def _plain(title: str) -> str:
    return " ".join(title.split()).casefold()


def _followed(name: str, versions: Versions) -> Renumbering:
    """Find tasks of base that an earlier merge renumbered on one side: the other side and base follow it."""
    base = _titles(name, versions.base)
    new: dict[str, dict[str, str]] = {"ours": {}, "theirs": {}, "base": {}}
    for side, other in (("ours", "theirs"), ("theirs", "ours")):
        content = getattr(versions, side)
        if f"**{FORMERLY}**".encode() not in content:
            continue
        titles, other_titles = _titles(name, content), _titles(name, getattr(versions, other))
        for task_id, block in TaskFile(Document(content, name)).blocks.items():
            former = block.value(FORMERLY)
            if former in base and task_id not in base and base[former] == titles[task_id] != titles.get(former):
                new["base"][former] = task_id
                if other_titles.get(former) == base[former] and task_id not in other_titles:
                    new[other][former] = task_id
    return Renumbering(new["ours"], new["theirs"], new["base"])


def _highest(texts: Iterable[bytes]) -> dict[str, int]:
    highest: dict[str, int] = {}
    for text in texts:
        for match in _NUMBERED.finditer(text.decode("utf-8", "replace")):
            stem, number = match["stem"], int(match["number"])
            highest[stem] = max(highest.get(stem, 0), number)
    return highest


def _next_id(record_id: str, highest: dict[str, int]) -> str:
    match = _NUMBERED.fullmatch(record_id)
    stem = match["stem"] if match else record_id
    highest[stem] = highest.get(stem, 0) + 1
    return f"{stem}-{highest[stem]:03d}"


def _is_below(record_id: str, above: str) -> bool:
    return record_id[:-1] == above and record_id[-1].isalpha()
