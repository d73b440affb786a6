"""Whatever ends a release, it says what is live and how to go on; and what could not be proven is taken up again."""

from __future__ import annotations

import errno
import os

import pytest

from conductor.errors import UsageProblem
from conductor.ports.jobs import JobState
from conductor.ports.target import TargetRelease
from conductor.release.ledger import Ledger, list_ledgers
from conductor.release.lock import LOCK_REF
from conductor.release.run import find_changed, find_unfinished, undo_release
from tests.release.test_run import Office
from tests.release.world import IMAGE, NEW, OLD, Scene, Silence, away, refused


@pytest.fixture
def office(scene, commit):
    commit("Smoke", **{"image__smoke__input.json": '{"input": {"video": "x"}}'})
    return Office(Scene(scene.repository))


def ledger_of(office):
    return list_ledgers(office.scene.repository.common_dir, office.scene.clock)[-1]


def fail_the_smoke(office):
    office.scene.endpoint.jobs.script = [JobState("", "FAILED")]


def go_away(office):
    """Let the target answer nothing from now on; return what brings it back."""
    endpoint = office.scene.endpoint
    kept = endpoint.fetch_state, endpoint.fetch_workers, endpoint.deploy
    away_now = lambda *_: (_ for _ in ()).throw(away())  # noqa: E731
    endpoint.fetch_state = endpoint.fetch_workers = endpoint.deploy = away_now

    def come_back():
        endpoint.fetch_state, endpoint.fetch_workers, endpoint.deploy = kept

    return come_back


BROKEN = {
    "a bug": (RuntimeError("boom"), "BUG", 6, OLD),
    "recursion": (RecursionError("maximum recursion depth exceeded"), "BUG", 6, OLD),
    "memory": (MemoryError(), "BUG", 6, OLD),
    "a value": (ValueError("Invalid IPv6 URL"), "BUG", 6, OLD),
    "a key": (KeyError("x"), "BUG", 6, OLD),
    "a text that can't be encoded": (UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates"), "BUG", 6, OLD),
    "a full disk": (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "MACHINE", 8, NEW),
    "a quota": (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), "MACHINE", 8, NEW),
    "a disk that was made read-only": (OSError(errno.EROFS, os.strerror(errno.EROFS)), "MACHINE", 8, NEW),
    "too many files": (OSError(errno.EMFILE, os.strerror(errno.EMFILE)), "MACHINE", 8, NEW),
    "a service that is away": (away(), "OUTSIDE", 8, NEW),
    "a key that was withdrawn": (refused(401), "OUTSIDE", 8, NEW),
    "a wrong configuration": (UsageProblem("no", hint="correct it"), "USAGE", 8, NEW),
}


@pytest.mark.parametrize("case", BROKEN)
def test_whatever_ends_a_release_after_its_deployment_what_is_live_is_said(office, case):
    error, cause, code, live = BROKEN[case]
    office.scene.endpoint.jobs.submit = lambda _body, once=[]: (
        (_ for _ in ()).throw(error) if not once and not once.append(1) else "j1"
    )
    office.scene.endpoint.jobs.jobs = [[JobState("", "COMPLETED")]]
    result = office.start()
    assert (result.cause, result.exit_code) == (cause, code)
    assert office.scene.endpoint.state.image == live
    assert result.live == {"production": "sha256:77c0…" if live == OLD else "sha256:9b1e…"}
    assert f"--resume {result.id}" in result.hint
    assert LOCK_REF not in office.scene.remote.refs
    ended = ledger_of(office).ended
    assert (ended["exit"], ended["live"]) == (code, result.live)


@pytest.mark.parametrize("case", ["a full disk", "a service that is away", "a key that was withdrawn"])
def test_what_says_nothing_of_the_image_leaves_a_release_that_can_be_resumed(office, case):
    error = BROKEN[case][0]
    submit, office.scene.endpoint.jobs.submit = (
        office.scene.endpoint.jobs.submit,
        lambda _: (_ for _ in ()).throw(error),
    )
    assert office.start().exit_code == 8
    office.scene.endpoint.jobs.submit = submit
    assert office.resume().exit_code == 0
    assert office.scene.endpoint.patches == [NEW], "nothing is done twice"


@pytest.mark.parametrize("step", ["preflight", "push", "build", "image"])
def test_before_the_deployment_a_bug_stops_and_nothing_is_changed(office, step, monkeypatch):
    module = __import__(f"conductor.release.steps.{step}", fromlist=["x"])
    monkeypatch.setattr(getattr(module, step.capitalize()), "done", lambda *_: (_ for _ in ()).throw(KeyError("x")))
    result = office.start()
    assert (result.cause, result.exit_code, office.scene.endpoint.patches) == ("BUG", 6, [])
    assert "KeyError" in (ledger_of(office).logs / "bug.txt").read_text()


