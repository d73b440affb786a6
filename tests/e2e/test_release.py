"""Whole releases, by the command, against servers that speak the services' protocols."""

from __future__ import annotations

import json

from conductor.release.lock import LOCK_REF

TASK = "TASK-2026-01-05-001"


def new_task(show, *expectations):
    words = [word for expectation in expectations for word in ("--expect", expectation)]
    code, output, errors = show.run("task", "new", "Use the second version", *words, "--json")
    assert code == 0, errors
    name = json.loads(output)["task"]["id"]
    code, _, errors = show.run("task", "start", name)
    assert code == 0, errors
    return name


def test_a_release_is_verified_and_leaves_its_evidence(show):
    task = new_task(show, "build", "image", "deployed", "smoke")
    code, answer = show.release()
    release = answer["release"]
    assert (code, answer["exit"], release["outcome"], release["cause"]) == (0, 0, "verified", None)
    assert [step["name"] for step in release["steps"]] == [
        "rules gate", "preflight", "push", "build", "image", "deploy", "rollout", "smoke", "record"
    ]  # fmt: skip
    assert all(step["state"] == "done" for step in release["steps"])
    revision = show.git("rev-parse", "HEAD")
    assert show.stage.git_host.pushes[-1][2] == revision
    assert show.endpoint.fields["image"] == release["image"]
    assert show.endpoint.patches == [{"image": release["image"]}]
    assert release["task"] == task
    assert release["task_status"] == "COMPLETE"
    assert (show.root / "JOURNAL.md").read_text().count(f"{release['id']} verified") == 1
    assert LOCK_REF not in show.stage.git_host._branches()


def test_no_secret_reaches_ledger_evidence_journal_or_output(show):
    code, output, errors = show.run("release", "--yes", "--json")
    assert code == 0, errors
    written = [output, errors, *(path.read_text() for path in show.ledger_files())]
    written += [path.read_text() for path in show.root.glob(".conductor/evidence/*/*")]
    written.append((show.root / "JOURNAL.md").read_text())
    for name in ("GITHUB_TOKEN", "RUNPOD_API_KEY"):
        assert not any(show.environment[name] in text for text in written)


def test_a_released_build_context_has_nothing_to_release(show):
    assert show.release()[0] == 0
    (show.root / "NOTES.md").write_text("a note\n")
    show.git("add", "--all")
    show.git("commit", "--quiet", "-m", "Write a note")
    code, answer = show.release()
    assert code == 3
    assert "nothing to release" in answer["errors"][0]["message"]
    assert show.counts()["deploys"] == [show.endpoint.fields["image"]]


def test_an_endpoint_that_was_changed_by_hand_since_is_released_again(show):
    _, first = show.release()
    show.endpoint.patch({"image": show.stage.info.previous})
    code, second = show.release()
    assert code == 0
    assert second["release"]["image"] == first["release"]["image"] == show.endpoint.fields["image"]
    assert second["release"]["id"] != first["release"]["id"]


def test_without_a_grant_nothing_is_pushed(open_show):
    show = open_show()
    code, answer = show.release()
    assert code == 2
    assert "nobody has allowed the push" in answer["errors"][0]["message"]
    assert "conductor grant push" in answer["errors"][0]["hint"]
    assert show.counts() == {"pushes": 0, "deploys": [], "jobs": 0}
    assert show.ledger_files() == []


def test_a_dry_run_prints_the_plan_and_touches_nothing(open_show):
    show = open_show()
    before = len(show.stage.recorder.exchanges)
    code, output, _ = show.run("release", "--dry-run")
    assert code == 0
    for name in ("rules gate", "preflight", "push", "build", "image", "deploy", "rollout", "smoke", "record"):
        assert f"  {name} " in output
    assert len(show.stage.recorder.exchanges) == before
    assert show.git("status", "--porcelain") == ""
    assert not (show.root / ".git/conductor").exists()


def test_a_failed_build_is_explained_and_nothing_is_deployed(open_show):
    show = open_show(drill="build-fails", prepare=hide_wheel)
    show.allow_pushes()
    task = new_task(show, "build")
    code, answer = show.release()
    release = answer["release"]
    assert (code, release["outcome"], release["cause"]) == (6, "stopped", "WHEEL_PLATFORM")
    (finding,) = answer["findings"]
    assert "is for CPython 3.10" in finding["message"]
    assert "cxx11abiTRUE-cp311-cp311-linux_x86_64.whl" in finding["remedy"]
    assert show.endpoint.patches == []
    assert release["task_status"] != "COMPLETE"
    assert "WHEEL_PLATFORM" in (show.root / "TASKS.md").read_text()
    journal = (show.root / "JOURNAL.md").read_text()
    assert f"{release['id']} stopped" in journal
    assert task in journal


def hide_wheel(root):
    """Let the wheel's name stand in a comment only, so that preflight has nothing to say and the build finds out."""
    path = root / "image/Dockerfile"
    head, _, address = path.read_text().rstrip().rpartition("RUN pip install --no-cache-dir")
    wheel = address.rpartition("/")[2]
    path.write_text(f"{head}# {wheel}\n")


def break_the_job(root):
    """Let the handler serve, and fail at its first job."""
    path = root / "image/worker/reading.py"
    path.write_text(path.read_text().replace("metadata_errors=", "no_such_argument="))


def test_a_job_that_fails_leaves_the_log_of_the_worker_that_failed_it(open_show):
    show = open_show(prepare=break_the_job)
    show.allow_pushes()
    code, answer = show.release()
    assert (code, answer["release"]["cause"]) == (6, "SMOKE_WRONG")
    (log,) = answer["release"]["worker_logs"]
    text = (show.root / log).read_text()
    assert "Traceback" in text
    assert "TypeError: open() got an unexpected keyword argument 'no_such_argument'" in text
    assert [finding["code"] for finding in answer["findings"]] == ["PROGRAM_ERROR", "SMOKE_WRONG"]
    assert all("no_such_argument" in finding["message"] for finding in answer["findings"])
    code, output, _ = show.run("release", "status")
    assert (code, f"Worker's log: {log}" in output) == (0, True)


def test_crashing_workers_bring_the_earlier_image_back(open_show):
    show = open_show(drill="worker-unhealthy")
    show.allow_pushes()
    code, answer = show.release()
    release = answer["release"]
    assert (code, release["outcome"], release["cause"]) == (6, "rolled_back", "WORKERS_UNHEALTHY")
    assert "ModuleNotFoundError" in release["message"]
    assert [(step["name"], step["state"]) for step in release["steps"]][-2:] == [
        ("rollout", "failed"),
        ("rollback", "done"),
    ]
    assert show.endpoint.fields["image"] == show.stage.info.previous
    assert [patch["image"] for patch in show.endpoint.patches] == [release["image"], show.stage.info.previous]
    journal = (show.root / "JOURNAL.md").read_text()
    assert "ModuleNotFoundError" in journal
    assert "verified by a job" in journal
    assert LOCK_REF not in show.stage.git_host._branches()
    code, _, errors = show.run("release", "--resume", release["id"])
    assert code == 2
    assert "nothing to resume" in errors
