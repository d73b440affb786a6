"""`conductor verify` by the installed command, against servers that speak the services' protocols."""

from __future__ import annotations

import json


def verify(show, *words):
    code, output, errors = show.run("verify", "--json", *words)
    assert output, errors
    return code, json.loads(output)


def test_what_was_released_is_what_runs_until_somebody_changes_it(show):
    code, answer = verify(show)
    assert (code, answer["targets"][0]["standing"]) == (3, "nothing")
    _, released = show.release()
    before = (len(show.stage.git_host.pushes), len(show.endpoint.patches), len(show.endpoint.queue.jobs))

    code, answer = verify(show)
    assert (code, answer["exit"]) == (0, 0)
    (target,) = answer["targets"]
    assert target["standing"] == "same"
    assert target["serves"] == target["expected"] == released["release"]["image"]
    assert target["release"] == released["release"]["id"]
    assert target["revision"] == show.git("rev-parse", "HEAD")
    assert target["context"] == released["release"]["context"]
    assert [check["name"] for check in target["checks"]] == [
        "release", "image", "workers", "registry", "context", "smoke"
    ]  # fmt: skip
    assert answer["findings"] == []
    # Nothing was changed, nothing was sent, nothing was written.
    assert (len(show.stage.git_host.pushes), len(show.endpoint.patches), len(show.endpoint.queue.jobs)) == before

    show.endpoint.patch({"image": show.stage.info.previous})
    code, output, errors = show.run("verify")
    assert code == 1
    assert "production: drift" in output
    assert "error[DRIFT_IMAGE]" in output
    assert f"since release {show.endpoint.version} of it" in output
    assert "1 target: 1 drift" in errors


def test_the_smoke_job_is_sent_only_where_it_is_asked_for(show):
    assert show.release()[0] == 0
    jobs = len(show.endpoint.queue.jobs)
    code, answer = verify(show, "--smoke")
    assert (code, len(show.endpoint.queue.jobs)) == (0, jobs + 1)
    (job,) = [check for check in answer["targets"][0]["checks"] if check["name"] == "job"]
    assert f"revision {show.git('rev-parse', '--short=7', 'HEAD')}" in job["told"]


def test_an_image_that_the_registry_lost_and_a_target_that_is_away_are_told_apart(show):
    _, released = show.release()
    digest = released["release"]["image"].rpartition("@")[2]
    code, output, errors = show.run("verify", RUNPOD_API_KEY="not-the-key")
    assert code == 5, output + errors
    assert "image        unknown: target production does not answer" in output
    manifests = show.stage.registry.manifests
    manifests.pop(next(key for key in manifests if digest in key))
    code, answer = verify(show)
    assert code == 1
    assert [finding["code"] for finding in answer["findings"]] == ["DRIFT_REGISTRY"]


def test_another_clone_knows_what_was_proven_from_the_evidence_that_was_committed(show, tmp_path):
    assert show.release()[0] == 0
    show.git("add", "--all")
    show.git("commit", "--quiet", "-m", "Record the release")
    show.git("clone", "--quiet", str(show.root), str(tmp_path / "cron"))
    show.git("-C", str(tmp_path / "cron"), "remote", "set-url", "origin", show.stage.info.remote_url)
    show.root = tmp_path / "cron"
    code, answer = verify(show)
    assert (code, answer["targets"][0]["standing"]) == (0, "same")


def test_what_was_typed_wrongly_says_what_there_is(show):
    code, output, errors = show.run("verify", "--target", "prodution")
    assert (code, output) == (2, "")
    assert "there is no target 'prodution'" in errors
    assert "one of: production" in errors
