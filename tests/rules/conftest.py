"""A small project in git, and what a rule needs to look at it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conductor.cli.wiring import open_project, rule_context
from conductor.host.model import Inventory
from conductor.ports.engine import EngineAccess
from conductor.rules.context import SessionView
from conductor.sessions.ledger import ToolCall

DOCKERFILE = """FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime
WORKDIR /app
ENV PYTHONUNBUFFERED=1
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
RUN python -c "import torch; print(torch.__version__)"
COPY handler.py /app/handler.py
COPY worker /app/worker
LABEL org.opencontainers.image.title="worker"
CMD ["python", "/app/handler.py"]
"""
WORKFLOW = """name: build
on: [push]
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: docker/build-push-action@0000000000000000000000000000000000000000
        with:
          context: image
          file: image/Dockerfile
"""
START = "2026-01-05T09:00:00+00:00"


class Tree:
    """A repository that the tests change, and its context."""

    def __init__(self, root: Path, git) -> None:
        self.root = root
        self._git = git

    def git(self, *arguments: str) -> str:
        return self._git(*arguments, cwd=self.root)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def commit(self, message: str = "Change something") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def context(self, session: SessionView | None = None, *, host=None, engine: EngineAccess | None = None):
        context = rule_context(open_project(self.root, trust=True), session)
        inventory = Inventory("2026-01-05T12:00:00Z")
        return replace(
            context,
            host=lambda: host or (inventory, None),
            engine=lambda: engine or EngineAccess(absent=True),
        )


@pytest.fixture
def tree(repository, git):
    """Return a project with a worker, a workflow, records and one commit."""
    project = Tree(repository, git)
    project.write("image/Dockerfile", DOCKERFILE)
    project.write(".github/workflows/build-worker.yml", WORKFLOW)
    project.write("run.sh", "#!/bin/sh\nset -eu\n" + "".join(f"step_{n} --flag\n" for n in range(12)))
    project.write("TASKS.md", "# Tasks\n\n## TASK-2026-01-05-001: Build the worker\n\n- **Status**: PLANNING\n")
    project.write("JOURNAL.md", "# Journal\n\n## 2026-01-05 09:10: Began\n\nSome work.\n")
    project.commit("Begin")
    return project


def call(tool: str, target: str = "", at: str = "2026-01-05T10:00:00Z") -> ToolCall:
    return ToolCall("s1", "claude", tool, target, ok=True, at=at)


def session(*calls: ToolCall, **given) -> SessionView:
    return SessionView("s1", START, **{"calls": calls or None, **given})


def codes(findings) -> list[str]:
    return [finding.code for finding in findings]
