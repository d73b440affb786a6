"""Real pushes with the real OpenSSH client to a git host on loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conductor.providers.git import GitRepository
from conductor.providers.push import PushRefused, SshRemote, explain_refusal, parse_porcelain
from conductor.rehearsal.git_host import GitHost
from conductor.rehearsal.recorder import Recorder
from tests.waiting import is_alive, wait_until

LOCK = "refs/conductor/lock"


@pytest.fixture
def host(tmp_path):
    bare = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(bare)], check=True)
    served = GitHost(bare, "owner/worker.git", tmp_path / "keys", Recorder(tmp_path / "record"), lambda *_: None)
    served.start()
    yield served
    served.close()


@pytest.fixture
def project(repository, git, host):
    def commit(text):
        (repository / "file.txt").write_text(text)
        git("add", "--all", cwd=repository)
        git("commit", "--quiet", "-m", text, cwd=repository)
        return git("rev-parse", "HEAD", cwd=repository)

    git("remote", "add", "origin", host.url, cwd=repository)
    repository.joinpath("file.txt").write_text("")
    found = GitRepository.find(repository)
    found.commit = commit
    return found


@pytest.fixture
def remote(project, host):
    return SshRemote(project, "origin", host.ssh_command)


def test_a_push_makes_the_branch_name_the_revision(project, remote, host):
    first, second = project.commit("one"), project.commit("two")
    result = remote.push(first, "main")
    assert (result.revision, result.old, result.was_there) == (first, None, False)
    assert remote.read("refs/heads/main") == first
    assert remote.push(second, "main").old == first[:7]
    assert [new for _, _, new in host.pushes] == [first, second]


def test_the_same_push_again_changes_nothing_and_is_no_error(project, remote, host):
    revision = project.commit("one")
    remote.push(revision, "main")
    assert remote.push(revision, "main").was_there
    assert len(host.pushes) == 1


def test_an_earlier_revision_than_head_can_be_pushed(project, remote):
    first = project.commit("one")
    project.commit("two")
    remote.push(first, "main")
    assert remote.read("refs/heads/main") == first


def test_a_branch_that_went_on_is_never_forced(project, remote, host, git):
    first = project.commit("one")
    remote.push(first, "main")
    git("commit", "--quiet", "--amend", "-m", "other", cwd=project.root)
    with pytest.raises(PushRefused) as refused:
        remote.push(project.head(), "main")
    assert refused.value.cause == "PUSH_NON_FF"
    assert "git pull --rebase" in refused.value.hint
    assert remote.read("refs/heads/main") == first


def test_a_key_the_host_does_not_know_is_named(project, host, tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    command = host.ssh_command.replace(str(host.key_file), str(tmp_path / "other"))
    with pytest.raises(PushRefused) as refused:
        SshRemote(project, "origin", command).push(project.commit("one"), "main")
    assert refused.value.cause == "SSH_PUBLICKEY"
    assert "ssh-add" in refused.value.hint
    assert host.pushes == []


def test_a_host_key_that_is_not_known_is_named(project, host):
    command = host.ssh_command.replace(str(host.known_hosts), os.devnull)
    with pytest.raises(PushRefused) as refused:
        SshRemote(project, "origin", command).push(project.commit("one"), "main")
    assert refused.value.cause == "SSH_HOST_KEY"
    assert "fingerprint" in refused.value.hint


def test_a_repository_that_is_not_there_is_named(project, remote, host, git):
    git("remote", "set-url", "origin", host.url.replace("worker", "other"), cwd=project.root)
    with pytest.raises(PushRefused) as refused:
        remote.push(project.commit("one"), "main")
    assert refused.value.cause == "REPOSITORY_NOT_FOUND"


def test_a_host_that_does_not_listen_is_named(project, remote, git):
    git("remote", "set-url", "origin", "ssh://git@127.0.0.1:9/owner/worker.git", cwd=project.root)
    with pytest.raises(PushRefused) as refused:
        remote.push(project.commit("one"), "main")
    assert refused.value.cause == "REMOTE_UNREACHABLE"


def test_a_branch_that_a_hook_protects_is_named(project, remote, host):
    hook = host.bare / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'GH006: Protected branch update failed for refs/heads/main.' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PushRefused) as refused:
        remote.push(project.commit("one"), "main")
    assert refused.value.cause == "PUSH_PROTECTED_BRANCH"


def test_a_ref_is_swapped_only_from_what_was_expected(project, remote):
    project.commit("one")
    ours, theirs = remote.write_note("ours"), remote.write_note("theirs")
    assert remote.swap(LOCK, ours, None)
    assert not remote.swap(LOCK, theirs, None)
    assert not remote.swap(LOCK, theirs, theirs)
    assert remote.read_note(LOCK).strip() == "ours"
    assert not remote.swap(LOCK, None, theirs)
    assert remote.swap(LOCK, None, ours)
    assert remote.read(LOCK) is None
    assert remote.read_note(LOCK) is None


def test_two_notes_of_the_same_text_at_the_same_second_are_one(project, remote, git):
    assert git("cat-file", "-t", remote.write_note("{}"), cwd=project.root) == "commit"


def test_a_note_needs_no_name_and_no_signature_of_the_user(project, remote, monkeypatch, git):
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name)
    git("config", "commit.gpgSign", "true", cwd=project.root)
    assert len(remote.write_note("{}")) == 40


SLOW_PUSH = """
import sys
from pathlib import Path
from conductor.providers.git import GitRepository
from conductor.providers.push import SshRemote
SshRemote(GitRepository.find(Path(sys.argv[1])), "origin", sys.argv[2]).push(sys.argv[3], "main")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends a child with its parent")
def test_a_push_dies_with_the_process_that_began_it(project, host, tmp_path):
    revision = project.commit("one")
    sleeper = tmp_path / "ssh"
    sleeper.write_text(
        f"#!/bin/sh\necho $$ > {tmp_path}/pid.new && mv {tmp_path}/pid.new {tmp_path}/pid\nexec sleep 3600\n"
    )
    sleeper.chmod(0o755)
    parent = subprocess.Popen([sys.executable, "-c", SLOW_PUSH, str(project.root), str(sleeper), revision])
    wait_until((tmp_path / "pid").exists)
    git_process = int(read_stat((tmp_path / "pid").read_text().strip())[1])
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not is_alive(git_process))
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


