"""Findings are remembered while no file changes, and never longer."""

from __future__ import annotations

import json
import os

import pytest

from conductor.cli.remembered import read_finding, remember, stamp_tree
from conductor.domain.finding import Confidence, Finding, Location, Severity

FOUND = [
    Finding(
        "PF-X-001",
        "wrong",
        "mend",
        Severity.ADVICE,
        Confidence.LOW,
        Location("a b", 3, 4, 5),
        ("  3 | x",),
        "docs/x.md",
        fix=True,
        data={"fix": {"line": 3}},
    ),
    Finding("PF-X-002", "also wrong", "mend"),
]


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "root"
    (root / "image").mkdir(parents=True)
    (root / "image/Dockerfile").write_text("FROM scratch\n")
    return root


def asked(tree, tmp_path, facts="settings"):
    """Return the answer, and whether it had to be found."""
    calls = []

    def find():
        calls.append(1)
        return FOUND

    return remember(tmp_path / "cache", tree, facts, find), bool(calls)


def test_an_answer_is_remembered_whole(tree, tmp_path):
    first, found = asked(tree, tmp_path)
    assert found
    again, found = asked(tree, tmp_path)
    assert not found
    assert again == first == FOUND
    assert [finding.data for finding in again] == [finding.data for finding in FOUND]


@pytest.mark.parametrize("change", ["content", "new", "removed", "mode", "facts"])
def test_any_change_makes_it_ask_again(tree, tmp_path, change):
    (tree / "more").write_text("x")
    asked(tree, tmp_path)
    if change == "content":
        os.utime(tree / "image/Dockerfile", ns=(1, 1))
    elif change == "new":
        (tree / "image/new").write_text("")
    elif change == "removed":
        (tree / "more").unlink()
    elif change == "mode":
        (tree / "more").chmod(0o755)
    assert asked(tree, tmp_path, "others" if change == "facts" else "settings")[1]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 1}', '{"schema": 1, "key": "KEY", "findings": [1]}'])
def test_a_damaged_cache_is_not_believed(tree, tmp_path, content):
    asked(tree, tmp_path)
    (path,) = (tmp_path / "cache").iterdir()
    path.write_text(content.replace("KEY", stamp_tree(tree, "settings")))
    assert asked(tree, tmp_path)[0] == FOUND


def test_findings_survive_json():
    for finding in FOUND:
        assert read_finding(json.loads(json.dumps(finding.as_json()))) == finding
