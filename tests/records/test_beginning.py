"""Where a task began is noted once, as evidence, and tells later whether a file is what it was."""

import json

import pytest

from conductor.config.places import state_dir
from conductor.domain.evidence import Evidence, Outcome
from conductor.errors import UsageProblem
from conductor.records.beginning import find_start
from conductor.records.claims import claim_task
from conductor.records.evidence import EvidenceStore
from conductor.records.host_key import FILE
from conductor.records.task_edits import NewTask, create_task, reopen_task, start_task
from conductor.records.task_lookup import find_task


@pytest.fixture
def commit(git, records, write):
    def run(**files):
        for name, text in files.items():
            write(name, text)
        git("add", "-A", cwd=records.root)
        git("commit", "-qm", "x", "--allow-empty", cwd=records.root)
        return git("rev-parse", "HEAD", cwd=records.root)

    return run


def start_of(records, task):
    return find_start(records, find_task(records, task)[0].find_block(task))


def new(records):
    return create_task(records, NewTask("x")).id


def test_the_first_start_is_noted_and_stays(records, commit):
    first = commit(Makefile="a")
    task, other = new(records), new(records)
    start_task(records, task)
    commit(Makefile="b")
    start_task(records, other)
    start_task(records, task)
    reopen = start_of(records, task)
    assert (reopen.revision, reopen.noted, reopen.known) == (first, True, True)
    assert [line.evidence.subject for line in records.evidence.lines()] == [task, other]


def test_a_task_that_is_opened_again_began_where_it_began(records, commit):
    first = commit(Makefile="a")
    task = new(records)
    start_task(records, task)
    claim_task(records, task)
    commit(Makefile="b")
    reopen_task(records, task, "not done")
    start_task(records, task)
    assert start_of(records, task).revision == first


def test_what_was_not_committed_then_is_known_by_its_hash_alone(records, commit, write):
    write(".gitignore", "*.env\nignored/\n")
    commit(kept="k", gone="g", changed="c")
    for name, text in {"new": "n", "secret.env": "token", "ignored/deep": "d", "changed": "C"}.items():
        write(name, text)
    (records.root / "gone").unlink()
    task = new(records)
    start_task(records, task)
    start = start_of(records, task)
    assert [start.has(name) for name in ("new", "secret.env", "changed", "gone", "kept", "ignored/deep")] == [
        True, True, True, True, False, False,
    ]  # fmt: skip
    assert start.is_same("new", b"n")
    assert not start.is_same("new", b"m")
    assert not start.is_same("new", None)
    assert start.is_same("gone", None)
    (line,) = records.evidence.lines()
    text = json.dumps(line.evidence.detail)
    assert "secret" not in text
    assert "new" not in text


def test_another_host_knows_the_revision_but_not_what_was_not_committed(records, commit, write, tmp_path):
    revision = commit(Makefile="a")
    write("new", "n")
    task = new(records)
    start_task(records, task)
    (state_dir() / FILE).unlink()
    start = start_of(records, task)
    assert (start.revision, start.noted, start.known, start.has("new")) == (revision, True, False, False)


def test_a_start_written_by_hand_is_not_believed(records, commit):
    revision = commit(Makefile="a")
    task = new(records)
    start_task(records, task)
    later = commit(Makefile="b")
    (path,) = records.evidence.files(f"t-{task.lower()}")
    path.write_text(path.read_text().replace(revision, later))
    found = start_of(records, task)
    assert not found.noted


def test_a_task_that_was_never_started_began_after_the_last_commit_before_its_date(records, commit, clock, monkeypatch):
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-01-05T10:00:00+00:00")
    first = commit(Makefile="a")
    task = new(records)
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-01-05T10:40:00+00:00")
    commit(Makefile="b")
    found = start_of(records, task)
    assert (found.revision, found.noted, found.known) == (first, False, False)


def test_without_an_older_commit_the_first_of_all_is_the_beginning(records, commit, monkeypatch):
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-01-05T10:31:20+00:00")
    first = commit(Makefile="a")
    task = new(records)
    commit(Makefile="b")
    assert start_of(records, task).revision == first


def test_without_any_commit_there_is_no_beginning(records):
    task = new(records)
    start_task(records, task)
    assert start_of(records, task) is None
    assert records.evidence.lines() == []


@pytest.mark.parametrize("revision", [None, 7, "", "HEAD", "0" * 40, "--help", "a b"])
def test_a_revision_that_is_not_here_is_no_beginning(records, commit, revision):
    commit(Makefile="a")
    task = new(records)
    evidence = Evidence(
        "start", task, Outcome.OBSERVED, "2026-01-05T10:31:00Z", "x", {"revision": revision, "files": {}}
    )
    records.evidence.append("t-x", evidence)
    assert not start_of(records, task).noted


def test_a_host_that_can_not_write_its_key_starts_tasks_all_the_same(records, commit, monkeypatch):
    commit(Makefile="a")
    task = new(records)
    blocked = records.root / "blocked"
    blocked.write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(blocked))
    assert start_task(records, task).status == "IN_PROGRESS"
    with pytest.raises(UsageProblem):
        EvidenceStore.of(records.repository).append(
            "s-1", Evidence("file", "a", Outcome.OBSERVED, "2026-01-05T10:31:00Z", "x")
        )
    assert not start_of(records, task).noted
