"""The parts of the steps that decide something, each on its own."""

from dataclasses import replace

import pytest

from conductor.config.settings import PollSettings, SmokeSettings
from conductor.domain.evidence import Outcome
from conductor.domain.finding import Finding, Severity
from conductor.errors import OutsideRefused, UsageProblem
from conductor.ports.ci import BuildJob, BuildRun, BuildStep
from conductor.ports.jobs import JobState
from conductor.ports.target import TargetRelease, TargetState, WorkerList
from conductor.preflight.api import Report
from conductor.release.context import FindingsStop, Patience, StepFailed
from conductor.release.steps.build import (
    Build,
    describe_current,
    describe_times,
    explain_absence,
    explain_failure,
    find_same_context,
    show_seconds,
    wait_for_end,
    wait_for_run,
)
from conductor.release.steps.deploy import Deploy, check_read_back, show_image
from conductor.release.steps.image import Image, candidate_tags, check_image
from conductor.release.steps.preflight import Preflight, check_targets, describe
from conductor.release.steps.push import Push
from conductor.release.steps.recorded import find_recorded, keep_evidence
from conductor.release.steps.rules_gate import RulesGate, check_gate, is_ssh, require_clean_tree
from conductor.release.steps.smoke import (
    Smoke,
    describe_output,
    find_missing,
    find_problem,
    run_job,
    shorten,
    source_size,
    wait_for_job,
)
from conductor.release.supersession import check_newer_push
from tests.release.world import IMAGE, NEW, OLD, refused


@pytest.fixture
def release(scene):
    made = scene.release()
    made.image = scene.image
    return made


# patience


@pytest.mark.parametrize("status", [0, 429, 500, 502, 503])
def test_a_service_may_fail_four_times_in_a_row_and_no_fifth(status):
    answers = [refused(status)] * 4 + ["here"] + [refused(status)] * 5

    def ask():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    patience = Patience()
    assert [patience.ask(ask) for _ in range(5)] == [None] * 4 + ["here"]
    assert [patience.ask(ask) for _ in range(4)] == [None] * 4
    with pytest.raises(OutsideRefused):
        patience.ask(ask)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_service_that_says_no_is_not_asked_again(status):
    with pytest.raises(OutsideRefused):
        Patience().ask(lambda: (_ for _ in ()).throw(refused(status)))


# rules gate


@pytest.mark.parametrize("url", ["ssh://git@h/o/n", "git@github.com:o/n.git", "host:path", "me@h:p:q"])
def test_an_address_that_goes_over_ssh(url):
    assert is_ssh(url)


@pytest.mark.parametrize(
    "url", ["https://h/o/n", "http://h", "git://h/o", "/srv/git", "file:///x", "./a:b", "h::p", ""]
)
def test_an_address_that_goes_another_way(url):
    assert not is_ssh(url)


