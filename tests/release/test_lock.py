"""The lock on the remote: one holder, taken and given back by comparison, never by belief."""

import json
import os

import pytest

from conductor.errors import LockHeld
from conductor.release.ledger import Ledger, releases_dir
from conductor.release.lock import (
    LOCK_REF,
    give_remote_lock_back,
    has_taken,
    hold_local_lock,
    is_locked,
    take_remote_lock,
)
from conductor.release.pipeline import run_release

THEIRS = {"release": "r-20260105-090000-bbbbbbb", "host": "elsewhere", "at": "2026-01-05T09:00:00Z"}


def held_by_another(scene, told=THEIRS):
    note = scene.remote.write_note(told if isinstance(told, str) else json.dumps(told))
    scene.remote.refs[LOCK_REF] = note
    return note


def be_overtaken(scene):
    """Let another release be quicker: it takes the lock between the look and the swap."""
    write_note = scene.remote.write_note

    def write(text):
        scene.remote.refs[LOCK_REF] = write_note(json.dumps(THEIRS))
        return write_note(text)

    scene.remote.write_note = write


def test_the_lock_names_who_holds_it(scene):
    release = scene.release()
    take_remote_lock(release)
    told = json.loads(scene.remote.read_note(LOCK_REF))
    assert told["release"] == scene.id
    assert told["revision"] == scene.revision
    assert told["at"] == "2026-01-05T10:31:00Z"
    assert told["host"]
    assert told["pid"] > 0
    assert [line["event"] for line in release.ledger.lines[1:]] == ["intent", "result"]


def test_a_lock_that_another_release_takes_first_is_theirs(scene):
    be_overtaken(scene)
    release = scene.release()
    with pytest.raises(LockHeld, match=r"held by release r-20260105-090000-bbbbbbb on elsewhere since 2026-01-05T09:"):
        take_remote_lock(release)
    assert json.loads(scene.remote.read_note(LOCK_REF)) == THEIRS
    assert release.ledger.last("result", action="lock") is None


def test_a_release_that_was_overtaken_deploys_nothing_and_leaves_the_lock(scene):
    be_overtaken(scene)
    result = run_release(scene.release())
    assert (result.exit_code, result.cause) == (7, "LOCK_HELD")
    assert scene.endpoint.patches == []
    assert json.loads(scene.remote.read_note(LOCK_REF)) == THEIRS


def test_a_lock_that_came_and_went_is_taken_in_the_end(scene):
    swap, refused = scene.remote.swap, [2]

    def swap_later(ref, new, expected):
        if refused[0] > 0:
            refused[0] -= 1
            return False
        return swap(ref, new, expected)

    scene.remote.swap = swap_later
    take_remote_lock(scene.release())
    assert json.loads(scene.remote.read_note(LOCK_REF))["release"] == scene.id


def test_a_lock_that_keeps_changing_hands_is_given_up(scene):
    scene.remote.swap = lambda *_: False
    with pytest.raises(LockHeld, match="keeps changing hands"):
        take_remote_lock(scene.release())
    assert LOCK_REF not in scene.remote.refs


def test_a_lock_that_this_release_holds_is_not_taken_again(scene):
    take_remote_lock(scene.release())
    notes = dict(scene.remote.notes)
    take_remote_lock(scene.release())
    assert scene.remote.notes == notes


def test_the_lock_of_another_release_is_not_given_back(scene):
    release = scene.release()
    take_remote_lock(release)
    theirs = held_by_another(scene)
    give_remote_lock_back(release)
    assert scene.remote.refs[LOCK_REF] == theirs
    assert release.ledger.last("intent", action="unlock") is None


def test_a_lock_that_changes_hands_while_it_is_given_back_stays(scene):
    release = scene.release()
    take_remote_lock(release)
    read = scene.remote.read

    def read_then_lose(ref):
        found = read(ref)
        held_by_another(scene)
        return found

    scene.remote.read = read_then_lose
    give_remote_lock_back(release)
    assert json.loads(scene.remote.read_note(LOCK_REF)) == THEIRS


def test_a_lock_that_is_not_there_is_not_given_back(scene):
    release = scene.release()
    give_remote_lock_back(release)
    take_remote_lock(release)
    del scene.remote.refs[LOCK_REF]
    give_remote_lock_back(release)
    assert release.ledger.last("intent", action="unlock") is None


def test_giving_it_back_is_written_before_and_after(scene):
    release = scene.release()
    assert not has_taken(release)
    take_remote_lock(release)
    note = scene.remote.refs[LOCK_REF]
    assert has_taken(release)
    give_remote_lock_back(release)
    assert LOCK_REF not in scene.remote.refs
    assert [(line["event"], line["action"], line["note"]) for line in release.ledger.lines[-2:]] == [
        ("intent", "unlock", note),
        ("result", "unlock", note),
    ]


@pytest.mark.parametrize("told", ["", "not JSON", "[]", '{"release": "r-20260105-090000-bbbbbbb"}', "null"])
def test_a_lock_that_tells_nothing_is_somebody_elses(scene, told):
    held = held_by_another(scene, told)
    with pytest.raises(LockHeld, match="held by somebody else") as refused:
        take_remote_lock(scene.release())
    assert f"git push --force-with-lease={LOCK_REF}:{held} origin :{LOCK_REF}" in refused.value.hint


def test_a_lock_without_a_note_is_somebody_elses(scene):
    scene.remote.refs[LOCK_REF] = "f" * 40
    with pytest.raises(LockHeld, match="held by somebody else"):
        take_remote_lock(scene.release())


def test_the_hint_says_resume_for_a_release_of_this_repository_and_wait_for_another(scene):
    held_by_another(scene)
    with pytest.raises(LockHeld) as theirs:
        take_remote_lock(scene.release())
    assert theirs.value.hint.startswith("wait for it")
    path = releases_dir(scene.repository.common_dir) / f"{THEIRS['release']}.jsonl"
    Ledger(path, scene.clock).write("started", context="x", targets=[])
    with pytest.raises(LockHeld) as ours:
        take_remote_lock(scene.release())
    assert ours.value.hint == f"conductor release --resume {THEIRS['release']} takes it up or ends it"


def test_the_local_lock_says_which_process_holds_it_and_is_free_afterwards(scene):
    common = scene.repository.common_dir
    assert is_locked(common) is False
    for _ in range(2):
        with hold_local_lock(common):
            assert is_locked(common) is True
            told = rf"another release runs from this repository \(process {os.getpid()}\)"
            with pytest.raises(LockHeld, match=told), hold_local_lock(common):
                pass
        assert is_locked(common) is False


def test_a_local_lock_file_from_before_is_overwritten(scene):
    folder = releases_dir(scene.repository.common_dir)
    folder.mkdir(parents=True)
    (folder / "lock").write_text("1234567890 and more")
    with hold_local_lock(scene.repository.common_dir):
        assert (folder / "lock").read_text() == str(os.getpid())
