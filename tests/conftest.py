"""What every test gets: a quiet git, a home of its own, a network that ends at loopback."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from conductor.domain import held
from conductor.domain.agents import MARKS, VALUED
from tests.cli.terminal import read_terminal

# What runs in the background of a script ignores Ctrl-C, and so would all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
# A busy machine is no fault of the code: no test asserts a time, made-up cases neither.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parent.parent
AUTHOR = {
    "GIT_AUTHOR_NAME": "Author",
    "GIT_AUTHOR_EMAIL": "author@example.invalid",
    "GIT_COMMITTER_NAME": "Author",
    "GIT_COMMITTER_EMAIL": "author@example.invalid",
    "GIT_AUTHOR_DATE": "2026-01-05T10:00:00+00:00",
    "GIT_COMMITTER_DATE": "2026-01-05T10:00:00+00:00",
}
# Set where an agent runs the tests; a person's terminal has none of them.
AGENT_VARIABLES = [
    *(name for name in os.environ if name.startswith(("CLAUDE", "CODEX", "GEMINI_CLI", "COPILOT", "CURSOR"))),
    *MARKS,
    *VALUED,
]
# What `make test` and its caller say to make and pytest.
TEST_RUNNERS = ("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "PYTEST_ADDOPTS")


@pytest.fixture(autouse=True)
def surroundings(tmp_path_factory, monkeypatch):
    """Give git, XDG and proxies fixed values, so that no test sees or changes the machine's own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setattr(held, "_HELD", {})  # what another test held is no secret of this one
    for name, value in AUTHOR.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in (*AGENT_VARIABLES, *TEST_RUNNERS, "GITHUB_TOKEN", "GH_TOKEN", "RUNPOD_API_KEY", "EDITOR", "VISUAL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture(scope="session", autouse=True)
def _loopback_only():
    """Make any connection that leaves this machine raise."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            if not (host.startswith("127.") or host in ("::1", "localhost")):
                raise AssertionError(f"a test tried to reach {host}")
        return connect(self, address)

    socket.socket.connect = guarded
    yield
    socket.socket.connect = connect


@pytest.fixture
def git(tmp_path):
    """Return a function that runs git in a directory (default: the test's own) and returns its output."""

    def run(*arguments, cwd=tmp_path):
        done = subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return run


@pytest.fixture
def repository(tmp_path, git):
    """Return an empty repository on branch main."""
    root = tmp_path / "project"
    root.mkdir()
    git("init", "-q", "-b", "main", cwd=root)
    return root


@pytest.fixture
def conductor():
    """Return a function that runs the command line in a directory and returns the finished process.

    Where its `now` is set (ISO 8601), the commands run at that instant.
    """

    def run(*arguments, cwd, stdin="", env=None):
        start = [str(ROOT / "tests/at.py"), run.now] if run.now else ["-m", "conductor"]
        return subprocess.run(
            [sys.executable, *start, *map(str, arguments)],
            cwd=cwd,
            input=stdin,
            capture_output=True,
            text=True,
            env={**os.environ, **(env or {})},
            check=False,
        )

    run.now = None
    return run


@pytest.fixture
def person():
    """Return a function that runs the command line in a terminal of its own, and types an answer where one is asked."""

    def run(*arguments, cwd, answer="yes", env=None):
        ours, theirs = pty.openpty()
        # The terminal that the leader of a session opens first is the one that controls it.
        opened = ["sh", "-c", 'exec 0<>"$0" 2>&0 "$@"', os.ttyname(theirs)]
        process = subprocess.Popen(
            [*opened, sys.executable, "-m", "conductor", *map(str, arguments)],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={**os.environ, **(env or {})},
            start_new_session=True,
            pass_fds=(theirs,),  # or nobody would have it open before the shell does
        )
        os.close(theirs)
        shown, typed = b"", False
        try:
            while piece := read_terminal(ours):
                shown += piece
                if not typed and shown.endswith(b"\nType yes: "):
                    os.write(ours, f"{answer}\n".encode())
                    typed = True
            stdout = process.communicate()[0].decode()
        finally:
            os.close(ours)
            process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, shown.decode())

    return run


@pytest.fixture
def corpus():
    """Return the folder of labelled cases, or skip where there is none."""
    folder = os.environ.get("CONDUCTOR_CORPUS")
    if not folder or not Path(folder).is_dir():
        pytest.skip("CONDUCTOR_CORPUS does not name a folder")
    return Path(folder)


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write the expected outputs anew")