def test_the_tree_may_differ_in_records_only(scene):
    root = scene.repository.root
    for name in ("TASKS.md", "ERRORS.md", "JOURNAL_ARCHIVE/2026-01.md", ".conductor/evidence/x", ".TASKS.md.1.tmp"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    require_clean_tree(scene.repository, scene.revision)
    (root / "image/TASKS.md").write_text("x")
    with pytest.raises(UsageProblem, match=rf"differs from {scene.revision[:7]}: image/TASKS.md$"):
        require_clean_tree(scene.repository, scene.revision)


@pytest.mark.parametrize(("count", "said"), [(3, "a0, a1, a2$"), (4, "a0, a1, a2 and 1 more$"), (6, "and 3 more$")])
def test_three_files_are_named_and_the_others_counted(scene, count, said):
    for number in range(count):
        (scene.repository.root / f"a{number}").touch()
    with pytest.raises(UsageProblem, match=said):
        require_clean_tree(scene.repository, scene.revision)


def test_a_gate_that_was_passed_is_not_asked_again(scene, release):
    keep_evidence(release, release.refuse("rules", scene.revision, "no", "x"))
    keep_evidence(release, release.observe("rules", "b" * 40, "yes", "x"))
    keep_evidence(release, release.observe("preflight", scene.revision, "yes", "x"))
    assert RulesGate().done(release) is None
    assert Preflight().done(release).kind == "preflight"
    kept = keep_evidence(release, release.observe("rules", scene.revision, "yes", "x"))
    assert RulesGate().done(release).detail == {"summary": "yes"}
    assert keep_evidence(release, release.observe("rules", scene.revision, "once more", "x")) == kept
    assert find_recorded(release, "rules", scene.revision) == RulesGate().done(release)
    assert keep_evidence(release, release.observe("record", scene.revision, "x", "x")) is None


@pytest.mark.parametrize("url", ["https://user:geheim@github.com/o/n.git", "http://h/o/n"])
def test_a_remote_over_https_stops_before_the_push_and_shows_no_password(scene, git, url):
    git("remote", "set-url", "--push", "origin", url, cwd=scene.repository.root)
    with pytest.raises(UsageProblem, match="a release pushes over SSH, and the remote origin is at") as refused_:
        check_gate(scene.repository, scene.plan(), list)
    assert "geheim" not in refused_.value.message


def test_a_remote_that_is_not_there_is_named(scene):
    with pytest.raises(UsageProblem, match="no remote 'moon' to push to"):
        check_gate(scene.repository, scene.plan(remote="moon"), list)


def test_only_errors_stop_the_gate_and_are_counted(scene):
    warning, error = (Finding("R1", "m", "r", severity) for severity in (Severity.WARNING, Severity.ERROR))
    assert check_gate(scene.repository, scene.plan(), lambda: [warning]) == [warning]
    for errors, said in (([error], "1 finding$"), ([error, error], "2 findings$")):
        with pytest.raises(FindingsStop, match=said) as stopped:
            check_gate(scene.repository, scene.plan(), lambda: [warning, *errors])  # noqa: B023
        assert stopped.value.findings == tuple(errors)


# preflight


@pytest.mark.parametrize(
    ("severities", "ran", "said"),
    [
        ("", 0, "image not checked, 0 errors"),
        ("", 1, "1 check on image/, 0 errors"),
        ("E", 2, "2 checks on image/, 1 error"),
        ("EE", 2, "2 checks on image/, 2 errors"),
        ("W", 2, "2 checks on image/, 0 errors, 1 warning (C0)"),
        ("WWA", 2, "2 checks on image/, 0 errors, 2 warnings (C0, C1), 1 advice (C2)"),
        ("AAE", 2, "2 checks on image/, 1 error, 2 advice (C0, C1)"),
    ],
)
def test_a_report_is_said_in_a_line(severities, ran, said):
    kinds = {"E": Severity.ERROR, "W": Severity.WARNING, "A": Severity.ADVICE}
    findings = [Finding(f"C{number}", "m", "r", kinds[kind]) for number, kind in enumerate(severities)]
    report = Report(tuple(findings), tuple("abc"[:ran]), (), ())
    assert describe(report, findings, "image") == said


@pytest.mark.parametrize(("most", "codes"), [(0, ["PF-TARGET-001"]), (1, []), (2, [])])
def test_a_target_that_may_have_no_worker_is_found(scene, release, most, codes):
    scene.endpoint.state = replace(scene.endpoint.state, workers_max=most)
    assert [finding.code for finding in check_targets(release)] == codes


# push and supersession


def test_a_push_that_the_remote_shows_is_done(scene, release):
    assert Push().done(release) is None
    scene.remote.refs["refs/heads/main"] = scene.revision
    evidence = Push().done(release)
    assert evidence.detail["summary"] == f"{scene.revision[:7]} to ssh://git@host/owner/worker.git main (it was there)"
    assert evidence.source == "ssh://git@host/owner/worker.git refs/heads/main"


def test_the_address_of_a_push_is_that_of_its_own_remote(scene, release, git):
    git("remote", "add", "another", "ssh://git@elsewhere/x.git", cwd=scene.repository.root)
    scene.remote.refs["refs/heads/main"] = scene.revision
    assert Push().done(release).source == "ssh://git@host/owner/worker.git refs/heads/main"


def test_a_branch_behind_or_beside_ours_supersedes_nothing(scene, release, git):
    assert check_newer_push(release) is None
    scene.remote.refs["refs/heads/main"] = git("rev-parse", "HEAD^", cwd=scene.repository.root)
    assert check_newer_push(release) == scene.remote.refs["refs/heads/main"]


def test_a_commit_that_is_not_here_supersedes_only_what_was_pushed_before_it(scene, release):
    scene.remote.refs["refs/heads/main"] = "f" * 40
    assert check_newer_push(release) == "f" * 40
    release.ledger.write("result", step="push", action="push")
    with pytest.raises(StepFailed) as failed:
        check_newer_push(release)
    assert (failed.value.cause, str(failed.value.outcome)) == ("SUPERSEDED", "superseded")
    assert f"is at fffffff already, which is newer than {scene.revision[:7]}" in failed.value.message


# build


def run(**changes):
    return replace(BuildRun(17, 3, 1, "completed", "success", "r", "https://run", ""), **changes)


@pytest.mark.parametrize(
    ("changes", "done"),
    [
        ({}, True),
        ({"status": "in_progress"}, False),
        ({"status": "in_progress", "conclusion": None}, False),
        ({"conclusion": "failure"}, False),
    ],
)
def test_only_a_run_that_ended_well_is_done(scene, release, changes, done):
    scene.builds.found = run(**changes)
    evidence = Build().done(release)
    assert (evidence is not None) is done
    assert release.run == (scene.builds.found if done else None)
    if done:
        assert evidence.outcome is Outcome.PASSED
        assert (evidence.detail["run"], evidence.detail["attempt"]) == (17, 1)


def test_no_run_is_not_done(scene, release):
    scene.builds.found = None
    assert Build().done(release) is None


def test_a_run_is_looked_for_twice_in_the_index_and_then_by_turns_until_its_time_is_up(scene, release):
    scene.builds.found = None
    assert wait_for_run(release) is None
    assert scene.builds.asked == [True, True, True, False, True, False, True, False, True, False, True]
    assert scene.clock.at == release.plan.poll.run_appears_s


def test_a_run_is_waited_for_until_its_time_is_up(scene, release):
    scene.builds.found = run(status="queued", conclusion=None)
    scene.builds.fetch_run = lambda _: scene.builds.found
    with pytest.raises(StepFailed) as failed:
        wait_for_end(release, scene.builds.found)
    assert failed.value.cause == "BUILD_TIMEOUT"
    assert failed.value.message == "run 3 is still queued after 7200 s"
    assert scene.clock.at == 7200
    ended = run()
    assert wait_for_end(release, ended) is ended


def jobs(*conclusions, steps=("failure",)):
    made = tuple(BuildStep(f"step {number}", "completed", one) for number, one in enumerate(steps))
    return tuple(BuildJob(number, f"job {number}", "completed", one, made) for number, one in enumerate(conclusions))


@pytest.mark.parametrize(
    ("found", "where"),
    [
        (jobs("success", "failure", steps=("success", "failure")), ' in "step 1"'),
        (jobs("success", "skipped", None), ""),
        (jobs("failure", steps=("success",)), ""),
        ((), ""),
    ],
)
def test_a_failure_names_its_step_where_there_is_one(scene, release, found, where):
    scene.builds.fetch_jobs = lambda _: found
    ended = run(conclusion="failure", started_at="2026-01-05T10:00:00Z", updated_at="2026-01-05T10:01:02Z")
    failure = explain_failure(release, ended)
    assert failure.cause == "BUILD_FAILED"
    assert failure.message == f"the build of {scene.revision[:7]} ended with failure{where}"
    assert failure.evidence.detail["summary"] == f"run 3 attempt 1: failure{where} after 1 m 2 s"
    assert failure.hint == "read the log: https://run"


def test_a_failure_whose_log_tells_the_cause_carries_it(scene, release, commit):
    scene.builds.fetch_jobs = lambda _: jobs("failure")
    wheel = "flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl"
    scene.builds.log = f"ERROR: {wheel} is not a supported wheel on this platform.\n"
    failure = explain_failure(release, run(conclusion="failure"))
    (finding,) = failure.findings
    assert (failure.cause, failure.hint) == (finding.code, finding.remedy)
    dockerfile = scene.repository.root / "image/Dockerfile"
    dockerfile.write_bytes(b"FROM python:3.11-slim\n# \xff\n")
    commit("Latin 1")
    again = type(scene)(scene.repository)
    again.builds.log = scene.builds.log
    assert len(explain_failure(again.release(), run(conclusion="failure")).findings) == 1
    scene.builds.log = "nothing to see"
    assert explain_failure(release, run(conclusion="failure")).findings == ()


def test_a_cancelled_run_is_told_as_one(scene, release):
    failure = explain_failure(release, run(conclusion="cancelled", attempt=2))
    assert (failure.cause, str(failure.outcome)) == ("CANCELLED", "cancelled")
    assert failure.message == "run 3 attempt 2 was cancelled"
    assert failure.evidence.detail == {"summary": "cancelled", "run": 17, "attempt": 2, "conclusion": "cancelled"}


@pytest.mark.parametrize("mark", ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]"])
def test_every_way_to_skip_a_run_is_known(scene, commit, mark):
    commit(f"Change\n\nand {mark} please", image__handler="3")
    again = type(scene)(scene.repository)
    again.builds.absence = "told by the service"
    assert f"its message says {mark}" in explain_absence(again.release()).message


def test_a_run_that_never_came_is_explained_by_the_service_or_by_a_guess(scene, release):
    assert explain_absence(release).message.endswith(
        "in 120 s: perhaps a paths: filter leaves it out, or Actions is off"
    )
    scene.builds.absence = "the workflow is disabled"
    assert explain_absence(release).message.endswith("in 120 s: the workflow is disabled")


def test_commits_with_the_same_context_are_those_since_it_changed(scene, commit):
    base = scene.revision
    between = [commit(f"Record {number}", JOURNAL=str(number)) for number in range(3)]
    later = type(scene)(scene.repository)
    assert find_same_context(later.release()) == [*reversed(between[:-1]), base]
    commit("Change", image__handler="4")
    assert find_same_context(type(scene)(scene.repository).release()) == []


def test_an_earlier_image_is_used_only_where_its_label_says_the_same_context(scene, commit):
    base = scene.revision
    commit("Record", JOURNAL="1")
    later = type(scene)(scene.repository)
    later.builds.found = None
    label = {"io.conductor.context": later.tree}
    later.registry.images = {base: replace(scene.image, labels=label)}
    release = later.release()
    evidence = Build().run(release)
    assert (evidence.kind, evidence.subject, evidence.detail["built"]) == ("build", release.plan.revision, base)
    assert evidence.detail["summary"] == f"nothing to build: {base[:7]} has the same build context"
    assert release.built_revision == base
    for labels in ({}, {"io.conductor.context": "c" * 64}):
        later.registry.images = {base: replace(scene.image, labels=labels)}
        with pytest.raises(StepFailed, match="no run of"):
            Build().run(later.release())


def test_the_step_that_runs_is_told():
    running = BuildStep("Push it", "in_progress", None)
    waiting = BuildStep("Later", "queued", None)
    assert describe_current((BuildJob(1, "a", "completed", "success", (waiting,)), BuildJob(2, "b", "in_progress", None, (waiting, running)))) == (
        ', step "Push it"'
    )  # fmt: skip
    assert describe_current((BuildJob(1, "a", "queued", None, (waiting,)),)) == ""
    assert describe_current(()) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"created_at": "2026-01-05T10:00:00Z"}, ""),
        ({"created_at": "2026-01-05T10:00:00Z", "started_at": "2026-01-05T10:00:04Z"}, "queued 4 s, "),
        ({"created_at": "2026-01-05T10:00:00Z", "started_at": "2026-01-05T10:00:04Z", "attempt": 2}, ""),
        ({"started_at": "2026-01-05T10:00:00Z", "updated_at": "2026-01-05T10:01:00Z"}, "build 1 m 0 s, "),
        ({"started_at": "2026-01-05T10:00:00Z", "updated_at": "soon"}, ""),
    ],
)
def test_times_are_told_as_far_as_they_are_known(changes, said):
    assert describe_times(run(**changes)) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (59.4, "59 s"), (59.6, "1 m 0 s"), (60, "1 m 0 s"), (192, "3 m 12 s")]
)
def test_seconds_are_said_in_minutes_from_sixty_on(seconds, said):
    assert show_seconds(seconds) == said


