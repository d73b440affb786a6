"""A rule and a check are added as docs/contributing.md says, in a copy of the project, and its tests are green there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOY = Path(__file__).parent / "toy"


@pytest.fixture
def copy(tmp_path, git):
    """Return a repository with what this one tracks."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("needs the project's repository")
    root = tmp_path / "conductor"
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    git("init", "-q", cwd=root)
    git("add", "-A", cwd=root)
    git("commit", "-qm", "Begin", cwd=root)
    return root


def run(root, *words):
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, *words], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def put(root, path, before, after):
    text = (root / path).read_text()
    assert text.count(before) == 1, f"{path} has {before!r} {text.count(before)} times"
    (root / path).write_text(text.replace(before, after))


def named(title, root):
    """Return what the steps below that heading say is written for a rule or check called toy, step by step."""
    page = (ROOT / "docs/contributing.md").read_text()
    section = page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    found = []
    for step in re.findall(r"^\d\. (.*?)(?=^\d\. |^\n)", section, re.MULTILINE | re.DOTALL):
        words = [word.replace("NAME", "toy") for word in re.findall(r"`([\w/]+\.(?:py|md|txt))`", step)]
        found.append({word for word in words if (root / word).is_file()})
    return found


def touched(root, git):
    lines = git("status", "--porcelain", "--untracked-files=all", cwd=root).splitlines()
    return {line.split(maxsplit=1)[1] for line in lines}


def test_a_rule_takes_the_files_that_the_page_names(copy, git):
    register = "conductor/domain/rule.py"
    put(copy, register, '    Rule("W1"', '    Rule("T1", "toy", "block", words=("shutdown",)),\n    Rule("W1"')
    put(copy, register, '    "work_loss",\n', '    "work_loss",\n    "toy",\n')
    shutil.copy(TOY / "judge.py", copy / "conductor/rules/judge/toy.py")
    shutil.copy(TOY / "rule.py", copy / "conductor/rules/toy.py")
    shutil.copy(TOY / "cases.txt", copy / "tests/guard/cases/toy.txt")
    run(copy, "scripts/generate_rule_pages.py")
    steps = named("Add a rule", copy)
    assert touched(copy, git) == set().union(*steps)
    assert len(steps) == 5
    assert set().union(*steps[:4]) | {"docs/rules/toy.md", "docs/rules.md", "CONDUCTOR.md"} == touched(copy, git)
    suites = (
        "tests/rules",
        "tests/guard/test_cases.py",
        "tests/guard/test_wrapper.py",
        "tests/config",
        "tests/test_docs.py",
    )
    run(copy, "-m", "pytest", "-x", "-p", "no:cacheprovider", *suites, "-k", "toy or rule or page or table or setting")
    page = (copy / "docs/rules/toy.md").read_text()
    assert "stop.sh:1: error[T1] this line switches the machine off" in page


def test_a_check_takes_the_files_that_the_page_names(copy, git):
    shutil.copy(TOY / "check.py", copy / "conductor/preflight/checks/toy.py")
    cases = "tests/preflight/checks/test_all_checks.py"
    put(copy, cases, "BAD = [\n", 'BAD = [\n    ("PF-TOY-001", SLIM + "LABEL TOY=1\\n", {}),\n')
    put(copy, cases, "GOOD = [\n", 'GOOD = [\n    ("PF-TOY-001", SLIM + "LABEL TOYS=1\\n", {}),\n')
    run(copy, "scripts/generate_check_pages.py")
    steps = named("Add a check of the image", copy)
    assert touched(copy, git) == set().union(*steps)
    assert len(steps) == 3
    run(copy, "-m", "pytest", "-x", "-p", "no:cacheprovider", "tests/preflight/checks", "tests/test_docs.py")
    assert "this label says TOY" in (copy / "docs/checks/toy.md").read_text()
