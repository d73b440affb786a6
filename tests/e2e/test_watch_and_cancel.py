"""`release --until`, `release watch` and `release cancel`, by the installed command."""

from __future__ import annotations

import json
import signal

import pytest

from conductor.release.lock import LOCK_REF


def begin(show, event, **match):
    """Start a release and return its process once its ledger has that line."""
    process = show.start("release", "--yes")
    while process.poll() is None:
        lines = show.ledger()
        if any(line["event"] == event and match.items() <= line.items() for line in lines):
            break
    return process


def test_a_first_release_stops_at_the_image_and_goes_on(show):
    code, output, errors = show.run("release", "--until", "image", "--dry-run", "--yes")
    assert (code, "smoke" in output, "  image " in output) == (0, False, True), errors
    code, answer = show.release("--until", "image")
    assert (code, answer["release"]["outcome"], answer["release"]["cause"]) == (0, "stopped", "UNTIL")
    assert (show.endpoint.patches, answer["release"]["resumable"]) == ([], True)
    code, output, _ = show.run("release", "watch")
    assert code == 0
    assert "  image " in output
    code, answer = show.release("--resume")
    assert (code, answer["release"]["outcome"], len(show.endpoint.patches)) == (0, "verified", 1)


def test_a_step_that_is_not_there_is_refused_before_anything_is_done(show):
    code, answer = show.release("--until", "moon")
    assert (code, "there is no step 'moon'" in answer["error"]["message"]) == (2, True)
    assert show.ledger_files() == []


def test_a_release_that_runs_is_watched_to_its_end(show):
    process = begin(show, "step", step="push")
    code, output, errors = show.run("release", "watch", "--for", "5m")
    assert code == 0, errors
    names = [line.split()[0] for line in output.splitlines()]
    assert names[-4:] == ["deploy", "rollout", "smoke", "record"]
    assert ": verified." in errors
    process.communicate()


def test_a_watch_that_is_over_before_the_release_says_that_it_still_runs(show):
    show.stage.actions.timing = show.stage.actions.timing.__class__(60, 60, 60, 60)
    process = begin(show, "step", step="build")
    code, output, errors = show.run("release", "watch", "--for", "1s", "--json")
    assert (code, json.loads(output)["release"]["state"]) == (1, "running")
    assert "still runs, at build" in errors
    process.send_signal(signal.SIGKILL)
    process.communicate()
    code, _, errors = show.run("release", "watch")
    assert code == 130
    assert "was interrupted at build, and nobody works on it" in errors
    assert "conductor release --resume" in errors


def test_a_release_that_runs_is_cancelled_and_its_process_ends(show):
    show.stage.actions.timing = show.stage.actions.timing.__class__(60, 60, 60, 60)
    process = begin(show, "step", step="build")
    code, output, errors = show.run("release", "cancel", "--json")
    assert code == 0, errors
    answer = json.loads(output)
    assert (answer["command"], answer["release"]["outcome"]) == ("release cancel", "cancelled")
    assert (answer["exit"], answer["release"]["cause"], answer["release"]["resumable"]) == (0, "WITHDRAWN", False)
    process.communicate()
    assert process.returncode == 130
    assert show.run("release", "--resume")[0] == 3
    assert show.run("release", "cancel")[0] == 3


def test_what_was_deployed_is_put_back_by_a_cancel(show):
    code, _ = show.release("--until", "rollout")
    assert code == 8
    code, output, errors = show.run("release", "cancel")
    assert code == 0, errors
    assert "Rolled back" in output
    assert show.endpoint.fields["image"] == show.stage.info.previous
    assert LOCK_REF not in show.stage.git_host._branches()


@pytest.mark.parametrize(
    "words", [["watch", "--for", "soon"], ["watch", "r-1"], ["cancel", "r-20260105-103100-4f2a91c"]]
)
def test_what_was_typed_wrongly_is_refused(show, words):
    assert show.run("release", *words)[0] == 2


def test_without_a_release_there_is_nothing_to_watch_or_cancel(show):
    assert (show.run("release", "watch")[0], show.run("release", "cancel")[0]) == (3, 3)