# image


def test_the_tags_of_a_commit_are_its_revision_and_metadata_actions_forms(scene):
    revision = scene.revision
    assert candidate_tags(revision) == (revision, f"sha-{revision}", f"sha-{revision[:7]}")


def test_an_image_is_asked_for_ever_less_often_until_its_time_is_up(scene, release):
    asked = []

    def nothing(name, reference, platform):
        asked.append((scene.clock.at, reference))
        assert (name, platform) == (IMAGE, "linux/amd64")

    scene.registry.fetch_image = nothing
    with pytest.raises(StepFailed) as failed:
        Image().run(release)
    assert failed.value.cause == "IMAGE_NOT_FOUND"
    assert f"has no tag {scene.revision} after 120 s" in failed.value.message
    times = sorted({at for at, _ in asked})
    assert times == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 30.5, 45.5, 60.5, 75.5, 90.5, 105.5, 120.5]
    assert [reference for at, reference in asked if at == 0] == list(candidate_tags(scene.revision))


def test_an_image_is_not_asked_for_again_when_its_time_is_exactly_up(scene):
    scene.registry.images = {}
    release = scene.release(poll=PollSettings(image_timeout_s=7.5))
    with pytest.raises(StepFailed, match="after 8 s"):
        Image().run(release)
    assert scene.clock.at == 7.5


