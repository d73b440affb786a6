"""What a project brought along counts as it is; what is written by hand afterwards does not pass for it."""

import json
from dataclasses import replace

import pytest

from conductor.config.places import state_dir
from conductor.domain.evidence import Evidence, Outcome, hash_line
from conductor.domain.finding import Severity
from conductor.providers.git import GitRepository
from conductor.records.evidence_check import check_store
from conductor.records.expectations import read_wish
from conductor.records.inherited import load_inherited, note_inherited
from conductor.records.lint import lint_records
from conductor.records.task_edits import NewTask, create_task, set_status, tick_expectation
from tests.records.test_evidence_hosts import old_line

DONE = "## Previous Task\n**Task ID**: {id}\n**Title**: x\n**Status**: {status}\n\n"
OURS = "---\nconductor: 1\n---\n# Work\n"
EVIDENCE = ".conductor/evidence/2026-01/r-1.jsonl"


def done(number, status="COMPLETE"):
    return DONE.format(id=f"TASK-2026-01-05-{number:03d}", status=status)


@pytest.fixture
def commit(git, records):
    def run(message="change"):
        git("add", "-A", cwd=records.root)
        git("commit", "-qm", message, "--allow-empty", cwd=records.root)
        return git("rev-parse", "HEAD", cwd=records.root)

    return run


def errors(records):
    found = [one for one in lint_records(records) if one.severity is Severity.ERROR]
    return [(one.code, one.message.split()[0]) for one in found if one.code.startswith(("REC-CLAIM", "REC-TICK"))]


def advice(records):
    return [one.message for one in lint_records(records) if one.code == "REC-CLAIM-003"]


def fresh(records, tmp_path, git):
    """Return the records of a new clone, on a machine that has never seen the project."""
    git("clone", "-q", str(records.root), str(tmp_path / "clone"))
    return replace(records, root=tmp_path / "clone", repository=GitRepository.find(tmp_path / "clone"))


def test_what_was_complete_before_the_first_look_stays_so(records, write):
    write("TASKS.md", "# Task Management\n\n" + done(1) + done(2, "COMPLETED ✅"))
    assert errors(records) == []
    assert advice(records) == [
        "2 tasks were COMPLETE without evidence before Conductor came: TASK-2026-01-05-001, TASK-2026-01-05-002"
    ]


def test_what_is_typed_by_hand_after_the_first_look_is_an_error(records, write, read):
    write("TASKS.md", "# Task Management\n\n" + done(1))
    assert errors(records) == []
    statuses = ("COMPLETE", "Completed", "✅ COMPLETE", "complete (all tests pass)", "COMPLETE - 100%")
    new = "".join(done(number, status) for number, status in enumerate(statuses, start=2))
    write("TASKS.md", read("TASKS.md").decode() + new)
    assert errors(records) == [("REC-CLAIM-001", f"TASK-2026-01-05-{number:03d}") for number in range(2, 7)]


def test_the_first_write_is_a_look_too(records, write, read):
    task = create_task(records, NewTask("x")).id
    write("TASKS.md", read("TASKS.md").replace(b"PLANNING", b"COMPLETE"))
    assert errors(records) == [("REC-CLAIM-001", task)]


def test_a_status_set_without_evidence_is_an_error_wherever_the_task_is_moved(records, write, read):
    write("TASKS.md", "# Task Management\n")
    task = create_task(records, NewTask("x")).id
    set_status(records, task, "COMPLETE")
    assert errors(records) == [("REC-CLAIM-001", task)]
    text = read("TASKS.md")
    write("TASKS_ARCHIVE/2026-01.md", text)
    write("TASKS.md", "# Task Management\n")
    assert errors(records) == [("REC-CLAIM-001", task)]