def test_a_bug_in_the_end_itself_is_told_with_what_is_live(office, monkeypatch):
    fail_the_smoke(office)
    monkeypatch.setattr("conductor.release.ending.restore_targets", lambda _: (_ for _ in ()).throw(KeyError("x")))
    result = office.start()
    assert (result.cause, result.exit_code, result.live) == ("BUG", 8, {"production": "sha256:9b1e…"})
    assert LOCK_REF not in office.scene.remote.refs


def test_records_that_can_t_be_written_do_not_undo_what_is_proven(office):
    def refuse(*_):
        raise UsageProblem("TASKS.md is broken", hint="correct it")

    write, office.scene.records.write_entry = office.scene.records.write_entry, refuse
    result = office.start()
    assert (result.exit_code, office.scene.endpoint.state.image) == (8, NEW)
    office.scene.records.write_entry = write
    assert office.resume().exit_code == 0


@pytest.fixture
def unproven(office):
    """Return an office whose release failed its job, and whose target then went away: what is live is not proven."""
    endpoint = office.scene.endpoint
    back = []
    fetch = endpoint.jobs.fetch

    def fail_and_go(job_id):
        endpoint.jobs.fetch = fetch
        back.append(go_away(office))
        return JobState(job_id, "FAILED")

    endpoint.jobs.fetch = fail_and_go
    result = office.start()
    assert (str(result.outcome), result.exit_code, result.live) == ("rollback_failed", 8, {"production": None})
    assert f"conductor release --resume {result.id}" in result.hint
    assert endpoint.state.image == NEW
    assert not ledger_of(office).is_final
    office.come_back = back[0]
    return office


def test_a_rollback_that_could_not_be_proven_is_taken_up_by_a_resume(unproven):
    unproven.come_back()
    result = unproven.resume()
    assert (str(result.outcome), result.exit_code) == ("rolled_back", 6)
    assert unproven.scene.endpoint.state.image == OLD
    assert ledger_of(unproven).is_final
    with pytest.raises(UsageProblem, match="has ended"):
        unproven.resume()


def test_it_stays_open_as_long_as_the_target_is_away(unproven):
    for _ in range(3):
        assert unproven.resume().exit_code == 8
        assert find_unfinished(unproven.desk).id == ledger_of(unproven).id
    unproven.come_back()
    assert unproven.resume().exit_code == 6


def test_it_is_taken_up_by_a_rollback(unproven):
    unproven.come_back()
    result = undo_release(unproven.desk, find_changed(unproven.desk), Silence())
    assert (str(result.outcome), unproven.scene.endpoint.state.image) == ("rolled_back", OLD)


def release_next(office, commit):
    commit("Next", image__handler="3")
    endpoint, remote, records = office.scene.endpoint, office.scene.remote, office.scene.records
    office.scene = Scene(office.scene.repository, clock=office.scene.clock, remote=remote, records=records)
    office.scene.endpoint, office.grants = endpoint, ["g-2"]
    endpoint.jobs.script = [JobState("", "COMPLETED", office.scene.output, executed_s=0.9, worker_id="w1")]
    office.scene.clock.at += 60
    return office.start()


def test_it_is_taken_up_by_the_next_release_before_that_begins(unproven, commit):
    unproven.come_back()
    first = ledger_of(unproven)
    assert release_next(unproven, commit).exit_code == 0
    assert Ledger(first.path, unproven.scene.clock).ended["outcome"] == "rolled_back"
    assert unproven.scene.endpoint.patches == [NEW, OLD, NEW]


def test_the_next_release_is_not_begun_while_nobody_knows_what_is_live(unproven, commit):
    first = ledger_of(unproven)
    result = release_next(unproven, commit)
    assert (result.id, result.exit_code) == (first.id, 8)
    assert unproven.grants == ["g-2"]


def test_an_earlier_image_that_does_not_work_either_does_not_keep_the_next_release_away(unproven, commit):
    unproven.come_back()
    endpoint, submit = unproven.scene.endpoint, unproven.scene.endpoint.jobs.submit

    def fail_the_old(body):
        job = submit(body)
        if endpoint.state.image == OLD:
            endpoint.jobs.jobs[-1] = [JobState("", "FAILED")]
        return job

    endpoint.jobs.submit = fail_the_old
    assert release_next(unproven, commit).exit_code == 0