@pytest.mark.parametrize("reference", [0, 1, 2])
def test_an_image_is_found_under_each_of_its_tags(scene, release, reference):
    scene.registry.images = {candidate_tags(scene.revision)[reference]: scene.image}
    assert Image().run(release).subject == scene.image.digest


@pytest.mark.parametrize(
    ("labels", "platform", "cause", "said"),
    [
        ({"org.opencontainers.image.revision": None}, None, "IMAGE_REVISION", "is missing, not "),
        ({"org.opencontainers.image.revision": "b" * 40}, None, "IMAGE_REVISION", f"is {'b' * 40}, not "),
        ({"io.conductor.context": "c" * 64}, None, "IMAGE_CONTEXT", f"is {'c' * 12}…, another tree"),
        ({}, "linux/arm64", "IMAGE_PLATFORM", "it is for linux/arm64, not linux/amd64"),
    ],
)
def test_an_image_of_something_else_is_told_with_what_it_says(scene, release, labels, platform, cause, said):
    known = {name: value for name, value in {**scene.image.labels, **labels}.items() if value}
    image = replace(scene.image, labels=known, platform=platform or scene.image.platform)
    with pytest.raises(StepFailed) as failed:
        check_image(release, image)
    assert failed.value.cause == cause
    assert said in failed.value.message
    assert (failed.value.evidence.kind, failed.value.evidence.outcome) == ("image", Outcome.FAILED)


