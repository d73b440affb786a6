from __future__ import annotations

import pytest

from conductor.rehearsal.project import _SLUG


@pytest.mark.parametrize(
    ("origin", "slug"),
    [
        ("git@github.com:owner/worker.git", ("owner", "worker")),
        ("ssh://git@github.com/owner/worker", ("owner", "worker")),
        ("ssh://git@127.0.0.1:2222/owner/worker.git", ("owner", "worker")),
        ("https://github.com/owner/my.worker.git/", ("owner", "my.worker")),
        ("git@gitlab.example:group/sub/worker.git", ("sub", "worker")),
    ],
)
def test_the_remote_names_owner_and_repository(origin, slug):
    assert _SLUG.fullmatch(origin).groups() == slug


@pytest.mark.parametrize("origin", ["/srv/git/worker.git", "../worker", "", "file"])
def test_a_path_on_this_machine_names_none(origin):
    assert _SLUG.fullmatch(origin) is None
