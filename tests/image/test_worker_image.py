"""The image, built by a real engine and started: minutes, so only where it is asked for (CONDUCTOR_BUILD_IMAGE=1).

Without a Docker engine that answers, root may start one of its own; without a network, stand-ins take the places of what
is fetched (`scripts/build_image.py` says which). CONDUCTOR_SEEDVR2 names a checkout of the program, CONDUCTOR_TORCH a
folder with torch, CONDUCTOR_BASE a root file system; what isn't given is made up.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _engine_options():
    """Return the options for the engine that is here; skips where there is none."""
    if shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0:
        return []
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    if os.geteuid() == 0 and shutil.which("docker") and shutil.which("dockerd", path=path):
        return ["--own-engine"]
    pytest.skip("no Docker engine answers, and none can be started here")


@pytest.mark.skipif(
    "CONDUCTOR_BUILD_IMAGE" not in os.environ, reason="CONDUCTOR_BUILD_IMAGE is not set: it takes minutes"
)
@pytest.mark.timeout(1800)
def test_every_line_of_the_dockerfile_is_built_and_the_worker_in_it_serves(tmp_path):
    program = tmp_path / "program"
    program.mkdir()
    (program / "inference_cli.py").write_text("print('usage')\n")
    options = [*_engine_options(), "--stand-ins", "--program", os.environ.get("CONDUCTOR_SEEDVR2", str(program))]
    options += ["--base", os.environ.get("CONDUCTOR_BASE", str(tmp_path / "base"))]
    if "CONDUCTOR_TORCH" in os.environ:
        options += ["--torch", os.environ["CONDUCTOR_TORCH"]]
    path = os.pathsep.join((os.environ["PATH"], "/usr/sbin", "/sbin"))
    done = subprocess.run(
        [sys.executable, "scripts/build_image.py", *options],
        cwd=ROOT, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    print(done.stdout)
    assert done.returncode == 0, done.stderr
    seen = [line.split(maxsplit=1)[0] for line in done.stdout.splitlines() if line.strip()]
    assert {"size", "weights", "self-test", "smoke", "handler", "pod"} <= set(seen)
