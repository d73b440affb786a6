"""What evidence says is asked of the world again: against servers that speak the services' protocols."""

from __future__ import annotations

import json
import re

import pytest

from conductor.domain.evidence import Evidence, Outcome
from conductor.records.evidence import EvidenceStore
from tests.e2e.test_release import new_task

KINDS = ("build", "image", "deployed", "smoke")


@pytest.fixture
def released(show):
    """Return a show whose task is complete on a release, and the task's id."""
    task = new_task(show, *KINDS)
    code, answer = show.release()
    assert (code, answer["release"]["task_status"]) == (0, "COMPLETE")
    return show, task


def again(show, task):
    code, output, errors = show.run("task", "verify", task, "--again", "--json")
    assert output, errors
    return code, {row["kind"]: (row["answer"], row["told"]) for row in json.loads(output)["again"]}


def online(show, **environment):
    code, output, errors = show.run("check", "records", "--online", "--json", **environment)
    assert output, errors
    return code, [row for row in json.loads(output)["findings"] if row["code"].startswith("EV-AGAIN")]


def test_what_is_still_so_is_the_same_and_no_finding(released):
    show, task = released
    code, rows = again(show, task)
    assert code == 0
    assert {kind: answer for kind, (answer, _) in rows.items()} == {
        "build": "same", "image": "same", "deployed": "same", "smoke": None,
    }  # fmt: skip
    assert online(show) == (0, [])


def change_run(show):
    show.stage.actions.runs[-1].latest.conclusion = "failure"


def delete_image(show):
    show.stage.registry.manifests.clear()


def deploy_by_hand(show):
    show.endpoint.patch({"image": show.stage.info.previous})


def lose_run(show):
    show.stage.actions.runs.clear()


def rewrite_branch(show):
    bare = show.stage.git_host.bare
    show.git("--git-dir", str(bare), "update-ref", f"refs/heads/{show.stage.info.branch}", "HEAD~1")