def test_an_image_without_a_context_label_is_the_workflows_own(scene, release):
    check_image(release, replace(scene.image, labels={"org.opencontainers.image.revision": scene.revision}))


# deploy


BEFORE, AFTER = TargetState(OLD, 3, 1, 2), TargetState(NEW, 4, 1, 2)


@pytest.mark.parametrize("versions", [(3, 4), (None, 4), (3, None), (None, None), (3, 5)])
def test_a_target_that_says_a_newer_release_with_our_image_has_it(release, scene, versions):
    scene.endpoint.state = AFTER
    before, after = versions
    check_read_back(release, "production", replace(BEFORE, version=before), replace(AFTER, version=after))


@pytest.mark.parametrize(
    ("after", "newest", "cause", "said"),
    [
        ({"image": OLD}, NEW, "DEPLOY_NOT_KEPT", "took the image but says sha256:77c0… now"),
        ({"version": 3}, NEW, "DEPLOY_NO_RELEASE", r"made no new release of it \(still 3\)"),
        ({"version": 2}, NEW, "DEPLOY_NO_RELEASE", r"\(still 2\)"),
        ({}, OLD, "DEPLOY_NOT_KEPT", "newest release brings sha256:77c0…, not ours"),
    ],
)
def test_a_target_that_says_something_else_has_it_not(release, scene, after, newest, cause, said):
    scene.endpoint.fetch_releases = lambda: (TargetRelease(4, None, newest), TargetRelease(3, None, NEW))
    with pytest.raises(StepFailed, match=said) as failed:
        check_read_back(release, "production", BEFORE, replace(AFTER, **after))
    assert failed.value.cause == cause


