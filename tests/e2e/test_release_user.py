"""The wall of docs/security.md with real users: an agent's user can't reach what belongs to the release user."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

from conductor.rehearsal.git_host import GitHost
from conductor.rehearsal.recorder import Recorder

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHONS = (
    sys.executable,
    f"/usr/bin/python3.{sys.version_info.minor}",
    f"/usr/local/bin/python3.{sys.version_info.minor}",
)
KEY = "rpa_0123456789"


class User:
    """A user of this machine with a home of its own, closed to others."""

    def __init__(self, name, home, python):
        self.name = name
        self.home = home
        self.python = python
        self.environment = {
            "HOME": str(home), "USER": name, "LANG": "C.UTF-8", "PATH": f"{home}/bin:{sysconfig.get_path('scripts')}:/usr/bin:/bin",
            "PYTHONPATH": f"{ROOT}:{sysconfig.get_path('purelib')}", "PYTHONDONTWRITEBYTECODE": "1",
            "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": f"{name}@example.invalid",
            "GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": f"{name}@example.invalid",
        }  # fmt: skip
        (home / "bin").mkdir()
        self.write("bin/conductor", f'#!/bin/sh\nexec {python} -m conductor "$@"\n', 0o755)

    def write(self, name, text, mode=0o600):
        """Put a file into the home, as the user."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        for each in (path, *path.parents):
            if each.is_relative_to(self.home):
                shutil.chown(each, self.name, self.name)
        return path

    def words(self, command):
        """Return the words that run a shell command as the user, with the user's environment alone."""
        pairs = [f"{name}={value}" for name, value in self.environment.items()]
        return ["runuser", "-u", self.name, "--", "env", "-i", *pairs, "sh", "-c", command]

    def run(self, command, cwd=None):
        done = subprocess.run(
            self.words(command),
            cwd=cwd or self.home,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return done.returncode, done.stdout + done.stderr

    def type(self, command, answer, cwd=None):
        """Run a command in a terminal, type the answer to its question, and return the exit code and what was shown."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            self.words(command),
            cwd=cwd or self.home,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        shown, typed = b"", False
        while select.select([ours], [], [], 0.05)[0] or process.poll() is None:
            shown += os.read(ours, 4096) if select.select([ours], [], [], 0)[0] else b""
            if not typed and shown.rstrip().endswith(b":"):
                os.write(ours, f"{answer}\n".encode())
                typed = True
        os.close(theirs)
        os.close(ours)
        return process.wait(), shown.decode()


def _runs(user, python, code):
    """Tell whether the user can run the code with that Python, this checkout and its packages."""
    path = f"PYTHONPATH={ROOT}:{sysconfig.get_path('purelib')}"
    words = ["runuser", "-u", user, "--", "env", "-i", path, python, "-c", code]
    return subprocess.run(words, capture_output=True, check=False, cwd="/").returncode == 0


@pytest.fixture(scope="module")
def users():
    """Return the agent's user and the release user, made for this module and taken away after it."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("useradd", "userdel", "runuser", "git", "ssh"))):
        pytest.skip("only root can make users")
    base = Path(tempfile.mkdtemp(prefix="conductor-users-"))
    base.chmod(0o755)
    names = [f"cw-{part}-{os.getpid()}" for part in ("agent", "release")]
    try:
        for name in names:
            home = base / name
            subprocess.run(["useradd", "--create-home", "--home-dir", home, "--user-group", name], check=True)
            home.chmod(0o700)
        python = next(
            (path for path in PYTHONS if _runs(names[0], path, "import conductor.cli.main, typer, yaml")), None
        )
        if python is None:
            pytest.skip("no other user can run this Python, or read this checkout")
        yield [User(name, base / name, python) for name in names]
    finally:
        for name in names:
            subprocess.run(["userdel", "--remove", name], capture_output=True, check=False)
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="module")
def setup(users, tmp_path_factory):
    """Return both users as the page sets them up: the agent works, the release user has keys and a clone of its own."""
    agent, releaser = users
    bare = tmp_path_factory.mktemp("remote") / "worker.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", bare], check=True)
    keys = releaser.home / ".ssh"
    host = GitHost(bare, "owner/worker.git", keys, Recorder(tmp_path_factory.mktemp("record")), lambda *_: None).start()
    try:
        for path in (keys, *keys.iterdir()):
            shutil.chown(path, releaser.name, releaser.name)
        releaser.write(".runpod-key", f"{KEY}\n")
        releaser.write(
            ".config/conductor/config.yaml",
            f"token_helpers: {{runpod: cat {releaser.home}/.runpod-key}}\nssh_command: {host.ssh_command}\n",
        )
        for command in (
            "git init -q -b main worker && cd worker && git commit -q --allow-empty -m one",
            f"cd worker && git remote add origin {host.url} && conductor hooks install --agent all",
            "cd worker && git bundle create -q /tmp/$USER.bundle main && chmod 644 /tmp/$USER.bundle",
        ):
            code, said = agent.run(command)
            assert code == 0, said
        bundle = f"/tmp/{agent.name}.bundle"
        for command in (
            f"git clone -q -b main {bundle} worker && cd worker && git remote set-url origin {host.url}",
            f"cd worker && git config core.sshCommand {_quoted(host.ssh_command)} && git push -q origin main",
        ):
            code, said = releaser.run(command)
            assert code == 0, said
        yield agent, releaser, host
    finally:
        host.close()
        Path(f"/tmp/{agent.name}.bundle").unlink(missing_ok=True)