@pytest.mark.parametrize(
    "row",
    [
        "## Current Task\n**Task ID**: TASK-2026-01-05-009\n**Title**: y\n**Status**: PLANNING\n\n### Task Chain\n1. ✅ x (TASK-2026-01-05-002)\n",
        "## Completed Tasks Archive\n- [x] TASK-2026-01-05-002: x\n",
    ],
)
def test_a_task_that_is_only_listed_as_complete_is_an_error_unless_it_was_so_before(records, write, row):
    write("TASKS.md", "# Task Management\n")
    load_inherited(records.repository)
    write("TASKS.md", f"# Task Management\n\n{row}")
    assert errors(records) == [("REC-CLAIM-001", "TASK-2026-01-05-002")]
    next(state_dir().glob("inherited/*.json")).unlink()
    assert errors(records) == []
    assert advice(records) == []


@pytest.mark.parametrize(
    "status",
    [
        "DROPPED",
        "SUPERSEDED",
        "CLAIMED",
        "TESTING",
        "COMPLETE (SUPERSEDED BY TASK-2026-01-05-009)",
        "[COMPLETE|PLANNING]",
        "PLANNING | COMPLETE",
        "IN_PROGRESS, COMPLETE soon",
        "NOT COMPLETE",
    ],
)
def test_only_complete_needs_proof(records, write, status):
    write("TASKS.md", "# Task Management\n")
    load_inherited(records.repository)
    write("TASKS.md", "# Task Management\n\n" + done(1, status))
    assert errors(records) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [("CONDUCTOR.md", OURS), ("conductor.yaml", "conductor: 1\n"), (".conductor/accepted.yaml", "version: 1\n"),
     (".conductor/bin/guard", "#!/bin/sh\n"), (EVIDENCE, "")],
)  # fmt: skip
def test_every_clone_finds_the_same_where_the_history_tells_when_conductor_came(
    records, write, read, commit, tmp_path, git, name, text
):
    write("TASKS.md", "# Task Management\n\n" + done(1))
    write(name, text)
    commit()
    write("TASKS.md", read("TASKS.md").decode() + done(2))
    commit()
    for where in (records, fresh(records, tmp_path, git)):
        assert errors(where) == [("REC-CLAIM-001", "TASK-2026-01-05-002")]


def test_the_family_s_own_files_are_no_sign_of_conductor(records, write, read, commit, tmp_path, git):
    write("CONDUCTOR.md", "# CONDUCTOR.md\n\n> Generated by Claude Conductor v2.0.0\nThe conductor: a framework\n")
    write(".conductor/settings.json", "{}")
    write("TASKS.md", "# Task Management\n\n" + done(1))
    commit()
    write("TASKS.md", read("TASKS.md").decode() + done(2))
    commit()
    assert errors(fresh(records, tmp_path, git)) == []


def test_a_merge_that_renumbers_a_task_takes_its_past_along(records, write, read):
    write("TASKS.md", "# Task Management\n\n" + done(1))
    load_inherited(records.repository)
    moved = done(7).replace("**Title**", "**Formerly**: TASK-2026-01-05-001\n**Title**")
    write("TASKS.md", "# Task Management\n\n" + moved)
    assert errors(records) == []
    write("TASKS.md", "# Task Management\n\n" + done(1) + moved)
    assert errors(records) == [("REC-CLAIM-001", "TASK-2026-01-05-007")]


def test_a_person_s_word_carries_a_task(records):
    task = create_task(records, NewTask("x", expectations=[read_wish("manual")])).id
    word = Evidence("manual", "reader", Outcome.PASSED, "2026-01-05T10:31:00Z", "conductor task confirm")
    tick_expectation(records, task, 1, records.evidence.append("v-1", word).reference)
    set_status(records, task, "COMPLETE")
    assert errors(records) == []


def test_an_error_says_what_is_wrong_with_the_evidence_it_names(records):
    task = create_task(records, NewTask("x", expectations=[read_wish("build")])).id
    line = records.evidence.append("r-1", Evidence("build", "a" * 40, Outcome.PASSED, "2026-01-05T10:31:00Z", "run 7"))
    tick_expectation(records, task, 1, line.reference)
    set_status(records, task, "COMPLETE")
    path = records.evidence.files("r-1")[0]
    text = path.read_text().rstrip("\n").replace("run 7", "run 8")
    path.write_text(text + "\n")
    tasks = (records.root / "TASKS.md").read_text()
    (records.root / "TASKS.md").write_text(tasks.replace(line.sha256[:8], hash_line(text)[:8]))
    found = [one.message for one in lint_records(records) if one.code in {"REC-CLAIM-001", "REC-TICK-001"}]
    assert len(found) == 2
    assert all("its hash is not this host's" in message for message in found)


