"""The run of exactly one commit, where GitHub offers others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.errors import OutsideRefused, UsageProblem
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
    assert actions.fetch_log(5) == "2026-01-05 ERROR: no"


@pytest.mark.parametrize("status", [404, 410])
def test_a_log_that_is_not_there_is_empty(actions, server, status):
    server.routes["/repos/owner/worker/actions/jobs/5/logs"] = (status, {}, {"message": "gone"})
    assert actions.fetch_log(5) == ""


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
