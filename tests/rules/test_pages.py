"""The pages and the tables of the rules are what the code says; scripts/generate_rule_pages.py writes them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from conductor.config.settings import Settings, load_settings
from conductor.rules.rulebook import MODULES, meta_of
from conductor.rules.table import check_table, render_table

ROOT = Path(__file__).resolve().parents[2]


def script():
    specification = importlib.util.spec_from_file_location("rule_pages", ROOT / "scripts" / "generate_rule_pages.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


GENERATE = script()


@pytest.mark.parametrize("name", MODULES)
def test_each_rules_page_is_what_its_module_says_and_its_example_answers(name, tmp_path):
    assert (ROOT / meta_of(name).docs).read_text() == GENERATE.render_page(name, tmp_path)


def test_no_page_is_left_over():
    assert {path.stem for path in (ROOT / "docs" / "rules").glob("*.md")} == {*MODULES, "custom"}


def test_the_tables_hold_every_rule():
    page = (ROOT / "docs/rules.md").read_text()
    assert page == GENERATE.render_rules(page)
    assert render_table(Settings()).count("\n") == len(MODULES) + 2
    assert check_table(ROOT, load_settings(ROOT)) == []


def test_every_page_that_a_finding_names_exists():
    named = set()
    for folder in ("rules", "host", "sessions"):
        for path in (ROOT / "conductor" / folder).rglob("*.py"):
            named |= set(re.findall(r"\"(docs/[a-z/_-]+\.md)", path.read_text()))
    assert named
    assert [page for page in sorted(named) if not (ROOT / page).is_file()] == []
