"""What a check calls lost, `records restore` brings back; what only changed its form is not lost."""

import os
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conductor.records.losses import lint_history
from conductor.records.restore import restore_records
from conductor.records.task_edits import NewTask, create_task, start_task

ONE, TWO, THREE = (f"TASK-2026-01-05-00{number}" for number in (1, 2, 3))
FILE = (
    "# Task Management\n\n## Current Task\n**Task ID**: {id}\n**Title**: Build the image\n**Status**: IN_PROGRESS\n\n"
    "### Task Chain\n{rows}\n## Upcoming Phases\n"
)


def commit(records, **files):
    for name, text in files.items():
        (records.root / f"{name}.md").write_bytes(text if isinstance(text, bytes) else text.encode())
    subprocess.run(["git", "add", "-A"], cwd=records.root, check=True)
    subprocess.run(["git", "commit", "-qm", "x", "--allow-empty"], cwd=records.root, check=True, env=dict(os.environ))


def lost(records):
    return [one for one in lint_history(records) if one.code.startswith(("REC-GONE", "REC-LOST"))]


def tasks(*rows, current=ONE):
    return FILE.format(id=current, rows="".join(f"{number}. {row}\n" for number, row in enumerate(rows, 1)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("🔄 Build the image (CURRENT)", f"✅ Build the image ({ONE})"),
        ("🔄 Get a container going (CURRENT)", f"✅ Get a container going ({ONE})"),
        ("🔄 Get a container going (CURRENT)", f"✅ Use another base ({ONE})"),
        ("🔄 Build the image (CURRENT) ← here", f"✅ Build the image ({ONE}) - in r-1"),
        (f"🔄 Build the image (CURRENT: {ONE})", f"✅ Build the image ({ONE})"),
        ("🔄 Build the image **(CURRENT)**", f"✅ Build the image ({ONE})"),
        ("🔄️ Build the image (CURRENT)", "✅ Build the image"),
        (f"✅ Setup ({ONE} to 003)", f"✅ Setup ({ONE})\n2. ✅ More ({TWO})\n3. ✅ Last ({THREE})"),
        (f"✅ Setup ({ONE}, {TWO})", f"✅ Setup ({ONE} and 002)"),
        (f"⏳ {TWO}: Deploy", f"⏳ Deploy ({TWO})"),
        ("⏳ Build the image", f"⏳ Build the image ({ONE})"),
        ("⏳ Deploy and verify `(CURRENT)`", "⏳ Deploy and verify it"),
    ],
)
def test_a_row_that_is_written_otherwise_is_not_gone(records, before, after):
    commit(records, TASKS=tasks(before))
    commit(records, TASKS=tasks(after))
    assert lost(records) == []


def test_the_familys_own_row_is_not_gone_when_the_next_task_starts(records):
    commit(records, TASKS=tasks("✅ Choose a base", "🔄 Get a container going (CURRENT)", "⏳ Deploy"))
    other = create_task(records, NewTask("Measure"))
    start_task(records, other.id)
    commit(records)
    assert lost(records) == []


@pytest.mark.parametrize(
    "row",
    [
        "🔄 Get a container going (CURRENT)",
        f"⏳ Deploy ({TWO})",
        f"⏳ Deploy (CURRENT: {TWO})",
        f"✅ Setup ({TWO} to 003)",
        f"⏳ {TWO}: Deploy",
        f"⏳ Deploy ({TWO}) - on staging first\n   - and then on production",
        "⏳ Deploy",
        "⏳ Deploy and",
        "❌ Deploy \\| escaped",
    ],
)
def test_a_row_that_is_gone_is_named_and_restored(records, row):
    commit(records, TASKS=tasks(row, "⏳ Deploy and verify"))
    commit(records, TASKS=tasks("⏳ Deploy and verify", current=THREE))
    assert lost(records)
    restore_records(records)
    assert lost(records) == []
    text = b"".join(path.read_bytes() for path in (records.root / "TASKS_ARCHIVE").iterdir()).decode()
    assert f"1. {row}\n" in text or row == "🔄 Get a container going (CURRENT)"
    assert restore_records(records) == []


def test_rows_in_fences_and_comments_never_were_rows(records):
    fenced = (
        tasks("⏳ Deploy") + f"\n```\n9. ⏳ Only an example ({TWO})\n9. ⏳ Another\n```\n<!-- \n8. ⏳ Hidden\n-->\n"
    )
    commit(records, TASKS=fenced)
    commit(records, TASKS=tasks("⏳ Deploy"))
    assert lost(records) == []


def test_a_second_chain_and_an_undated_entry_come_back_too(records):
    second = (
        f"\n## Previous Task\n**Task ID**: {TWO}\n**Status**: COMPLETE\n\n### Task Chain\n1. ⏳ From the other chain\n"
    )
    journal = "# Engineering Journal\n\n## Recent\n\n### Pinned it |TASK:TASK-2026-01-05-001|\n- **What**: x\n"
    commit(records, TASKS=tasks("⏳ Deploy") + second, JOURNAL=journal)
    commit(records, TASKS=tasks("⏳ Deploy"), JOURNAL="# Engineering Journal\n")
    assert len(lost(records)) == 3
    restore_records(records)
    assert lost(records) == []
    assert b"## 2026-01-05\n\n### Pinned it" in (records.root / "JOURNAL_ARCHIVE/2026-01.md").read_bytes()


def test_nothing_is_called_gone_while_a_file_that_may_hold_it_can_not_be_read(records):
    commit(records, TASKS=tasks("⏳ Deploy", f"⏳ Ship ({TWO})"))
    (records.root / "TASKS_ARCHIVE").mkdir()
    (records.root / "TASKS_ARCHIVE/2026-01.md").write_bytes(b"\xff\n")
    commit(records, TASKS=tasks("⏳ Other"))
    assert lost(records) == []


TITLES = st.sampled_from(["Build", "Build it", "Deploy (twice)", "a | b", "x `y`", "Measure ⏳", "Ende — gut", "#1"])
MARKS = st.sampled_from(["✅", "🔄", "⏳", "❌", "⏳\ufe0f"])
LINKS = st.sampled_from(
    ["", f" ({ONE})", f" ({TWO})", " (CURRENT)", f" (CURRENT: {THREE})", f" ({TWO} to 004)", f" ({TWO}, 003)"]
)
ROWS = st.lists(st.builds("{} {}{}".format, MARKS, TITLES, LINKS), max_size=5)
ENTRIES = st.lists(st.sampled_from(["Pinned", "Pinned it", "Looked |MILESTONE:X|", "Said \\| so"]), max_size=3)


def journal(titles):
    return "# Engineering Journal\n\n" + "".join(
        f"## 2026-01-0{n} 10:00\n\n### {t}\n- **What**: {n}\n\n" for n, t in enumerate(titles, 1)
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, ROWS, ENTRIES, ENTRIES, st.sampled_from(["\n", "\r\n"]))
def test_whatever_is_called_lost_comes_back(tmp_path_factory, clock, rows, later, entries, left, eol):
    from conductor.providers.git import GitRepository
    from conductor.records.store import Records

    root = tmp_path_factory.mktemp("law")
    subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
    records = Records(root, GitRepository.find(root), clock)
    commit(records, TASKS=tasks(*rows).replace("\n", eol), JOURNAL=journal(entries).replace("\n", eol))
    commit(records, TASKS=tasks(*later, current=TWO).replace("\n", eol), JOURNAL=journal(left).replace("\n", eol))
    named = {(one.data["key"]) for one in lost(records)}
    assert {one.key for one in restore_records(records)} == named
    assert lost(records) == []
    assert restore_records(records) == []
