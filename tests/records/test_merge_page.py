"""The merge that docs/merge.md shows is the one that the driver makes; `--update-golden` writes what comes out."""

import re
from pathlib import Path

from conductor.records.merge import merge_records
from conductor.records.merge_ids import Versions

PAGE = Path(__file__).resolve().parents[2] / "docs" / "merge.md"
BLOCK = r"(<!-- {} -->\n```markdown\n)([\s\S]*?)(^```\n)"


def shown(page, name):
    return re.search(BLOCK.format(name), page, re.MULTILINE)[2]


def test_the_page_shows_what_the_driver_gives(request):
    page = PAGE.read_text()
    base, ours, theirs = (shown(page, name).encode() for name in ("base", "ours", "theirs"))
    merged = merge_records("TASKS.md", Versions(base, ours, theirs))
    if request.config.getoption("--update-golden"):
        text = merged.text.decode()
        PAGE.write_text(re.sub(BLOCK.format("merged"), lambda m: m[1] + text + m[3], page, flags=re.MULTILINE))
    assert merged.conflicts == 0
    assert shown(PAGE.read_text(), "merged") == merged.text.decode()


def test_the_picture_names_every_file_of_the_merge():
    named = set(re.findall(r"\b(merge\w*)\.py", PAGE.read_text()))
    files = {path.stem for path in (PAGE.parents[1] / "conductor/records").glob("merge*.py")}
    assert files - named == {"merge_driver", "merge_state"}
