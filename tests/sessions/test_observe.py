"""What a task expects is seen by running, reading and asking, through the command itself."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conductor.cli.wiring import open_project, project_records
from conductor.config.settings import PerformanceSettings, SmokeSettings
from conductor.domain.evidence import Evidence, Outcome
from conductor.errors import Untrusted, UsageProblem
from conductor.records.expectations import read_wish
from conductor.sessions.observe import Observer, Unseen, run_shell
from tests.waiting import is_alive, wait_until

FRONT = "---\nconductor: 1\ncommands: {unit: 'echo ran; exit 0', broken: 'echo no; exit 3'}\n---\n"


def observer(root, *, trust=True, lines=(), **settings):
    project = open_project(root, trust=trust)
    return Observer(
        project.root,
        project.repository,
        project.clock,
        replace(project.settings, **settings),
        project.asked,
        lines,
    )


@pytest.fixture
def project(repository, git):
    (repository / "CONDUCTOR.md").write_text(FRONT)
    (repository / "image").mkdir()
    (repository / "image/Dockerfile").write_text("FROM scratch\n")
    git("add", "-A", cwd=repository)
    git("commit", "-q", "-m", "Begin", cwd=repository)
    return repository


def test_a_trusted_command_is_evidence_of_how_it_ended(project):
    passed = observer(project).observe(read_wish("command unit"), None)
    assert (passed.kind, passed.subject, passed.outcome) == ("command", "unit", Outcome.PASSED)
    assert passed.detail["tail"] == ["ran"]
    failed = observer(project).observe(read_wish("command broken"), None)
    assert (failed.outcome, failed.detail["exit"]) == (Outcome.FAILED, 3)


def test_an_untrusted_or_unknown_command_is_not_run(project):
    with pytest.raises(Untrusted, match="unit is not trusted"):
        observer(project, trust=False).observe(read_wish("command unit"), None)
    with pytest.raises(UsageProblem, match="no command 'other'"):
        observer(project).observe(read_wish("command other"), None)


def test_a_command_that_hangs_ends_with_everything_it_started(project):
    limit, output = 1, ""
    while len(output.split()) < 2:  # on a busy machine the limit may end it before it has said both
        code, output = run_shell("echo $$; sleep 3600 & echo $!; sleep 3600", project, limit)
        limit *= 4
    assert code == 124
    wait_until(lambda: not any(is_alive(process) for process in output.split()))


def test_a_secret_in_the_output_is_not_kept(project):
    code, output = run_shell("echo token=ghp_abcdefghijklmnopqrstuvwxyz0123456789", project, 3600)
    assert code == 0
    (project / "CONDUCTOR.md").write_text(
        f"---\nconductor: 1\ncommands: {{leak: '{output.join(['echo ', ''])}'}}\n---\n"
    )
    evidence = observer(project).run_command("leak")
    assert "ghp_" not in json.dumps(evidence.detail)


def test_a_file_is_met_by_a_commit_since_the_task_began(project, git):
    wish = read_wish("file image/Dockerfile")
    assert observer(project).observe(wish, "2026-01-05").subject == "image/Dockerfile"
    assert observer(project).observe(wish, "2026-01-06") == Unseen("not changed since 2026-01-06")
    assert observer(project).observe(wish, "2026-01-05T11:00+01:00").subject == "image/Dockerfile"
    assert isinstance(observer(project).observe(wish, "2026-01-05T11:01+01:00"), Unseen)
    assert observer(project).observe(read_wish("file nowhere"), None) == Unseen("in no commit")
    (project / "image/Dockerfile").write_text("FROM busybox\n")
    assert observer(project).observe(wish, None) == Unseen("changed, and not committed yet")


def test_a_commit_is_met_when_everything_is_committed_records_aside(project):
    (project / "TASKS.md").write_text("# Tasks\n")
    assert observer(project).observe(read_wish("commit"), None).kind == "commit"
    assert observer(project).observe(read_wish("commit"), "2026-01-05T10:01+00:00") == Unseen(
        "no commit since 2026-01-05T10:01+00:00"
    )
    (project / "more.py").write_text("x\n")
    assert observer(project).observe(read_wish("commit"), None) == Unseen("not committed: more.py")


def smoke(project, digest, outcome=Outcome.PASSED, **detail):
    store = project_records(open_project(project)).evidence
    return store.append(
        "r-1", Evidence("smoke", f"production@{digest}", outcome, "2026-01-05T10:00:00Z", "job", detail)
    )


def test_times_are_compared_on_the_same_gpu_warm_and_cold_apart(project):
    wish = read_wish("performance production")
    assert isinstance(observer(project).observe(wish, None), Unseen)
    lines = [smoke(project, "a", gpu="L40", warm_s=10.0, cold_s=60.0), smoke(project, "b", gpu="A100", warm_s=1.0)]
    lines.append(smoke(project, "c", gpu="L40", warm_s=11.0, cold_s=61.0))
    found = observer(project, lines=lines).observe(wish, None)
    assert (found.outcome, found.subject) == (Outcome.PASSED, "production@c")
    assert found.detail["warm_s_before"] == 10.0
    lines.append(smoke(project, "d", gpu="L40", warm_s=11.0, cold_s=100.0))
    assert observer(project, lines=lines).observe(wish, None).outcome is Outcome.FAILED


def test_the_configured_percentages_count_for_a_task_as_well(project):
    wish = read_wish("performance production")
    lines = [
        smoke(project, "a", gpu="L40", warm_s=10.0, cold_s=60.0),
        smoke(project, "b", gpu="L40", warm_s=14.0, cold_s=200.0),
    ]
    asked = SmokeSettings(performance=PerformanceSettings(warm_percent=50))
    assert observer(project, lines=lines, smoke=asked).observe(wish, None).outcome is Outcome.PASSED
    assert observer(project, lines=lines).observe(wish, None).outcome is Outcome.FAILED


def test_a_configured_limit_needs_no_earlier_release(project):
    lines = [smoke(project, "a", warm_s=70.0)]
    wish = read_wish("performance production")
    assert isinstance(observer(project, lines=lines).observe(wish, None), Unseen)
    limited = observer(project, lines=lines, smoke=SmokeSettings(max_warm_s=60))
    assert limited.observe(wish, None).outcome is Outcome.FAILED


def test_verify_and_confirm_complete_a_claimed_task(project, conductor):
    assert conductor("trust", cwd=project).returncode == 0
    assert conductor("task", "new", "Check things", cwd=project).returncode == 0
    listed = json.loads(conductor("task", "list", "--json", cwd=project).stdout)
    task = listed["tasks"][0]["id"]
    shown = conductor("task", "show", task, "--json", cwd=project)
    count = len(json.loads(shown.stdout)["task"].get("expectations", []))
    for number in range(1, count + 1):
        conductor("task", "expect", task, "--drop", str(number), "--why", "no image here", cwd=project)
    conductor("task", "expect", task, "command unit", cwd=project)
    conductor("task", "expect", task, "manual", cwd=project)
    assert conductor("task", "done", task, cwd=project).returncode == 1
    first = conductor("task", "verify", task, cwd=project)
    assert first.returncode == 1, first.stderr
    assert "met    command unit: exits 0" in first.stdout
    refused = conductor("task", "confirm", task, cwd=project, env={"CLAUDECODE": "1"})
    assert refused.returncode == 2
    last = conductor("task", "confirm", task, cwd=project)
    assert last.returncode == 0, last.stdout + last.stderr
    assert f"{task} is COMPLETE." in last.stdout


def test_a_commit_from_before_the_task_proves_nothing_about_it(project, conductor):
    assert conductor("task", "new", "Do more", "--expect", "commit", cwd=project).returncode == 0
    verified = conductor(
        "task",
        "verify",
        "--json",
        json.loads(conductor("task", "list", "--json", cwd=project).stdout)["tasks"][0]["id"],
        cwd=project,
    )
    assert verified.returncode == 1
    assert "no commit since" in verified.stdout
