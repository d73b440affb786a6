import json

import pytest

from conductor.errors import UsageProblem
from conductor.sessions.next_steps import read_next_step


@pytest.mark.parametrize(
    ("text", "title", "kinds"),
    [
        ("Validate the build [build, image]", "Validate the build", ["build", "image"]),
        ("Monitor GitHub Actions build success", "Monitor GitHub Actions build success", ["build"]),
        ("Validate container deployment in RunPod", "Validate container deployment in RunPod", ["deployed", "smoke"]),
        ("Commit and push", "Commit and push", ["commit"]),
        ("Ask the designer", "Ask the designer", ["manual"]),
        ("Run the tests", "Run the tests", ["manual"]),
    ],
)
def test_a_step_says_what_would_show_it_done(text, title, kinds):
    found, expected = read_next_step(text)
    assert found == title
    assert [one.kind for one in expected] == kinds


def test_a_named_command_is_expected_only_where_the_project_has_it():
    assert [one.label for one in read_next_step("Run the tests", ("unit",))[1]] == ["command unit: exits 0"]


def test_an_unknown_kind_is_refused():
    with pytest.raises(UsageProblem):
        read_next_step("Do it [bild]")


TASK = """# Task Management

## Current Task
**Task ID**: TASK-2026-01-05-001
**Title**: Use the wheel that fits
**Status**: IN_PROGRESS

### Task Context
- **Next Steps**: 1. Validate the build; 2. Ask the designer
"""


def test_the_steps_that_the_day_wrote_down_become_tasks_once(repository, conductor):
    conductor("session", "start", "--id", "day", cwd=repository)
    (repository / "TASKS.md").write_text(TASK)
    first = conductor("session", "end", "day", cwd=repository)
    assert first.returncode == 0, first.stderr
    assert "Not taken as tasks: Validate the build; Ask the designer" in first.stderr
    assert "TASK-" not in first.stdout
    taken = conductor("session", "end", "day", "--from-records", cwd=repository)
    assert "Validate the build (expects build)" in taken.stdout
    assert "Ask the designer (expects manual)" in taken.stdout
    again = conductor("session", "end", "day", "--from-records", "--json", cwd=repository)
    assert json.loads(again.stdout)["tasks"] == []