CHANGES = {
    "a run that failed": (change_run, "build", r"evidence: run \d+ attempt 1 of \w{7}: success; GitHub: .*: failure"),
    "a run that never was": (lose_run, "build", r"evidence: run \d+ attempt 1; GitHub: no such run"),
    "an image that is not there": (delete_image, "image", r"evidence: sha256:\w{4}… in .*; the registry: no such digest"),
    "an endpoint changed by hand": (deploy_by_hand, "deployed", r"evidence: production serves sha256:\w{4}…; production says: sha256:\w{4}…"),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_what_differs_is_told_with_both_values_and_opens_the_task_again(released, case):
    show, task = released
    change, kind, told = CHANGES[case]
    change(show)
    code, rows = again(show, task)
    assert (code, rows[kind][0]) == (1, "differs")
    assert re.search(told, rows[kind][1]), rows
    code, output, _ = show.run("check", "records", "--json")
    assert "TASK-PROOF-001" in {row["code"] for row in json.loads(output)["findings"]}
    code, output, _ = show.run("task", "show", task, "--json")
    (row,) = [row for row in json.loads(output)["task"]["expectations"] if row["kind"] == kind]
    assert (row["state"], "failed later" in row["reason"]) == ("unmet", True)
    written = show.run("task", "verify", task, "--again")
    assert written[0] == 1
    files = list((show.root / ".conductor/evidence").glob("*/v-*.jsonl"))
    assert sum(len(path.read_text().splitlines()) for path in files) == 1


@pytest.mark.parametrize("case", [*CHANGES, "a branch that was rewritten"])
def test_a_check_tells_what_differs_and_writes_nothing(released, case):
    show, _ = released
    change, _, told = CHANGES.get(
        case, (rewrite_branch, "push", r"evidence: \w{7} on refs/heads/\S+; the remote: \w{7}")
    )
    before = sorted(path.read_bytes() for path in (show.root / ".conductor/evidence").rglob("*.jsonl"))
    change(show)
    code, findings = online(show)
    assert code == 1
    assert [(row["code"], row["severity"]) for row in findings] == [("EV-AGAIN-001", "error")]
    assert re.search(told, findings[0]["message"])
    assert findings[0]["path"].startswith(".conductor/evidence/")
    assert sorted(path.read_bytes() for path in (show.root / ".conductor/evidence").rglob("*.jsonl")) == before


def test_what_is_so_again_makes_the_evidence_count_again(released):
    show, task = released
    live = show.endpoint.fields["image"]
    deploy_by_hand(show)
    assert again(show, task)[0] == 1
    show.endpoint.patch({"image": live})
    assert again(show, task)[0] == 0
    _, output, _ = show.run("check", "records", "--json")
    assert "TASK-PROOF-001" not in {row["code"] for row in json.loads(output)["findings"]}


def test_who_can_not_be_reached_is_skipped_and_never_the_same(released):
    show, task = released
    show.stage.control.close()
    code, rows = again(show, task)
    assert (code, rows["deployed"][0], rows["build"][0]) == (5, "skipped", "same")
    assert "can't be reached" in rows["deployed"][1]
    code, findings = online(show)
    assert code == 0
    assert [(row["code"], row["severity"]) for row in findings] == [("EV-AGAIN-002", "advice")]
    assert findings[0]["message"].startswith("skipped, not asked again: ")


def test_without_credentials_each_service_is_skipped_for_its_reason(released):
    show, _ = released
    code, findings = online(show, GITHUB_TOKEN="", RUNPOD_API_KEY="", PATH="/usr/bin:/bin")
    assert code == 0
    told = " ".join(row["message"] for row in findings)
    assert "there is no GitHub token" in told
    assert "there is no RunPod key" in told


def test_a_wrong_credential_is_no_proof_that_a_run_never_was(released):
    show, _ = released
    code, findings = online(show, GITHUB_TOKEN="wrong")
    assert (code, {row["code"] for row in findings}) == (0, {"EV-AGAIN-002"})


def forge(show, task, number, evidence):
    """Write a line as another host's and tick the expectation with it, as an agent might by hand."""
    text = (show.root / "TASKS.md").read_text()
    line = EvidenceStore(show.root, keys=show.root.parent / "other").append("r-20260105-103100-aaaaaaa", evidence)
    label = [one for one in text.splitlines() if one.startswith("- [ ] ")][number]
    (show.root / "TASKS.md").write_text(
        text.replace(label, f"{label.replace('[ ]', '[x]')} (evidence {line.reference})", 1)
    )
    return line


def test_a_line_in_another_hosts_name_is_found_out_by_asking(show):
    task = new_task(show, "build")
    revision = show.git("rev-parse", "HEAD")
    now = "2999-01-01T00:00:00Z"
    forge(
        show,
        task,
        0,
        Evidence("build", revision, Outcome.PASSED, now, "https://github.com/x", {"run": 4711, "attempt": 1}),
    )
    code, output, _ = show.run("check", "records", "--json")
    assert (code, [row["code"] for row in json.loads(output)["findings"] if row["code"] == "EV-HOST-002"]) == (
        0,
        ["EV-HOST-002"],
    )
    code, rows = again(show, task)
    assert (code, rows["build"]) == (1, ("differs", "evidence: run 4711 attempt 1; GitHub: no such run"))


def test_a_release_asks_again_what_its_task_rests_on_already(show):
    task = new_task(show, "image", "smoke")
    digest = "sha256:" + "ab" * 32
    name = show.stage.info.previous.partition("@")[0]
    line = forge(show, task, 0, Evidence("image", digest, Outcome.PASSED, "2999-01-01T00:00:00Z", f"{name}@{digest}"))
    code, answer = show.release()
    assert code == 0
    text = (show.root / "TASKS.md").read_text()
    assert answer["release"]["task_status"] == "COMPLETE"
    lines = [
        json.loads(one) for path in show.root.glob(".conductor/evidence/*/*") for one in path.read_text().splitlines()
    ]
    failed = [one for one in lines if one["outcome"] == "failed"]
    assert [one["detail"]["asked_again"] for one in failed] == [line.reference]
    assert "- [x] image" in text
    assert f"(evidence {line.reference})" not in text


def test_what_only_an_earlier_forged_line_carries_stays_open_after_a_release(show):
    task = new_task(show, "deployed elsewhere", "commit", "smoke")
    absent = "f" * 40
    forge(show, task, 1, Evidence("commit", absent, Outcome.OBSERVED, "2999-01-01T00:00:00Z", "git log"))
    _, answer = show.release()
    assert answer["release"]["task_status"] != "COMPLETE"


def test_a_task_that_rests_on_nothing_that_can_be_asked_says_so(show):
    task = new_task(show, "manual")
    assert show.run("task", "confirm", task)[0] == 0
    code, _, errors = show.run("task", "verify", task, "--again")
    assert (code, "no evidence that can be asked again" in errors) == (3, True)
