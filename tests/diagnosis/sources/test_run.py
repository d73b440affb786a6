"""A run's logs over real HTTP, as GitHub serves them: which jobs are read, and what is said where no log is."""

from __future__ import annotations

import pytest

from conductor.diagnosis.sources.run import MOST_LOGS, cut_steps, find_run, read_run
from conductor.diagnosis.sources.source import diagnose_source
from conductor.errors import NothingToDo, OutsideRefused, UsageProblem
from conductor.ports.ci import BuildStep
from conductor.providers.github import GitHubActions
from conductor.providers.http import HttpClient
from tests.providers.conftest import FastClock, Server

REPOSITORY = "/repos/owner/worker"
WHEEL = "ERROR: flash_attn-2.8.3-cp310-cp310-linux_x86_64.whl is not a supported wheel on this platform.\n"
DISK = "write /layer: no space left on device\n"


@pytest.fixture
def server():
    opened = Server()
    yield opened
    opened.close()


@pytest.fixture
def clock():
    return FastClock()


@pytest.fixture
def builds(server, clock):
    return GitHubActions(HttpClient("GitHub", server.url, clock), "owner/worker", ".github/workflows/build.yml")


def a_run(**changes):
    return {
        "id": 17, "run_number": 3, "run_attempt": 1, "path": ".github/workflows/build.yml", "event": "push",
        "head_branch": "main", "head_sha": "4f2a91c0" * 5, "status": "completed", "conclusion": "failure",
        "html_url": "https://github.com/owner/worker/actions/runs/17", "created_at": "2026-01-05T09:00:00Z",
        "updated_at": "2026-01-05T09:10:00Z",
    } | changes  # fmt: skip


def a_job(number, name, conclusion, steps=()):
    return {"id": number, "name": name, "status": "completed", "conclusion": conclusion, "steps": list(steps)}


@pytest.fixture
def serve(server):
    """Return a function that has the server answer for a run: its jobs with their logs."""

    def answer(jobs, run=None, attempt=1):
        run = run or a_run(run_attempt=attempt)
        server.routes[f"{REPOSITORY}/actions/runs/17"] = (200, {}, run)
        server.routes[f"{REPOSITORY}/actions/runs/17/attempts/{attempt}"] = (200, {}, {**run, "run_attempt": attempt})
        rows = [job for job, _ in jobs]
        server.routes[f"{REPOSITORY}/actions/runs/17/attempts/{attempt}/jobs"] = (200, {}, {"jobs": rows})
        for job, log in jobs:
            reply = log if isinstance(log, tuple | list) else (200, {}, log)
            server.routes[f"{REPOSITORY}/actions/jobs/{job['id']}/logs"] = reply

    return answer


def read(builds, clock, wanted="17", attempt=None):
    return read_run(builds, clock, find_run(builds, wanted, attempt, "main"))


def causes(source):
    return [(answer.diagnosis.suspect.cause.code, answer.names) for answer in diagnose_source(source)]


def test_a_cancelled_sibling_listed_first_does_not_hide_the_cause(serve, builds, clock):
    serve([
        (a_job(1, "a", "cancelled"), "The operation was canceled.\n"),
        (a_job(2, "b", "success"), DISK),
        (a_job(3, "c", "failure"), WHEEL),
    ])  # fmt: skip
    source = read(builds, clock)
    assert causes(source) == [("WHEEL_PLATFORM", ('job "c"',))]
    assert (source.subject, source.revision) == ("run 17 attempt 1", "4f2a91c0" * 5)


def test_jobs_of_a_matrix_with_one_reason_have_one_answer_and_others_their_own(serve, builds, clock):
    serve([(a_job(1, "a", "failure"), WHEEL), (a_job(2, "b", "failure"), DISK), (a_job(3, "c", "failure"), WHEEL)])
    assert causes(read(builds, clock)) == [
        ("WHEEL_PLATFORM", ('job "a"', 'job "c"')),
        ("DISK_FULL", ('job "b"',)),
    ]


def test_a_step_that_was_let_fail_is_not_taken_for_the_one_that_ended_the_job(serve, builds, clock):
    log = (
        "2026-01-05T09:01:00.1Z write /layer: no space left on device\n2026-01-05T09:01:01.0Z ##[error]exit code 1.\n"
        f"2026-01-05T09:05:00.2Z {WHEEL}2026-01-05T09:05:01.0Z ##[error]Process completed with exit code 1.\n"
    )
    steps = [
        {"name": "try", "status": "completed", "conclusion": "success",
         "started_at": "2026-01-05T09:01:00Z", "completed_at": "2026-01-05T09:01:02Z"},
        {"name": "build", "status": "completed", "conclusion": "failure",
         "started_at": "2026-01-05T09:05:00Z", "completed_at": "2026-01-05T09:05:02Z"},
    ]  # fmt: skip
    serve([(a_job(1, "a", "failure", steps), log)])
    source = read(builds, clock)
    assert causes(source) == [("WHEEL_PLATFORM", ('job "a"',))]
    (answer,) = diagnose_source(source)
    assert answer.diagnosis.suspect.first == 3


def test_a_failed_step_that_names_no_cause_gives_way_to_the_whole_log(serve, builds, clock):
    log = f"2026-01-05T09:01:00.1Z {WHEEL}2026-01-05T09:05:00.2Z it is broken\n"
    step = {"name": "build", "status": "completed", "conclusion": "failure",
            "started_at": "2026-01-05T09:05:00Z", "completed_at": "2026-01-05T09:05:02Z"}  # fmt: skip
    serve([(a_job(1, "a", "failure", [step]), log)])
    assert causes(read(builds, clock)) == [("WHEEL_PLATFORM", ('job "a"',))]


