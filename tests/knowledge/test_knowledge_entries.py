import json
import re

import pytest

from conductor.config.disk import DiskTree
from conductor.knowledge import KnowledgeProblem, entries, subjects
from conductor.knowledge.entries import HERE, read_yaml

LARGE_BYTES = 30_000


def test_every_fact_names_its_source_and_the_day_it_was_checked():
    for subject in subjects():
        for entry in entries(subject):
            assert entry["name"], subject
            assert entry["source"], (subject, entry["name"])
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", entry["checked"]), (subject, entry["name"])


def test_every_large_file_ships_compiled_and_says_the_same_as_its_source():
    large = [path for path in HERE.glob("*.yaml") if path.stat().st_size > LARGE_BYTES]
    assert {path.stem for path in large} == {path.stem for path in HERE.glob("*.json")}
    for path in large:
        assert json.loads(path.with_suffix(".json").read_bytes()) == read_yaml(path.read_bytes()), path.name


def test_an_unknown_subject_is_an_error_that_names_the_known_ones():
    with pytest.raises(KnowledgeProblem) as caught:
        entries("cats")
    assert "gpus" in caught.value.hint


def write(tmp_path, subject, text):
    folder = tmp_path / ".conductor" / "knowledge"
    folder.mkdir(parents=True)
    (folder / f"{subject}.yaml").write_text(text)
    return tmp_path


def test_a_project_adds_facts_and_its_own_come_first(tmp_path):
    root = write(
        tmp_path, "gpus", "checked: '2026-01-01'\nentries:\n- {name: X1, sm: '8.9', source: the vendor's page}\n"
    )
    own = entries("gpus", root=DiskTree(root))
    assert own[0]["name"] == "X1"
    assert own[0]["checked"] == "2026-01-01"
    assert len(own) == len(entries("gpus")) + 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("entries: [", "cannot be read"),
        ("just words", "no list"),
        ("entries: [1]", "not a mapping"),
        ("entries:\n- {name: X1, sm: '8.9'}\n", "no `source`"),
        ("checked: '2026-01-01'\nentries:\n- {sm: '8.9', source: s}\n", "no `name`"),
        ("checked: '2026-01-01'\nentries:\n- {name: X1, source: s}\n", "no `sm`"),
        ("checked: '2026-01-01'\nentries:\n- {name: X1, sm: eighty, source: s}\n", "`sm: eighty`"),
        ("a: &a [x]\nentries: [*a, *a]\n", "aliases"),
    ],
)
def test_a_project_file_that_cannot_be_used_is_an_error_with_its_path(tmp_path, text, said):
    root = write(tmp_path, "gpus", text)
    with pytest.raises(KnowledgeProblem) as caught:
        entries("gpus", root=DiskTree(root))
    assert said in caught.value.message
    assert caught.value.path == ".conductor/knowledge/gpus.yaml"


def test_a_project_without_additions_has_the_built_in_facts(tmp_path):
    assert entries("gpus", root=DiskTree(tmp_path)) == entries("gpus")


@pytest.mark.parametrize(
    ("subject", "entry", "said"),
    [
        ("images", "confidence: sure", "`confidence: sure`"),
        ("apt-packages", "absent: all", "not a list"),
        ("known-bad", "left: 'a b', right: c, effect: e, remedy: r", "not a requirement"),
        ("torch", "cuda: '12.6'", "cannot be extended"),
        ("runner-labels", "gone: soon", "`gone: soon`"),
        ("actions", "ended: '2025-13-01'", "`ended: 2025-13-01`"),
        ("sizes", "match: '(', unpacked_gb: 3", "no regular expression"),
        ("sizes", "unpacked_gb: much", "`unpacked_gb: much`"),
    ],
)
def test_a_fact_of_another_shape_is_refused(tmp_path, subject, entry, said):
    root = write(tmp_path, subject, f"checked: '2026-01-01'\nentries:\n- {{name: n, source: s, {entry}}}\n")
    with pytest.raises(KnowledgeProblem) as caught:
        entries(subject, root=DiskTree(root))
    assert said in caught.value.message


def test_the_built_in_facts_have_the_shape_that_is_asked_of_others():
    from conductor.knowledge.shapes import CLOSED, misshapen

    for subject in set(subjects()) - CLOSED:
        for entry in entries(subject):
            assert misshapen(subject, entry) is None, (subject, entry["name"])
