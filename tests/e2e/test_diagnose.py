"""`conductor diagnose` on a stage where a release has failed: the run, the job and the worker that it left behind."""

from __future__ import annotations

import json

from tests.e2e.test_release import break_the_job, hide_wheel


def test_a_run_is_diagnosed_as_the_latest_and_by_its_number_and_not_without_a_token(open_show):
    show = open_show(drill="build-fails", prepare=hide_wheel)
    show.allow_pushes()
    show.release()
    code, output, errors = show.run("diagnose", "--run", "latest", "--json")
    told = json.loads(output)
    assert (code, told["cause"], told["source"]["revision"]) == (1, "WHEEL_PLATFORM", show.git("rev-parse", "HEAD"))
    (answer,) = told["answers"]
    assert answer["names"] == ['job "build"']
    assert answer["finding"]["path"] == "image/Dockerfile"
    assert answer["finding"]["line"] > 1
    number = told["source"]["subject"].split()[1]
    code, output, errors = show.run("diagnose", "--run", number)
    assert code == 1
    assert f"  of run {number} attempt 1: http://" in output
    code, _, errors = show.run("diagnose", "--run", "1")
    assert (code, "404" in errors) == (5, True)
    code, _, errors = show.run("diagnose", "--run", number, "--attempt", "2")
    assert (code, "has 1 attempts" in errors) == (2, True)
    code, _, errors = show.run("diagnose", "--run", "latest", GITHUB_TOKEN="", PATH="/usr/bin:/bin")
    assert (code, "set GITHUB_TOKEN" in errors) == (2, True)


def test_a_failed_job_and_its_worker_are_diagnosed(open_show):
    show = open_show(prepare=break_the_job)
    show.allow_pushes()
    show.release()
    sent = [line for line in show.ledger() if line.get("action") == "job" and "job" in line]
    code, output, errors = show.run("diagnose", "--job", sent[0]["job"])
    assert (code, "error[PROGRAM_ERROR]" in output, "a release kept of it" in output) == (1, True, True), (
        output + errors
    )
    assert "/worker/reading.py:" in output, output
    assert "requirements.txt" not in output
    worker = next(line["worker"] for line in show.ledger() if line.get("action") == "worker_log")
    # The rollback has ended it: what the release kept of its log is what there is.
    code, output, _ = show.run("diagnose", "--worker", worker)
    assert (code, "error[PROGRAM_ERROR]" in output, "a release kept of it" in output) == (1, True, True)
    code, _, errors = show.run("diagnose", "--worker", "nobody")
    assert (code, "log of a worker 'nobody'" in errors) == (5, True), errors
    assert "workers that run now: production: " in errors
    code, _, errors = show.run("diagnose", "--job", "nobody")
    assert (code, "results are kept 30 minutes" in errors) == (5, True)
    code, _, errors = show.run("diagnose", "--job", sent[0]["job"], RUNPOD_API_KEY="")
    assert (code, "set RUNPOD_API_KEY" in errors) == (2, True)
    code, _, errors = show.run("diagnose", "--job", sent[0]["job"], "--target", "nowhere")
    assert (code, "one of: production" in errors) == (2, True)


def test_what_is_named_twice_or_out_of_place_is_refused(open_show):
    show = open_show()
    for words, said in (
        (("x.log", "--run", "1"), "FILE and --run name two logs"),
        (("--job", "a", "--worker", "b"), "--worker and --job name two logs"),
        (("--attempt", "1"), "--attempt is one of a run's"),
        (("--target", "production"), "--target says where"),
        (("--run", "abc"), "'abc' is no run"),
    ):
        code, _, errors = show.run("diagnose", *words)
        assert (code, said in errors) == (2, True), errors
