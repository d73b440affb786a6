"""`conductor diagnose` as it is typed: a file, a pipe, many logs; a cause, none, and what is no log."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

LOG = """#9 [3/6] RUN apt-get update && apt-get install -y python3.12-dev
#9 1.204 Reading package lists...
#9 2.101 E: Unable to locate package python3.12-dev
#9 ERROR: process "/bin/sh -c apt-get install -y python3.12-dev" did not complete successfully: exit code: 100
------
ERROR: failed to solve: process did not complete successfully: exit code: 100
"""


@pytest.fixture
def build_log(tmp_path):
    (tmp_path / "Dockerfile").write_text(
        "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y python3.12-dev\n"
    )
    (tmp_path / "build.log").write_text(LOG)
    return tmp_path


def test_a_file_is_answered_with_cause_place_and_remedy(build_log, conductor):
    done = conductor("diagnose", "build.log", cwd=build_log)
    assert done.returncode == 1
    assert done.stdout == (
        "Dockerfile:2: error[APT_PACKAGE_MISSING] No configured apt repository of this release has the package. "
        "(package python3.12-dev)\n"
        "    log line 3 in #9: E: Unable to locate package python3.12-dev\n"
        "  remedy: Use a base release that has the package, add the repository that has it for that release, or run "
        "apt-get update first.\n"
        "  docs: docs/causes/apt-package-missing.md\n"
        "  before the push: conductor preflight explain apt-package-missing\n"
    )


def test_standard_input_is_read_where_no_file_is_named(build_log, conductor):
    done = conductor("diagnose", cwd=build_log, stdin=LOG)
    assert (done.returncode, done.stdout.split()[1]) == (1, "error[APT_PACKAGE_MISSING]")


def test_a_log_without_a_cause_shows_its_lines_and_ends_with_3(tmp_path, conductor):
    done = conductor("diagnose", "-", cwd=tmp_path, stdin="fine\nERROR: the flux capacitor is empty\n")
    assert done.returncode == 3
    assert done.stdout == "    log line 2: ERROR: the flux capacitor is empty\n"
    assert "no known cause in 2 lines" in done.stderr


def test_json_says_the_same(build_log, conductor):
    told = json.loads(conductor("diagnose", "build.log", "--json", cwd=build_log).stdout)
    assert (told["command"], told["exit"], told["cause"], told["confidence"]) == (
        "diagnose",
        1,
        "APT_PACKAGE_MISSING",
        "high",
    )
    assert (told["finding"]["path"], told["finding"]["line"], told["read"]) == ("Dockerfile", 2, 6)
    none = json.loads(conductor("diagnose", "--json", cwd=build_log, stdin="").stdout)
    assert (none["exit"], none["cause"], none["lines"]) == (3, None, [])


def test_many_logs_are_answered_a_line_each(tmp_path, conductor):
    rows = [{"id": "a", "log": LOG}, {"id": "b", "log": "quiet"}]
    done = conductor("diagnose", "--jsonl", cwd=tmp_path, stdin="\n".join(map(json.dumps, rows)) + "\nnot json\n")
    assert done.returncode == 0
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["id"], row["cause"]) for row in told] == [("a", "APT_PACKAGE_MISSING"), ("b", None), (None, None)]


def test_what_is_no_log_is_refused(tmp_path, conductor):
    os.mkfifo(tmp_path / "pipe")
    for name, reason in (("pipe", "is no file"), (".", "is no file"), ("missing.log", "can't be read: No such file")):
        done = conductor("diagnose", name, cwd=tmp_path)
        assert (done.returncode, reason in done.stderr) == (2, True), done.stderr


def test_the_causes_are_listed_and_explained(tmp_path, conductor):
    listed = conductor("diagnose", "list", cwd=tmp_path).stdout.splitlines()
    assert any(line.startswith("WHEEL_PLATFORM ") for line in listed)
    assert len(json.loads(conductor("diagnose", "list", "--json", cwd=tmp_path).stdout)["causes"]) == len(listed)
    assert conductor("diagnose", "explain", "disk-full", cwd=tmp_path).stdout.startswith("# DISK_FULL\n")
    wrong = conductor("diagnose", "explain", "DISKFULL", cwd=tmp_path)
    assert (wrong.returncode, "did you mean DISK_FULL" in wrong.stderr) == (2, True)


def test_what_a_shell_substitutes_is_read(build_log, conductor):
    """`<(…)` is a pipe by the name /dev/fd/N."""
    script = f'"{sys.executable}" -m conductor diagnose <(cat build.log)'
    done = subprocess.run(["bash", "-c", script], cwd=build_log, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()[1]) == (1, "error[APT_PACKAGE_MISSING]"), done.stderr


UNZIP = "#9 0.2 /bin/sh: 1: unzip: not found\n#9 ERROR: exit code: 127\n"


@pytest.fixture
def failing(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim\nCOPY a.zip /\nRUN unzip a.zip\nCMD ls\n")
    (tmp_path / "a.zip").write_text("")
    (tmp_path / "build.log").write_text(UNZIP)
    return tmp_path


def test_a_fix_is_a_patch_that_git_takes_and_nothing_is_written(failing, conductor):
    before = (failing / "Dockerfile").read_text()
    done = conductor("diagnose", "build.log", "--fix", cwd=failing)
    assert done.returncode == 1
    assert "preflight finds it no more" in done.stderr
    assert "nothing is written" in done.stderr
    assert (failing / "Dockerfile").read_text() == before
    subprocess.run(["git", "init", "--quiet"], cwd=failing, check=True)
    subprocess.run(["git", "apply", "-"], cwd=failing, input=done.stdout, text=True, check=True)
    assert "RUN apt-get update && apt-get install -y unzip\nRUN unzip a.zip\n" in (failing / "Dockerfile").read_text()


def test_a_fix_is_written_where_that_is_asked_for(failing, conductor):
    done = conductor("diagnose", "build.log", "--fix", "--write", "--json", cwd=failing)
    patch = json.loads(done.stdout)["patch"]
    assert (patch["written"], patch["files"], patch["left"]) == (True, ["Dockerfile"], [])
    assert patch["changes"][0]["proved"] is True
    assert "install -y unzip\nRUN unzip" in (failing / "Dockerfile").read_text()
    again = json.loads(conductor("diagnose", "build.log", "--fix", "--write", "--json", cwd=failing).stdout)["patch"]
    assert (again["diff"], again["written"]) == ("", False)


def test_what_a_program_cannot_put_right_is_said(failing, conductor):
    done = conductor("diagnose", "-", "--fix", cwd=failing, stdin="ERROR: write /x: no space left on device\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert "DISK_FULL: no change that a program can make" in done.stderr


def test_writing_without_a_fix_is_refused(failing, conductor):
    done = conductor("diagnose", "build.log", "--write", cwd=failing)
    assert done.returncode == 2
    assert "--fix --write" in done.stderr


TASKS = """# Tasks

