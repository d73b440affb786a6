from __future__ import annotations

from pathlib import Path

import pytest

from conductor.rules.rulebook import MODULES, meta_of
from tests.rules.pages import EXAMPLES, render_page

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", MODULES)
def test_each_rules_page_is_what_its_module_says_and_its_example_answers(name, tree, surroundings, request):
    page = ROOT / meta_of(name).docs
    text = render_page(name, tree, surroundings)
    if request.config.getoption("--update-golden"):
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text)
    assert page.read_text() == text


def test_every_rule_has_an_example_and_no_page_is_left_over():
    assert set(EXAMPLES) == set(MODULES)
    pages = {path.stem for path in (ROOT / "docs" / "rules").glob("*.md")}
    assert pages == {*MODULES, "custom"}
