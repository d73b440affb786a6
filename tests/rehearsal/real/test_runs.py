"""act's lines, as GitHub would tell of them."""

from conductor.rehearsal.actions import ActionsState, Timing
from conductor.rehearsal.real.runs import _Telling
from conductor.rehearsal.workflow import parse_workflow

WORKFLOW = """on: push
jobs:
  build:
    steps:
      - uses: actions/checkout@v4
      - {id: image, name: Build, run: docker build .}
      - {name: After, run: echo after}
"""


def told(*lines):
    state = ActionsState(lambda *_: True, Timing())
    run = state._create(parse_workflow("w.yml", WORKFLOW), "main", "0" * 40, "Title", "push")
    telling = _Telling(run, run.latest)
    for line in lines:
        telling.take({"jobID": "build", "stage": "Main", **line})
    telling.end()
    state.close()
    return run.latest


def rows(attempt):
    return [(step.name, step.conclusion) for step in attempt.steps]


def test_steps_end_as_act_says_and_those_it_is_silent_about_were_skipped():
    attempt = told(
        {"stepID": ["0"], "step": "checkout", "stepResult": "success"},
        {"stepID": ["image"], "msg": "going on\n", "raw_output": True},
        {"stepID": ["image"], "level": "error", "msg": "  ❌  exitcode '7': failure"},
        {"stepID": ["image"], "step": "Build", "stepResult": "failure"},
    )
    assert rows(attempt) == [("Set up job", "skipped"), ("Run actions/checkout@v4", "success"), ("Build", "failure"),
                             ("After", "skipped"), ("Complete job", "success")]  # fmt: skip
    text = [line.split(" ", 1)[1] for line in attempt.log]
    assert text[-4:] == ["##[group]Build", "going on", "##[error]Process completed with exit code 7.", "##[endgroup]"]


def test_what_a_composite_action_does_inside_ends_no_step():
    attempt = told({"stepID": ["image", "main"], "stepResult": "success"})
    assert rows(attempt)[2] == ("Build", "cancelled")


def test_a_failure_of_another_job_is_a_step_of_its_own():
    attempt = told({"jobID": "lint", "step": "Look", "stepID": ["0"], "stepResult": "failure"})
    assert ("lint / Look", "failure") in rows(attempt)
    assert [step.number for step in attempt.steps] == list(range(1, len(attempt.steps) + 1))


def test_annotations_and_colours_are_as_in_a_job_s_log():
    attempt = told(
        {"command": "warning", "arg": "old", "msg": "  ⚠  old"},
        {"msg": "\x1b[31mred\x1b[0m\nnext", "raw_output": True},
        {"msg": "  ✅  Success - Main x"},
    )
    assert [line.split(" ", 1)[1] for line in attempt.log] == ["##[warning]old", "red", "next"]