def _quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def test_the_agents_user_reads_no_key(setup):
    agent, releaser, _ = setup
    for name in (".runpod-key", ".ssh/id_ed25519", ".config/conductor/config.yaml"):
        code, said = agent.run(f"cat {releaser.home}/{name}")
        assert code != 0
        assert KEY not in said


def test_the_agents_user_does_not_push_with_the_key(setup):
    agent, releaser, host = setup
    command = (
        f"cd worker && git commit -q --no-verify --allow-empty -m two && GIT_SSH_COMMAND={_quoted(host.ssh_command)}"
    )
    code, said = agent.run(f"{command} git push --no-verify origin main")
    assert code != 0
    assert "Permission denied" in said or "Host key verification failed" in said
    assert releaser.run("cd worker && git ls-remote --exit-code origin main")[0] == 0
    assert len(host.pushes) == 1


def test_the_agents_user_writes_no_grant_and_no_trust(setup):
    agent, releaser, _ = setup
    code, said = releaser.type("cd worker && conductor grant push --once", "yes")
    assert code == 0, said
    state = f"{releaser.home}/.local/state/conductor"
    before = releaser.run("cd worker && conductor grant --list")
    for command in (
        f"ls {state}",
        f"echo '{{}}' > {state}/grants/forged.json",
        f"rm -rf {state}",
        f"mv {releaser.home}/.local {releaser.home}/.lost",
        f"cd worker && XDG_STATE_HOME={releaser.home}/.local/state conductor grant --list",
    ):
        assert agent.run(command)[0] != 0, command
    assert releaser.run("cd worker && conductor grant --list") == before
    modes = releaser.run(f"stat -c %a {state} {state}/grants {state}/grants/*.json")[1].split()
    assert modes == ["700", "700", "600"]


def test_the_agents_user_changes_nothing_in_the_clone(setup):
    agent, releaser, _ = setup
    clone = f"{releaser.home}/worker"
    for command in (
        f"git -C {clone} status",
        f"git -C {clone} config core.sshCommand false",
        f"echo x > {clone}/.git/hooks/pre-push",
        f"echo x > {clone}/CONDUCTOR.md",
        f"cd {clone}",
    ):
        assert agent.run(command)[0] != 0, command


def test_the_release_user_releases_and_grants_nothing_in_the_agents_repository(setup):
    agent, releaser, _ = setup
    agent.home.chmod(0o755)  # as many machines have it
    try:
        trap = f"{agent.home}/sprung"
        agent.run(f"printf '#!/bin/sh\\ntouch {trap}\\n' > trap; chmod 755 trap; chmod 777 .")
        agent.run(f"cd worker && git config core.fsmonitor {agent.home}/trap && cp ../trap .git/hooks/pre-push")
        releaser.run("git config --global --add safe.directory '*'")
        for words in ("release", "release --dry-run", "release --yes", "grant push --once", "trust"):
            code, said = releaser.type(f"cd {agent.home}/worker && conductor {words}", "yes")
            assert code == 2, said
            assert "not yours alone" in said
            assert f"belongs to {agent.name}" in said
        assert not Path(trap).exists()
    finally:
        releaser.run("git config --global --unset-all safe.directory")
        agent.home.chmod(0o700)


def test_each_user_is_told_what_is_walled(setup):
    agent, releaser, _ = setup
    code, said = agent.run("cd worker && conductor guard walls")
    rows = {line.split()[0]: line.split()[1] for line in said.splitlines() if not line.startswith(" ")}
    assert (code, rows["push"], rows["deploy"], rows["commit"]) == (0, "walled", "walled", "fenced"), said
    code, said = releaser.run("cd worker && conductor guard walls")
    rows = {line.split()[0]: line.split()[1] for line in said.splitlines() if not line.startswith(" ")}
    assert (code, rows["push"], rows["deploy"]) == (1, "open", "open"), said
    assert "token_helpers.runpod" in said
    assert KEY not in said


def test_a_repository_made_with_a_group_of_ones_own_is_ones_own(setup):
    agent, _, _ = setup
    code, said = agent.run("umask 002; git init -q own && cd own && git commit -q --allow-empty -m one && ls -ld .git")
    assert code == 0
    assert said.startswith("drwxrwx")
    code, said = agent.type("cd own && conductor grant push --once", "yes")
    assert code == 0, said


def test_the_release_users_rehearsal_works(setup):
    _, releaser, _ = setup
    if not _runs(releaser.name, releaser.python, "import tarfile; tarfile.data_filter"):
        pytest.skip("the rehearsal unpacks with a filter that this Python does not have")
    code, said = releaser.run("conductor rehearse --json")
    assert code == 0, said[-2000:]