## Current Task
**Task ID**: TASK-2026-01-05-001
**Title**: Build it
**Status**: TESTING
**Created**: 2026-01-05 10:00
**Started**: 2026-01-05 10:00
**Dependencies**: None

### Task Context
- **Previous Work**: none

### Findings & Decisions
"""


@pytest.fixture
def project(build_log, git):
    git("init", "-q", "-b", "main", cwd=build_log)
    (build_log / "TASKS.md").write_text(TASKS)
    git("add", "--all", cwd=build_log)
    git("commit", "-q", "-m", "Begin", cwd=build_log)
    return build_log


def evidence_of(project):
    return [json.loads(line) for path in (project / ".conductor/evidence").rglob("*.jsonl") for line in path.open()]


def test_a_task_gets_cause_evidence_and_the_journal_s_issues_once(project, conductor):
    for _ in range(2):
        done = conductor("diagnose", "build.log", "--task", "1", cwd=project)
        assert done.returncode == 1, done.stderr
        assert "written to TASK-2026-01-05-001 (CLAIMED), evidence d-" in done.stdout
    tasks, journal = (project / "TASKS.md").read_text(), (project / "JOURNAL.md").read_text()
    assert tasks.count("APT_PACKAGE_MISSING at Dockerfile:2: ") == 1
    assert journal.count("- **Issues**: APT_PACKAGE_MISSING at Dockerfile:2: ") == 1
    assert "remedy: Use a base release" in tasks
    (line,) = evidence_of(project)
    assert (line["kind"], line["outcome"], line["detail"]["found"]) == (
        "diagnosis",
        "observed",
        {"package": "python3.12-dev"},
    )
    assert conductor("check", "records", cwd=project).returncode == 0


def test_the_same_failure_again_is_told_with_what_did_not_touch_it(project, conductor, git):
    conductor("diagnose", "build.log", "--task", "TASK-2026-01-05-001", cwd=project)
    (project / "README").write_text("again")
    git("add", "--all", cwd=project)
    git("commit", "-q", "-m", "Run it on another runner", cwd=project)
    done = conductor("diagnose", "--json", cwd=project, stdin=LOG + "\n")
    told = json.loads(done.stdout)
    assert told["finding"]["data"]["again"].startswith(
        "the same failure for the 2nd time in a row; the 1 change since then did not touch Dockerfile:2: "
    )
    assert len(evidence_of(project)) == 1


def test_without_a_task_nothing_is_written(project, conductor, git):
    conductor("diagnose", "build.log", cwd=project)
    assert git("status", "--porcelain", cwd=project).strip() == ""


def test_a_task_that_is_not_there_is_said_before_anything_is_read(project, conductor):
    done = conductor("diagnose", "missing.log", "--task", "TASK-2026-01-05-009", cwd=project)
    assert (done.returncode, "TASK-2026-01-05-009" in done.stderr) == (2, True)


def test_a_secret_in_a_log_is_written_nowhere(project, conductor):
    secret = "ghp_" + "a1B2" * 9
    log = f"E: Unable to locate package {secret}\nERROR: exit code: 100\n"
    conductor("diagnose", "--task", "1", cwd=project, stdin=log)
    written = [path.read_text() for path in project.rglob("*") if path.is_file() and ".git/" not in str(path)]
    assert any("APT_PACKAGE_MISSING" in text for text in written)
    assert not any(secret in text for text in written)
