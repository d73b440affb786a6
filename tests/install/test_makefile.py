"""The Makefile: read by GNU make 3.81 too, which macOS has, and giving pip nothing to resolve."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "Makefile").read_text()
# GNU make's NEWS, what came after 3.81.
NEWER = {
    "3.82": r"^\.ONESHELL|^\.SHELLFLAGS|^\s*(?:private|undefine)\b|^define\s+\S+\s*[:?+]?=",
    "4.0": r"^\s*\S+\s*!=|::=|\$\(file |\$\(guile ",
    "4.2": r"\.SHELLSTATUS",
    "4.3": r"&:",
    "4.4": r"\$\(let |\$\(intcmp |\.WAIT|:::=",
}


@pytest.mark.parametrize("version", NEWER)
def test_it_uses_nothing_that_came_after_the_make_of_macos(version):
    assert re.findall(NEWER[version], TEXT, re.MULTILINE) == []


@pytest.mark.parametrize(
    "line",
    ["X != date", "a b &: c", ".ONESHELL:", "define x =", "X ::= y", "$(file >x,y)", "private X := y", "a: .WAIT b"],
)
def test_a_newer_feature_would_be_seen(line):
    assert any(re.search(pattern, line, re.MULTILINE) for pattern in NEWER.values())


def test_each_lock_is_installed_by_its_hashes_and_nothing_is_resolved():
    """The pips of Debian 12 and of Python 3.11 and 3.12 can't resolve it (the comment at INSTALL says why)."""
    installs = re.findall(r"^\t@(.*\binstall\b.*|\$\(INSTALL\).*)$", TEXT, re.MULTILINE)
    assert len(installs) == 5
    for line in installs:
        assert line.startswith("$(INSTALL) "), line
        assert "--require-hashes -r requirements/" in line or line.endswith("--no-build-isolation -e ."), line
    (made,) = re.findall(r"^INSTALL := (.*)$", TEXT, re.MULTILINE)
    assert "--no-deps" in made.split()


def test_every_lock_that_is_there_is_pinned_anew_by_one_command():
    pinned = set(re.findall(r"-o (requirements/\S+)", TEXT))
    assert pinned == {str(path.relative_to(ROOT)) for path in ROOT.glob("requirements/*.txt")}
    assert "image/make-requirements.sh" in TEXT
    assert "--fork-strategy fewest" in TEXT


def test_it_lists_its_tasks_and_each_of_them_is_phony():
    listed = subprocess.run([shutil.which("make")], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tasks = re.findall(r"^  make (\S+)", listed, re.MULTILINE)
    assert {"rehearse", "test", "lint", "wheel", "wheel-test", "clean"} <= set(tasks)
    (phony,) = re.findall(r"^\.PHONY: (.*)$", TEXT, re.MULTILINE)
    assert set(tasks) <= set(phony.split())
