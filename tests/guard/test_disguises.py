import pytest

from conductor.guard.judge.command import judge
from tests.guard.cases import make_facts
from tests.guard.disguises import FORBIDDEN, MENTIONS, RUNS

ONE_MORE_ARGUMENT = {"xargs words", "parallel words"}  # `cp app.py app_v2.py x` copies into x instead


@pytest.mark.parametrize("disguise", RUNS)
@pytest.mark.parametrize("rule", FORBIDDEN)
def test_a_disguised_command_is_still_stopped(rule, disguise):
    if rule == "file_variant" and disguise in ONE_MORE_ARGUMENT:
        pytest.skip("the disguise changes what this command does")
    verdict = judge(RUNS[disguise](FORBIDDEN[rule]), make_facts())
    assert verdict.verdict != "allow"
    assert verdict.reason


@pytest.mark.parametrize("mention", MENTIONS)
@pytest.mark.parametrize("rule", FORBIDDEN)
def test_a_mentioned_command_is_let_through(rule, mention):
    verdict = judge(MENTIONS[mention](FORBIDDEN[rule]), make_facts())
    assert (verdict.verdict, verdict.rule) == ("allow", "none"), verdict.reason


@pytest.mark.parametrize("outer", ["eval", "bash -c", "heredoc", "python", "base64", "function", "xargs sh"])
@pytest.mark.parametrize("inner", ["split name", "variable", "sudo", "env -S", "find", "echo pipe"])
def test_disguises_inside_disguises_are_still_stopped(outer, inner):
    for command in FORBIDDEN.values():
        assert judge(RUNS[outer](RUNS[inner](command)), make_facts()).verdict != "allow"


def test_a_grant_lifts_its_rule_and_nothing_else():
    for rule, command in FORBIDDEN.items():
        assert judge(command, make_facts(grant=[rule])).verdict == "allow"
        others = [other for other in FORBIDDEN if other != rule]
        assert judge(command, make_facts(grant=others)).verdict != "allow"
