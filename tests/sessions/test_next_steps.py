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
