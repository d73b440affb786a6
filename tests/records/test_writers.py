"""Eight writers at once, and writers that are killed; `CONDUCTOR_WRITES=50` lets each of the eight write more."""

import os
import random
import signal
import subprocess
import sys
import time

from conductor.records.document import read_document
from conductor.records.journal import JournalFile
from conductor.records.lint import lint_records
from conductor.records.task_lists import load_tasks
from conductor.records.tasks import TaskFile

WRITER = """
import sys
from pathlib import Path
from conductor.providers.clock import SystemClock
from conductor.providers.git import GitRepository
from conductor.records.journal import NewEntry, add_entry
from conductor.records.store import Records
from conductor.records.task_edits import NewTask, create_task
root, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
records = Records(root, GitRepository.find(root), SystemClock())
for number in range(count):
    print(create_task(records, NewTask(f"{name} {number}")).id, flush=True)
    print(add_entry(records, NewEntry(f"{name} {number}", what="x")).title, flush=True)
"""


def start(root, name, count):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root), name, str(count)], stdout=subprocess.PIPE, text=True
    )


def test_eight_writers_lose_nothing(records):
    each = int(os.environ.get("CONDUCTOR_WRITES", "20"))
    writers = [start(records.root, f"writer{number}", each) for number in range(8)]
    acknowledged = [line for writer in writers for line in writer.communicate()[0].split("\n") if line]
    assert [writer.returncode for writer in writers] == [0] * 8
    tasks = load_tasks(records)
    titles = {f"writer{number} {count}" for number in range(8) for count in range(each)}
    assert len(tasks) == len({task.id for task in tasks}) == 8 * each
    assert {task.title for task in tasks} == titles
    journal = JournalFile(records.load("JOURNAL.md"))
    entries = [entry.title for entry in journal.entries()]
    assert sorted(entries) == sorted(titles)
    assert len(acknowledged) == 16 * each
    assert lint_records(records) == []


def test_a_killed_writer_leaves_a_whole_file_and_what_it_acknowledged(records):
    chance = random.Random(7)
    acknowledged = []
    for number in range(12):
        writer = start(records.root, f"run{number}", 1000)
        writer.stdout.readline() if number else None
        time.sleep(chance.uniform(0, 0.05))
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += [line for line in writer.communicate()[0].split("\n")[:-1] if line]
        for name, kind in (("TASKS.md", TaskFile), ("JOURNAL.md", JournalFile)):
            path = records.root / name
            if path.exists():
                kind(read_document(path.read_bytes(), name))
    ids = {task.id for task in load_tasks(records)}
    titles = {entry.title for entry in JournalFile(records.load("JOURNAL.md")).entries()}
    assert {line for line in acknowledged if line.startswith("TASK-")} <= ids
    assert {line for line in acknowledged if not line.startswith("TASK-")} <= titles
    assert lint_records(records) == []
    with records.lock():
        assert not list(records.root.glob(".*.tmp"))