def read_stat(process):
    return Path(f"/proc/{process}/stat").read_text().split(") ")[1].split()


@given(st.text(max_size=200))
def test_whatever_git_says_there_is_a_cause_and_a_remedy(words):
    refusal = explain_refusal(words, "origin")
    assert refusal.cause.isupper()
    assert refusal.hint
    assert "\x1b" not in refusal.message


@given(st.text(max_size=200))
def test_whatever_git_prints_the_flag_of_another_ref_is_not_ours(output):
    flag, _, _ = parse_porcelain(output, "refs/heads/never-printed-by-chance")
    assert flag == "!"


@pytest.mark.parametrize(
    ("line", "flag", "summary"),
    [
        (" \tabc:refs/heads/main\t1111111..2222222", " ", "1111111..2222222"),
        ("*\tabc:refs/heads/main\t[new branch]", "*", "[new branch]"),
        ("=\tabc:refs/heads/main\t[up to date]", "=", "[up to date]"),
        ("!\tabc:refs/heads/main\t[rejected] (fetch first)", "!", "[rejected] (fetch first)"),
    ],
)
def test_porcelain_is_read(line, flag, summary):
    output = f"To ssh://git@host/owner/worker.git\n{line}\nDone\n"
    assert parse_porcelain(output, "refs/heads/main") == (flag, summary, "ssh://git@host/owner/worker.git")


CHANGED = """@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Offending ED25519 key in /home/me/.ssh/known_hosts:3
Host key for {host} has changed and you have requested strict checking.
Host key verification failed.
"""


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (
            CHANGED.format(host="git.example"),
            (
                "only if it is that one: ssh-keygen -f /home/me/.ssh/known_hosts -R git.example, "
                "then ssh-keyscan git.example >> /home/me/.ssh/known_hosts"
            ),
        ),
        (
            CHANGED.format(host="[git.example]:2222"),
            "-R '[git.example]:2222', then ssh-keyscan -p 2222 git.example >> /home/me/.ssh/known_hosts",
        ),
        (
            (
                "No ED25519 host key is known for git.example and you have requested strict checking.\n"
                "Host key verification failed."
            ),
            "then: ssh-keyscan git.example >> ~/.ssh/known_hosts",
        ),
        ("Host key verification failed.", "then: ssh-keyscan HOST >> ~/.ssh/known_hosts"),
    ],
)
def test_a_host_key_s_hint_names_the_host_and_forgets_only_a_key_that_changed(words, hint):
    refused = explain_refusal(words, "origin")
    assert refused.cause == "SSH_HOST_KEY"
    assert refused.hint.endswith(hint)
    assert ("ssh-keygen" in refused.hint) is ("CHANGED" in words)
