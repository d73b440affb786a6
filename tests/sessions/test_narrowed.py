"""A command that was narrowed while a task ran makes nothing complete until a person says so."""

from __future__ import annotations

import json

import pytest

MAKE = "test:\n\tpython3 -c 'import calc; assert calc.double(2) == 4'\n"
CONFIGURATION = "---\nconductor: 1\ncommands: {unit: make test}\n---\n# Work\n"


@pytest.fixture
def project(repository, git, conductor, write):
    write({"CONDUCTOR.md": CONFIGURATION, "Makefile": MAKE, "calc.py": "def double(x):\n    return x + 3\n"})
    git("add", "-A", cwd=repository)
    git("commit", "-qm", "Begin", cwd=repository)
    assert conductor("trust", cwd=repository).returncode == 0
    return repository


@pytest.fixture
def write(repository):
    def run(files):
        for name, text in files.items():
            (repository / name).write_text(text)

    return run


@pytest.fixture
def start(conductor, repository):
    def run(*expectations, start=True):
        wishes = [word for one in expectations or ("command unit",) for word in ("--expect", one)]
        task = conductor("task", "new", "Correct double", *wishes, cwd=repository).stdout.split()[0]
        if start:
            assert conductor("task", "start", task, cwd=repository).returncode == 0
        return task

    return run


@pytest.fixture
def repair(write, git, repository):
    def run(**files):
        write({"calc.py": "def double(x):\n    return x + x\n", **files})
        git("add", "-A", cwd=repository)
        git("commit", "-qm", "Correct double", cwd=repository)

    return run


def check(conductor, repository, *areas):
    done = conductor("check", *areas, "--json", cwd=repository)
    return [
        (row["code"], row["severity"]) for row in json.loads(done.stdout)["findings"] if row["severity"] != "advice"
    ]


def test_an_honest_repair_is_complete_and_leaves_no_finding(project, conductor, start, repair):
    task = start()
    repair()
    assert conductor("task", "verify", cwd=project).returncode == 0
    done = conductor("task", "done", cwd=project)
    assert (done.returncode, "COMPLETE" in done.stdout) == (0, True)
    assert check(conductor, project, "rules", "records") == []
    found = json.loads(conductor("check", "rules", "--json", cwd=project).stdout)["findings"]
    assert [row for row in found if row["code"] == "CLAIM-001"] == []
    assert task


def test_a_narrowed_command_stays_claimed_until_a_person_confirms_it(project, conductor, start, repair):
    task = start()
    repair(Makefile="test:\n\ttrue\n")
    verified = conductor("task", "verify", cwd=project)
    assert verified.returncode == 1
    assert "changed: Makefile: the recipe of make test was changed" in verified.stdout
    assert f"conductor task confirm {task} --number 1" in verified.stdout
    done = conductor("task", "done", cwd=project)
    assert (done.returncode, "CLAIMED" in done.stdout) == (1, True)
    assert "Next: a person looks at it, and says so: conductor task confirm " in done.stderr
    assert "the recipe of make test was changed" in done.stdout
    refused = conductor("task", "confirm", cwd=project, env={"CLAUDECODE": "1"})
    assert refused.returncode == 2
    confirmed = conductor("task", "confirm", cwd=project)
    assert confirmed.returncode == 0, confirmed.stderr
    assert f"{task} is COMPLETE." in confirmed.stdout
    assert check(conductor, project, "records") == []


def test_the_json_tells_what_was_changed(project, conductor, start, repair):
    start()
    repair(Makefile="test:\n\ttrue\n")
    (row,) = json.loads(conductor("task", "verify", "--json", cwd=project).stdout)["expectations"]
    assert (row["state"], row["selection"]["decides"]) == ("unmet", ["Makefile: the recipe of make test was changed"])
    assert row["selection"]["looked_at"] == ["CONDUCTOR.md", "Makefile"]


def test_putting_the_command_back_needs_no_person(project, conductor, start, repair, write):
    start()
    repair(Makefile="test:\n\ttrue\n")
    assert conductor("task", "verify", cwd=project).returncode == 1
    write({"Makefile": MAKE})
    assert conductor("task", "verify", cwd=project).returncode == 0


def test_a_narrowing_that_is_taken_back_after_the_run_was_seen(project, conductor, start, repair, write):
    start()
    write({"Makefile": "test:\n\ttrue\n"})
    assert conductor("task", "verify", cwd=project).returncode == 1
    write({"Makefile": MAKE})
    assert conductor("task", "done", cwd=project).returncode == 1


@pytest.mark.parametrize("again", [True, False])
def test_starting_the_task_again_forgets_nothing(project, conductor, start, repair, again):
    task = start()
    repair(Makefile="test:\n\ttrue\n")
    if again:
        conductor("task", "done", cwd=project)
        conductor("task", "reopen", task, "--why", "more", cwd=project)
    assert conductor("task", "start", task, cwd=project).returncode == 0
    assert conductor("task", "verify", task, cwd=project).returncode == 1


