"""Merge anew, by meaning, the record files that a merge without the driver left in conflict or merged as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conductor.records.files import ERRORS, JOURNAL, TASKS, read_bytes, write_atomically
from conductor.records.kept import keep_text
from conductor.records.merge_driver import FILES, Sides, find_sides, read_versions, run_driver
from conductor.records.merge_ids import Versions
from conductor.records.merge_lines import Labels
from conductor.records.store import Records


@dataclass(frozen=True, slots=True)
class Remerged:
    """One file that was merged anew: the conflicts that are left, what to know, and where its text so far is kept."""

    path: str
    conflicts: int
    notes: tuple[str, ...]
    kept: str | None


def remerge_records(
    records: Records, environment: Mapping[str, str], target: tuple[str, str] = ("origin", "main")
) -> list[Remerged]:
    """Merge anew what the merge in progress left in conflict, and what it merged as text though both sides changed it.

    What comes out clean is staged, as git does it. Text that may be a person's is kept beside before it is replaced.
    Raises RecordSyntaxError where a version is not UTF-8 text.
    """
    with records.lock():
        repository = records.repository
        done: list[Remerged] = []
        sides: Sides | None = None
        for name in repository.unmerged([*records.family(TASKS), *records.family(JOURNAL), ERRORS]):
            base, ours, theirs = repository.read_many([f":{stage}:{name}" for stage in (1, 2, 3)])
            versions = Versions(base or b"", ours or b"", theirs or b"")
            sides = sides or find_sides(repository, name, versions, environment)
            done.append(_remerge(records, name, versions, environment, target))
        for name in FILES if sides else ():
            if sides and name not in {one.path for one in done}:
                versions = read_versions(repository, sides, name)
                if _was_merged_as_text(records, name, versions):
                    done.append(_remerge(records, name, versions, environment, target))
    return done


def _was_merged_as_text(records: Records, name: str, versions: Versions) -> bool:
    if len({versions.base, versions.ours, versions.theirs}) < 3:
        return False
    return records.repository.read_many([f":0:{name}"]) == [read_bytes(records.root / name)]


def _remerge(
    records: Records, name: str, versions: Versions, environment: Mapping[str, str], target: tuple[str, str]
) -> Remerged:
    result = run_driver(records.repository, versions, name, environment, target, Labels("ours", "theirs"))
    before = read_bytes(records.root / name)
    kept = None
    if before not in {None, result.merged.text, versions.ours, versions.theirs}:
        kept = keep_text(records, name, before or b"")
    write_atomically(records.root / name, result.merged.text)
    if not result.merged.conflicts:
        records.repository.run("add", "--", name)
    return Remerged(name, result.merged.conflicts, tuple(result.notes), kept)