@pytest.mark.parametrize("releases", [(), (TargetRelease(4, None, None),)])
def test_a_target_that_tells_no_history_is_believed(release, scene, releases):
    scene.endpoint.fetch_releases = lambda: releases
    check_read_back(release, "production", BEFORE, AFTER)


@pytest.mark.parametrize(
    ("image", "said"), [(NEW, "sha256:9b1e…"), (f"{IMAGE}:latest", f"{IMAGE}:latest"), ("", "nothing")]
)
def test_an_image_is_said_by_its_digest(image, said):
    assert show_image(image) == said


def test_a_target_that_has_our_image_is_done_and_one_that_has_not_is_not(scene, release):
    scene.remote.refs["refs/heads/main"] = scene.revision
    assert Deploy("production").done(release) is None
    scene.endpoint.take(NEW)
    evidence = Deploy("production").done(release)
    assert evidence.detail["summary"] == "endpoint production: release 4 has sha256:9b1e… already"
    assert evidence.detail["previous"] == NEW


def test_a_newer_push_is_seen_before_anything_is_deployed_and_not_after(scene, release, commit):
    scene.remote.refs["refs/heads/main"] = commit("Third", image__handler="3")
    with pytest.raises(StepFailed, match="which is newer"):
        Deploy("production").done(release)
    release.ledger.write("intent", action="deploy", target="production", image=NEW, previous=OLD, previous_version=3)
    assert Deploy("production").done(release) is None


# smoke


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (None, "answered no output"),
        ("text", "answered no output"),
        ({}, "answered no 'frames'"),
        ({"frames": 1, "width": 1}, "answered no 'height'"),
        ({"frames": 0, "width": 1, "height": 1}, "answered frames '0'"),
        ({"frames": -1, "width": 1, "height": 1}, "answered frames '-1'"),
        ({"frames": 1, "width": "1", "height": 1}, "answered width '1'"),
        ({"frames": 1, "width": 1, "height": True}, "answered height 'True'"),
        ({"frames": 1.0, "width": 1, "height": 1}, "answered frames '1.0'"),
        ({"frames": 1, "width": 1, "height": 1}, None),
    ],
)
def test_what_an_answer_lacks_is_named(output, said):
    assert find_missing(output, ("frames", "width", "height")) == said


