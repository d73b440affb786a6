from __future__ import annotations

import pytest

from conductor.rules.answer import Status
from conductor.rules.context_lookup import find_version_changes, report
from tests.rules.conftest import DOCKERFILE, call, session


@pytest.mark.parametrize(
    ("name", "text", "changes"),
    [
        ("image/Dockerfile", DOCKERFILE.replace("2.7.1", "2.8.0"), 1),
        ("image/Dockerfile", DOCKERFILE.replace("/app/worker", "/app/work"), 0),
        ("image/Dockerfile", DOCKERFILE + "# pip install nothing\n", 0),
        ("run.sh", "pip install x==1\n", 0),
        (".github/workflows/build-worker.yml", "x:\n  - uses: actions/checkout@v5\n", 1),
    ],
)
def test_a_version_in_the_diff_is_a_change_of_that_kind(tree, name, text, changes):
    tree.write(name, text)
    assert len(find_version_changes(tree.context(session()))) == changes


def test_a_wheel_of_another_version_needs_a_lookup(tree):
    tree.write(
        "image/Dockerfile", DOCKERFILE + "RUN pip install https://example.invalid/flash_attn-2.5.8-cp310-x.whl\n"
    )
    assert report(tree.context(session(call("Edit", "image/Dockerfile")))).status is Status.VIOLATED
    assert report(tree.context(session(call("mcp__context7__get-library-docs", "flash-attn")))).status is Status.KEPT
    assert report(tree.context(session())).status is Status.NOT_OBSERVED


def test_not_needed_is_said_only_when_nothing_of_that_kind_changed(tree):
    tree.write("run.sh", "changed\n")
    assert report(tree.context(session(call("Edit", "run.sh")))).status is Status.NOT_NEEDED


def test_what_the_session_committed_counts(tree):
    base = tree.git("rev-parse", "HEAD")
    tree.write("requirements.txt", "einops==0.8.0\n")
    tree.commit()
    assert find_version_changes(tree.context(session(base=base))) == ["requirements.txt: einops==0.8.0"]
