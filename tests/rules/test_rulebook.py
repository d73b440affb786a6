from __future__ import annotations

import re
from pathlib import Path

import pytest

from conductor.domain.rule import JUDGES, RULES
from conductor.rules import https_remote
from conductor.rules.answer import Status
from conductor.rules.rulebook import MODULES, answer_rules, audit_rules, load_rule, meta_of
from tests.rules.conftest import codes, session
from tests.waiting import count_calls

ROOT = Path(__file__).resolve().parents[2]


def test_files_registry_docs_and_tests_are_the_same_rules():
    folder = ROOT / "conductor" / "rules"
    files = {path.stem for path in folder.glob("*.py") if "\nMETA = " in path.read_text()}
    assert files == set(MODULES)
    judges = {
        path.stem
        for path in (folder / "judge").glob("*.py")
        if re.search(r"^def judge(?:_write)?\(", path.read_text(), re.MULTILINE)
    }
    assert judges == set(JUDGES) <= files
    assert len({rule.id for rule in RULES} | {rule.name for rule in RULES}) == 2 * len(RULES)
    for name in MODULES:
        assert meta_of(name).rule.name == name
        assert load_rule(name).__doc__.startswith(f"{meta_of(name).rule.id}: ")
        assert (ROOT / meta_of(name).docs).is_file(), f"{name} has no page"
        cases = [ROOT / f"tests/rules/test_{name}.py", ROOT / f"tests/guard/cases/{name}.txt"]
        assert any(path.is_file() for path in cases), f"{name} has no test"


def test_a_rule_that_raises_is_a_finding_and_the_others_still_run(tree, monkeypatch):
    tree.write("run.sh.bak", "x")

    def broken(context):
        yield from ()
        raise KeyError("surprise")

    monkeypatch.setattr(https_remote, "audit", broken)
    monkeypatch.setattr(https_remote, "report", lambda context: {}["no"])
    findings = audit_rules(tree.context())
    assert sorted(codes(findings)) == ["F1", "RULE-BUG-001"]
    assert "https_remote" in findings[-1].message or "https_remote" in findings[0].message
    answers = {meta.rule.name: answer for meta, answer in answer_rules(tree.context(session()))}
    assert answers["https_remote"].status is Status.NOT_OBSERVED
    assert "a bug of this rule" in answers["https_remote"].evidence[0]
    assert answers["file_variant"].status is Status.VIOLATED


def test_a_rule_that_is_off_is_not_audited(tree):
    tree.write("run.sh.bak", "x")
    tree.write("CONDUCTOR.md", "---\nconductor: 1\nrules: {file_variant: off}\n---\n")
    assert audit_rules(tree.context()) == []
    answers = {meta.rule.name: answer for meta, answer in answer_rules(tree.context())}
    assert answers["file_variant"].status is Status.NOT_NEEDED


def test_the_level_decides_how_bad_a_finding_is(tree):
    tree.write("run.sh.bak", (tree.root / "run.sh").read_text())
    assert [str(one.severity) for one in audit_rules(tree.context())] == ["error"]
    tree.write("CONDUCTOR.md", "---\nconductor: 1\nrules: {file_variant: warn}\n---\n")
    assert [str(one.severity) for one in audit_rules(tree.context())] == ["warning"]


def test_a_clean_project_has_no_finding(tree):
    assert audit_rules(tree.context()) == []


@pytest.mark.parametrize("state", ["empty", "shallow", "detached"])
def test_no_history_a_shallow_clone_and_a_detached_head_are_no_crash(tree, git, tmp_path, state):
    from tests.rules.conftest import Tree

    place = tmp_path / state
    if state == "empty":
        place.mkdir()
        git("init", "-q", cwd=place)
    else:
        tree.write("more", "x")
        tree.commit()
        git("clone", "-q", "--depth", "1", f"file://{tree.root}", str(place))
        if state == "detached":
            git("checkout", "-q", "--detach", cwd=place)
    other = Tree(place, git)
    assert audit_rules(other.context()) == []
    assert len(answer_rules(other.context(session()))) == len(MODULES)


def test_a_hundred_thousand_files_are_each_looked_at_a_few_times(tree):
    entries = "".join(f"100644 {'0' * 39}1\tdata/{n // 1000}/part_{n}.txt\n" for n in range(100_000))
    import subprocess

    blob = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], cwd=tree.root, input=b"x", capture_output=True, check=True
    )
    entries = entries.replace("0" * 39 + "1", blob.stdout.decode().strip())
    subprocess.run(["git", "update-index", "--index-info"], cwd=tree.root, input=entries.encode(), check=True)
    tree.write("run.sh.bak", (tree.root / "run.sh").read_text())
    found = []
    assert count_calls(lambda: found.extend(load_rule("file_variant").audit(tree.context()))) < 100 * 100_000
    assert codes(found) == ["F1"]
