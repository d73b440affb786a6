"""A release with real parts, from `conductor rehearse --real` to what is left behind: nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.waiting import wait_until

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
DIGEST = "sha256:" + "0" * 64
DOCKERFILE = f"""# syntax=docker/dockerfile:1
FROM python:3.11-slim@{DIGEST} AS base
RUN python --version > /built
FROM base
WORKDIR /app
RUN python -c "import urllib.request as r; r.urlretrieve('https://nobody.invalid/weights', '/weights')"
COPY . ./
ARG REVISION=unknown
ENV CONDUCTOR_REVISION=$REVISION
CMD ["python", "-u", "handler.py"]
"""
# RunPod's SDK has a hundred dependencies; this is its way of taking jobs and handing answers in.
SDK = """import json
import os
import urllib.request


def start(config):
    taken, done = os.environ["RUNPOD_WEBHOOK_GET_JOB"], os.environ["RUNPOD_WEBHOOK_POST_OUTPUT"]
    while True:
        with urllib.request.urlopen(taken + "&job_in_progress=0") as answer:
            job = json.load(answer) if answer.status == 200 else None
        if job is not None:
            body = json.dumps({"output": config["handler"](job)}).encode()
            urllib.request.urlopen(done.replace("$ID", job["id"]) + "&isStream=false", body).close()
"""
HANDLER = """import os

import runpod.serverless


def handler(job):
    built = open("/built").read().strip()
    return {"echo": job["input"], "revision": os.environ["CONDUCTOR_REVISION"], "built": built}


runpod.serverless.start({"handler": handler})
"""
WORKFLOW = """name: Build
on:
  push:
    branches: [main]
jobs:
  build:
    runs-on: ubuntu-latest
    permissions: {contents: read, packages: write}
    steps:
      - name: Free disk space
        run: docker image prune --all --force
      - uses: actions/checkout@v4
      - uses: docker/setup-buildx-action@v3
      - uses: docker/login-action@v3
        with:
          registry: ghcr.io
          username: ${{ github.actor }}
          password: ${{ secrets.GITHUB_TOKEN }}
      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: ghcr.io/someone/echo
          tags: type=sha,format=long
      - id: build
        uses: docker/build-push-action@v6
        with:
          context: image
          push: true
          provenance: false
          tags: ${{ steps.meta.outputs.tags }}
          labels: ${{ steps.meta.outputs.labels }}
          build-args: REVISION=${{ github.sha }}
      - if: failure()
        run: echo never
      - name: Look into it
        run: docker run --rm --network none ghcr.io/someone/echo@${{ steps.build.outputs.digest }} cat /built
"""
CONFIGURATION = """---
conductor: 1
build: {workflow: .github/workflows/build.yml, dockerfile: image/Dockerfile, context: image, image: ghcr.io/someone/echo}
targets:
  production: {kind: serverless, id: env:ENDPOINT}
smoke: {input: image/input.json, example: image/example.json}
---
"""


@pytest.fixture
def project(repository, git):
    """Return a repository of two commits, the second of which does not build."""
    files = {
        "image/Dockerfile": DOCKERFILE, "image/handler.py": HANDLER, "image/runpod/__init__.py": "",
        "image/runpod/serverless.py": SDK, "image/input.json": '{"input": {"text": "hello"}}',
        "image/example.json": '{"output": {"echo": {}, "revision": "", "built": ""}}',
        ".github/workflows/build.yml": WORKFLOW, "CONDUCTOR.md": CONFIGURATION,
    }  # fmt: skip
    for name, text in files.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(text)
    git("add", "-A", cwd=repository)
    git("commit", "-q", "-m", "Answer", cwd=repository)
    git("remote", "add", "origin", "git@github.com:someone/echo.git", cwd=repository)
    return repository


@pytest.fixture
def surrounded(kept, monkeypatch):
    """Give a rehearsal a folder with a short name and the kept Debian; afterwards nothing may be left of it."""
    folder = tempfile.mkdtemp(prefix="real-")
    monkeypatch.setenv("TMPDIR", folder)
    monkeypatch.setenv("XDG_CACHE_HOME", kept)
    yield Path(folder)
    left = [*list_processes(folder), *list_mounts(folder), *Path("/sys/fs/cgroup").glob("**/conductor-*")]
    shutil.rmtree(folder, ignore_errors=True)
    assert left == []


def list_processes(folder):
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if folder in entry.read_bytes().decode(errors="replace"):
                found.append(entry.read_bytes().decode(errors="replace"))
        except OSError:
            continue  # it has ended meanwhile
    return found


def list_mounts(folder):
    return [line for line in Path("/proc/mounts").read_text().splitlines() if folder in line]


def test_a_build_here_waits_for_a_grant(project, conductor):
    done = conductor("rehearse", "--real", cwd=project)
    assert done.returncode == 2
    assert "R4, container_build" in done.stderr
    assert "conductor grant container_build --once" in done.stderr


def test_a_patch_that_repairs_the_build_is_proved_with_every_part_real(
    project, conductor, person, git, surrounded, tmp_path
):
    broken = DOCKERFILE.replace("--version", "--not-a-flag")
    (project / "image/Dockerfile").write_text(broken)
    git("commit", "-q", "-a", "-m", "Break the build", cwd=project)
    (project / "image/Dockerfile").write_text(broken.replace("--not-a-flag", "-V"))
    patch = tmp_path / "fix.patch"
    patch.write_text(git("diff", "HEAD", cwd=project) + "\n")
    git("checkout", "-q", ".", cwd=project)

    def rehearse(*more):
        granted = person("grant", "container_build", "--once", cwd=project)
        assert granted.returncode == 0, granted.stderr
        return conductor("rehearse", "--real", "--json", *more, cwd=project)

    done = rehearse()
    failed = json.loads(done.stdout)["release"]
    assert (done.returncode, failed["outcome"]) == (6, "stopped"), done.stderr
    assert "not-a-flag" in done.stdout + done.stderr, "the reason is the engine's own"

    done = rehearse("--patch", str(patch))
    assert done.returncode == 0, done.stderr
    release = json.loads(done.stdout)["release"]
    assert release["outcome"] == "verified"
    assert release["smoke"]["output"]["echo"] == {"text": "hello"}
    assert release["smoke"]["output"]["built"].startswith("Python 3.")
    assert release["handler_run"]
    told = " ".join(release["not_run"])
    assert "a small Debian stood in" in told
    assert "RUN left out, nobody.invalid does not answer here" in told
    exchanges = (Path(release["record"]) / "exchanges.jsonl").read_text()
    assert '"server": "tokens"' in exchanges and '"server": "hand-over"' in exchanges
    assert git("status", "--porcelain", cwd=project) == ""


def test_kill_9_leaves_no_process_mount_or_image(project, person, surrounded):
    assert person("grant", "container_build", "--once", cwd=project).returncode == 0
    words = [sys.executable, "-m", "conductor", "rehearse", "--real"]
    with (surrounded / "out").open("wb") as log:
        process = subprocess.Popen(words, cwd=project, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        # An image that was built lies in the engine's folder, mounted where a container runs from it.
        wait_until(lambda: list(surrounded.glob("conductor-*/room/runs/run-*/home")) or process.poll() is not None)
        assert process.poll() is None, (surrounded / "out").read_text()
        (room,) = surrounded.glob("conductor-*/room")
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    wait_until(lambda: not room.exists())
    wait_until(lambda: not list_processes(str(room)))
