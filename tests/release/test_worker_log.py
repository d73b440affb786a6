"""Where a worker fails, its log is kept, named and quoted; where it can't be had, the place to look is named."""

from __future__ import annotations

import pytest

from conductor.errors import OutsideRefused
from conductor.ports.jobs import JobState
from conductor.release.pipeline import run_release
from conductor.release.status import describe_release
from conductor.release.worker_log import SHOWN_LINES, WorkerLog

TOKEN = "rpa_" + "A1b2" * 8
LOG = f"""starting
\x1b[31mAuthorization: Bearer {TOKEN}\x1b[0m
Traceback (most recent call last):
  File "worker/video.py", line 120, in _open
    container = av.open(
                ^^^^^^^^
TypeError: open() got an unexpected keyword argument
{{"job": "failed", "error": "internal: TypeError; the worker's log has the rest"}}
"""


def kept(release):
    return sorted(release.ledger.logs.glob("*")) if release.ledger.logs.is_dir() else []


def fail_the_job(scene, **job):
    scene.endpoint.jobs.script = [JobState("", "FAILED", error="internal: TypeError", **job)]


def test_a_failed_job_keeps_its_worker_s_log_beside_the_ledger_without_secrets_and_escapes(scene):
    fail_the_job(scene, worker_id="w1")
    scene.endpoint.log = LOG
    release = scene.release()
    run_release(release)
    (path,) = kept(release)
    assert path.name == "worker-w1.log"
    text = path.read_text()
    assert 'File "worker/video.py", line 120' in text
    assert TOKEN not in text
    assert "\x1b" not in text
    assert describe_release(release.ledger)["worker_logs"] == [str(path)]


def test_its_last_lines_are_a_finding_that_tells_the_error_and_the_journal_has_it(scene):
    fail_the_job(scene, worker_id="w1")
    scene.endpoint.log = LOG
    result = run_release(scene.release())
    findings = {one.code: one for one in result.findings}
    assert set(findings) == {"SMOKE_WRONG", "PROGRAM_ERROR"}
    assert (
        "TypeError: open() got an unexpected keyword argument (worker/video.py:120)"
        in findings["PROGRAM_ERROR"].message
    )
    finding = findings["SMOKE_WRONG"]
    assert "TypeError: open() got an unexpected keyword argument" in finding.message
    assert '  File "worker/video.py", line 120, in _open' in finding.context
    assert "    container = av.open(" in finding.context
    assert not any(set(line) <= set(" ^~") for line in finding.context)
    (entry,) = scene.records.entries.values()
    assert any("TypeError: open()" in line for line in entry)


def test_only_the_last_lines_are_shown_and_all_are_kept(scene):
    fail_the_job(scene, worker_id="w1")
    scene.endpoint.log = "".join(f"line {number}\n" for number in range(300))
    release = scene.release()
    result = run_release(release)
    assert result.findings[0].context[-1] == "line 299"
    assert len(result.findings[0].context) == SHOWN_LINES
    [smoke] = [line.evidence for line in scene.evidence.lines(release.id) if line.evidence.kind == "smoke"]
    assert smoke.detail["log"] == [f"line {number}" for number in range(280, 300)]
    assert len(kept(release)[0].read_text().splitlines()) == 300


def test_a_job_that_names_no_worker_is_explained_by_the_one_on_the_new_image(scene):
    fail_the_job(scene)
    scene.endpoint.log = LOG
    release = scene.release()
    run_release(release)
    assert [path.name for path in kept(release)] == ["worker-w1.log"]


@pytest.mark.parametrize("log", ["", "\n \n", OutsideRefused("no", hint="later")])
def test_a_log_that_can_t_be_had_is_replaced_by_where_it_can_be_read(scene, log):
    fail_the_job(scene, worker_id="w1")

    def fetch(worker):
        if isinstance(log, Exception):
            raise log
        return log

    scene.endpoint.fetch_worker_log = fetch
    release = scene.release()
    result = run_release(release)
    assert result.cause == "SMOKE_WRONG"
    assert result.findings == ()
    assert "the service's page of w1" in result.hint
    assert kept(release) == []
    assert describe_release(release.ledger)["worker_logs"] == []


def test_a_folder_that_can_t_be_written_hides_nothing(scene):
    fail_the_job(scene, worker_id="w1")
    scene.endpoint.log = LOG
    release = scene.release()
    release.ledger.logs.parent.mkdir(parents=True, exist_ok=True)
    release.ledger.logs.write_text("in the way")
    result = run_release(release)
    assert result.cause == "SMOKE_WRONG"
    assert "TypeError: open()" in result.findings[0].message
    assert "the service's page of w1" in result.hint


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "a b\nc", "x" * 300])
def test_a_worker_s_name_from_outside_makes_no_path(scene, name):
    fail_the_job(scene, worker_id=name)
    scene.endpoint.log = LOG
    release = scene.release()
    run_release(release)
    (path,) = kept(release)
    assert path.parent == release.ledger.logs
    assert path.name.startswith("worker-")


def test_workers_that_crash_and_workers_that_come_late_have_their_logs_kept_too(scene):
    scene.endpoint.log = LOG
    scene.endpoint.listings = [lambda endpoint: (endpoint.worker("UNHEALTHY"),)]
    release = scene.release()
    result = run_release(release)
    assert (result.cause, [path.name for path in kept(release)]) == ("WORKERS_UNHEALTHY", ["worker-w1.log"])


def test_a_rollout_that_hangs_has_the_log_of_the_worker_that_does_not_get_ready(scene):
    scene.endpoint.log = "downloading the weights\n"
    scene.endpoint.listings = [lambda endpoint: (endpoint.worker(), endpoint.worker("INITIALIZING", id="w2"))]
    release = scene.release()
    result = run_release(release)
    assert (result.cause, [path.name for path in kept(release)]) == ("ROLLOUT_TIMEOUT", ["worker-w2.log"])
    assert "downloading the weights" in result.findings[0].message


def test_a_job_that_never_ends_has_its_worker_s_log_and_one_that_no_worker_took_has_none(scene):
    scene.endpoint.log = "frame 1 of 24\n"
    scene.endpoint.jobs.script = [JobState("", "IN_PROGRESS", worker_id="w1")]
    release = scene.release()
    assert run_release(release).cause == "SMOKE_TIMEOUT"
    assert [path.name for path in kept(release)] == ["worker-w1.log"]


def test_no_capacity_has_no_log(scene):
    scene.endpoint.log = LOG
    scene.endpoint.jobs.script = [JobState("", "IN_QUEUE")]
    release = scene.release()
    assert run_release(release).cause == "CAPACITY"
    assert kept(release) == []


@pytest.mark.parametrize(
    ("lines", "telling"),
    [
        (("a", "ValueError: no", "b"), "ValueError: no"),
        (("runpod.error.QueryError: no", "the last"), "runpod.error.QueryError: no"),
        (("error: one", "KeyError", "x"), "KeyError"),
        (("error: one", "x"), "error: one"),
        (("only", "words"), "words"),
        ((), ""),
    ],
)
def test_the_telling_line_is_the_end_of_a_traceback_or_what_names_an_error_or_the_last(lines, telling):
    assert WorkerLog(lines).telling == telling
