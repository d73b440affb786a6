"""A Docker engine for the scripts that build and start the image: the machine's, or one of their own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LIMIT_S = 1800


class Failed(Exception):
    """Something is not as it must be; the text says what."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A Docker engine's command line."""

    environment: dict[str, str]

    def run(self, *words: str, limit_s: float = LIMIT_S, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `docker WORDS`; raises Failed with its last lines."""
        done = subprocess.run(
            ["docker", *words], env=self.environment, capture_output=True, text=True, timeout=limit_s, check=False
        )
        if check and done.returncode:
            last = "\n".join((done.stdout + done.stderr).splitlines()[-25:])
            raise Failed(f"docker {' '.join(words[:2])} ended with {done.returncode}:\n{last}")
        return done

    def read(self, *words: str) -> str:
        """Return what the command prints on stdout."""
        return self.run(*words).stdout.strip()


@contextlib.contextmanager
def start_engine() -> Iterator[Engine]:
    """Start a dockerd with its own folder, and remove both."""
    with tempfile.TemporaryDirectory(prefix="engine-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        address = f"unix://{folder}/socket"
        command = ["dockerd", "--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")]
        command += ["--pidfile", str(folder / "pid"), "-H", address, "--storage-driver", "overlay2"]
        command += ["--bridge=none", "--iptables=false", "--ip6tables=false"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        # The classic builder: a BuildKit as old as some distributions' knows nothing that it doesn't.
        engine = Engine({**os.environ, "DOCKER_HOST": address, "DOCKER_BUILDKIT": "0", "DOCKER_CONFIG": str(folder)})
        try:
            until = time.monotonic() + 60
            while engine.run("version", check=False).returncode:
                if process.poll() is not None or time.monotonic() > until:
                    raise Failed("dockerd does not start: " + (folder / "log").read_text(errors="replace")[-600:])
                time.sleep(0.2)
            yield engine
        finally:
            process.terminate()
            process.wait()
            for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
                if (place := line.split()[1]).startswith(f"{folder}/"):  # the host network's namespace stays behind
                    subprocess.run(["umount", place], check=False)


@contextlib.contextmanager
def start_container(engine: Engine, words: list[str]) -> Iterator[str]:
    """Run a container in the background on the host's network; remove it."""
    container = engine.read("run", "--detach", "--network", "host", *words)
    try:
        yield container
    finally:
        engine.run("rm", "--force", container, check=False)


def wait_until_open(engine: Engine, container: str, port: int) -> float:
    """Return the seconds until the container listens; raises Failed with its log where it ends before."""
    started = time.monotonic()
    while time.monotonic() < started + 180:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return time.monotonic() - started
        if engine.read("inspect", "--format", "{{.State.Running}}", container) != "true":
            break
        time.sleep(0.1)
    raise Failed(f"the container does not listen:\n{engine.run('logs', container).stderr[-2000:]}")
