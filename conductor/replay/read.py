"""Go through the commits of a range, on every processor, in their order: one entry a commit."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conductor.domain.day import CalendarDay
from conductor.errors import OutsideRefused
from conductor.records.history import PATHS
from conductor.replay.changes import changed_files
from conductor.replay.judging import Judge, Judged
from conductor.replay.recorded import Recorded, RecordReader

if TYPE_CHECKING:
    from conductor.ports.history import History, Objects, Revision, RevisionTree

# So many commits are given to a process at a time: enough that what was judged once is seldom judged again elsewhere,
# and so few that a long history is told as it is read, and never held whole.
_CHUNK = 200
_ALONE = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """One commit as it was read. `changed` are its files that are no records, against its first parent."""

    revision: Revision
    judged: Judged
    recorded: Recorded
    changed: tuple[str, ...]


def read_entries(history: History, revisions: Sequence[Revision], paths: Sequence[str] = ()) -> Iterator[Entry]:
    """Yield an entry for each commit, in the order given.

    Raises OutsideRefused where this clone lacks one of the commits.
    """
    processes = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if processes < 2 or len(revisions) <= _ALONE:
        with history.open() as objects:
            reader = _Reader(objects, paths)
            for revision in revisions:
                yield reader.read(revision)
        return
    size = min(_CHUNK, -(-len(revisions) // processes))
    chunks = [revisions[at : at + size] for at in range(0, len(revisions), size)]
    yield from _in_processes(history, chunks, paths, processes)


def _in_processes(
    history: History, chunks: Sequence[Sequence[Revision]], paths: Sequence[str], processes: int
) -> Iterator[Entry]:
    from conductor.preflight.checks import load_checks

    load_checks()  # once, before the processes are copies of this one
    how = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context(how), initializer=_leave_interrupts)
    pending: deque[Future[list[Entry]]] = deque()
    waiting = iter(chunks)
    try:
        for chunk in waiting:
            pending.append(pool.submit(_read_chunk, history, tuple(chunk), tuple(paths)))
            if len(pending) > processes:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()
    finally:
        # What runs still is ended at its next commit; nobody waits for it.
        for future in pending:
            future.cancel()
        for process in multiprocessing.active_children() if pending else ():
            process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


def _leave_interrupts() -> None:
    """Leave Ctrl-C to the process that tells what there is; what ends this one is that one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _read_chunk(history: History, revisions: tuple[Revision, ...], paths: tuple[str, ...]) -> list[Entry]:
    with history.open() as objects:
        reader = _Reader(objects, paths)
        return [reader.read(revision) for revision in revisions]


class _Reader:
    """Reads commits one after another from an open store."""

    def __init__(self, objects: Objects, paths: Sequence[str]) -> None:
        self._objects = objects
        self._judge = Judge(paths)
        self._records = RecordReader()

    def read(self, revision: Revision) -> Entry:
        tree = self._objects.tree(revision.id)
        parents = [parent for one in revision.parents if (parent := self._parent(one)) is not None]
        changed = changed_files(tree, parents[0]) if parents else ()
        return Entry(
            revision,
            self._judge.judge(tree, CalendarDay(revision.at.date())),
            self._records.compare(tree, parents),
            tuple(path for path in changed if not path.startswith((*PATHS, ".conductor/"))),
        )

    def _parent(self, revision: str) -> RevisionTree | None:
        try:
            return self._objects.tree(revision)
        except OutsideRefused:
            return None
