"""The pages in docs/rules/: written from each rule's module, with an example that was run."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from conductor.rules.answer import render_answer
from conductor.rules.context import Decision
from conductor.rules.rulebook import load_rule, meta_of
from tests.rules.conftest import Tree, call, session

ROOT = Path(__file__).resolve().parent.parent.parent
FAKE_PYTHON = """mkdir -p ~/.pyenv/versions/3.99.0/bin ~/.pyenv/versions/3.99.0/lib/python3.99/site-packages
cp /bin/true ~/.pyenv/versions/3.99.0/bin/python3.99
touch ~/.pyenv/versions/3.99.0/lib/python3.99/os.py"""
INSTALL = """site=~/.pyenv/versions/3.99.0/lib/python3.99/site-packages/einops-0.8.0.dist-info
mkdir $site; echo pip > $site/INSTALLER; printf 'Name: einops\\nVersion: 0.8.0\\n' > $site/METADATA
touch -d 2026-01-05T11:30:00Z $site"""


@dataclass(frozen=True)
class Shell:
    """An example of commands: `hidden` prepares, `shown` is what the page prints, the last line is the check."""

    shown: str
    hidden: str = ""


@dataclass(frozen=True)
class Story:
    """An example of a session: a sentence, what the ledger and the guard's log hold, what is in the tree."""

    sentence: str
    calls: tuple = ()
    decisions: tuple | None = None
    files: tuple[tuple[str, str], ...] = ()


EXAMPLES: dict[str, Shell | Story] = {
    "memories_read": Story(
        "An agent edits first, and looks at the memories never.",
        (call("Edit", "image/Dockerfile", "2026-01-05T09:12:00Z"),),
        files=((".serena/memories/overview.md", "# Overview\n"),),
    ),
    "edit_tool": Story(
        "The project asks for Serena (`rules: {edit_tool: warn}`), the agent uses its own tool.",
        (call("Edit", "image/Dockerfile", "2026-01-05T09:12:00Z"),),
        files=(
            ("CONDUCTOR.md", "---\nconductor: 1\nrules: {edit_tool: warn}\n---\n"),
            ("image/Dockerfile", "FROM x\n"),
        ),
    ),
    "context_lookup": Story(
        "A wheel of another version goes into the Dockerfile, and no documentation is looked up.",
        (call("Edit", "image/Dockerfile", "2026-01-05T09:12:00Z"),),
        files=(
            (
                "image/Dockerfile",
                "RUN pip install https://example.invalid/flash_attn-2.5.8-cp310-cp310-linux_x86_64.whl\n",
            ),
        ),
    ),
    "container_build": Story(
        "The guard asked, and the build ran all the same.",
        decisions=(Decision("container_build", "block", "docker build image/", "2026-01-05T10:02:00Z", ran=True),),
    ),
    "os_package": Shell(
        f"conductor host baseline\n{FAKE_PYTHON}\nconductor check host",
    ),
    "bigger_scope": Story(
        "A task is changed, and its cause is a guess.",
        files=(
            (
                "TASKS.md",
                "# Tasks\n\n## Current Task\n**Task ID**: TASK-2026-01-05-002\n\n### Task Context\n- The build fails.\n",
            ),
        ),
    ),
    "sub_agents": Story(
        "The project asks for sub-agents (`rules: {sub_agents: {level: warn, threshold: 3}}`), four files change.",
        (call("Edit", "a.py"),),
        files=(
            ("CONDUCTOR.md", "---\nconductor: 1\nrules: {sub_agents: {level: warn, threshold: 3}}\n---\n"),
            *((f"{name}.py", "x\n") for name in "abc"),
        ),
    ),
    "commit_push": Story("The agent commits, and nobody asked for it.", (call("Bash", "git commit"),)),
    "https_remote": Shell("git remote add origin https://github.com/owner/worker.git\nconductor check rules"),
    "host_pip": Shell(f"conductor host baseline\n{INSTALL}\nconductor check host", FAKE_PYTHON),
    "history": Shell("sed -i '/^## 2026-01-05 09:10/,$d' JOURNAL.md\nconductor check rules"),
    "file_variant": Shell(
        "sed s/2.7.1/2.3.0/ image/Dockerfile > image/Dockerfile.pytorch\n"
        "mkdir old && echo FROM scratch > old/Dockerfile\nconductor check rules"
    ),
    "release_bypass": Story(
        "The agent changed the endpoint by itself.",
        decisions=(Decision("release_bypass", "block", "runpodctl update pod", "2026-01-05T10:02:00Z", ran=True),),
    ),
    "work_loss": Story(
        "The agent threw away what the user had not committed.",
        decisions=(Decision("work_loss", "block", "git reset --hard", "2026-01-05T10:02:00Z", ran=True),),
    ),
    "guard_tamper": Shell("rm .conductor/bin/guard\nconductor check rules", "guard"),
}


