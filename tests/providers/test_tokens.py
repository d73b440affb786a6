"""Where credentials come from, and which registry gets one."""

from __future__ import annotations

import base64
import json
import sys

import pytest

from conductor.config.user import UserSettings
from conductor.domain.secret import Secret
from conductor.errors import UsageProblem
from conductor.providers.registry import Credential
from conductor.providers.tokens import find_github_token, find_registry_login, find_runpod_key

NOBODY = UserSettings()


@pytest.fixture(autouse=True)
def _no_gh(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("HOST", "USER", "TOKEN"):
        monkeypatch.delenv(f"CONDUCTOR_REGISTRY_{name}", raising=False)
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)


def helper(words):
    return UserSettings(token_helpers={"github": words, "runpod": words, "registry": words})


def test_the_environment_comes_first(monkeypatch):
    monkeypatch.setenv("GH_TOKEN", " second ")
    assert find_github_token(NOBODY) == Secret("second")
    monkeypatch.setenv("GITHUB_TOKEN", "first")
    assert find_github_token(helper("/bin/false")) == Secret("first")


def test_gh_s_own_login_is_used(tmp_path):
    gh = tmp_path / "gh"
    gh.write_text('#!/bin/sh\n[ "$1 $2" = "auth token" ] && echo from-gh\n')
    gh.chmod(0o755)
    assert find_github_token(NOBODY) == Secret("from-gh")


def test_the_user_s_helper_prints_a_token():
    assert find_runpod_key(helper(f"{sys.executable} -c 'print(12345)'")) == Secret("12345")


@pytest.mark.parametrize("code", ["import sys; print('geheim'); sys.exit(3)", "pass"])
def test_a_helper_that_fails_is_named_without_what_it_printed(code):
    with pytest.raises(UsageProblem, match="the token helper for runpod gave no token") as refused:
        find_runpod_key(helper(f'{sys.executable} -c "{code}"'))
    assert "geheim'" not in refused.value.message


def test_a_helper_that_is_not_there_is_named():
    with pytest.raises(UsageProblem, match="FileNotFoundError"):
        find_runpod_key(helper("/no/such/helper"))


@pytest.mark.parametrize("find", [find_github_token, find_runpod_key])
def test_without_any_there_is_a_remedy(find):
    with pytest.raises(UsageProblem) as refused:
        find(NOBODY)
    assert "set " in refused.value.hint


def test_a_login_goes_to_the_registry_it_is_for_and_not_to_the_one_a_repository_names(monkeypatch):
    monkeypatch.setenv("CONDUCTOR_REGISTRY_USER", "owner")
    monkeypatch.setenv("CONDUCTOR_REGISTRY_TOKEN", "geheim")
    login = Credential("owner", Secret("geheim"))
    assert find_registry_login(NOBODY, "docker.io") == login
    assert find_registry_login(NOBODY, "registry.thief.example") is None
    monkeypatch.setenv("CONDUCTOR_REGISTRY_HOST", "ghcr.io")
    assert find_registry_login(NOBODY, "ghcr.io") == login
    assert find_registry_login(NOBODY, "docker.io") is None
    mine = UserSettings(registries={"registry.example": "https://registry.example"})
    assert find_registry_login(mine, "registry.example") == login


def test_what_the_users_helper_prints_goes_where_the_user_says_and_not_where_the_environment_says(monkeypatch):
    helped = UserSettings(
        token_helpers={"registry": "/bin/echo owner:geheim"},
        registries={"registry.example": "https://registry.example"},
    )
    monkeypatch.setenv("CONDUCTOR_REGISTRY_HOST", "registry.thief.example")
    assert find_registry_login(helped, "registry.thief.example") is None
    for host in ("docker.io", "registry.example"):
        assert find_registry_login(helped, host) == Credential("owner", Secret("geheim"))


def test_docker_s_own_login_is_used_for_its_host(surroundings):
    folder = surroundings / ".docker"
    folder.mkdir()
    pair = base64.b64encode(b"owner:geheim").decode()
    (folder / "config.json").write_text(json.dumps({"auths": {"ghcr.io": {"auth": pair}}}))
    assert find_registry_login(NOBODY, "ghcr.io") == Credential("owner", Secret("geheim"))
    assert find_registry_login(NOBODY, "docker.io") is None
