"""Merges without the driver: what is said, what is refused, and the one command that puts it right."""

import json
import subprocess
import sys

import pytest

from conductor.errors import RecordSyntaxError
from conductor.providers.git import GitRepository
from conductor.records.archive import compact_records
from conductor.records.conflicts import find_conflicts
from conductor.records.errors_ledger import add_error, resolve_error
from conductor.records.journal import NewEntry, add_entry
from conductor.records.lint import fix_records, lint_records
from conductor.records.memories import write_memory
from conductor.records.merge_state import check_driver, driver_notice
from conductor.records.prime import prime_agent
from conductor.records.remerge import remerge_records
from conductor.records.restore import restore_records
from conductor.records.store import Records
from conductor.records.task_edits import NewTask, add_note, begin_testing, create_task, set_phase, start_task
from conductor.records.task_lists import load_tasks

MARKS = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> other\n"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (MARKS, [1]),
        (f"a\n\n{MARKS}b\n{MARKS}", [3, 9]),
        (MARKS.replace("=======", "||||||| base\nold\n======="), [1]),
        (MARKS.replace("<", "<<").replace(">", ">>").replace("=", "=="), [1]),
        ("<<<<<<< HEAD\nhalf of it\n", [1]),
        ("ours\n=======\ntheirs\n>>>>>>> other\n", [4]),
        (f"{MARKS}\n```\n{MARKS}```\n", [1]),
        (f"<<<<<<< HEAD\n```\n=======\n~~~\n>>>>>>> other\n\n{MARKS}", [1, 7]),
        # Text that only looks like it:
        (f"```\n{MARKS}```\n", []),
        (f"~~~ diff\n{MARKS}~~~\n", []),
        (f"- an item\n  ```\n  {MARKS.replace(chr(10), chr(10) + '  ')}\n  ```\n", []),
        (MARKS.replace("\n", "\n  ").replace("<<<", "  <<<", 1), []),
        ("Heading\n=======\n\ntext\n", []),
        (">>>>>>> deep quote\n", []),
        ("a <<<<<<< b\n", []),
        ("<<<<<<<no space\n", []),
        ("<<<<<< six\n======\n>>>>>> six\n", []),
        ("```\n<<<<<<< HEAD\n", []),
    ],
)
def test_markers_are_conflicts_unless_they_are_quoted(text, lines):
    assert [text.count("\n", 0, offset) + 1 for offset in find_conflicts(text.encode())] == lines


def git(root, *words, check=True):
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture
def clones(tmp_path, clock):
    """Return two clones of one project, without the driver, that each have a task and an entry of their own."""

    def records_of(name):
        return Records(tmp_path / name, GitRepository.find(tmp_path / name), clock)

    def save(records, message):
        git(records.root, "add", "-A")
        git(records.root, "commit", "-qm", message)

    git(tmp_path, "init", "-q", "-b", "main", "first")
    first = records_of("first")
    create_task(first, NewTask("Base"))
    add_entry(first, NewEntry("Begin", what="x"))
    add_error(first, "it hangs", "P1")
    save(first, "base")
    git(tmp_path, "clone", "-q", "first", "second")
    second = records_of("second")
    for records, who in ((first, "A"), (second, "B")):
        create_task(records, NewTask(f"From {who}"))
        add_entry(records, NewEntry(f"Entry of {who}", what=who, task="TASK-2026-01-05-002"))
        save(records, who)
    return first, second


@pytest.fixture
def unsettled(clones):
    _, second = clones
    git(second.root, "pull", "--no-rebase", "-q", "origin", "main", check=False)
    return second


WRITERS = {
    "new": lambda records: create_task(records, NewTask("x")),
    "start": lambda records: start_task(records, "TASK-2026-01-05-001"),
    "test": lambda records: begin_testing(records, "TASK-2026-01-05-001"),
    "note": lambda records: add_note(records, "TASK-2026-01-05-001", "x"),
    "phase": lambda records: set_phase(records, "x"),
    "journal": lambda records: add_entry(records, NewEntry("x", what="y")),
}


@pytest.mark.parametrize("name", WRITERS)
def test_no_verb_writes_into_an_unsettled_file(unsettled, name):
    before = {path: path.read_bytes() for path in unsettled.root.glob("*.md")}
    with pytest.raises(RecordSyntaxError, match="conflict markers") as caught:
        WRITERS[name](unsettled)
    assert "conductor records merge-driver install merges it anew" in caught.value.hint
    assert {path: path.read_bytes() for path in unsettled.root.glob("*.md")} == before
    assert resolve_error(unsettled, "ERR-2026-01-05-001", "x").status == "resolved"


