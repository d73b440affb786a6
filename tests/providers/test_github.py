"""The run of exactly one commit, where GitHub offers others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.errors import OutsideRefused, UsageProblem
from conductor.ports.ci import JobLog
from conductor.providers.github import GitHubActions, parse_slug
from conductor.providers.http import HttpClient

REVISION = "4f2a91c0" * 5
WORKFLOW = ".github/workflows/build-worker.yml"


def a_run(**changes):
    return {
        "id": 17,
        "run_number": 3,
        "run_attempt": 1,
        "path": WORKFLOW,
        "event": "push",
        "head_branch": "main",
        "head_sha": REVISION,
        "status": "completed",
        "conclusion": "success",
        "html_url": "https://github.com/owner/worker/actions/runs/17",
        "created_at": "2026-01-05T10:00:00Z",
    } | changes


@pytest.fixture
def actions(server, clock):
    return GitHubActions(HttpClient("GitHub", server.url, clock), "owner/worker", WORKFLOW)


def listing(*runs):
    return 200, {}, {"total_count": len(runs), "workflow_runs": list(runs)}


def test_the_whole_revision_is_asked_for(actions, server):
    server.routes["/repos/owner/worker/actions/runs"] = listing(a_run())
    assert actions.find_run(REVISION, "main").id == 17
    assert f"head_sha={REVISION}" in server.asked[0].path


@pytest.mark.parametrize("revision", ["", "4f2a91c", REVISION.upper(), "main"])
def test_an_abbreviated_or_empty_revision_is_never_asked_for(actions, server, revision):
    # GitHub answers an empty head_sha with everybody's runs and a short one with none.
    with pytest.raises(ValueError, match="full revision"):
        actions.find_run(revision, "main")
    assert server.asked == []


@pytest.mark.parametrize(
    "other",
    [
        {"head_sha": "b" * 40},
        {"path": ".github/workflows/ci.yml"},
        {"event": "pull_request"},
        {"event": "workflow_dispatch"},
        {"head_branch": "next"},
        {"id": "17"},
    ],
)
def test_another_run_is_not_taken_for_ours_even_if_the_service_lists_it(actions, server, other):
    server.routes["/repos/owner/worker/actions/runs"] = listing(a_run(**other))
    assert actions.find_run(REVISION, "main") is None


def test_the_newest_of_several_runs_counts(actions, server):
    server.routes["/repos/owner/worker/actions/runs"] = listing(a_run(id=17), a_run(id=21), a_run(id=19))
    assert actions.find_run(REVISION, "main").id == 21


def test_the_path_may_carry_its_ref(actions, server):
    server.routes["/repos/owner/worker/actions/runs"] = listing(a_run(path=f"{WORKFLOW}@refs/heads/main"))
    assert actions.find_run(REVISION, "main") is not None


def test_the_plain_listing_is_asked_without_filters(actions, server):
    server.routes["/repos/owner/worker/actions/runs"] = listing(a_run(head_sha="c" * 40), a_run())
    assert actions.find_run(REVISION, "main", filtered=False).revision == REVISION
    assert "head_sha" not in server.asked[0].path


def test_the_jobs_are_those_of_the_attempt(actions, server):
    server.routes["/repos/owner/worker/actions/runs/17"] = (
        200,
        {},
        a_run(run_attempt=2, status="in_progress", conclusion=None),
    )
    server.routes["/repos/owner/worker/actions/runs/17/attempts/2/jobs"] = (
        200,
        {},
        {"jobs": [{"id": 5, "name": "build", "status": "completed", "conclusion": "failure", "steps": [
            {"name": "Build and push", "status": "completed", "conclusion": "failure"}]}]},
    )  # fmt: skip
    run = actions.fetch_run(17)
    assert (run.attempt, run.ended) == (2, False)
    (job,) = actions.fetch_jobs(run)
    assert (job.id, job.steps[0].name, job.steps[0].conclusion) == (5, "Build and push", "failure")


def test_a_log_comes_by_redirect(actions, server, open_server):
    storage = open_server()
    storage.routes["/log"] = (200, {}, "2026-01-05 ERROR: no")
    server.routes["/repos/owner/worker/actions/jobs/5/logs"] = (302, {"Location": f"{storage.url}/log?sig=x"}, "")
    assert actions.fetch_log(5) == JobLog("2026-01-05 ERROR: no")


LOGS = "/repos/owner/worker/actions/jobs/5/logs"


@pytest.mark.parametrize(
    ("answer", "why", "may_come"),
    [
        ((404, {}, {"message": "Not Found"}), "not there yet, or the runner died", True),
        ((410, {}, {"message": "Gone"}), "has expired", False),
        ((200, {}, "<!DOCTYPE html><title>Sign in</title>"), "a page titled 'Sign in'", False),
    ],
)
def test_a_log_that_is_not_there_says_why(actions, server, answer, why, may_come):
    server.routes[LOGS] = answer
    log = actions.fetch_log(5)
    assert (log.text, log.may_come) == ("", may_come)
    assert why in log.missing


def test_an_address_whose_signature_has_run_out_is_asked_for_once_more(actions, server, open_server):
    storage = open_server()
    storage.routes["/log"] = [(403, {}, "AuthenticationFailed"), (200, {}, "\ufeffhere")]
    server.routes[LOGS] = (302, {"Location": f"{storage.url}/log?sig=x"}, "")
    assert actions.fetch_log(5) == JobLog("here")
    storage.routes["/log"] = (403, {}, "AuthenticationFailed")
    assert "refuses to show it" in actions.fetch_log(5).missing
    storage.routes["/log"] = (404, {}, "BlobNotFound")
    assert actions.fetch_log(5).may_come


def test_a_token_that_may_not_read_logs_is_told_so(actions, server):
    server.routes[LOGS] = (403, {}, {"message": "Resource not accessible by personal access token"})
    with pytest.raises(OutsideRefused, match="not accessible") as refused:
        actions.fetch_log(5)
    assert "right to read" in refused.value.hint


def test_what_github_notes_at_a_job_is_read_as_lines(actions, server):
    path = "/repos/owner/worker/check-runs/5/annotations"
    rows = [
        {"annotation_level": "failure", "message": "The runner has received a shutdown signal.\nIt stops."},
        {"annotation_level": "warning", "message": "Node 16 actions are deprecated"},
        {"annotation_level": "notice", "message": "hello"},
        "nonsense",
    ]
    server.routes[path] = (200, {}, rows)
    assert actions.fetch_notes(5) == (
        "##[error]The runner has received a shutdown signal.",
        "##[error]It stops.",
        "##[warning]Node 16 actions are deprecated",
    )
    server.routes[path] = (403, {}, {"message": "no"})
    assert actions.fetch_notes(5) == ()


def test_a_matrix_of_more_jobs_than_a_page_holds_is_read_whole(actions, server):
    def answer(asked):
        rows = [{"id": number, "name": str(number), "status": "completed"} for number in range(1, 121)]
        return 200, {}, {"total_count": 120, "jobs": rows[100:] if "page=2" in asked.path else rows[:100]}

    server.routes["/repos/owner/worker/actions/runs/17"] = (200, {}, a_run())
    server.routes["/repos/owner/worker/actions/runs/17/attempts/1/jobs"] = answer
    assert len(actions.fetch_jobs(actions.fetch_run(17))) == 120


def test_the_latest_run_is_the_workflow_s_newest_whatever_started_it(actions, server):
    rows = [a_run(id=9), a_run(id=11, event="workflow_dispatch"), a_run(id=12, path=".github/workflows/ci.yml")]
    server.routes["/repos/owner/worker/actions/runs"] = listing(*rows, a_run(id=13, head_branch="next"))
    assert actions.find_latest("main").id == 11
    assert actions.find_latest(None).id == 13
    assert actions.find_latest("other") is None
    anyone = GitHubActions(actions._http, "owner/worker", "")
    assert anyone.find_latest("main").id == 12


def test_a_disabled_workflow_explains_why_no_run_comes(actions, server):
    server.routes["/repos/owner/worker/actions/workflows/build-worker.yml"] = (200, {}, {"state": "disabled_manually"})
    assert actions.explain_absence() == f"the workflow {WORKFLOW} is disabled_manually"


def test_a_workflow_that_is_not_there_explains_why_no_run_comes(actions):
    assert actions.explain_absence() == f"GitHub knows no workflow {WORKFLOW}"


def test_an_active_workflow_explains_nothing(actions, server):
    server.routes["/repos/owner/worker/actions/workflows/build-worker.yml"] = (200, {}, {"state": "active"})
    assert actions.explain_absence() is None


@pytest.mark.parametrize("body", [[], {"workflow_runs": None}, {"total_count": 0}])
def test_an_answer_of_another_form_is_an_error(actions, server, body):
    server.routes["/repos/owner/worker/actions/runs"] = (200, {}, body)
    with pytest.raises(OutsideRefused):
        actions.find_run(REVISION, "main")


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("git@github.com:owner/worker.git", "owner/worker"),
        ("github-work:owner/worker", "owner/worker"),
        ("ssh://git@github.com/owner/worker.git", "owner/worker"),
        ("ssh://git@127.0.0.1:41873/owner/worker.git", "owner/worker"),
        ("ssh://git@ssh.github.com:443/owner/worker.git", "owner/worker"),
    ],
)
def test_the_repository_s_name_is_read_from_an_ssh_address(url, slug):
    assert parse_slug(url) == slug


@pytest.mark.parametrize("url", ["git@github.com:worker.git", "ssh://git@host/worker.git", "", "x"])
def test_an_address_without_an_owner_is_refused(url):
    with pytest.raises(UsageProblem, match="OWNER/NAME"):
        parse_slug(url)


@given(st.text(max_size=60))
def test_any_address_gives_a_name_or_an_error(url):
    try:
        assert parse_slug(url).count("/") == 1
    except UsageProblem:
        pass
    except ValueError as error:  # urllib refuses half an IPv6 address
        raise AssertionError(url) from error
