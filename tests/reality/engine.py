"""Build a project with buildah and start it: what happens is the truth that preflight is compared with."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

BUILD_LIMIT_S = 300
# A server that still runs after this long has started; a program that is wrong ends in less than two where it has a CPU for itself.
START_LIMIT_S = 6
# `timeout` says with these that it had to end the program: as it was asked to, or by force because it took its time.
STILL_RUNNING = 124
_ENDED_BY_FORCE = 137
_PATIENCE_S = 20
NEEDED = ("buildah", "unshare", "ip", "timeout")
# Loopback is up, and nothing else: two projects may use one port, and a start can't depend on the network.
_ALONE = ("unshare", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", 'ip link set lo up; exec "$@"', "sh")


def choose_start_limit_s(busy: float) -> int:
    """Return how long a start is watched on a machine where so many programs want each CPU."""
    return round(START_LIMIT_S * min(max(busy, 1), 4))


class Missing(Exception):
    """This machine lacks something; the text says what, and what to do."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What really happened: did it build, did it start, and if not, the last lines that were printed."""

    builds: bool
    starts: bool
    error: str = ""
    log: str = field(default="", compare=False, repr=False)

    @property
    def works(self) -> bool:
        """Whether it built and started."""
        return self.builds and self.starts

    @property
    def stage(self) -> str:
        """`build` or `start`, where it failed; empty where it works."""
        return "" if self.works else "start" if self.builds else "build"


def require() -> None:
    """Raise Missing unless this machine can build and start images."""
    if os.geteuid():
        raise Missing("images are built and started as root: run it with sudo")
    absent = [name for name in NEEDED if not shutil.which(name)]
    if absent:
        raise Missing(f"not installed: {', '.join(absent)} (Debian: buildah util-linux iproute2 coreutils)")


class Store:
    """buildah with images in a folder of its own, so that nothing else on the machine is touched."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        # One build at a time: they share the disk, and the machine with others.
        self._building = threading.Lock()
        self._buildah = (
            "nice",
            "buildah",
            "--root",
            str(folder / "root"),
            "--runroot",
            str(folder / "run"),
            "--storage-driver",
            "overlay",
        )
        settings = folder / "uv"
        settings.mkdir(exist_ok=True)
        # uv trusts its own list of authorities otherwise, and not those of a company's or a test machine's proxy.
        (settings / "uv.toml").write_text("native-tls = true\n")
        self._volumes = ["--volume", f"{settings}:/etc/uv:ro"]

    def run(self, words: Sequence[str], limit_s: float, before: Sequence[str] = ()) -> tuple[int, str]:
        """Run buildah; return its exit status and everything that it printed (124 where the limit was reached)."""
        try:
            done = subprocess.run(
                [*before, *self._buildah, *words],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                timeout=limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            return STILL_RUNNING, (late.stdout or b"").decode(errors="replace")
        return done.returncode, done.stdout.decode(errors="replace")

    def has(self, reference: str) -> bool:
        """Whether an image of that name is here."""
        return self.run(["inspect", "--type", "image", reference], 60)[0] == 0

    def build(self, context: Path, tag: str, dockerfile: Path, pull: str = "never") -> tuple[bool, str]:
        """Build a context; return whether it did, and what was printed."""
        words = [
            "bud",
            "--format",
            "docker",
            "--isolation",
            "chroot",
            "--layers=false",
            f"--pull={pull}",
            *self._volumes,
        ]
        code, text = self.run([*words, "--file", str(dockerfile), "--tag", tag, str(context)], BUILD_LIMIT_S)
        return code == 0, text

    def start(self, tag: str) -> tuple[bool, str]:
        """Start an image as its own command says; it started when that ends with 0 or still runs after a while."""
        container = self.run(["from", "--pull=never", tag], 60)[1].strip().splitlines()[-1]
        try:
            config = json.loads(self.run(["inspect", container], 60)[1])["Docker"]["config"]
            words = (config.get("Entrypoint") or []) + (config.get("Cmd") or [])
            if not words:
                return False, "the image has no command"
            limit_s = choose_start_limit_s(os.getloadavg()[0] / (os.cpu_count() or 1))
            alone = (*_ALONE, "timeout", "-k", str(_PATIENCE_S), str(limit_s))
            words = ["run", "--isolation", "chroot", container, "--", *words]
            code, text = self.run(words, limit_s + _PATIENCE_S + 30, alone)
            return code in {0, STILL_RUNNING, _ENDED_BY_FORCE}, text
        finally:
            self.run(["rm", container], 60)

    def remove(self, tag: str) -> None:
        """Remove an image."""
        self.run(["rmi", "--force", tag], 60)

    def try_out(self, project: Path, tag: str) -> Truth:
        """Build and start the project in a folder; nothing of it stays in the store.

        `Dockerfile.eq` is built where it is: the same for a builder that lacks what the Dockerfile uses.
        """
        equivalent = project / "Dockerfile.eq"
        with tempfile.TemporaryDirectory() as scratch:
            context = shutil.copytree(project, Path(scratch) / "context", symlinks=True)
            (context / "Dockerfile.eq").unlink(missing_ok=True)
            with self._building:
                built, text = self.build(context, tag, equivalent if equivalent.exists() else context / "Dockerfile")
        if not built:
            return Truth(False, False, _last(text), text)
        try:
            started, text = self.start(tag)
        finally:
            self.remove(tag)
        return Truth(True, started, "" if started else _last(text), text)


_TELLING = re.compile(r"error|not found|no such|denied|cannot|can't|unable|invalid|unknown|missing", re.IGNORECASE)
_SAYS_NOTHING = ("subprocess exited", "Error: exit status")


def _last(text: str) -> str:
    """Return the last lines that say what is wrong, of all lines where none does."""
    kept = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith(_SAYS_NOTHING)]
    return " | ".join(([line for line in kept if _TELLING.search(line)] or kept)[-4:])[-600:]