def test_a_file_without_markers_that_git_calls_unmerged_is_not_written_into(unsettled):
    path = unsettled.root / "TASKS.md"
    path.write_bytes(git(unsettled.root, "show", "HEAD:TASKS.md").stdout.encode())
    with pytest.raises(RecordSyntaxError, match="git calls the file unmerged"):
        create_task(unsettled, NewTask("x"))
    assert ("REC-CONFLICT-001", "TASKS.md") in {
        (one.code, one.location.path) for one in lint_records(unsettled) if one.location
    }
    git(unsettled.root, "add", "TASKS.md")
    create_task(unsettled, NewTask("x"))


def test_a_check_names_each_conflict_and_nothing_that_follows_from_it(unsettled):
    found = {(one.code, str(one.location)) for one in lint_records(unsettled) if one.severity != "advice"}
    assert {code for code, _ in found} == {"REC-CONFLICT-001"}
    assert {place.partition(":")[0] for _, place in found} == {"TASKS.md", "JOURNAL.md"}
    assert fix_records(unsettled) == []
    told = "\n".join(prime_agent(unsettled, []).lines)
    assert "TASKS.md:" in told
    assert "conductor records merge-driver install" in told


@pytest.mark.parametrize(
    "name", ["ERRORS.md", "TASKS_ARCHIVE/2026-01.md", "JOURNAL_ARCHIVE/2026-01.md", ".serena/memories/base.md"]
)
def test_a_conflict_is_found_in_every_record(records, write, name):
    write(name, f"# x\n\n{MARKS}")
    assert [(one.code, str(one.location)) for one in lint_records(records)] == [("REC-CONFLICT-001", f"{name}:3:1")]


def test_every_file_that_is_written_is_looked_at(records, write, read):
    write("TASKS.md", "# T\n\n## Previous Task\n**Task ID**: TASK-2026-01-01-001\n**Status**: COMPLETE\n" + "\n" * 600)
    create_task(records, NewTask("x"))
    for name, change in (
        ("TASKS_ARCHIVE/2026-01.md", compact_records),
        ("ERRORS.md", lambda records: add_error(records, "x", "P1")),
        (".serena/memories/base.md", lambda records: write_memory(records, "base", "x", append=True)),
    ):
        write(name, f"# x\n\n{MARKS}")
        before = read(name), read("TASKS.md")
        with pytest.raises(RecordSyntaxError, match="conflict markers"):
            change(records)
        assert (read(name), read("TASKS.md")) == before


