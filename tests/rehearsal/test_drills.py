from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conductor.cli.perform import perform
from conductor.cli.progress import Silence
from conductor.config.settings import BuildSettings
from conductor.errors import UsageProblem
from conductor.rehearsal import edits, mischief
from conductor.rehearsal.drill import VERIFIED, rolled_back, stopped
from conductor.rehearsal.drills import DRILLS, find_drill
from conductor.rehearsal.edits import SEED_WHEEL
from conductor.rehearsal.understudy import CRASHES, FAILS, THROTTLED

BUILD = BuildSettings(".github/workflows/build.yml", "Dockerfile", ".", "owner/worker")


@pytest.fixture
def act(monkeypatch, tmp_path):
    """Return a function that runs a drill on the sample project and tells what was wrong with its end."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(drill, **options):
        return perform(None, drill, keep=False, opened=lambda _: None, observer=Silence, **options)

    return run


def test_there_are_at_least_fourteen_and_each_stands_under_its_own_name():
    assert len(DRILLS) >= 14
    assert all(drill.name == name for name, drill in DRILLS.items())


def test_every_resume_but_the_one_of_a_killed_release_has_something_put_right_before_it():
    for drill in DRILLS.values():
        killed = drill.endings[0].outcome == "killed"
        assert len(drill.corrections) == (0 if killed else len(drill.endings) - 1), drill.name


def test_an_unknown_name_lists_the_known_ones_and_the_nearest_first():
    with pytest.raises(UsageProblem) as caught:
        find_drill("pull-denid")
    assert caught.value.hint.startswith("did you mean pull-denied? One of: ")
    assert all(name in caught.value.hint for name in DRILLS)


# A drill that can't fail proves nothing: each of these declares what does not happen.
@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("wrong-revision-label", {"endings": (VERIFIED,)}, "ended stopped, exit 6, not verified, exit 0"),
        ("wrong-revision-label", {"endings": (stopped("IMAGE_CONTEXT"),)}, "its cause is IMAGE_REVISION, not"),
        ("wrong-revision-label", {"deployments": 1}, "production was deployed to 0 times, not 1"),
        ("wrong-revision-label", {"endings": (stopped("IMAGE_REVISION", live="new"),)}, "serves the earlier image"),
        ("wrong-revision-label", {"diagnosed": "WHEEL_PLATFORM"}, "not found to say WHEEL_PLATFORM"),
        ("registry-token-expires", {"prepare": mischief.attest}, "no token ran out"),
        ("second-target-fails", {"prepare": mischief.let_workers_at(-1, FAILS)}, "SMOKE_WRONG"),
        ("no-capacity", {"corrections": (mischief.be_well,)}, "ended stopped, exit 8, not verified, exit 0"),
    ],
)
def test_a_drill_that_ends_otherwise_is_wrong(act, name, changes, said):
    found = act(replace(DRILLS[name], **changes))
    assert any(said in problem for problem in found.wrong), found.wrong


def test_limits_that_are_not_restored_are_seen(act, monkeypatch):
    monkeypatch.setattr("conductor.release.rollback.restore_limits", lambda *_: None)
    found = act(DRILLS["second-target-fails"])
    assert found.wrong == ("production may have 1 workers, not 2",)


def test_evidence_that_is_lost_is_seen(act):
    found = act(replace(DRILLS["evidence-outlives-rollback"], prepare=mischief.let_workers(CRASHES),
                        endings=(rolled_back("WORKERS_UNHEALTHY"),)))  # fmt: skip
    assert found.wrong == ("the evidence lacks the failed job",)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_wherever_a_release_is_killed_its_resume_does_nothing_twice(act, seed):
    assert act(DRILLS["killed"], seed=seed).wrong == ()


def test_a_target_that_stays_without_capacity_keeps_the_new_image(act):
    drill = DRILLS["no-capacity"]
    found = act(replace(drill, endings=drill.endings[:1], corrections=(), prepare=mischief.let_workers(THROTTLED)))
    assert (found.wrong, found.result.exit_code, found.result.cause) == ((), 8, "CAPACITY")


@pytest.mark.parametrize("base", ["pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime", "python:3.10"])
def test_the_seed_s_wheel_is_put_on_an_image_with_another_python(tmp_path, base):
    (tmp_path / "Dockerfile").write_text(f'FROM {base}\nCMD ["python", "handler.py"]\n')
    edits.use_seed_wheel(tmp_path, BUILD, None)
    lines = (tmp_path / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("FROM")][
        -1
    ] == "FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime"
    assert lines[-1].endswith(SEED_WHEEL)


@pytest.mark.parametrize(
    "source",
    [
        '"""Import nothing."""\nfrom __future__ import annotations\n\nfrom os import path\n',
        "import os\n",
        "from __future__ import annotations\nx = 1\n",
        "print('no import')\n",
        "",
    ],
)
def test_a_broken_handler_crashes_on_the_missing_module_wherever_it_imports(tmp_path, source):
    (tmp_path / "handler.py").write_text(source)
    edits.break_handler(tmp_path, BUILD, "handler.py")
    with pytest.raises(ModuleNotFoundError, match="seedvr2_kernels"):
        exec(compile((tmp_path / "handler.py").read_text(), "handler.py", "exec"), {})


def test_a_project_without_a_handler_cannot_have_that_drill(tmp_path):
    with pytest.raises(UsageProblem, match="none was found"):
        edits.break_handler(tmp_path, BUILD, None)


def test_the_page_has_every_drill_as_it_is():
    page = (Path(__file__).resolve().parents[2] / "docs/rehearsal.md").read_text(encoding="utf-8")
    rows = [f"| `{drill.name}` | {drill.summary} | {drill.declared} |" for drill in DRILLS.values()]
    assert "\n".join(rows) in page
