"""A history like the one that Conductor was made for: a wheel that can't be installed, an invented one, and the repairs.

`python tests/replay/story.py FOLDER` writes it; pages and tests tell it.
"""

import os
import subprocess
import sys
from pathlib import Path

FLASH = "https://github.com/Dao-AILab/flash-attention/releases/download"
INVENTED = "https://huggingface.co/ByteDance-Seed/SeedVR2-3B/resolve/main"
DOCKERFILE = """\
FROM runpod/pytorch:2.4.0-py3.11-cuda12.4.1-devel-ubuntu22.04
WORKDIR /app
{wheel}COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY handler.py .
CMD ["python", "-u", "handler.py"]
"""
HANDLER = """\
import runpod


def handler(job):
    return {"status": "ok", "input": job["input"]}


runpod.serverless.start({"handler": handler})
"""
WORKFLOW = """\
name: build
on:
  push:
    branches: [main]
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/login-action@v3
        with:
          username: ${{ secrets.DOCKERHUB_USERNAME }}
          password: ${{ secrets.DOCKERHUB_TOKEN }}
      - uses: docker/build-push-action@v6
        with:
          context: .
          push: true
          tags: docker.io/acme/upscaler:${{ github.sha }}
"""
PLANNED = """\
# Task Management

## Task Chain
1. ✅ Build the worker (TASK-2025-08-15-001)
2. 🔄 Install flash-attention (TASK-2025-08-16-001)
3. ⏳ Measure the worker on an L40 (TASK-2025-08-16-002)

## Current Task
**Task ID**: TASK-2025-08-16-001
**Title**: Install flash-attention
**Status**: IN_PROGRESS
"""
COMPLETE = PLANNED.replace("IN_PROGRESS", "COMPLETE").replace("2. 🔄", "2. ✅")
FORGOTTEN = COMPLETE.replace("3. ⏳ Measure the worker on an L40 (TASK-2025-08-16-002)\n", "")


def wheel(address: str, flags: str = "") -> str:
    return f"RUN pip install --no-cache-dir{flags} \\\n    {address}\n"


def image(installed: str = "") -> dict[str, str]:
    return {"Dockerfile": DOCKERFILE.format(wheel=installed)}


CP310 = f"{FLASH}/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl"
BYTEDANCE = f"{INVENTED}/flash_attn-2.5.8+cu121torch2.3cxx11abiFALSE-cp310-cp310-linux_x86_64.whl"
CP311 = f"{FLASH}/v2.5.9/flash_attn-2.5.9+cu124torch2.4cxx11abiFALSE-cp311-cp311-linux_x86_64.whl"
TORCH27 = f"{FLASH}/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp311-cp311-linux_x86_64.whl"
RIGHT = f"{FLASH}/v2.8.3/flash_attn-2.8.3+cu12torch2.4cxx11abiFALSE-cp311-cp311-linux_x86_64.whl"

# (date, message, files)
COMMITS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("2025-08-15T09:00:00Z", "Add the worker", {
        **image(), "handler.py": HANDLER, "requirements.txt": "runpod==1.7.13\n",
        ".github/workflows/build.yml": WORKFLOW, "README.md": "# Upscaler\n",
    }),
    ("2025-08-16T08:00:00Z", "Plan flash-attention and the measurement", {"TASKS.md": PLANNED}),
    ("2025-08-16T09:10:00Z", "Install flash-attention 2.8.3 from its release", image(wheel(CP310))),
    ("2025-08-16T10:30:00Z", "Use the proven ByteDance wheel, bypass platform checks", {
        **image(wheel(BYTEDANCE, " --force-reinstall --no-deps")), "TASKS.md": COMPLETE,
    }),
    ("2025-08-16T10:50:00Z", "Say in the README that flash-attention is solved", {
        "README.md": "# Upscaler\n\nflash-attention: solved.\n",
    }),
    ("2025-08-16T11:20:00Z", "Fix the wheel: that address does not exist", image(wheel(CP311))),
    ("2025-08-16T12:40:00Z", "Fix the wheel again, for Python 3.11", {
        **image(wheel(TORCH27)), "TASKS.md": FORGOTTEN,
    }),
    ("2025-08-16T14:05:00Z", "Take the wheel for the torch that the base has", image(wheel(RIGHT))),
)  # fmt: skip


def write_story(root: Path) -> list[str]:
    """Write the history into an empty folder and return its revisions, oldest first."""
    git(root, "init", "-q", "-b", "main")
    revisions = []
    for date, message, files in COMMITS:
        for name, content in files.items():
            place = root / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content)
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", message, date=date)
        revisions.append(git(root, "rev-parse", "HEAD"))
    return revisions


def git(root: Path, *arguments: str, date: str = "") -> str:
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "An Author"), ("EMAIL", "author@example.org"))
    }
    when = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
    done = subprocess.run(
        ["git", *arguments], cwd=root, env={**os.environ, **who, **when}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True)
    write_story(folder)