def test_the_one_command_registers_and_merges_anew(unsettled):
    done = subprocess.run(
        [sys.executable, "-m", "conductor", "records", "merge-driver", "install"],
        cwd=unsettled.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "TASKS.md: merged anew and staged" in done.stdout
    assert "JOURNAL.md: merged anew and staged" in done.stdout
    assert "git commit finishes the merge" in done.stderr
    assert {task.title: task.id[-3:] for task in load_tasks(unsettled)} == {
        "Base": "001",
        "From A": "002",
        "From B": "003",
    }
    journal = (unsettled.root / "JOURNAL.md").read_text()
    assert "### Entry of A |TASK:TASK-2026-01-05-002|" in journal
    assert "### Entry of B |TASK:TASK-2026-01-05-003|" in journal
    git(unsettled.root, "add", "-A")
    git(unsettled.root, "commit", "-qm", "merged")
    assert lint_records(unsettled) == []
    create_task(unsettled, NewTask("After"))


def test_what_a_person_had_settled_so_far_is_kept(unsettled):
    path = unsettled.root / "TASKS.md"
    path.write_text(path.read_text() + "\na person's line\n")
    [kept] = [one.kept for one in remerge_records(unsettled, {}) if one.path == "TASKS.md"]
    assert (unsettled.root / kept).read_text().endswith("\na person's line\n")


@pytest.mark.parametrize("how", ["rebase", "cherry-pick", "stash"])
def test_other_merges_are_done_anew_too(clones, how):
    _, second = clones
    git(second.root, "fetch", "-q", "origin")
    if how == "stash":
        git(second.root, "checkout", "-q", "-B", "main", "origin/main~1")
        create_task(second, NewTask("Stashed"))
        git(second.root, "stash", "-q")
        git(second.root, "merge", "-q", "--ff-only", "origin/main")
        git(second.root, "stash", "pop", check=False)
    else:
        git(
            second.root,
            *(("rebase", "origin/main") if how == "rebase" else ("cherry-pick", "origin/main")),
            check=False,
        )
    assert "REC-CONFLICT-001" in {one.code for one in lint_records(second)}
    assert all(one.conflicts == 0 for one in remerge_records(second, {}))
    assert "REC-CONFLICT-001" not in {one.code for one in lint_records(second)}
    assert len(load_tasks(second)) == 3


def test_a_real_conflict_is_left_and_said(clones):
    first, second = clones
    for records, title in ((first, "One way"), (second, "Another way")):
        path = records.root / "TASKS.md"
        path.write_text(path.read_text().replace("**Title**: Base", f"**Title**: {title}"))
        git(records.root, "commit", "-qam", title)
    git(second.root, "pull", "--no-rebase", "-q", "origin", "main", check=False)
    left = {one.path: one.conflicts for one in remerge_records(second, {})}
    assert left == {"TASKS.md": 1, "JOURNAL.md": 0}
    assert second.repository.unmerged(["TASKS.md", "JOURNAL.md"]) == ["TASKS.md"]
    assert b"**Title**: One way" in (second.root / "TASKS.md").read_bytes()


def test_nothing_is_merged_anew_where_nothing_is_unsettled(clones):
    assert remerge_records(clones[1], {}) == []


def test_a_clone_is_told_until_the_driver_is_registered(clones, tmp_path):
    first, second = clones
    assert driver_notice(first) is None, "it has no remote: it meets nobody"
    assert "conductor records merge-driver install" in driver_notice(second)
    assert [(one.code, str(one.severity)) for one in check_driver(second)] == [("REC-MERGE-001", "advice")]
    (first.root / ".gitattributes").write_text("/TASKS.md merge=conductor\n")
    assert [(one.code, str(one.severity)) for one in check_driver(first)] == [("REC-MERGE-001", "warning")]
    git(first.root, "config", "merge.conductor.driver", "/nowhere/python -m conductor")
    assert driver_notice(first) is None
    [finding] = check_driver(first)
    assert "/nowhere/python is not there" in finding.message
    git(second.root, "config", "--file", str(tmp_path / "shared"), "merge.conductor.driver", sys.executable)
    git(second.root, "config", "include.path", str(tmp_path / "shared"))
    assert driver_notice(second) is None
    assert check_driver(second) == []


def test_new_tasks_and_prime_say_it_and_json_stays_json(clones, conductor):
    second = clones[1]
    said = "Records are not merged by meaning in this clone: conductor records merge-driver install"
    assert said in conductor("task", "new", "x", cwd=second.root).stderr
    assert said in conductor("prime", cwd=second.root).stdout
    done = conductor("task", "new", "x", "--json", cwd=second.root)
    assert json.loads(done.stdout)["task"]["title"] == "x"
    assert said not in done.stderr


def test_readers_say_that_they_read_a_file_in_conflict(unsettled, conductor):
    done = conductor("task", "list", cwd=unsettled.root)
    assert done.returncode == 0
    assert "TASKS.md:" in done.stderr
    assert "holds a conflict that a merge left" in done.stderr


@pytest.mark.parametrize("version", ["2", "4"])
def test_the_index_shows_what_is_unmerged_in_each_of_its_versions(unsettled, version):
    git(unsettled.root, "update-index", "--index-version", version)
    assert unsettled.repository.unmerged(["TASKS.md", "JOURNAL.md", "ERRORS.md", "nothing.md"]) == [
        "TASKS.md",
        "JOURNAL.md",
    ]
    git(unsettled.root, "add", "-A")
    assert unsettled.repository.unmerged(["TASKS.md", "JOURNAL.md"]) == []


def test_a_record_that_one_side_removed_is_unmerged_without_markers(clones):
    first, second = clones
    git(first.root, "rm", "-q", "JOURNAL.md")
    git(first.root, "commit", "-qm", "remove")
    git(second.root, "pull", "--no-rebase", "-q", "origin", "main", check=False)
    with pytest.raises(RecordSyntaxError, match="unmerged"):
        add_entry(second, NewEntry("x", what="y"))


@pytest.mark.parametrize("change", [restore_records, compact_records])
def test_what_moves_records_between_files_begins_only_where_all_are_settled(unsettled, change):
    before = {path: path.read_bytes() for path in unsettled.root.rglob("*.md")}
    with pytest.raises(RecordSyntaxError, match="conflict markers"):
        change(unsettled)
    assert {path: path.read_bytes() for path in unsettled.root.rglob("*.md")} == before
