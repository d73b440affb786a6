"""The seed's day, rebuilt: its repository, records and ledger, and what can honestly be said of it."""

import re
from pathlib import Path

import pytest

from conductor.domain.evidence import Evidence, Outcome
from conductor.records.evidence import EvidenceStore
from conductor.sessions.ledger import SessionLedger, ToolCall

GOLDEN = Path(__file__).parent / "seed_day"
WHEELS = "https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3"
BEFORE = f"""FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime
WORKDIR /app
# v2.8.3 should know the L40 (compute capability 8.9)
RUN pip install --no-cache-dir \\
    {WHEELS}/flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl
COPY handler.py .
CMD ["python", "handler.py"]
"""
AFTER = BEFORE.replace(
    f"RUN pip install --no-cache-dir \\\n    {WHEELS}/flash_attn-2.8.3+cu12torch2.7",
    "RUN pip install --no-cache-dir --force-reinstall --no-deps \\\n"
    "    https://huggingface.co/ByteDance-Seed/SeedVR2-3B/resolve/main/flash_attn-2.5.8+cu121torch2.3",
).replace("v2.8.3 should know the L40 (compute capability 8.9)", "the model team's wheel, proven on the L40")
CONDUCTOR = """---
conductor: 1
build:
  workflow: .github/workflows/build.yml
  dockerfile: Dockerfile
  context: .
  image: docker.io/owner/seedvr-runpod
targets:
  production: {id: env:RUNPOD_ENDPOINT}
---
# Rules
"""
WORKFLOW = """name: build
on: {push: {branches: [main]}}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: docker/build-push-action@v6
        with: {context: ., file: Dockerfile, push: true, tags: owner/seedvr-runpod:latest}
"""
TASKS = """# Task Management

## Active Phase
**Phase**: Deployment
**Started**: 2025-08-01
**Target**: 2025-08-31
**Progress**: 1/2 tasks completed

## Current Task
**Task ID**: TASK-2025-08-15-007
**Title**: Raise flash-attention for the L40
**Status**: COMPLETE
**Started**: 2025-08-15 18:00
**Dependencies**: None

### Task Chain
1. ✅ Bring the worker to the serverless API (TASK-2025-08-14-001)
2. ✅ Raise flash-attention for the L40 (TASK-2025-08-15-007)
"""
JOURNAL = """# Engineering Journal

## 2025-08-15 18:40

### Raised flash-attention |TASK:TASK-2025-08-15-007|
- **What**: Wheel 2.8.3
- **Why**: The L40 needs it
"""


