"""docs/rules.md holds the table as the code has it, and every page a finding names exists."""

from __future__ import annotations

import re
from pathlib import Path

from conductor.config.settings import Settings
from conductor.domain.rule import BY_NAME
from conductor.rules.rulebook import MODULES, meta_of
from conductor.rules.table import render_table

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "rules.md"


def fill(page: str) -> str:
    rows = ["| rule | what must be true | checked by | level |", "| --- | --- | --- | --- |"]
    for name in MODULES:
        meta = meta_of(name)
        link = f"[{meta.rule.id} `{name}`](rules/{name}.md)"
        rows.append(f"| {link} | {meta.must} | {meta.checked_by} | {BY_NAME[name].level} |")
    table = "\n".join(rows) + "\n"
    return re.sub(r"(<!-- rules -->\n).*?(<!-- /rules -->)", lambda m: m[1] + table + m[2], page, flags=re.DOTALL)


def test_the_page_of_rules_holds_the_table(request):
    page = PAGE.read_text()
    if request.config.getoption("--update-golden"):
        PAGE.write_text(fill(page))
    assert PAGE.read_text() == fill(page)
    assert render_table(Settings()).count("\n") == len(MODULES) + 2


def test_every_page_that_a_finding_names_exists():
    named = set()
    for folder in ("rules", "host", "sessions"):
        for path in (ROOT / "conductor" / folder).rglob("*.py"):
            named |= set(re.findall(r"\"(docs/[a-z/_-]+\.md)", path.read_text()))
    assert named
    assert [page for page in sorted(named) if not (ROOT / page).is_file()] == []
