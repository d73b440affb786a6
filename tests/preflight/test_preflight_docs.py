"""docs/preflight.md shows what the command prints; `--update-golden` writes it anew."""

import re
from pathlib import Path

import pytest

from conductor.cli.output import render_finding
from conductor.config.settings import Settings
from conductor.preflight.api import check_project
from conductor.preflight.load import load_subject
from conductor.preflight.show import show

PAGE = Path(__file__).parents[2] / "docs" / "preflight.md"


def fill(page: str, marker: str, content: str) -> str:
    return re.sub(
        rf"(<!-- example: {marker} -->\n).*?(<!-- /)",
        lambda found: found[1] + content + found[2],
        page,
        flags=re.DOTALL,
    )


def test_the_page_shows_what_the_command_prints(tmp_path, request):
    page = PAGE.read_text()
    dockerfile = re.search(r"```dockerfile\n(.*?)```", page, re.DOTALL)[1]
    (tmp_path / "Dockerfile").write_text(dockerfile)
    env = show(load_subject(tmp_path, Settings()))
    finding = check_project(tmp_path, Settings(), only=["wheel-python-tag"]).findings[0]
    wanted = fill(page, "env", f"```dockerfile\n{dockerfile}```\n```\n$ conductor preflight env\n{env}\n```\n")
    wanted = fill(wanted, "finding", f"```\n{render_finding(finding)}\n```\n")
    if request.config.getoption("--update-golden"):
        PAGE.write_text(wanted)
        pytest.skip("written anew")
    assert page == wanted
