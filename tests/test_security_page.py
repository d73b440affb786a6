"""What docs/security.md says of variables and tests is so."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/security.md").read_text()
# Not read from an environment: a heredoc's end in the guard's wrapper, and what the judges look for in commands.
NOT_READ = {
    *("CONDUCTOR_EVENT", "CONDUCTOR_NOW"),
    *("CONDUCTOR_CORPUS", "CONDUCTOR_FUZZ", "CONDUCTOR_INSTALLERS", "CONDUCTOR_EVERY_LINE", "CONDUCTOR_WRITES"),
    "CONDUCTOR_AGENTS",
}


def test_every_variable_of_conductors_own_is_judged_and_none_that_is_gone():
    told = PAGE.partition("<!-- variables -->")[2].partition("<!-- /variables -->")[0]
    sources = [path.read_text() for path in (ROOT / "conductor").rglob("*.py")]
    named = {name for source in sources for name in re.findall(r"\bCONDUCTOR_[A-Z]\w*", source)}
    assert set(re.findall(r"CONDUCTOR_[A-Z]\w*", told)) == named - NOT_READ


def test_nothing_that_is_shipped_reads_the_time_from_the_environment():
    for path in (ROOT / "conductor").rglob("*.py"):
        assert not re.search(r"environ\S*[^\n]*CONDUCTOR_NOW", path.read_text()), path


def test_every_control_names_the_test_that_holds_it():
    rows = [
        line for line in PAGE.splitlines() if line.startswith("| ") and "tested by" not in line and "---" not in line
    ]
    tests = [name for row in rows for name in re.findall(r"`(tests/[\w./]+)`", row)]
    assert len(tests) > 10
    for name in tests:
        assert (ROOT / name).exists(), name