def test_committed_evidence_of_schema_1_counts_at_the_first_look_and_is_pinned_then(records, write, commit):
    first = old_line()
    write(EVIDENCE, first + "\n")
    commit()
    assert load_inherited(records.repository).evidence == {EVIDENCE: hash_line(first)}
    write(EVIDENCE, f"{first}\n{old_line(2, hash_line(first))}\n")
    commit()
    assert [line.seq for line in records.evidence.lines()] == [1]
    assert [one.code for one in check_store(records.evidence)] == ["EV-OLD-001"]


def test_evidence_of_schema_1_that_no_commit_holds_does_not_count(records, write, commit):
    commit()
    write(EVIDENCE, old_line() + "\n")
    assert records.evidence.lines() == []


def test_old_evidence_written_by_hand_and_committed_after_the_first_task_does_not_count(records, write, commit):
    create_task(records, NewTask("x", expectations=[read_wish("command unit")]))
    line = old_line()
    write(EVIDENCE, line + "\n")
    commit()
    text = (
        (records.root / "TASKS.md")
        .read_text()
        .replace("- [ ] command unit: exits 0", f"- [x] command unit: exits 0 (evidence r-1#1:{hash_line(line)[:8]})")
    )
    (records.root / "TASKS.md").write_text(text.replace("PLANNING", "COMPLETE"))
    commit()
    assert {code for code, _ in errors(records)} == {"REC-CLAIM-001", "REC-TICK-001"}


def test_a_new_clone_takes_only_what_stood_before_the_first_line_of_schema_2(records, write, commit, tmp_path, git):
    first = old_line()
    write(EVIDENCE, first + "\n")
    commit()
    records.evidence.append("s-1", Evidence("file", "a", Outcome.OBSERVED, "2026-01-05T10:31:00Z", "git log"))
    commit()
    write(EVIDENCE, f"{first}\n{old_line(2, hash_line(first))}\n")
    write(".conductor/evidence/2026-01/r-2.jsonl", old_line() + "\n")
    commit()
    clone = fresh(records, tmp_path, git)
    assert load_inherited(clone.repository).evidence == {EVIDENCE: hash_line(first)}
    assert [one.code for one in check_store(clone.evidence)] == ["EV-OLD-001", "EV-OLD-001"]


def test_worktrees_share_what_was_found(records, write, commit, git, tmp_path):
    write("TASKS.md", "# Task Management\n\n" + done(1))
    commit()
    note_inherited(records.repository)
    git("worktree", "add", "-q", str(tmp_path / "tree"), cwd=records.root)
    (tmp_path / "tree/TASKS.md").write_text("# Task Management\n\n" + done(1) + done(2))
    tree = replace(records, root=tmp_path / "tree", repository=GitRepository.find(tmp_path / "tree"))
    assert errors(tree) == [("REC-CLAIM-001", "TASK-2026-01-05-002")]


def test_a_state_folder_that_can_not_be_written_is_no_error(records, write, monkeypatch):
    (records.root / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(records.root / "file"))
    write("TASKS.md", "# Task Management\n\n" + done(1))
    assert errors(records) == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 2}', '{"version": 1, "evidence": [], "complete": 7}'])
def test_a_damaged_note_is_made_anew(records, write, content):
    load_inherited(records.repository)
    path = next(state_dir().glob("inherited/*.json"))
    path.write_text(content)
    write("TASKS.md", "# Task Management\n\n" + done(1))
    assert errors(records) == []
    assert json.loads(path.read_text())["complete"] == ["TASK-2026-01-05-001"]


def test_records_that_are_not_text_are_left_to_the_other_checks(records, write):
    write("TASKS.md", b"\xff\xfe")
    assert load_inherited(records.repository).complete == frozenset()
