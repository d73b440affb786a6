"""Small repositories, each a way in which people build images, with the answer that a reader would give.

`right` holds what can be seen for certain, null what must be left open; `candidates` are offered for an open image.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from conductor.config.disk import DiskTree
from conductor.workflows.events import Facts
from conductor.workflows.survey import survey_repository

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


def write_tree(root, files):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_repository_is_read_as_a_person_reads_it(tmp_path, path):
    case = yaml.safe_load(path.read_text())
    write_tree(tmp_path, case["files"])
    survey = survey_repository(DiskTree(tmp_path), Facts(case["repository"], "main"))
    assert {key: answer.value for key, answer in survey.answers.items()} == case["right"], case["why"]
    if "candidates" in case:
        assert list(survey.answers["image"].candidates) == case["candidates"]
    for key in ("workflow", "dockerfile"):
        assert survey.value(key) is None or (tmp_path / survey.value(key)).is_file()
