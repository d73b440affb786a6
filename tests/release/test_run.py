"""Begin, resume and look at releases."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest

from conductor.config.settings import Settings, SmokeSettings, TargetSettings
from conductor.domain.finding import Finding
from conductor.errors import LockHeld, NothingToDo, UsageProblem
from conductor.release.context import FindingsStop
from conductor.release.ledger import Ledger, list_ledgers, releases_dir
from conductor.release.lock import LOCK_REF, hold_local_lock, is_locked
from conductor.release.plan import plan_release
from conductor.release.run import Desk, find_unfinished, resume_release, start_release
from conductor.release.status import describe_release
from tests.release.world import BUILD, OLD, Scene, Silence

SETTINGS = Settings(
    build=BUILD,
    targets=(TargetSettings("production", "serverless", "e1"),),
    smoke=SmokeSettings("image/smoke/input.json"),
)


class Office:
    """A scene with a desk to begin releases at."""

    def __init__(self, scene, settings=SETTINGS):
        self.scene = scene
        self.settings = settings
        self.findings = []
        self.grants = ["g-1"]
        self.announced = []

    @property
    def desk(self):
        return Desk(
            repository=self.scene.repository,
            settings=self.settings,
            clock=self.scene.clock,
            audit=lambda: self.findings,
            connect=lambda _plan: replace(self.scene.world(), audit=lambda: self.findings),
            allow_push=lambda _plan: self.grants.pop(),
            announce=lambda name, _plan: self.announced.append(name),
        )

    def start(self, task=None):
        plan = plan_release(self.scene.repository, self.settings, revision=None, target=None, task=task)
        return start_release(self.desk, plan, Silence())

    def resume(self, name=None):
        ledgers = list_ledgers(self.scene.repository.common_dir, self.scene.clock)
        ledger = next((one for one in ledgers if one.id == name), ledgers[-1])
        return resume_release(self.desk, ledger, Silence())

    def described(self):
        return describe_release(list_ledgers(self.scene.repository.common_dir, self.scene.clock)[-1])


@pytest.fixture
def office(scene, commit):
    commit("Smoke", **{"image__smoke__input.json": '{"input": {"video": "x"}}'})
    return Office(Scene(scene.repository))


def test_a_release_is_named_by_its_time_and_revision_and_told_as_json(office):
    result = office.start(task="TASK-2026-01-05-001")
    assert result.id == f"r-20260105-103100-{office.scene.revision[:7]}"
    assert office.announced == [result.id]
    told = office.described()
    json.dumps(told)
    assert (told["state"], told["outcome"], told["exit"], told["resumable"]) == ("ended", "verified", 0, False)
    assert told["previous"] == {"production": OLD}
    assert told["live"] == {"production": "sha256:9b1e…"}
    assert (told["task"], told["task_status"], told["journal"]) == (
        "TASK-2026-01-05-001",
        "COMPLETE",
        "2026-01-05 10:31",
    )
    assert [step["state"] for step in told["steps"]] == ["done"] * 9


def test_the_id_is_in_the_configured_time_zone(scene, commit):
    commit("Smoke", **{"image__smoke__input.json": '{"input": {"video": "x"}}'})
    office = Office(Scene(scene.repository), replace(SETTINGS, timezone="Asia/Tokyo"))
    assert office.start().id.startswith("r-20260105-193100-")


def test_what_is_wrong_here_is_said_before_a_grant_is_used_up(office):
    office.findings = [Finding("R8a", "not over SSH", "git remote set-url …")]
    with pytest.raises(FindingsStop) as stopped:
        office.start()
    assert [finding.code for finding in stopped.value.findings] == ["R8a"]
    assert office.grants == ["g-1"]
    assert list_ledgers(office.scene.repository.common_dir, office.scene.clock) == []


def test_a_warning_stops_nothing(office):
    from conductor.domain.finding import Severity

    office.findings = [Finding("R8a", "not over SSH", "git remote set-url …", Severity.WARNING)]
    assert office.start().exit_code == 0
    assert "1 advice" in office.described()["steps"][0]["summary"]


def test_files_that_differ_from_the_revision_stop_a_release_and_records_do_not(office):
    root = office.scene.repository.root
    (root / "TASKS.md").write_text("# Tasks\n")
    (root / "JOURNAL_ARCHIVE").mkdir()
    (root / "JOURNAL_ARCHIVE/2026-01.md").write_text("old\n")
    (root / "image/handler").write_text("3")
    with pytest.raises(UsageProblem, match=r"image/handler$"):
        office.start()


def test_what_is_live_and_verified_is_not_released_again(office, commit):
    office.start()
    commit("Records", JOURNAL="entry")
    office.grants = ["g-2"]
    with pytest.raises(NothingToDo, match="nothing to release"):
        office.start()
    assert office.grants == ["g-2"]


def test_a_stopped_release_can_be_resumed_and_ends_verified(office):
    green = office.scene.builds.found
    office.scene.builds.found = replace(green, conclusion="failure")
    assert office.start().exit_code == 6
    assert office.described()["resumable"]
    assert find_unfinished(office.desk).id == office.announced[0]
    office.scene.builds.found = replace(green, attempt=2)
    assert office.resume().exit_code == 0
    assert office.announced == office.announced[:1] * 2, "a resume is announced as well"
    assert len(office.scene.remote.pushes) == 1
    assert sorted(office.scene.records.entries) == [f"{office.announced[0]} stopped", f"{office.announced[0]} verified"]


@pytest.mark.parametrize(("ended", "after"), [(True, "ended"), (False, "stop")])
def test_a_resume_says_whether_the_release_had_ended(office, ended, after):
    office.scene.builds.found = replace(office.scene.builds.found, conclusion="failure")
    office.start()
    ledger = list_ledgers(office.scene.repository.common_dir, office.scene.clock)[-1]
    if not ended:
        ledger.path.write_bytes(b"".join(ledger.path.read_bytes().splitlines(keepends=True)[:-1]))
    office.resume()
    (resumed,) = [line for line in Ledger(ledger.path, office.scene.clock).lines if line["event"] == "resumed"]
    assert (resumed["after"], resumed["pid"], bool(resumed["host"])) == (after, os.getpid(), True)


def test_a_second_release_in_the_same_second_is_not_begun(office):
    office.scene.builds.found = replace(office.scene.builds.found, conclusion="failure")
    first = office.start()
    office.scene.clock.at = 0
    office.grants = ["g-2"]
    with pytest.raises(UsageProblem, match="was begun this very second") as refused:
        office.start()
    assert refused.value.hint == f"conductor release --resume {first.id}"


def test_the_first_line_says_all_that_a_resume_needs(office):
    office.start(task="TASK-2026-01-05-001")
    started = list_ledgers(office.scene.repository.common_dir, office.scene.clock)[-1].started
    assert {name: started[name] for name in ("branch", "remote", "targets", "task", "grant", "pid")} == {
        "branch": "main",
        "remote": "origin",
        "targets": ["production"],
        "task": "TASK-2026-01-05-001",
        "grant": "g-1",
        "pid": os.getpid(),
    }
    assert started["revision"] == office.scene.revision
    assert started["context"] == office.scene.tree
    assert started["build"]["image"] == BUILD.image


def test_a_release_that_has_ended_is_not_resumed(office):
    office.start()
    with pytest.raises(UsageProblem, match="has ended"):
        office.resume()
    with pytest.raises(NothingToDo, match="no release that is not at its end"):
        find_unfinished(office.desk)


def test_a_release_whose_build_was_changed_in_the_configuration_is_not_resumed(office):
    office.scene.builds.found = replace(office.scene.builds.found, conclusion="failure")
    office.start()
    office.settings = replace(SETTINGS, build=replace(BUILD, image="docker.io/owner/other"))
    with pytest.raises(UsageProblem, match="build: was changed"):
        office.resume()
    office.settings = replace(SETTINGS, targets=(TargetSettings("other", "serverless", "x"),))
    with pytest.raises(UsageProblem, match="target production is gone"):
        office.resume()


def test_a_resumed_release_keeps_its_revision_when_head_has_gone_on(office, commit):
    green = office.scene.builds.found
    office.scene.builds.found = replace(green, conclusion="cancelled")
    office.start()
    commit("Later", image__handler="later")
    (office.scene.repository.root / "image/handler").write_text("and not committed")
    office.scene.builds.found = green
    assert office.resume().exit_code == 0
    assert office.scene.remote.pushes == [office.scene.revision]


def test_a_second_release_from_here_waits_its_turn(office):
    common = office.scene.repository.common_dir
    assert not is_locked(common)
    with hold_local_lock(common):
        assert is_locked(common)
        with pytest.raises(LockHeld, match="another release runs"):
            office.start()
    assert not is_locked(common)


def test_a_lock_that_a_release_of_ours_left_behind_is_given_back_by_resuming_it(office):
    path = releases_dir(office.scene.repository.common_dir) / "r-20260105-090000-aaaaaaa.jsonl"
    Ledger(path, office.scene.clock).write("started", context="x", targets=[])
    note = office.scene.remote.write_note(
        json.dumps({"release": path.stem, "host": "here", "at": "2026-01-05T09:00:00Z"})
    )
    office.scene.remote.refs[LOCK_REF] = note
    result = office.start()
    assert (result.exit_code, result.cause) == (7, "LOCK_HELD")
    assert result.hint.startswith(f"conductor release --resume {path.stem}")


def test_a_release_that_was_killed_is_told_from_one_that_runs(office):
    path = releases_dir(office.scene.repository.common_dir) / "r-20260105-090000-aaaaaaa.jsonl"
    ledger = Ledger(path, office.scene.clock)
    ledger.write("started", revision="a" * 40, branch="main", context="x", targets=["production"], task=None)
    ledger.write("step", step="push", state="begun")
    assert describe_release(ledger)["state"] == "interrupted"
    assert describe_release(ledger, running=True)["state"] == "running"
    assert describe_release(ledger)["steps"] == [
        {"name": "push", "target": None, "state": "begun", "summary": None, "seconds": None, "evidence": None}
    ]
