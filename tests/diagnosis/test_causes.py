"""The catalogue: each cause is known by its own example, and what it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conductor.diagnosis.causes import built_in, load_causes
from conductor.diagnosis.explain import diagnose
from conductor.diagnosis.pages import file_of, render_index, render_page
from conductor.errors import UsageProblem

ROOT = Path(__file__).resolve().parent.parent.parent
CAUSES = built_in()
SIGNS = [(cause, sign) for cause in CAUSES for sign in cause.signs]


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.code)
def test_a_cause_is_known_by_its_example(cause):
    found = diagnose(cause.example.encode())
    assert found.suspect is not None
    assert found.suspect.cause.code == cause.code


def test_codes_are_unique_and_what_a_cause_names_is_there():
    codes = [cause.code for cause in CAUSES]
    assert len(codes) == len(set(codes))
    for cause in CAUSES:
        assert set(cause.after) <= set(codes) - {cause.code}, cause.code
        assert all((ROOT / "docs" / "checks" / f"{name}.md").is_file() for name in cause.checks), cause.code


OWN = """causes:
  - code: LICENCE_SERVER
    meaning: The licence server did not answer.
    remedy: Start it.
    phase: run
    lines:
      - {has: lmgrd is down, match: 'lmgrd is down on (?P<host>\\S+)', sure: 3}
"""


def test_a_project_adds_causes_of_its_own(tmp_path):
    (tmp_path / ".conductor" / "causes").mkdir(parents=True)
    (tmp_path / ".conductor" / "causes" / "ours.yaml").write_text(OWN)
    causes = load_causes(tmp_path)
    found = diagnose(b"FATAL: lmgrd is down on gpu-7\n", causes)
    assert found.suspect.cause.code == "LICENCE_SERVER"
    assert found.suspect.found == {"host": "gpu-7"}
    assert len(causes) == len(CAUSES) + 1


def test_an_own_cause_takes_the_place_of_one_with_its_code(tmp_path):
    (tmp_path / ".conductor" / "causes").mkdir(parents=True)
    (tmp_path / ".conductor" / "causes" / "ours.yaml").write_text(OWN.replace("LICENCE_SERVER", "DISK_FULL"))
    assert len(load_causes(tmp_path)) == len(CAUSES)


@pytest.mark.parametrize(
    "text",
    [
        "causes: 5\n",
        "- a\n",
        "{",
        OWN.replace("LICENCE_SERVER", "licence"),
        OWN.replace("phase: run", "phase: never"),
        OWN.replace("lmgrd is down,", "LMGRD,"),
        OWN.replace("(?P<host>", "(?P<host"),
        OWN.replace("sure: 3", "sure: 9"),
        OWN.replace(r"\S+", r"(?:\S+)+"),
        OWN.replace("lmgrd is down,", "'137',"),
        OWN.replace("remedy:", "advice:"),
        OWN + "    colour: red\n",
    ],
)
def test_a_file_that_is_no_list_of_causes_is_refused_with_its_name(tmp_path, text):
    (tmp_path / ".conductor" / "causes").mkdir(parents=True)
    (tmp_path / ".conductor" / "causes" / "ours.yaml").write_text(text)
    with pytest.raises(UsageProblem) as refused:
        load_causes(tmp_path)
    assert refused.value.path == ".conductor/causes/ours.yaml"


def test_every_pattern_matches_text_with_plain_quotes():
    """Other quotation marks are made plain before a line is looked at."""
    for _, sign in SIGNS:
        for pattern in (sign.match, sign.unless):
            assert pattern is None or not re.search("[\u2018\u2019\u201c\u201d]", pattern.pattern)


def test_the_pages_say_what_the_catalogue_says():
    folder = ROOT / "docs" / "causes"
    written = {path.name: path.read_text() for path in folder.glob("*.md")}
    assert written == {**{file_of(cause): render_page(cause) for cause in CAUSES}, "README.md": render_index(CAUSES)}