def test_the_next_release_goes_back_to_what_was_proven_not_to_what_it_found(office, commit):
    """A release that waits for capacity leaves its image: the one after it must not go back to that."""
    office.scene.endpoint.jobs.script = [JobState("", "IN_QUEUE")]
    assert office.start().cause == "CAPACITY"
    assert office.scene.endpoint.state.image == NEW
    other = f"{IMAGE}@sha256:{'abcd' * 16}"
    commit("Next", image__handler="3")
    endpoint, remote = office.scene.endpoint, office.scene.remote
    office.scene = Scene(office.scene.repository, clock=office.scene.clock, remote=remote)
    from dataclasses import replace

    image = replace(office.scene.image, digest=other.rpartition("@")[2])
    office.scene.registry.images[office.scene.revision] = image
    office.scene.endpoint, office.grants = endpoint, ["g-2"]
    fail_the_smoke(office)
    endpoint.fetch_worker_log = lambda _: ""
    endpoint.patches.clear()
    result = office.start()
    assert endpoint.patches == [other, OLD]
    assert str(result.outcome) in {"rolled_back", "rollback_failed"}


def damage_by_cutting(path, keep):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:keep]))


def index_of(ledger, **match):
    return next(n for n, line in enumerate(ledger.lines) if all(line.get(k) == v for k, v in match.items()))


@pytest.fixture
def killed(office):
    """Return an office whose release was killed while it waited for its job."""

    def die(_):
        raise KeyboardInterrupt

    fetch, office.scene.endpoint.jobs.fetch = office.scene.endpoint.jobs.fetch, die
    with pytest.raises(KeyboardInterrupt):
        office.start()
    office.scene.endpoint.jobs.fetch = fetch
    office.scene.endpoint.fetch_releases = lambda: (
        TargetRelease(office.scene.endpoint.state.version, OLD, NEW, "2026-01-05T10:31:05Z"),
    )
    return office


WOUNDS = {
    "cut before its deployment": damage_by_cutting,
    "cut to half": lambda path, at: path.write_bytes(path.read_bytes()[: len(path.read_bytes()) // 2]),
    "cut to nothing": lambda path, at: path.write_bytes(b""),
    "its first line gone": lambda path, at: path.write_bytes(path.read_bytes().partition(b"\n")[2]),
    "the deployment's line damaged": lambda path, at: path.write_bytes(
        b"\n".join(b"\xff\x00" if n == at else line for n, line in enumerate(path.read_bytes().split(b"\n")))
    ),
    "all lines damaged": lambda path, at: path.write_bytes(b"x\n" * 20),
    "somebody else's lines": lambda path, at: path.write_bytes(b'{"hello": "world"}\n' * 3),
    "a pipe": lambda path, at: (path.unlink(), os.mkfifo(path)),
    "a folder": lambda path, at: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("wound", WOUNDS)
def test_a_damaged_ledger_is_resumed_and_what_was_deployed_is_known(killed, wound):
    ledger = ledger_of(killed)
    WOUNDS[wound](ledger.path, index_of(ledger, event="intent", action="deploy"))
    result = killed.resume()
    assert (result.exit_code, killed.scene.endpoint.patches) == (0, [NEW])
    assert LOCK_REF not in killed.scene.remote.refs


@pytest.mark.parametrize("wound", WOUNDS)
def test_a_damaged_ledger_does_not_forget_what_to_go_back_to(killed, wound):
    ledger = ledger_of(killed)
    WOUNDS[wound](ledger.path, index_of(ledger, event="intent", action="deploy"))
    killed.scene.endpoint.jobs.fetch = lambda job: JobState(
        job, "FAILED" if killed.scene.endpoint.state.image == NEW else "COMPLETED"
    )
    result = killed.resume()
    assert (str(result.outcome), killed.scene.endpoint.patches) == ("rolled_back", [NEW, OLD])


@pytest.mark.parametrize("wound", WOUNDS)
def test_a_damaged_ledger_keeps_no_new_release_away(killed, commit, wound):
    ledger = ledger_of(killed)
    WOUNDS[wound](ledger.path, index_of(ledger, event="intent", action="deploy"))
    assert release_next(killed, commit).exit_code == 0
    assert find_changed(killed.desk).id != ledger.id


def test_an_older_release_is_not_resumed_over_a_newer_one(killed, commit):
    first = ledger_of(killed)
    assert release_next(killed, commit).exit_code == 0
    with pytest.raises(UsageProblem, match="was verified since"):
        killed.resume(first.id)


def test_a_verified_release_is_put_back_when_a_person_asks(office):
    assert office.start().exit_code == 0
    result = undo_release(office.desk, find_changed(office.desk), Silence())
    assert (str(result.outcome), result.cause) == ("rolled_back", "ASKED")
    assert office.scene.endpoint.patches == [NEW, OLD]
    assert result.live == {"production": "sha256:77c0…"}