@pytest.mark.parametrize("log", ["no stamps\nat all\n", "", "2026-01-05T09:01:00Z early\n"])
def test_a_log_whose_times_do_not_tell_is_not_cut(log):
    step = BuildStep("build", "completed", "failure", "2026-01-05T09:05:00Z", "2026-01-05T09:05:02Z")
    assert cut_steps(log, [step]) == ""
    assert cut_steps(log, []) == ""


def test_a_runner_that_died_is_told_by_what_github_noted(serve, server, builds, clock):
    serve([(a_job(1, "a", "failure"), (404, {}, {"message": "Not Found"}))])
    rows = [
        {"annotation_level": "failure", "message": "System.IO.IOException: No space left on device : '/_diag/W.log'"}
    ]
    server.routes[f"{REPOSITORY}/check-runs/1/annotations"] = (200, {}, rows)
    source = read(builds, clock)
    assert causes(source) == [("DISK_FULL", ('job "a"',))]
    assert source.notes == (
        'job "a": GitHub has no log of it: it is not there yet, or the runner died before it sent one',
    )


def test_a_job_that_took_too_long_says_so_where_its_log_does_not(serve, builds, clock):
    serve([(a_job(1, "a", "timed_out"), "still compiling\n")])
    assert causes(read(builds, clock)) == [("TIMED_OUT", ('job "a"',))]


def test_a_workflow_that_could_not_begin_has_no_jobs_and_a_cause(serve, builds, clock):
    serve([], a_run(conclusion="startup_failure"))
    assert causes(read(builds, clock)) == [("WORKFLOW_INVALID", ("run 17",))]


def test_a_fresh_run_s_log_is_waited_for_and_an_old_one_s_is_not(serve, builds, clock):
    missing = (404, {}, {"message": "Not Found"})
    serve([(a_job(1, "a", "failure"), [missing, missing, (200, {}, WHEEL)])], a_run(updated_at="2026-01-05T09:59:30Z"))
    assert causes(read(builds, clock)) == [("WHEEL_PLATFORM", ('job "a"',))]
    assert clock.slept == [3.0, 3.0]
    clock.slept.clear()
    serve([(a_job(1, "a", "failure"), missing)])
    with pytest.raises(OutsideRefused, match="no log of run 17 attempt 1 can be had"):
        read(builds, clock)
    assert clock.slept == []


def test_expired_logs_are_an_error_that_says_how_to_get_new_ones(serve, builds, clock):
    serve([(a_job(1, "a", "failure"), (410, {}, {"message": "Gone"}))])
    with pytest.raises(OutsideRefused, match="has expired") as refused:
        read(builds, clock)
    assert "gh run rerun 17 --failed" in refused.value.hint


@pytest.mark.parametrize(
    ("run", "words", "hint"),
    [
        (a_run(conclusion="success"), "ended with success", "name another run"),
        (a_run(conclusion="success", run_attempt=2), "attempt 2 ended with success", "--run 17 --attempt 1"),
        (a_run(status="in_progress", conclusion=None), "still in_progress", "when it has ended"),
    ],
)
def test_a_run_without_a_failure_has_nothing_to_explain(serve, builds, clock, run, words, hint):
    serve([(a_job(1, "a", "success"), "")], run, attempt=run["run_attempt"])
    with pytest.raises(NothingToDo, match=words) as told:
        read(builds, clock)
    assert hint in told.value.hint


def test_a_job_that_failed_is_read_while_the_run_goes_on(serve, builds, clock):
    serve([(a_job(1, "a", "failure"), WHEEL), (a_job(2, "b", None), "")], a_run(status="in_progress", conclusion=None))
    assert causes(read(builds, clock)) == [("WHEEL_PLATFORM", ('job "a"',))]


def test_an_attempt_before_the_last_one_can_be_named(serve, builds, clock):
    serve([(a_job(1, "a", "failure"), WHEEL)], a_run(run_attempt=2, conclusion="success"), attempt=1)
    source = read(builds, clock, attempt=1)
    assert source.subject == "run 17 attempt 1"
    with pytest.raises(UsageProblem, match="has 2 attempts"):
        read(builds, clock, attempt=3)


def test_more_failed_jobs_than_are_read_are_counted(serve, builds, clock):
    serve([(a_job(number, str(number), "failure"), WHEEL) for number in range(1, MOST_LOGS + 4)])
    source = read(builds, clock)
    assert len(source.logs) == MOST_LOGS
    assert source.notes == ("3 further jobs failed and were not read",)


def test_the_latest_is_the_branch_s_own_or_that_of_any(server, builds):
    rows = [a_run(id=21, head_branch="other"), a_run(id=20, head_branch="next")]
    server.routes[f"{REPOSITORY}/actions/runs"] = (200, {}, {"workflow_runs": rows})
    assert find_run(builds, "latest", None, "next").id == 20
    assert find_run(builds, "latest", None, "main").id == 21
    server.routes[f"{REPOSITORY}/actions/runs"] = (200, {}, {"workflow_runs": []})
    with pytest.raises(NothingToDo, match="no run of this workflow"):
        find_run(builds, "latest", None, "main")


@pytest.mark.parametrize("wanted", ["", "abc", "-1", "1e3", "17 ", "9" * 30, "../17"])
def test_what_is_no_run_is_refused_before_anything_is_asked(server, builds, wanted):
    with pytest.raises(UsageProblem, match="is no run"):
        find_run(builds, wanted, None, "main")
    assert server.asked == []
