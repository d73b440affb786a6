"""Play the example of every rule and write its page, and the tables of all rules.

usage: python scripts/generate_rule_pages.py [--check]

The pages are docs/rules/*.md, the tables those of docs/rules.md and of CONDUCTOR.md. With --check nothing is written;
the exit code is 1 where one of them is not what the code says.
"""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from conductor.cli.session import make_row, render_row  # noqa: E402
from conductor.cli.wiring import open_project, rule_context  # noqa: E402
from conductor.config.settings import load_settings  # noqa: E402
from conductor.domain.rule import RULES  # noqa: E402
from conductor.host.model import Inventory  # noqa: E402
from conductor.ports.engine import EngineAccess  # noqa: E402
from conductor.rules.context import SessionView  # noqa: E402
from conductor.rules.example import Shell, Story  # noqa: E402
from conductor.rules.rulebook import load_rule, meta_of  # noqa: E402
from conductor.rules.table import check_table, write_table  # noqa: E402
from conductor.sessions.ledger import ToolCall  # noqa: E402

NOON = "2026-01-05T12:00:00+00:00"
PROJECT = {
    "image/Dockerfile": """FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime
WORKDIR /app
ENV PYTHONUNBUFFERED=1
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
RUN python -c "import torch; print(torch.__version__)"
COPY handler.py /app/handler.py
COPY worker /app/worker
LABEL org.opencontainers.image.title="worker"
CMD ["python", "/app/handler.py"]
""",
    ".github/workflows/build-worker.yml": """name: build
on: [push]
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: docker/build-push-action@0000000000000000000000000000000000000000
        with:
          context: image
          file: image/Dockerfile
""",
    "TASKS.md": "# Tasks\n\n## TASK-2026-01-05-001: Build the worker\n\n- **Status**: PLANNING\n",
    "JOURNAL.md": "# Journal\n\n## 2026-01-05 09:10: Began\n\nSome work.\n",
}


def surroundings(home: Path) -> dict[str, str]:
    """Return the variables of a person whose home is that folder: nothing of this machine's own."""
    git = {"AUTHOR": "Author", "COMMITTER": "Author"}
    named = {f"GIT_{who}_NAME": name for who, name in git.items()}
    named |= {f"GIT_{who}_EMAIL": "author@example.invalid" for who in git}
    named |= {f"GIT_{who}_DATE": "2026-01-05T10:00:00+00:00" for who in git}
    places = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("STATE", "CONFIG", "CACHE")}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "NO_COLOR": "1"}
    return {**named, **places, **quiet, "HOME": str(home), "PYTHONPATH": str(ROOT), "PATH": f"{home}/bin:/usr/bin:/bin"}


def render_page(name: str, folder: Path) -> str:
    """Return a rule's page; its example is played in that folder, in the surroundings that it is given."""
    meta = meta_of(name)
    prose = (inspect.getdoc(load_rule(name)) or "").partition(": ")[2]
    parts = [
        f"# {meta.rule.id} `{name}`: {meta.title}",
        prose[:1].upper() + prose[1:],
        f"**What must be true.** {meta.must}",
        f"**Checked by** {meta.checked_by}.",
        _level(name),
        "## Example",
        _play(name, folder),
    ]
    if meta.example:
        parts.append(f"The guard judges commands like this one before they run:\n\n```\n{meta.example}\n```")
    return "\n\n".join(parts) + "\n"


def render_rules(page: str) -> str:
    """Return docs/rules.md with the table of every rule."""
    rows = ["| rule | what must be true | checked by | level |", "| --- | --- | --- | --- |"]
    for rule in RULES:
        meta = meta_of(rule.name)
        link = f"[{rule.id} `{rule.name}`](rules/{rule.name}.md)"
        rows.append(f"| {link} | {meta.must} | {meta.checked_by} | {rule.level} |")
    table = "\n".join(rows) + "\n"
    return re.sub(r"(<!-- rules -->\n).*?(<!-- /rules -->)", lambda m: m[1] + table + m[2], page, flags=re.DOTALL)


