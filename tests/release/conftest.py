"""A repository with a worker in it, and a world around it."""

from __future__ import annotations

import pytest

from conductor.providers.git import GitRepository
from tests.release.world import Scene


@pytest.fixture
def commit(repository, git):
    """Return a function that writes files, commits them and returns the revision."""

    def write(message="Change", **files):
        for name, text in files.items():
            path = repository / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        git("add", "--all", cwd=repository)
        git("commit", "--quiet", "--allow-empty", "-m", message, cwd=repository)
        return git("rev-parse", "HEAD", cwd=repository)

    return write


@pytest.fixture
def scene(repository, git, commit):
    git("remote", "add", "origin", "ssh://git@host/owner/worker.git", cwd=repository)
    commit("First version", image__Dockerfile="FROM python:3.11-slim\n", image__handler="1")
    commit("Second version", image__handler="2")
    return Scene(GitRepository.find(repository))
