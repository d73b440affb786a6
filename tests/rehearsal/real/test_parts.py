"""The real parts one by one, without a release."""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest

from conductor.errors import OutsideRefused
from conductor.rehearsal.real.base import RUNNER, provide_bases
from conductor.rehearsal.real.engine import RealEngine, read_lines, stop_container
from conductor.rehearsal.real.registry import RealRegistry
from conductor.rehearsal.real.room import Room
from conductor.rehearsal.real.sshd import OpenSshHost
from conductor.rehearsal.recorder import Recorder
from conductor.rehearsal.registry_client import RegistryClient, RegistryRefused
from tests.waiting import is_alive, wait_until

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]


@pytest.fixture
def room():
    """Return an open room below a folder with a short name."""
    with tempfile.TemporaryDirectory(prefix="real-") as folder:
        opened = Room(Path(folder) / "room").start()
        yield opened
        opened.close()
        assert list(Path(folder).iterdir()) == []


def test_what_a_room_runs_ends_with_it_and_an_early_end_is_told_with_its_words(room):
    room.run("lasting", ["sh", "-c", "sleep 1000; : real-parts"])
    room.run("early", ["sh", "-c", "echo no such luck >&2; exit 3"])
    with pytest.raises(OutsideRefused, match="early does not start: no such luck"):
        room.wait_until("early", lambda: False)
    with pytest.raises(OutsideRefused, match="nowhere does not start: /no/where: No such file"):
        room.run("nowhere", ["/no/where"])
        room.wait_until("nowhere", lambda: False)
    sleeping = wait_until(lambda: [entry.parent.name for entry in Path("/proc").glob("[0-9]*/cmdline")
                                   if b"real-parts" in read(entry)])  # fmt: skip
    room.close()
    assert not any(is_alive(process) for process in sleeping)


def read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_sshd_serves_one_repository_to_one_key_and_nothing_else(room, tmp_path, git, repository):
    git("commit", "-q", "--allow-empty", "-m", "First", cwd=repository)
    bare, heard = tmp_path / "bare.git", []
    git("init", "-q", "--bare", str(bare))
    host = OpenSshHost(
        room, bare, "owner/name.git", Recorder(tmp_path / "record"), lambda *move: heard.append(move)
    ).start()
    try:
        assert (
            ask(host, repository, "push", host.url, "HEAD:refs/heads/main", "HEAD:refs/conductor/lock").returncode == 0
        )
        head = git("rev-parse", "HEAD", cwd=repository)
        assert wait_until(lambda: heard) == [("refs/heads/main", "0" * 40, head)]
        assert "refs/conductor/lock" in ask(host, repository, "ls-remote", host.url).stdout
        other = ask(host, repository, "ls-remote", host.url.replace("name.git", "other.git"))
        assert "ERROR: Repository not found." in other.stderr
        shell = subprocess.run([*host.ssh_command.split(), "-p", str(host.port), "git@127.0.0.1", "id"],
                               capture_output=True, text=True, check=False)  # fmt: skip
        assert (shell.returncode, shell.stdout) == (1, "")
        host.known_hosts.write_text("")
        assert "Host key verification failed" in ask(host, repository, "ls-remote", host.url).stderr
    finally:
        host.close()


def ask(host, repository, *words):
    environment = {**os.environ, "GIT_SSH_COMMAND": host.ssh_command}
    return subprocess.run(["git", *words], cwd=repository, env=environment, capture_output=True, text=True, check=False)


def test_bases_come_from_their_registry_where_it_answers_and_pushing_needs_the_password(
    room, tmp_path, kept, monkeypatch
):
    import docker

    monkeypatch.setenv("XDG_CACHE_HOME", kept)
    registry = RealRegistry(room, Recorder(tmp_path / "record"), "opaque-word", ["ghcr.io"]).start()
    engine = RealEngine(room, registry).start()
    try:
        own = f"127.0.0.1:{registry.port}/own/base:1"
        with tarfile.open(tmp_path / "tree.tar", "w") as archive:
            archive.add(Path(__file__), arcname="marker")
        engine.import_tree(tmp_path / "tree.tar", own, path="/bin")
        engine.push(own, "opaque-word")
        engine.client.images.remove(own, force=True)
        stood_in = provide_bases(engine, [f"FROM {own}\n", "FROM nobody.invalid/x/y:1\n"], lambda _: None)
        assert stood_in == {own: False, "nobody.invalid/x/y:1": True}
        container = engine.run(RUNNER, ["python", "--version"])
        assert container.wait()["StatusCode"] == 0
        assert next(read_lines(container, stderr=True)).startswith("Python 3.")
        stop_container(container)

        engine.take_names("opaque-word")
        engine.tag(own, "ghcr.io/owner/name:1")
        with pytest.raises(docker.errors.APIError, match="unauthorized"):
            engine.push("ghcr.io/owner/name:1", "wrong")
        engine.push("ghcr.io/owner/name:1", "opaque-word")
        client = RegistryClient(registry.base_url, "owner/name")
        assert (client.find_digest("1") or "").startswith("sha256:")
        assert client.find_digest("2") is None
        with pytest.raises(RegistryRefused, match="401"):
            client.push_blob(b"anybody")
        assert "opaque-word" not in (tmp_path / "record/exchanges.jsonl").read_text()
    finally:
        engine.close()
        registry.close()
