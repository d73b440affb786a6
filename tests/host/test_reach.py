"""Which keys a process could use without being asked, and which ways lead up to another user."""

import socket
import subprocess

import pytest

from conductor.host.reach import find_push_keys, find_ways_up, is_open_key


def make_key(path, passphrase, *more):
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "", "-f", path, *more]
    subprocess.run(words, check=True, capture_output=True)
    return path.read_bytes()


@pytest.mark.parametrize(
    "form", [[], ["-m", "PEM", "-t", "rsa", "-b", "2048"], ["-m", "PKCS8", "-t", "rsa", "-b", "2048"]]
)
def test_a_key_behind_a_passphrase_opens_nothing_by_itself(tmp_path, form):
    assert is_open_key(make_key(tmp_path / "open", "", *form))
    assert not is_open_key(make_key(tmp_path / "closed", "long and secret", *form))


@pytest.mark.parametrize(
    "content",
    [b"", b"ssh-ed25519 AAAA", b"-----BEGIN OPENSSH PRIVATE KEY-----\n!!!\n", b"-----BEGIN OPENSSH PRIVATE KEY-----",
     b"-----BEGIN CERTIFICATE-----\nAAAA\n", b"\xff\xfe\x00"],
)  # fmt: skip
def test_what_is_no_key_is_none(content):
    assert not is_open_key(content)


def test_each_place_of_a_key_is_named_and_its_content_is_not(tmp_path):
    (tmp_path / ".ssh").mkdir()
    make_key(tmp_path / ".ssh/deploy", "")
    make_key(tmp_path / ".ssh/mine", "long and secret")
    (tmp_path / ".ssh/known_hosts").write_text("github.com ssh-ed25519 AAAA\n")
    (tmp_path / ".config/gh").mkdir(parents=True)
    (tmp_path / ".config/gh/hosts.yml").write_text("github.com: {oauth_token: geheim}\n")
    (tmp_path / ".netrc").write_text("")
    found = find_push_keys(str(tmp_path), {"GH_TOKEN": "geheim", "GITHUB_TOKEN": ""})
    assert found == ["~/.ssh/deploy", "GH_TOKEN in the environment", "~/.config/gh/hosts.yml"]


def test_an_agent_counts_where_it_listens(tmp_path):
    path = str(tmp_path / "agent")
    assert find_push_keys(str(tmp_path), {"SSH_AUTH_SOCK": path}) == []
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(path)
        assert find_push_keys(str(tmp_path), {"SSH_AUTH_SOCK": path}) == ["an SSH agent (SSH_AUTH_SOCK)"]


def test_a_sudo_that_asks_for_a_password_is_no_way_up(tmp_path, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1)
    program = tmp_path / "sudo"
    for code, ways in ((1, []), (0, ["sudo asks this user for no password"])):
        program.write_text(f'#!/bin/sh\n[ "$1" = -n ] || exit 1\nexit {code}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert [way for way in find_ways_up() if "sudo" in way] == ways
    monkeypatch.setenv("PATH", "/nowhere")
    assert not any("sudo" in way for way in find_ways_up())
