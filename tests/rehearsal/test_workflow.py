from __future__ import annotations

import pytest

from conductor.rehearsal.workflow import parse_workflow

PATH = ".github/workflows/build.yml"


def flow(triggers, steps="[{run: make}]"):
    return parse_workflow(PATH, f"on: {triggers}\njobs: {{build: {{steps: {steps}}}}}\n")


@pytest.mark.parametrize(
    ("triggers", "branch", "changed", "starts"),
    [
        ("push", "any", ["a"], True),
        ("[push, workflow_dispatch]", "any", ["a"], True),
        ("workflow_dispatch", "main", ["a"], False),
        ("{push: {branches: [main]}}", "main", ["a"], True),
        ("{push: {branches: [main]}}", "other", ["a"], False),
        ('{push: {branches: ["release/**"]}}', "release/1/x", ["a"], True),
        ("{push: {paths-ignore: [TASKS.md]}}", "main", ["TASKS.md"], False),
        ("{push: {paths-ignore: [TASKS.md]}}", "main", ["TASKS.md", "image/a"], True),
        ('{push: {paths: ["image/**"]}}', "main", ["docs/a.md"], False),
        ('{push: {paths: ["image/**", "!image/*.md"]}}', "main", ["image/a.md"], False),
        ('{push: {paths: ["image/**"]}}', "main", ["image/a/b.py"], True),
    ],
)
def test_filters_decide_whether_a_push_starts_a_run(triggers, branch, changed, starts):
    assert flow(triggers).is_triggered_by(branch, changed) is starts


def test_the_build_step_is_the_one_that_builds_an_image():
    steps = "[{uses: actions/checkout@v5}, {name: Image, uses: docker/build-push-action@v6}, {run: echo done}]"
    parsed = flow("push", steps)
    assert parsed.steps == ("Run actions/checkout@v5", "Image", "Run echo done")
    assert parsed.build_step == "Image"


def test_the_job_that_builds_is_chosen_among_several():
    text = "on: push\njobs: {lint: {steps: [{run: ruff}]}, image: {steps: [{run: docker build .}]}}"
    assert parse_workflow(PATH, text).job == "image"


@pytest.mark.parametrize("text", ["- a", "", "on: [", "text"])
def test_what_is_no_workflow_is_refused(text):
    with pytest.raises(ValueError, match=r"workflow|YAML"):
        parse_workflow(PATH, text)