def files(root: Path, contents: dict[str, str]) -> None:
    for name, text in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def seed_day(repository, git, conductor, monkeypatch, surroundings):
    """The repository at the end of 2025-08-16, with the session's id."""
    files(
        repository,
        {
            "Dockerfile": BEFORE,
            "Dockerfile.pytorch": BEFORE.replace("WORKDIR /app", "WORKDIR /workspace"),
            "handler.py": 'import runpod\n\nrunpod.serverless.start({"handler": print})\n',
            "run.sh": "#!/bin/bash\ncd /app\npython handler.py\necho started\n",
            "run_original.sh": "#!/bin/bash\ncd /app\npython handler.py --debug\necho started\n",
            "CONDUCTOR.md": CONDUCTOR,
            ".github/workflows/build.yml": WORKFLOW,
            "TASKS.md": TASKS,
            "JOURNAL.md": JOURNAL,
            ".serena/memories/flash_attention.md": "# Wheels\n2.8.3 is the newest.\n",
            ".gitignore": ".conductor/local/\n",
        },
    )
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.setenv(name, "2025-08-15T18:45:00+00:00")
    git("add", "-A", cwd=repository)
    git("commit", "-qm", "Raise flash-attention for the L40", cwd=repository)
    git("remote", "add", "origin", "git@github.com:owner/seedvr-runpod.git", cwd=repository)
    base = git("rev-parse", "HEAD", cwd=repository)
    store = EvidenceStore(repository)
    digest = "sha256:" + "77c0" * 16
    store.append(
        "r-20250814-090000-77c0aaa",
        Evidence("deployed", f"production@{digest}", Outcome.PASSED, "2025-08-14T09:20:00+00:00", "endpoint release 3"),
    )
    store.append(
        "r-20250815-190000-4f2a91c",
        Evidence(
            "build",
            base,
            Outcome.FAILED,
            "2025-08-15T19:12:00+00:00",
            "https://github.com/owner/seedvr-runpod/actions/runs/17",
            {"error": "ERROR: flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl is not a "
             "supported wheel on this platform."},
        ),
    )  # fmt: skip
    conductor.now = "2025-08-16T09:50:00+00:00"
    assert conductor("host", "baseline", cwd=repository).returncode == 0
    assert conductor("session", "start", "--agent", "claude", "--id", "seed-day", cwd=repository).returncode == 0
    ledger = SessionLedger(repository / ".git")
    for minute, (tool, target) in enumerate(
        [
            ("mcp__serena__list_memories", ""),
            ("mcp__serena__read_memory", "flash_attention"),
            ("Read", "Dockerfile"),
            ("mcp__serena__replace_regex", "Dockerfile"),
            ("mcp__serena__write_memory", "wheel_platform_fix"),
            ("Bash", "conductor task new"),
            ("Bash", "conductor journal add"),
        ]
    ):
        ledger.append(ToolCall("seed-day", "claude", tool, target, True, f"2025-08-16T09:5{minute}:30+00:00"))
    files(
        repository,
        {
            "Dockerfile": AFTER,
            ".serena/memories/wheel_platform_fix.md": "# Wheel fix\nThe runner's platform differs.\n",
        },
    )
    conductor.now = "2025-08-16T10:30:00+00:00"
    title = "Flash-Attention Platform Compatibility Fix"
    done = conductor("task", "new", title, "--expect", "build", cwd=repository)
    assert done.returncode == 0, done.stderr
    task = re.search(r"TASK-2025-08-16-\d{3}", done.stdout)[0]
    conductor("task", "start", task, cwd=repository)
    cause = "Root cause: GitHub Actions runners have a different platform than the wheel expects"
    conductor("task", "finding", task, cause, cwd=repository)
    conductor("task", "decide", task, "Take the model team's wheel with --force-reinstall --no-deps", cwd=repository)
    conductor(
        *("journal", "add", "Flash-attention build fixed", "--task", task),
        *("--what", "Replaced the wheel", "--why", "The build failed on the runner"),
        *(
            "--how",
            "--force-reinstall bypasses the platform check",
            "--result",
            "Build success is expected; proven wheel",
        ),
        cwd=repository,
    )
    return repository, task


def test_a_task_whose_only_evidence_is_an_edit_is_claimed(seed_day, conductor):
    root, task = seed_day
    done = conductor("task", "done", task, cwd=root)
    assert done.returncode == 1
    assert "CLAIMED, not complete" in done.stdout
    assert f"**Task ID**: {task}" in (root / "TASKS.md").read_text()
    assert "**Status**: CLAIMED" in (root / "TASKS.md").read_text()


def test_the_days_summary_is_the_golden_one(seed_day, conductor, request):
    root, task = seed_day
    conductor("task", "done", task, cwd=root)
    conductor("session", "attest", "R6", "Looked at the whole pipeline, not at the single issue.", cwd=root)
    done = conductor(
        *("session", "end", "seed-day", "--next", "Validate the GitHub Actions build"),
        *("--next", "Test the container on RunPod [deployed production, smoke production]"),
        cwd=root,
    )
    assert done.returncode == 0, done.stderr
    done = conductor("session", "summary", "seed-day", "--print", cwd=root)
    assert done.returncode == 0, done.stderr
    text = re.sub(r"\d+ distributions of \d+ interpreters", "N distributions of N interpreters", done.stdout)
    text = re.sub(r"\d+ OS packages", "N OS packages", text)
    text = re.sub(r"(?<=  - )[^\n]*(container|Docker) engine[^\n]*", "what this machine says of its engine", text)
    text = re.sub(r"(?<=#)(\d+):[0-9a-f]{8}\b", r"\1:HASH", text)  # each host has a key of its own
    golden = GOLDEN / "summary.md"
    if request.config.getoption("--update-golden"):
        golden.write_text(text)
        pytest.skip("written anew")
    assert sections(text) == sections(golden.read_text())


def sections(text: str) -> dict[str, str]:
    parts = re.split(r"^(##+ .*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_ticks_of_the_day_are_answered_honestly(seed_day, conductor):
    root, _ = seed_day
    done = conductor("session", "report", "seed-day", "--json", cwd=root)
    import json

    rows = {row["id"]: row["status"] for row in json.loads(done.stdout)["rules"]}
    assert done.returncode == 1
    assert rows["R3"] == "violated"
    assert rows["F1"] == "violated"
    assert rows["R8"] == "kept"
    assert rows["R8a"] == "kept"
    assert rows["R1"] == "kept"