def test_evidence_of_another_task_proves_nothing_about_this_one(project, conductor, start, repair, repository):
    first = start()
    repair(Makefile="test:\n\ttrue\n")
    second = start()
    assert conductor("task", "verify", second, cwd=project).returncode == 0
    text = (project / "TASKS.md").read_text()
    reference = next(word for line in text.splitlines() if "- [x]" in line for word in line.split() if "#1:" in word)
    head, _, rest = text.partition("- [ ] command unit: exits 0")
    (project / "TASKS.md").write_text(f"{head}- [x] command unit: exits 0 (evidence {reference}{rest}")
    found = conductor("check", "records", cwd=project)
    assert "REC-TICK-001" in found.stdout
    assert f"was observed for {second}, not for this task" in found.stdout
    assert first in found.stdout


def test_a_configuration_that_is_not_committed_yet_is_what_it_was(repository, git, conductor, write, start):
    write({"calc.py": "def double(x):\n    return x + x\n"})
    git("add", "-A", cwd=repository)
    git("commit", "-qm", "Begin", cwd=repository)
    write({"CONDUCTOR.md": CONFIGURATION, "Makefile": MAKE, ".gitignore": "local.mk\n"})
    assert conductor("trust", cwd=repository).returncode == 0
    start()
    git("add", "-A", cwd=repository)
    git("commit", "-qm", "More", cwd=repository)
    assert conductor("task", "verify", cwd=repository).returncode == 0


def test_what_git_ignores_is_compared_too(project, git, conductor, write, start, repair):
    repair(Makefile="-include local.mk\n" + MAKE.replace("python3", "$(PYTHON)"))
    write({"local.mk": "PYTHON = python3\n", ".git/info/exclude": "local.mk\n"})
    start()
    assert conductor("task", "verify", cwd=project).returncode == 0
    start()
    write({"local.mk": "PYTHON = true\n"})
    verified = conductor("task", "verify", cwd=project)
    assert "the recipe of make test was changed" in verified.stdout


def test_an_ignored_file_is_no_change_of_a_task_whose_start_nobody_noted(project, conductor, write, start, repair):
    repair(Makefile="-include local.mk\n" + MAKE.replace("python3", "$(PYTHON)"))
    write({"local.mk": "PYTHON = python3\n", ".git/info/exclude": "local.mk\n"})
    start(start=False)
    verified = conductor("task", "verify", cwd=project)
    assert "git does not keep it" in verified.stdout


def test_variables_of_the_caller_leave_no_test_out(project, conductor, start, repair, write):
    write({"Makefile": "test:\n\t@echo options $$PYTEST_ADDOPTS; false\n"})
    start()
    verified = conductor("task", "verify", "--json", cwd=project, env={"PYTEST_ADDOPTS": "--co", "MAKEFLAGS": "-n"})
    assert json.loads(verified.stdout)["expectations"][0]["state"] == "unmet"
    (path,) = (project / ".conductor/evidence").glob("*/v-*.jsonl")
    detail = json.loads(path.read_text())["detail"]
    assert detail["environment"] == "without MAKEFLAGS, PYTEST_ADDOPTS"
    assert detail["tail"][0] == "options"


def test_other_changes_of_tests_are_a_notice_and_no_hindrance(project, git, conductor, start, repair, write):
    (project / "tests").mkdir()
    write({"tests/test_calc.py": "def test_a():\n    pass\n\n\ndef test_b():\n    pass\n"})
    git("add", "-A", cwd=project)
    git("commit", "-qm", "Tests", cwd=project)
    start()
    repair(**{"tests/test_calc.py": "def test_a():\n    pass\n"})
    verified = conductor("task", "verify", cwd=project)
    assert verified.returncode == 0
    assert "notice: tests/test_calc.py: 1 test is gone (test_b)" in verified.stdout


def test_which_expectation_a_person_confirms_has_to_be_said_where_two_wait(project, conductor, start, repair):
    task = start("command unit", "manual")
    repair(Makefile="test:\n\ttrue\n")
    conductor("task", "verify", cwd=project)
    both = conductor("task", "confirm", cwd=project)
    assert (both.returncode, "2 expectations that wait" in both.stderr) == (2, True)
    assert conductor("task", "confirm", "--number", "1", cwd=project).returncode == 1
    assert conductor("task", "confirm", "--number", "2", cwd=project).returncode == 0
    assert conductor("task", "done", task, cwd=project).returncode == 0


def test_nothing_waits_for_a_person_where_the_command_failed(project, conductor, start, write):
    start()
    write({"Makefile": "test:\n\tfalse\n"})
    verified = conductor("task", "verify", cwd=project)
    assert "exit 2" in verified.stdout
    assert "confirm" not in verified.stdout
    refused = conductor("task", "confirm", cwd=project)
    assert (refused.returncode, "0 expectations" in refused.stderr) == (2, True)
