"""The projects are the same for the same seed, each edit fits some of them, and a verdict follows from truth and answer."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from conductor.config.settings import Settings
from conductor.preflight.api import check_project
from tests.reality.compare import Row, compare_all
from tests.reality.engine import Missing, Truth, choose_start_limit_s, require
from tests.reality.faults import FAULTS
from tests.reality.fuzz import try_one
from tests.reality.plan import Case, plan
from tests.reality.project import Change, Project
from tests.reality.report import render_table
from tests.reality.truths import load_truth, save_truth
from tests.reality.twists import TWISTS
from tests.reality.verdict import Answer, judge

CASES = sorted((Path(__file__).parent / "cases").iterdir())
WORKS, BREAKS = Truth(True, True), Truth(True, False, "no module")


def answer(*severities):
    return Answer(tuple({"severity": one, "code": "PF-X", "message": one} for one in severities), 0.1)


def test_a_seed_decides_every_byte():
    first, again, other = plan(5, 20), plan(5, 20), plan(6, 20)
    assert first == again
    assert [case.project for case in first] != [case.project for case in other]


def test_a_longer_run_begins_with_the_shorter_one():
    assert plan(5, 30)[: len(plan(5, 10))] == plan(5, 10)


def test_each_twist_and_each_fault_fits_some_project():
    cases = plan(1, 700)
    used = {case.fault for case in cases} | {name for case in cases for name in case.twists}
    assert {one.name for one in FAULTS + TWISTS} - used == set()


def test_edits_have_names_of_their_own():
    names = [one.name for one in FAULTS + TWISTS]
    assert len(names) == len(set(names))


def test_a_mutant_differs_from_its_parent():
    projects = {case.name: case.project for case in plan(3, 60)}
    for case in plan(3, 60):
        if case.parent:
            assert case.project.files != projects[case.parent].files, case.name


def test_at_least_half_of_the_projects_are_meant_to_work():
    cases = plan(1, 100)
    assert sum(not case.fault for case in cases) * 2 >= len(cases)


def test_a_change_that_finds_nothing_does_not_apply():
    project = Project({"a.txt": b"one\ntwo\n"}, {}, roles={"@first": "a.txt"})
    assert Change("a.txt", "three", "four").apply(project) is None
    assert Change("@other", "one", "four").apply(project) is None
    assert Change("@first", "^two$", "{first}").apply(project).files == {"a.txt": b"one\na.txt\n"}
    assert Change("b.txt", "", "new").apply(project).files["b.txt"] == b"new"
    assert Change("a.txt", "").apply(project).files == {}


def test_a_program_may_be_executed_where_it_was_written(tmp_path):
    Project({"bin/run.sh": b"#!/bin/sh\n", "x": b""}, {}, frozenset({"bin/run.sh"})).write(tmp_path)
    assert (tmp_path / "bin/run.sh").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "x").stat().st_mode & 0o111 == 0


@pytest.mark.parametrize(
    ("truth", "said", "shows", "verdict"),
    [
        (WORKS, ["error", "warning"], None, "false"),
        (WORKS, ["warning", "advice"], None, "noise"),
        (WORKS, ["advice"], None, "quiet"),
        (WORKS, ["error"], "Dockerfile", "false"),
        (BREAKS, ["error"], "Dockerfile", "found"),
        (BREAKS, ["warning"], "Dockerfile", "missed"),
        (BREAKS, [], "", "outside"),
        (BREAKS, [], None, "accident"),
        (BREAKS, ["error"], None, "accident"),
    ],
)
def test_reality_decides_whether_an_answer_is_right(truth, said, shows, verdict):
    assert judge(truth, answer(*said), answer(), shows) == verdict


def test_an_error_that_the_working_parent_has_too_finds_no_fault():
    assert judge(BREAKS, answer("error"), answer("error"), "Dockerfile") == "missed"


def test_no_answer_is_never_a_right_one():
    assert judge(BREAKS, Answer((), 1.0, "exit 70"), None, "Dockerfile") == "robust"


def test_the_table_counts_broken_and_working_apart():
    shape = {"base": "3.11", "install": "names", "program": "file", "start": "exec", "user": "root"}
    names = ("found", "found", "missed", "false", "quiet", "quiet", "noise", "outside")
    rows = [Row(Case(name, Project({}, shape)), WORKS, answer(), name) for name in names]
    assert "| all | 8 | 2 of 3 (66.7 %) | 1 of 4 (25.0 %) | 1 of 4 (25.0 %) |" in render_table(rows)
    assert "1 whose fault no file shows" in render_table(rows)


def test_a_truth_is_read_back_as_it_was_written(tmp_path):
    save_truth(tmp_path, Truth(True, False, "gone", "a long log"), "abc")
    assert load_truth(tmp_path, "abc") == load_truth(tmp_path) == Truth(True, False, "gone")
    assert load_truth(tmp_path, "another project") is None
    assert load_truth(tmp_path / "elsewhere") is None


def test_what_was_built_is_compared_whatever_plan_it_was_of(tmp_path):
    for name, parent, truth in (("a", "", BREAKS), ("a-fault", "a", BREAKS), ("b", "", WORKS)):
        plan(1, 1)[0].project.write(tmp_path / name / "project")
        about = {"shape": {}, "twists": [], "parent": parent, "fault": "cmd-trailing-comma" if parent else ""}
        (tmp_path / name / "case.json").write_text(json.dumps({**about, "shows": "Dockerfile" if parent else None}))
        save_truth(tmp_path / name, truth, "")
    rows = compare_all(tmp_path, Path(sys.executable).with_name("conductor"))
    assert [(row.case.name, row.verdict) for row in rows] == [
        ("a", "accident"),
        ("a-fault", "accident"),
        ("b", "quiet"),
    ]


def test_what_the_machine_lacks_is_named(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(Missing, match="as root"):
        require()
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Missing, match="not installed: buildah"):
        require()


def test_a_project_that_preflight_reads_goes_through_the_fuzzer_without_trouble(tmp_path):
    plan(1, 1)[0].project.write(tmp_path)
    assert try_one(tmp_path) == ""


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_a_kept_case_is_answered_as_it_is_written_down(case, tmp_path, request):
    """`preflight` in its truth.json says what is said today: right (found, quiet), or a disagreement that is known."""
    project = shutil.copytree(case / "project", tmp_path / "project", symlinks=True)
    text = json.loads((case / "truth.json").read_text())
    found = check_project(project, Settings(), dockerfile=project / "Dockerfile").findings
    told = Answer(
        tuple({"severity": str(one.severity), "code": one.code, "message": one.message} for one in found), 0.0
    )
    said = judge(load_truth(case), told, None, text["shows"])
    if request.config.getoption("--update-golden") and said != text["preflight"]:
        (case / "truth.json").write_text(json.dumps({**text, "preflight": said}, indent=1, ensure_ascii=False) + "\n")
        pytest.skip("written anew")
    assert said == text["preflight"]


@pytest.mark.parametrize(("busy", "limit_s"), [(0, 6), (1, 6), (2, 12), (100, 24)])
def test_a_start_is_watched_longer_where_more_programs_want_the_cpu(busy, limit_s):
    assert choose_start_limit_s(busy) == limit_s
