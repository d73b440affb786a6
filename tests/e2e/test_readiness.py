"""A release without set-up: all that is missing is told at once, before anything is done."""

from __future__ import annotations

import json

GRANT = "nobody has allowed the push"
SETUP = ("GITHUB_TOKEN", "GH_TOKEN", "RUNPOD_API_KEY")


def strip(show):
    """Take away what a person has set up."""
    for name in list(show.environment):
        if name in SETUP or name.startswith("RUNPOD_ENDPOINT"):
            del show.environment[name]
    show.environment["PATH"] = "/usr/bin:/bin"


def messages(output):
    return [row["message"] for row in json.loads(output)["errors"]]


def test_everything_that_is_missing_is_told_at_once_and_nothing_is_done(open_show):
    show = open_show()
    strip(show)
    (show.root / "image/handler.py").write_text("x = 1\n")
    code, output, errors = show.run("release", "--json")
    assert code == 2
    told = messages(output)
    for part in ("RUNPOD_ENDPOINT", "working tree differs", "no GitHub token", "no RunPod key", GRANT):
        assert sum(part in message for message in told) == 1, part
    assert len(told) == 5
    assert all(row["hint"] for row in json.loads(output)["errors"])
    assert errors.endswith("Nothing was begun: 5 things are missing.\n")
    assert show.counts() == {"pushes": 0, "deploys": [], "jobs": 0}
    assert show.ledger_files() == []
    code, _, errors = show.run("release")
    assert errors.splitlines()[-1] == "Nothing was begun: 5 things are missing."
    assert errors.count("\n  remedy: ") >= 5


def test_a_dry_run_tells_the_same_below_its_plan(open_show):
    show = open_show()
    strip(show)
    code, output, errors = show.run("release", "--dry-run")
    assert code == 2
    assert "would do this, in order" in output
    assert "no RunPod key" in errors
    assert GRANT in errors
    assert errors.splitlines()[-1] == "Nothing was done. 4 things missing."
    answer = json.loads(show.run("release", "--dry-run", "--json")[1])
    assert (answer["exit"], answer["dry_run"], answer["plan"]["branch"]) == (2, True, "main")
    assert len(answer["errors"]) == 4


def test_a_dry_run_that_lacks_nothing_but_your_word_is_fine(open_show):
    show = open_show()
    code, _, errors = show.run("release", "--dry-run")
    assert code == 0
    assert f"note: {GRANT}" in errors
    assert "conductor grant" in errors
    show.allow_pushes()
    assert GRANT not in show.run("release", "--dry-run")[2]


def test_the_workflow_must_be_in_head_and_be_started_by_the_push(open_show):
    def prepare(root):
        path = root / ".github/workflows/build-worker.yml"
        path.write_text(path.read_text().replace("    branches: [main]\n", '    tags: ["v*"]\n'))

    show = open_show(prepare=prepare)
    show.allow_pushes()
    code, output, _ = show.run("release", "--json")
    assert (code, len(messages(output))) == (2, 1)
    assert "is not started by a push to main" in messages(output)[0]
    show.git("rm", "-q", "--cached", ".github/workflows/build-worker.yml")
    show.git("commit", "-q", "-m", "Take the workflow out")
    code, output, _ = show.run("release", "--json")
    assert code == 2
    assert any("build-worker.yml is not in" in message for message in messages(output))
    assert show.ledger_files() == []


def test_values_that_are_not_filled_in_come_first(open_show):
    show = open_show(configure=lambda text: text.replace("docker.io/rehearsal/seedvr2-worker", "FILL_IN"))
    strip(show)
    for words in (("release", "--json"), ("release", "--dry-run", "--json")):
        code, output, _ = show.run(*words)
        assert code == 2
        assert "build.image is not filled in" in messages(output)[0]
        assert len(messages(output)) > 3


def test_what_the_rules_have_against_a_push_is_told_with_the_rest(open_show):
    show = open_show()
    strip(show)
    show.git("remote", "set-url", "origin", "https://github.com/owner/worker.git")
    told = messages(show.run("release", "--json")[1])
    assert any("R8a" in message and "not over SSH" in message for message in told)


def test_what_waits_for_trust_is_a_note_and_stops_nothing(open_show):
    show = open_show(configure=lambda text: text.replace("smoke:\n", "commands: {unit: make test}\nsmoke:\n", 1))
    show.allow_pushes()
    code, _, errors = show.run("release", "--dry-run")
    assert code == 0
    assert "note: commands.unit has no effect" in errors.replace("CONDUCTOR.md: ", "")


def test_no_secret_is_in_the_list(open_show):
    show = open_show()
    show.environment["GITHUB_TOKEN"] = "ghp_" + "a" * 36
    del show.environment["RUNPOD_API_KEY"]
    _, output, errors = show.run("release", "--json", "--dry-run")
    assert "ghp_" not in output + errors
