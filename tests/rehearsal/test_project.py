from __future__ import annotations

import pytest

from conductor.rehearsal.project import _IMAGE, _SLUG


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


@pytest.mark.parametrize(
    "image", ["docker.io/owner/name", "owner/name", "name", "127.0.0.1:5000/a/b-c.d/e__f", "ghcr.io/o/n"]
)
def test_a_repository_s_name_is_taken(image):
    assert _IMAGE.fullmatch(image)


@pytest.mark.parametrize("image", ["docker.io/OWNER/name", "a/b:tag", "a//b", "/a", "a/", "a@sha256:0", "a b", ""])
def test_anything_else_is_not(image):
    assert not _IMAGE.fullmatch(image)
