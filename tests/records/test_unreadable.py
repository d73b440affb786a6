"""One bad byte in one record: a finding with its place, and everything else goes on."""

import json

import pytest

from conductor.records.archive import compact_records
from conductor.records.journal import NewEntry, add_entry, latest_entries
from conductor.records.lint import fix_records, lint_records
from conductor.records.losses import lint_history
from conductor.records.memories import write_memory
from conductor.records.prime import prime_agent
from conductor.records.reconcile import check_overturned
from conductor.records.task_edits import NewTask, create_task
from conductor.records.task_lists import load_tasks

NAMES = [
    "TASKS.md",
    "JOURNAL.md",
    "ERRORS.md",
    "TASKS_ARCHIVE/2026-01.md",
    "JOURNAL_ARCHIVE/2026-01.md",
    ".serena/memories/base.md",
]
BAD = {
    "invalid byte": (b"# x\n\nab\xffcd\n", "3:3"),
    "cut in a letter": ("# x\n\n- ä".encode()[:-1], "3:3"),
    "latin-1": ("# x\nGrüße\n".encode("latin-1"), "2:3"),
    "NUL": (b"# x\na\0b\n", "2:2"),
    "surrogate": (b"# x\n\xed\xa0\x80\n", "2:1"),
    "UTF-16 with its mark": ("# x\n".encode("utf-16"), "1"),
    "UTF-16 without": ("# x\n".encode("utf-16-le"), "1:2"),
    "CRLF before it": (b"# x\r\n\r\nab\xff\r\n", "3:3"),
}


@pytest.fixture
def project(records, git):
    create_task(records, NewTask("one"))
    add_entry(records, NewEntry("Begin", what="x", task="TASK-2026-01-05-001"))
    git("add", "-A", cwd=records.root)
    git("commit", "-qm", "x", cwd=records.root)
    return records


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", BAD)
def test_the_file_is_named_with_the_place_and_the_others_are_checked(project, write, read, name, kind):
    content, place = BAD[kind]
    other = "JOURNAL.md" if name != "JOURNAL.md" else "TASKS.md"
    write(other, read(other) + b"\n## 2026-01-04 08:00# Glued\n")
    write(name, content)
    before = {path: path.read_bytes() for path in project.root.rglob("*.md")}
    found = [(one.code, str(one.location)) for one in lint_records(project)]
    assert ("REC-FILE-001", f"{name}:{place}") in found
    assert [code for code, _ in found if code != "REC-FILE-001"] == ["REC-GLUED-001"]
    assert lint_history(project) == []
    assert check_overturned(project) == []
    fix_records(project)
    assert {path for path in before if path.read_bytes() != before[path]} == {project.root / other}


def test_a_byte_order_mark_is_no_fault(project, write, read):
    for name in ("TASKS.md", "JOURNAL.md"):
        write(name, b"\xef\xbb\xbf" + read(name))
    assert lint_records(project) == []
    assert create_task(project, NewTask("two")).id.endswith("002")
    assert read("TASKS.md").startswith(b"\xef\xbb\xbf# Task")


def test_a_check_from_outside_goes_on_and_ends_with_findings(project, conductor, write):
    (project.root / "JOURNAL.md").write_text(
        (project.root / "JOURNAL.md").read_text() + "\n## 2026-01-04 08:00# Glued\n"
    )
    write("TASKS.md", b"# x\n\xff\n")
    done = conductor("check", "--json", "--trust", cwd=project.root)
    answer = json.loads(done.stdout)
    assert done.returncode == answer["exit"] == 1
    assert {"REC-FILE-001", "REC-GLUED-001"} <= {one["code"] for one in answer["findings"]}
    assert set(answer["areas"]) >= {"records", "rules", "host"}
    assert conductor("check", "records", "--fix", cwd=project.root).returncode == 1
    assert (project.root / "TASKS.md").read_bytes() == b"# x\n\xff\n"


def test_readers_go_on_with_the_files_they_can_read(project, conductor, write):
    write("TASKS_ARCHIVE/2025-12.md", b"\xff\n")
    write("JOURNAL_ARCHIVE/2025-12.md", b"\xff\n")
    assert [task.title for task in load_tasks(project, archives=True)] == ["one"]
    assert [entry.title for entry in latest_entries(project, 5)] == ["Begin"]
    for words in (
        ["task", "list", "--all"],
        ["task", "next"],
        ["journal", "list"],
        ["journal", "show"],
        ["search", "one"],
    ):
        done = conductor(*words, cwd=project.root)
        assert done.returncode == 0, done.stderr
    assert (
        "not read, because it is no text: TASKS_ARCHIVE/2025-12.md:1"
        in conductor("task", "next", cwd=project.root).stderr
    )


def test_prime_says_what_it_could_not_read_and_tells_the_rest(project, write):
    write("TASKS.md", b"# x\n\xff\n")
    told = prime_agent(project, ["container_build block"]).lines
    assert "Not read, because it is no text: TASKS.md:2 (conductor check records)." in told
    assert any("Begin" in line for line in told)


def test_a_command_about_the_file_itself_is_refused(project, conductor, write):
    write("TASKS.md", b"# x\n\xff\n")
    write("JOURNAL.md", b"\0")
    for words in (["task", "list"], ["task", "new", "x"], ["journal", "list"], ["journal", "add", "x", "--what", "y"]):
        done = conductor(*words, cwd=project.root)
        assert done.returncode == 4, words
        assert "remedy: " in done.stderr
    assert write_memory(project, "base", "x").path.endswith("base.md")
    with pytest.raises(Exception, match=r"not UTF-8|NUL"):
        compact_records(project)
