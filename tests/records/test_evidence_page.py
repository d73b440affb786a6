"""docs/evidence.md names every finding about evidence."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_code_has_its_row_and_every_row_its_code():
    sources = [path for room in ("records", "rules", "cli") for path in (ROOT / "conductor" / room).glob("*.py")]
    codes = {code for source in sources for code in re.findall(r"EV-[A-Z]+-\d{3}", source.read_text())}
    page = (ROOT / "docs" / "evidence.md").read_text()
    assert set(re.findall(r"^\| (EV-[A-Z]+-\d{3}) \|", page, re.MULTILINE)) == codes