def test_other_keys_may_hold_anything_and_no_key_asks_for_nothing():
    assert find_missing({"text": None, "tokens": 0}, ("text", "tokens")) is None
    assert find_missing(None, ()) is None
    assert find_missing("text", ()) is None


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (JobState("j", "FAILED"), "ended FAILED, not COMPLETED"),
        (JobState("j", "FAILED", error="no"), "ended FAILED, not COMPLETED: no"),
        (JobState("j", "COMPLETED", {"error": "no video"}), "answered an error: no video"),
        (JobState("j", "COMPLETED", {"error": None, "frames": 1, "width": 1}), "answered no 'height'"),
        (
            JobState("j", "COMPLETED", {"frames": 1, "width": 1, "height": 1, "revision": "b" * 40}),
            "was answered by revision bbbbbbb, not {revision}",
        ),
    ],
)
def test_what_is_wrong_with_a_job_is_named(scene, release, job, said):
    assert find_problem(release, "production", job) == said.replace("{revision}", scene.revision[:7])


@pytest.mark.parametrize(
    ("workers", "said"),
    [
        ([{}], None),
        ([{"image": OLD}, {}], None),
        ([{"image": OLD}], "tells no revision, and no worker is seen on the new image"),
        ([{"is_stale": True}], "tells no revision, and no worker is seen on the new image"),
        ([], "tells no revision, and no worker is seen on the new image"),
    ],
)
@pytest.mark.parametrize("revision", [None, "main", 7])
def test_an_answer_that_tells_no_revision_is_judged_by_its_workers(scene, release, workers, said, revision):
    scene.endpoint.take(NEW)
    scene.endpoint.fetch_workers = lambda: WorkerList(tuple(scene.endpoint.worker(**one) for one in workers), 4)
    output = {"frames": 1, "width": 1, "height": 1, "revision": revision}
    assert find_problem(release, "production", JobState("j", "COMPLETED", output)) == said


@pytest.mark.parametrize("output", ["an answer in words", ["a", "list"], None])
def test_an_answer_of_another_form_is_complete_where_nothing_is_asked_of_it(scene, output):
    release = scene.release(smoke_keys=())
    release.image = scene.image
    scene.endpoint.take(NEW)
    scene.endpoint.jobs.script = [JobState("", "COMPLETED", output, executed_s=0.9, worker_id="w1")]
    evidence = Smoke("production").run(release)
    assert (evidence.outcome, evidence.detail["summary"]) == (Outcome.PASSED, "completed")


@pytest.mark.parametrize(
    ("output", "body", "said"),
    [
        ({}, {}, "completed"),
        ({"frames": 24, "width": 320, "height": 180}, {}, "24 frames 320×180"),
        ({"frames": 24, "width": 320}, {}, "completed"),
        ({"backend": "cpu", "revision": "4f2a91c0" * 5}, {}, "completed, cpu, revision 4f2a91c"),
        ({"backend": 1, "revision": 2}, {}, "completed"),
        ({"backend": "x" * 40}, {}, f"completed, {'x' * 40}"),
        ({"backend": "x" * 41}, {}, f"completed, {'x' * 39}…"),
        (
            {"frames": 24, "width": 320, "height": 180, "source": {"width": 160, "height": 90}},
            {},
            "24 frames 160×90 → 320×180",
        ),
    ],
)
def test_an_answer_is_said_in_a_line(output, body, said):
    assert describe_output(output, body) == said


@pytest.mark.parametrize(
    ("output", "body", "size"),
    [
        ({"source": {"width": 160, "height": 90}}, {}, "160×90"),
        ({"input": {"width": 160, "height": 90}}, {}, "160×90"),
        ({"source_width": 160, "source_height": 90}, {}, "160×90"),
        ({"input_width": 160, "input_height": 90}, {}, "160×90"),
        ({"source_width": 160, "source_height": "90"}, {}, None),
        ({"width": 320, "height": 180}, {}, None),
        ({"width": 320, "height": 180}, {"input": {"source_width": 16, "source_height": 9}}, "16×9"),
        ({}, {"input": {"width": 640, "height": 360}}, None),
        ({"source": "video.mp4"}, {"input": "video"}, None),
        ({"source": {"width": 160}}, {}, None),
    ],
)
def test_the_size_of_the_input_is_told_where_it_is_known(output, body, size):
    assert source_size(output, body) == size