def _level(name: str) -> str:
    rule = meta_of(name).rule
    fixed = "; it can't be lowered" if rule.fixed else ""
    lines = f"**Level.** `{rule.level}` where CONDUCTOR.md says nothing{fixed}."
    other = "block" if rule.level == "warn" else "warn"
    return lines if rule.fixed else f"{lines} Another one:\n\n```yaml\nrules:\n  {name}: {other}\n```"


def _play(name: str, folder: Path) -> str:
    home, project = folder / "home", folder / "project"
    (home / "bin").mkdir(parents=True)
    environment = surroundings(home)
    begin = "git init -q -b main && git add -A && git commit -q -m Begin"
    for path, text in PROJECT.items():
        _write(project / path, text)
    subprocess.run(["sh", "-c", begin], cwd=project, env=environment, check=True)
    example = load_rule(name).EXAMPLE
    if isinstance(example, Shell):
        played = _run_shell(example, project, environment)
    else:
        played = _tell(name, example, project, environment)
    return _quiet(played, home, project)


def _tell(name: str, story: Story, project: Path, environment: dict[str, str]) -> str:
    for path, text in story.files:
        _write(project / path, text)
    calls = tuple(ToolCall("s1", "claude", tool, target, ok=True, at=at) for at, tool, target in story.calls)
    session = SessionView("s1", "2026-01-05T09:00:00+00:00", calls=calls or None, decisions=story.decisions)
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        context = rule_context(open_project(project, trust=True), session)
        # The machine that writes the page is none of the example's.
        host, engine = (Inventory("2026-01-05T12:00:00Z"), None), EngineAccess(absent=True)
        answer = load_rule(name).report(replace(context, host=lambda: host, engine=lambda: engine))
    finally:
        os.environ.clear()
        os.environ.update(before)
    return f"{story.sentence} The session's report says:\n\n```\n{render_row(make_row(meta_of(name), answer))}\n```"


def _run_shell(example: Shell, project: Path, environment: dict[str, str]) -> str:
    runner = Path(environment["HOME"]) / "bin/conductor"
    runner.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/at.py {NOON} "$@"\n')
    runner.chmod(0o755)
    subprocess.run(["sh", "-c", example.hidden or ":"], cwd=project, env=environment, check=True)
    done = subprocess.run(
        ["sh", "-c", example.shown], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    # The baseline's counts are this machine's; what is checked against it is not.
    output = re.sub(r"\A(?:Baseline of .*\n.*\n)", "", done.stdout)
    commands = "\n".join(f"$ {line}" for line in example.shown.splitlines())
    return f"```\n{commands}\n{output.rstrip()}\n```"


def _quiet(text: str, home: Path, project: Path) -> str:
    text = text.replace(str(home), "/home/ada").replace(str(project), "/home/ada/worker")
    return re.sub(r"\b(commit|push) [0-9a-f]{7} ", r"\1 1234567 ", text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def main(arguments: list[str]) -> int:
    """Write, or compare with --check."""
    only_check = "--check" in arguments
    pages = {ROOT / "docs/rules.md": render_rules((ROOT / "docs/rules.md").read_text())}
    for rule in RULES:
        with tempfile.TemporaryDirectory() as folder:
            pages[ROOT / meta_of(rule.name).docs] = render_page(rule.name, Path(folder).resolve())
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text() != text]
    settings = load_settings(ROOT)
    told = [f"{path.relative_to(ROOT)} is not what the code says" for path in stale]
    told += [f"CONDUCTOR.md: {finding.message}" for finding in check_table(ROOT, settings)]
    known = {*pages, ROOT / "docs/rules/custom.md"}
    left = [
        f"{path.relative_to(ROOT)} belongs to no rule"
        for path in (ROOT / "docs/rules").glob("*.md")
        if path not in known
    ]
    if not only_check:
        for path in stale:
            path.write_text(pages[path])
        write_table(ROOT, settings)
    for line in [*(told if only_check else []), *left]:
        print(line)
    return 1 if left or (told and only_check) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
