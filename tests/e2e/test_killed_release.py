"""A release that is killed after any line of its ledger and resumed ends as if nothing had happened.

By default a line of each kind is tried; `CONDUCTOR_EVERY_LINE=1` tries every line (about four minutes).
"""

from __future__ import annotations

import json
import os

import pytest

from conductor.release.lock import LOCK_REF

# After: the push's intent · the deployment's intent · its result · a job's id · the records' result.
SAMPLE = (7, 18, 19, 25, 31)
# The ledger of a release that is not killed has 35 lines; the last one ends it.
LINES = tuple(range(1, 35)) if os.environ.get("CONDUCTOR_EVERY_LINE") else SAMPLE


@pytest.mark.parametrize("line", LINES)
def test_a_killed_release_ends_as_if_it_had_not_been_killed(show, line):
    assert show.start_and_kill_after(line, "release", "--yes", "--json"), "it ended before it could be killed"
    killed_at = len(show.ledger())
    assert killed_at >= line
    code, output, errors = show.run("release", "--resume", "--json")
    assert code == 0, errors
    release = json.loads(output)["release"]
    assert release["outcome"] == "verified"
    assert all(step["state"] == "done" for step in release["steps"])
    counts = show.counts()
    assert counts["pushes"] == 1
    assert counts["deploys"] == [release["image"]]
    assert 2 <= counts["jobs"] <= 3
    assert (show.root / "JOURNAL.md").read_text().count(f"{release['id']} verified") == 1
    assert len(show.ledger_files()) == 1
    assert LOCK_REF not in show.stage.git_host._branches()
    kinds = [
        json.loads(text)["kind"] for text in next(show.root.glob(".conductor/evidence/*/*")).read_text().splitlines()
    ]
    assert kinds == ["rules", "preflight", "push", "build", "image", "deployed", "rollout", "smoke"]


def test_a_release_killed_again_and_again_still_ends(show):
    assert show.start_and_kill_after(8, "release", "--yes", "--json")
    for more in (4, 8):
        assert show.start_and_kill_after(len(show.ledger()) + more, "release", "--resume")
    code, _, errors = show.run("release", "--resume")
    assert code == 0, errors
    assert show.counts()["pushes"] == 1
    assert len(show.counts()["deploys"]) == 1


def test_a_rollback_that_is_killed_goes_on_as_a_rollback(open_show):
    show = open_show(drill="worker-unhealthy")
    show.allow_pushes()
    process = show.start("release", "--yes", "--json")
    folder = show.root / ".git/conductor/releases"
    while process.poll() is None:
        if any(b'"action": "rollback"' in path.read_bytes() for path in folder.glob("r-*.jsonl")):
            process.kill()
    process.communicate()
    code, output, errors = show.run("release", "--resume", "--json")
    assert code == 6, errors
    release = json.loads(output)["release"]
    assert release["outcome"] == "rolled_back"
    assert show.counts()["deploys"] == [release["image"], show.stage.info.previous]
    assert show.endpoint.fields["image"] == show.stage.info.previous
    assert (show.root / "JOURNAL.md").read_text().count(f"{release['id']} rolled_back") == 1
