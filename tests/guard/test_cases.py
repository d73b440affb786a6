import json
import os
import pathlib

import pytest

from conductor.domain.rule import JUDGES
from conductor.guard.judge.command import judge, read_facts
from tests.guard.cases import NAMES, POLICY_NAMES, read_cases

CASES = [(name, *case) for name in NAMES for case in read_cases(name)]


@pytest.mark.parametrize(("name", "wanted", "facts", "command"), CASES)
def test_each_case_gets_the_verdict_the_policy_gives_it(name, wanted, facts, command):
    verdict = judge(command, facts)
    assert verdict.verdict == wanted, verdict.reason
    assert verdict.reason
    if wanted == "block":
        assert verdict.rule == name
    if wanted == "allow":
        assert verdict.rule == "none"


CLAUSES = [(name, *case) for name in POLICY_NAMES for case in read_cases(f"policy/{name}")]


@pytest.mark.parametrize(("name", "wanted", "facts", "command"), CLAUSES)
def test_each_clause_of_the_policy_holds(name, wanted, facts, command):
    verdict = judge(command, facts)
    assert verdict.verdict in {"stop": ("ask", "block")}.get(wanted, (wanted,)), verdict.reason
    if wanted == "block":
        assert verdict.rule == name


def test_every_rule_has_cases_in_both_directions():
    for rule in JUDGES:
        verdicts = {case[0] for case in read_cases(rule)}
        assert "allow" in verdicts
        assert verdicts & {"ask", "block"}


@pytest.mark.skipif("CONDUCTOR_CORPUS" not in os.environ, reason="needs the labelled corpus (CONDUCTOR_CORPUS)")
def test_the_labelled_corpus_is_judged_right():
    path = pathlib.Path(os.environ["CONDUCTOR_CORPUS"]) / "commands.jsonl"
    wrong = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        verdict = judge(row["command"], read_facts(row["facts"]))
        if verdict.verdict not in row["accept"]:
            wrong.append((row["command"], verdict.verdict, verdict.reason))
    assert wrong == []
