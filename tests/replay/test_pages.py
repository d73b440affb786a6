"""What the pages show of a replay is what it prints; `--update-golden` writes it anew."""

import re
from pathlib import Path

import pytest

from tests.replay.story import write_story

ROOT = Path(__file__).resolve().parents[2]


def shown(command: str, lines: list[str]) -> str:
    return f"<!-- example -->\n```\n$ {command}\n" + "\n".join(lines) + "\n```\n<!-- /example -->"


def sum_and_records(lines: list[str]) -> list[str]:
    """Leave out the timeline and the defects' lives."""
    begins = [at for at, line in enumerate(lines) if not line]
    return ["…", *lines[begins[0] + 1 : begins[1]], "…", *lines[begins[2] + 1 :]]


@pytest.mark.parametrize(
    ("page", "arguments", "choose"),
    [
        ("docs/replay.md", (), lambda lines: lines),
        ("README.md", (), sum_and_records),
    ],
)
def test_the_page_shows_a_real_run(page, arguments, choose, tmp_path, conductor, request):
    write_story(tmp_path)
    done = conductor("replay", *arguments, cwd=tmp_path)
    text = shown(" ".join(("conductor replay", *arguments)), choose(done.stdout.splitlines()))
    place = ROOT / page
    before = place.read_text()
    after = re.sub(r"<!-- example -->\n.*?<!-- /example -->", lambda _: text, before, count=1, flags=re.DOTALL)
    if request.config.getoption("--update-golden"):
        place.write_text(after)
        pytest.skip("written anew")
    assert before == after
