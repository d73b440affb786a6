"""GitHub's expressions, by the examples of its documentation and the ways in which workflows use them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.workflows import partial
from conductor.workflows.expressions import Open, interpolate, is_true

CONTEXTS = {
    "github": Open(repository="Acme/Worker", ref="refs/heads/main", event_name="push", event=Open(release=None)),
    "env": Open(NAME="worker", EMPTY=""),
    "inputs": {"push": True, "tag": "v1"},
    "matrix": {"cuda": "12.6"},
    "secrets": Open(),
    "vars": Open(),
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${{ github.repository }}", "Acme/Worker"),
        ("a ${{env.NAME}} b ${{ env['NAME'] }}", "a worker b worker"),
        ("${{ 'it''s' }}", "it's"),
        ("${{ '}}' }}", "}}"),
        ("${{ format('{0}/{1}:{{{2}}}', 'a', 'b', 3) }}", "a/b:{3}"),
        ("${{ inputs.push }}", "true"),
        ("${{ inputs.nothing }}", ""),
        ("${{ matrix.cuda == '12.6' && 'gpu' || 'cpu' }}", "gpu"),
        ("${{ matrix.none || 'default' }}", "default"),
        ("${{ contains('Hello world', 'LLO') }}", "true"),
        ("${{ contains(fromJSON('[\"push\", \"pull\"]'), 'push') }}", "true"),
        ("${{ startsWith(github.ref, 'refs/heads/') && endsWith(github.ref, 'MAIN') }}", "true"),
        ("${{ join(fromJSON('[1, 2]'), '-') }}", "1-2"),
        ("${{ 0x1F }}", "31"),
        ("${{ 2.50 }}", "2.5"),
        ("${{ !github.event.release }}", "true"),
        ("${{ github.event.release.tag_name }}", ""),
        ("${{ 1 < 2 && 'b' >= 'a' || 'no' }}", "no"),
        ("${{ null == 0 }}", "true"),
        ("${{ success() && !cancelled() }}", "true"),
        ("no expression, ${ this } neither", "no expression, ${ this } neither"),
        ("${{ unclosed", "${{ unclosed"),
    ],
)
def test_what_is_literal_is_worked_out(text, value):
    assert interpolate(text, CONTEXTS) == value


@pytest.mark.parametrize(
    ("text", "shown", "filled"),
    [
        ("${{ secrets.USER }}/w", "${{ secrets.USER }}/w", None),
        ("${{ vars.A || 'acme' }}", "${{ vars.A }}", "acme"),
        ("${{ vars.A || vars.B || 'acme' }}", "${{ vars.A }}", "acme"),
        ("${{ format('{0}/w', vars.A || 'acme') }}", "${{ vars.A }}/w", "acme/w"),
        ("${{ secrets.X == 'a' && 'one' || 'two' }}", "${{ secrets.X }}", "one"),
        ("${{ env.UNSEEN }}", "${{ env.UNSEEN }}", None),
        ("${{ steps.x.outputs.y }}", "${{ steps.x.outputs.y }}", None),
        ("${{ hashFiles('**/lock') }}", "${{ hashfiles }}", None),
        ("${{ this is no expression }}", "${{ this is no expression }}", None),
    ],
)
def test_what_can_not_be_seen_keeps_its_name_and_its_default(text, shown, filled):
    value = interpolate(text, CONTEXTS)
    assert partial.show(value) == shown
    assert (partial.fill(value) if partial.is_settled(value) else None) == filled


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("github.event_name == 'push'", True),
        ("${{ github.event_name != 'push' }}", False),
        ("false", False),
        ("always() && github.ref == 'refs/heads/main'", True),
        ("secrets.DEPLOY == 'yes'", None),
        ("${{ vars.DEPLOY }}", None),
        ("needs.build.result == 'success' || github.event_name == 'push'", True),
    ],
)
def test_a_condition_holds_or_not_or_can_not_be_seen(condition, holds):
    assert is_true(condition, CONTEXTS) is holds


@given(st.text(alphabet="${}'\"()[]|&=!<>.,* abcgithub01-", max_size=120))
def test_no_text_ends_in_an_exception(text):
    assert isinstance(interpolate("${{" + text + "}}", CONTEXTS), str)
    assert is_true(text, CONTEXTS) in {True, False, None}


@given(st.text(max_size=80))
def test_a_text_without_an_expression_is_itself(text):
    assert interpolate(text.replace("${{", ""), CONTEXTS) == text.replace("${{", "")


def test_brackets_without_end_cost_no_time():
    interpolate("${{ " + "(" * 20_000 + " }}", CONTEXTS)
    interpolate("${{ " + "'" * 20_001, CONTEXTS)
    interpolate("${{ " + "a||" * 1_000 + "a }}", CONTEXTS)
