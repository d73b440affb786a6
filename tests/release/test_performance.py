"""A release whose jobs must be no slower than the last one's, from its configuration to its end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conductor.config.settings import PerformanceSettings, SmokeSettings
from conductor.domain.evidence import Evidence, Outcome
from conductor.ports.jobs import JobState
from conductor.release.pipeline import describe_steps, run_release
from conductor.release.steps.smoke import Smoke
from conductor.release.timing import hash_job, is_warm, measure_job
from tests.release.test_pipeline import ended

ASKED = PerformanceSettings(warm_percent=25, cold_percent=100)


def finished(seconds, *, warm=None, gpu="NVIDIA L40", worker="w1", scene=None, **output):
    told = {**(scene.output if scene else {}), "gpu": gpu, **output, **({} if warm is None else {"warm": warm})}
    return JobState("", "COMPLETED", told, executed_s=seconds, worker_id=worker)


@pytest.fixture
def timed(scene):
    """Return a function that has the next jobs end as given, and a release before with these times."""
    scene.smoke = SmokeSettings("image/smoke/input.json", performance=ASKED)

    def run(jobs, before=(), asked=ASKED, **detail):
        scene.smoke = replace(scene.smoke, performance=asked)
        states = [replace(job, output={**scene.output, **job.output}) for job in jobs]
        queue = scene.endpoint.jobs

        def submit(_body):
            queue.jobs.append([states[min(len(queue.jobs), len(states) - 1)]])
            return f"j{len(queue.jobs)}"

        queue.submit = submit
        if before:
            kept = [{"job": "j", "s": s, "warm": warm, "gpu": "NVIDIA L40", "clock": "queue"} for s, warm in before]
            keep(scene, "smoke", job_hash=hash_job(scene.plan().smoke_body), jobs=kept, **detail)
        return run_release(scene.release())

    return run


def keep(scene, kind, outcome=Outcome.PASSED, **detail):
    evidence = Evidence(kind, "production@sha256:before", outcome, "2026-01-01T10:00:00Z", "job", detail)
    return scene.evidence.append("r-20260101-100000-0000000", evidence)


def lines(scene, kind):
    return [line.evidence for line in scene.evidence.lines(scene.id) if line.evidence.kind == kind]


WARM = [finished(60, warm=False), *(finished(second, warm=True) for second in (10, 11, 12))]
BEFORE = [(58, False), (9.5, True), (10.5, True), (11.5, True)]


def test_a_release_as_fast_as_before_is_verified_with_the_figures(timed, scene):
    assert ended(timed(WARM, BEFORE)) == ("verified", 0, None)
    (found,) = lines(scene, "performance")
    assert found.outcome is Outcome.PASSED
    assert found.detail["summary"] == (
        "warm 11 s (median of 3), 10.5 s before, +5% on NVIDIA L40; cold 60 s, 58 s before, +3% on NVIDIA L40"
    )
    assert (found.detail["warm_s_before"], found.detail["cold_s_before"]) == (10.5, 58)
    assert any(line.startswith("performance: warm 11 s") for line in scene.records.entries[f"{scene.id} verified"])


def test_a_slower_release_is_rolled_back_and_says_by_how_much(timed, scene):
    slow = [finished(60, warm=False), *(finished(second, warm=True) for second in (20, 21, 22))]
    result = timed(slow, BEFORE)
    assert ended(result) == ("rolled_back", 6, "PERFORMANCE_SLOWER")
    assert result.message == (
        "target production: slower than before: warm 21 s (median of 3), 10.5 s before, +100% on NVIDIA L40"
    )
    assert [found.outcome for found in lines(scene, "performance")] == [Outcome.FAILED]
    assert [found.outcome for found in lines(scene, "smoke")] == [Outcome.PASSED]


def test_a_slow_cold_start_alone_stops_a_release(timed):
    assert ended(timed([finished(130, warm=False), *WARM[1:]], BEFORE)) == ("rolled_back", 6, "PERFORMANCE_SLOWER")


def test_only_what_was_asked_is_judged(timed):
    asked = PerformanceSettings(warm_percent=25)
    assert ended(timed([finished(130, warm=False), *WARM[1:]], BEFORE, asked)) == ("verified", 0, None)


def test_only_a_cold_time_asks_for_no_further_job(timed, scene):
    assert ended(timed(WARM, BEFORE, PerformanceSettings(cold_percent=100))) == ("verified", 0, None)
    assert len(scene.endpoint.jobs.jobs) == 1


def test_the_first_release_is_verified_and_says_that_there_is_nothing_to_compare_with(timed, scene):
    assert ended(timed(WARM)) == ("verified", 0, None)
    (found,) = lines(scene, "performance")
    assert found.outcome is Outcome.OBSERVED
    assert "no earlier release has times of warm jobs on NVIDIA L40" in found.detail["summary"]


def test_a_release_that_failed_for_its_speed_is_no_measure_for_the_next(timed, scene):
    kept = [{"job": "j", "s": 30.0, "warm": True, "gpu": "NVIDIA L40", "clock": "queue"}]
    keep(scene, "smoke", job_hash=hash_job(scene.plan().smoke_body), jobs=kept)
    keep(scene, "performance", Outcome.FAILED)
    assert ended(timed(WARM)) == ("verified", 0, None)
    assert lines(scene, "performance")[0].outcome is Outcome.OBSERVED


def test_a_job_that_meets_a_new_worker_is_not_taken_for_a_warm_one(timed, scene):
    jobs = [
        finished(60, warm=False),
        finished(61, warm=False, worker="w2"),
        *(finished(10, warm=True, worker=name) for name in ("w1", "w2", "w1")),
    ]
    assert ended(timed(jobs, BEFORE)) == ("verified", 0, None)
    assert len(scene.endpoint.jobs.jobs) == 5


def test_where_no_job_is_ever_warm_it_is_said_and_stops_nothing(timed, scene):
    scene.smoke = replace(scene.smoke, max_warm_s=30)
    asked = PerformanceSettings(warm_percent=25)
    assert ended(timed([finished(60, warm=False)], BEFORE, asked)) == ("verified", 0, None)
    assert len(scene.endpoint.jobs.jobs) == 7
    assert lines(scene, "smoke")[0].detail["summary"].endswith(", no job was warm")
    assert lines(scene, "performance")[0].detail["summary"] == "no job was seen that was warm"


def test_the_median_of_the_warm_jobs_counts_for_the_limit_in_seconds(timed, scene):
    scene.smoke = replace(scene.smoke, max_warm_s=11.5)
    assert ended(timed(WARM)) == ("verified", 0, None)
    assert lines(scene, "smoke")[0].detail["warm_s"] == 11


@pytest.mark.parametrize(
    ("told", "workers", "warm"),
    [
        ([None, None], ["w1", "w1"], [None, True]),
        ([None, None], ["w1", "w2"], [None, None]),
        ([None, None], [None, None], [None, True]),
        ([True, False], ["w1", "w1"], [True, False]),
        (["yes", 1], ["w1", "w2"], [None, None]),
    ],
)
def test_who_is_warm_is_told_by_the_answer_else_by_the_worker(told, workers, warm):
    pairs = zip(told, workers, strict=True)
    jobs = [
        JobState(f"j{number}", "COMPLETED", {"warm": said}, executed_s=1.0, worker_id=worker)
        for number, (said, worker) in enumerate(pairs)
    ]
    assert [is_warm(job, jobs) for job in jobs] == warm


@pytest.mark.parametrize(
    ("executed", "output", "kept"),
    [
        (1.5, {"seconds": 1.2}, (1.5, "queue")),
        (None, {"seconds": 1.2}, (1.2, "answer")),
        (0.0, {}, (0.0, "queue")),
        (None, {"seconds": "1.2"}, None),
        (None, {"seconds": True}, None),
        (None, {"seconds": float("nan")}, None),
        (None, {"seconds": -1}, None),
        (None, "in words", None),
        (None, {}, None),
    ],
)
def test_a_job_s_time_is_the_queue_s_else_the_answer_s(executed, output, kept):
    job = JobState("j", "COMPLETED", output, executed_s=executed)
    found = measure_job(job, [job])
    assert (found and (found.seconds, found.clock)) == kept


def test_jobs_sent_before_an_interruption_are_taken_up(scene):
    scene.smoke = SmokeSettings("image/smoke/input.json", performance=ASKED)
    release = scene.release()
    release.image = scene.image
    scene.endpoint.jobs.script = [replace(WARM[1], output={**scene.output, "warm": True})]
    first = Smoke("production").run(release)
    again = Smoke("production").run(release)
    assert first.detail["jobs"] == again.detail["jobs"]
    assert len(scene.endpoint.jobs.jobs) == 4


def test_the_plan_says_what_is_asked_and_leaves_out_what_is_not(scene):
    scene.smoke = SmokeSettings("image/smoke/input.json", performance=ASKED)
    (line,) = [one for one in describe_steps(scene.plan()) if one.startswith("performance")]
    assert line == (
        "performance  no slower than the last release on the same GPU by more than: warm jobs 25 %, cold jobs 100 %"
    )
    scene.smoke = SmokeSettings("image/smoke/input.json")
    assert not any(one.startswith("performance") for one in describe_steps(scene.plan()))