def render_page(name: str, tree: Tree, home: Path) -> str:
    """Return a rule's page; the example is run in the tree."""
    meta = meta_of(name)
    prose = (inspect.getdoc(load_rule(name)) or "").partition(": ")[2]
    parts = [
        f"# {meta.rule.id} `{name}`: {meta.title}",
        prose[:1].upper() + prose[1:],
        f"**What must be true.** {meta.must}",
        f"**Checked by** {meta.checked_by}.",
        _level(name),
        "## Example",
        _example(name, tree, home),
    ]
    if meta.example:
        parts.append(f"The guard judges commands like this one before they run:\n\n```\n{meta.example}\n```")
    return "\n\n".join(parts) + "\n"


def _level(name: str) -> str:
    rule = meta_of(name).rule
    fixed = "; it can't be lowered" if rule.fixed else ""
    lines = f"**Level.** `{rule.level}` where CONDUCTOR.md says nothing{fixed}."
    other = "block" if rule.level == "warn" else "warn"
    return lines if rule.fixed else f"{lines} Another one:\n\n```yaml\nrules:\n  {name}: {other}\n```"


def _example(name: str, tree: Tree, home: Path) -> str:
    example = EXAMPLES[name]
    return _run_shell(example, tree, home) if isinstance(example, Shell) else _tell(name, example, tree)


def _tell(name: str, story: Story, tree: Tree) -> str:
    for path, text in story.files:
        tree.write(path, text)
    answer = load_rule(name).report(tree.context(session(*story.calls, decisions=story.decisions)))
    told = _quiet(render_answer(meta_of(name), answer), tree, tree.root)
    return f"{story.sentence} The session's report says:\n\n```\n{told}\n```"


def _run_shell(example: Shell, tree: Tree, home: Path) -> str:
    if example.hidden == "guard":
        tree.write(".conductor/bin/guard", "#!/bin/sh\n").chmod(0o755)
        tree.commit()
    elif example.hidden:
        subprocess.run(["sh", "-c", example.hidden], cwd=tree.root, check=True)
    runner = home / "bin" / "conductor"
    runner.parent.mkdir(parents=True, exist_ok=True)
    runner.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/at.py 2026-01-05T12:00:00+00:00 "$@"\n')
    runner.chmod(0o755)
    kept = {
        name: value for name, value in os.environ.items() if name.startswith(("HOME", "XDG_", "GIT_", "PYTHONPATH"))
    }
    environment = {
        **kept,
        "NO_COLOR": "1",
        "PATH": f"{runner.parent}:/usr/bin:/bin",
    }
    done = subprocess.run(
        ["sh", "-c", example.shown], cwd=tree.root, env=environment, capture_output=True, text=True, check=False
    )
    output = _quiet(done.stdout, tree, home)
    # The baseline's counts are this machine's; what is checked against it is not.
    output = re.sub(r"\A(?:Baseline of .*\n.*\n)", "", output)
    commands = "\n".join(f"$ {line}" for line in example.shown.splitlines())
    return f"```\n{commands}\n{output.rstrip()}\n```"


def _quiet(text: str, tree: Tree, home: Path) -> str:
    text = text.replace(str(home), "/home/ada").replace(str(tree.root), "/home/ada/worker")
    return re.sub(r"\b(commit|push) [0-9a-f]{7} ", r"\1 1234567 ", text)
