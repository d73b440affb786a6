from __future__ import annotations

import os
import signal
import subprocess

import pytest

from conductor.rehearsal.git_host import ZERO, GitHost
from tests.rehearsal.conftest import push
from tests.waiting import wait_until


class Info:
    """What `push` needs of a stage's description."""

    def __init__(self, host, project, revision):
        self.remote_url, self.ssh_command = host.url, host.ssh_command
        self.project, self.revision, self.branch = project, revision, "main"


@pytest.fixture
def pushed():
    return []


@pytest.fixture
def host(tmp_path, git, recorder, pushed):
    git("init", "-q", "--bare", "remote.git")
    listener = lambda *move: pushed.append(move)  # noqa: E731
    opened = GitHost(tmp_path / "remote.git", "owner/worker.git", tmp_path / "keys", recorder, listener).start()
    yield opened
    opened.close()


@pytest.fixture
def info(host, repository, git):
    git("commit", "-q", "--allow-empty", "-m", "First", cwd=repository)
    return Info(host, repository, git("rev-parse", "HEAD", cwd=repository))


def test_a_push_with_the_real_client_moves_the_branch_and_tells_the_listener(host, info, pushed, git):
    done = push(info)
    assert done.returncode == 0, done.stderr
    assert f"*\t{info.revision}:refs/heads/main\t[new branch]" in done.stdout
    assert git("rev-parse", "refs/heads/main", cwd=host.bare) == info.revision
    assert pushed == [("refs/heads/main", ZERO, info.revision)]


def test_the_same_push_again_changes_nothing_and_tells_nobody(info, pushed):
    push(info)
    again = push(info)
    assert again.returncode == 0
    assert "=\t" in again.stdout
    assert len(pushed) == 1


def test_another_key_is_refused(info, tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other"], check=True)
    done = push(info, ssh_command=info.ssh_command.replace(str(tmp_path / "keys/id_ed25519"), str(tmp_path / "other")))
    assert done.returncode == 128
    assert "Permission denied (publickey)" in done.stderr


def test_a_host_key_that_is_not_pinned_is_refused_by_the_client(info, tmp_path):
    (tmp_path / "nobody").write_text("")
    done = push(
        info, ssh_command=info.ssh_command.replace(str(tmp_path / "keys/known_hosts"), str(tmp_path / "nobody"))
    )
    assert done.returncode == 128
    assert "Host key verification failed" in done.stderr


def test_another_repository_is_not_found(info):
    info.remote_url = info.remote_url.replace("owner/worker", "owner/other")
    done = push(info)
    assert done.returncode == 128
    assert "ERROR: Repository not found." in done.stderr


def test_a_shell_is_refused(host, recorder):
    words = [*host.ssh_command.split(), "-p", str(host.port), "git@127.0.0.1", "id"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "serves git only" in done.stderr
    assert "uid=" not in done.stdout


def test_a_lock_ref_is_taken_by_compare_and_swap_and_starts_nothing(info, pushed, git):
    lock = f"{info.revision}:refs/conductor/lock"
    assert push(info, lock, "--force-with-lease=refs/conductor/lock:").returncode == 0
    git("commit", "-q", "--allow-empty", "-m", "Second", cwd=info.project)
    info.revision = git("rev-parse", "HEAD", cwd=info.project)
    late = push(info, f"{info.revision}:refs/conductor/lock", "--force-with-lease=refs/conductor/lock:")
    assert late.returncode != 0
    assert "stale info" in late.stdout
    assert pushed == []


def test_what_was_asked_is_recorded(info, recorder):
    push(info)
    commands = [exchange["command"] for exchange in recorder.exchanges if exchange["server"] == "git"]
    assert commands == ["git-receive-pack '/owner/worker.git'"]


def test_closing_while_a_push_is_under_way_ends_it_at_once(host, info, git):
    git("config", "receive.advertisePushOptions", "true", cwd=host.bare)
    words = [*host.ssh_command.split(), "-p", str(host.port), "git@127.0.0.1", "git-receive-pack 'owner/worker.git'"]
    client = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # The advertisement has come, so git runs on the other side and waits for what we never send.
    assert client.stdout.read(4)
    host.close()
    assert not host._thread.is_alive()
    client.stdin.close()
    assert client.wait() != 0
    client.stdout.close()
    client.stderr.close()


def test_a_push_whose_client_dies_before_it_hears_the_answer_still_counts(host, info, pushed):
    told, let_go = host.bare / "told", host.bare / "let-go"
    hook = host.bare / "hooks" / "post-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {told}\nwhile [ ! -e {let_go} ]; do sleep 0.05; done\necho much to say\n")
    hook.chmod(0o755)
    client = subprocess.Popen(
        ["git", "push", info.remote_url, f"{info.revision}:refs/heads/{info.branch}"],
        cwd=info.project, env={**os.environ, "GIT_SSH_COMMAND": info.ssh_command},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    # The branch has moved, and nobody has been told.
    wait_until(told.exists)
    os.killpg(client.pid, signal.SIGKILL)
    client.wait()
    let_go.touch()
    wait_until(lambda: pushed)
    assert [(ref, new) for ref, _, new in host.pushes] == [(f"refs/heads/{info.branch}", info.revision)]


def test_a_push_that_hangs_beside_another_one_does_not_announce_it_a_second_time(host, info, pushed):
    words = [*host.ssh_command.split(), "-p", str(host.port), "git@127.0.0.1", "git-receive-pack 'owner/worker.git'"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as hanging:
        assert hanging.stdout.read(4)
        assert push(info).returncode == 0
        hanging.stdin.close()
        hanging.wait()
    wait_until(lambda: not host._children)
    assert push(info).returncode == 0
    assert pushed == [("refs/heads/main", ZERO, info.revision)]