def test_long_values_are_shortened():
    assert shorten("x" * 300) == "x" * 300
    assert shorten("x" * 301) == "(301 characters)"
    assert shorten({"a": ["x" * 301, 1]}) == {"a": ["(301 characters)", 1]}
    assert len(shorten(list(range(21)))) == 20
    assert len(shorten({str(number): 1 for number in range(51)})) == 50
    assert shorten({1: None}) == {"1": None}


def test_a_job_that_is_lost_is_sent_three_times_and_then_given_up(scene, release):
    scene.endpoint.jobs.script = [None]
    with pytest.raises(StepFailed) as failed:
        run_job(release, "production", "first")
    assert failed.value.cause == "SMOKE_LOST"
    lost = [line["job"] for line in release.ledger.lines if line.get("action") == "job_lost"]
    assert lost == ["j1", "j2", "j3"]
    assert [line["job"] for line in release.ledger.lines if line.get("action") == "job" and line.get("job")] == lost


def test_a_job_that_is_not_known_at_once_is_asked_for_again(scene, release):
    scene.endpoint.jobs.script = [None, JobState("", "COMPLETED", scene.output)]
    assert run_job(release, "production", "first").status == "COMPLETED"
    assert len(scene.endpoint.jobs.jobs) == 1


def test_a_job_that_was_sent_before_is_taken_up_for_the_same_image_and_turn_only(scene, release):
    sent = {"step": "smoke", "action": "job", "target": "production", "job": "j1"}
    scene.endpoint.jobs.submit({})
    release.ledger.write("result", **sent, which="first", digest=scene.image.digest)
    assert run_job(release, "production", "first").id == "j1"
    assert run_job(release, "production", "warm").id == "j2"
    release.image = replace(scene.image, digest="sha256:" + "5" * 64)
    assert run_job(release, "production", "first").id == "j3"


@pytest.mark.parametrize(
    ("script", "cause", "keep", "said"),
    [
        ([JobState("", "IN_QUEUE")], "CAPACITY", True, "the smoke job is IN_QUEUE after 1200 s"),
        ([JobState("", "IN_PROGRESS")], "SMOKE_TIMEOUT", False, "the smoke job is IN_PROGRESS after 1200 s"),
    ],
)
def test_a_job_that_does_not_end_is_told_by_where_it_waits(scene, release, script, cause, keep, said):
    scene.endpoint.jobs.script = script
    job = scene.endpoint.jobs.submit({})
    with pytest.raises(StepFailed, match=said) as failed:
        wait_for_job(release, "production", job)
    assert (failed.value.cause, failed.value.keep) == (cause, keep)
    assert failed.value.hint.startswith(
        "when there is capacity" if keep else "read the worker's log: the service's page of"
    )
    assert scene.clock.at == 1200


@pytest.mark.parametrize(("took", "cause"), [(0.9, None), (1.0, None), (1.01, "SMOKE_SLOW")])
def test_a_warm_job_may_take_exactly_its_time(scene, took, cause):
    scene.smoke = SmokeSettings("image/smoke/input.json", max_warm_s=1)
    release = scene.release()
    release.image = scene.image
    scene.endpoint.jobs.script = [JobState("", "COMPLETED", scene.output, executed_s=took, worker_id="w1")]
    if cause is None:
        assert Smoke("production").run(release).detail["warm_s"] == took
    else:
        with pytest.raises(StepFailed, match=r"a warm job took 1\.0 s, more than max_warm_s 1") as failed:
            Smoke("production").run(release)
        assert failed.value.cause == cause


@pytest.mark.parametrize("output", [None, "done", {}, {"text": "ok"}])
def test_without_a_declared_example_any_answer_of_a_job_that_completed_is_one(output):
    assert find_missing(output, ()) is None
    assert find_missing({"frames": 0}, ()) == "answered frames '0'"
