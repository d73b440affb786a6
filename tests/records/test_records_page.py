"""The examples of docs/records.md are run in their order; `--update-golden` writes what they print."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "records.md"
EXAMPLES = [
    [
        'conductor task new "Use the cp311 wheel" --expect build --expect "smoke production" --priority P1',
        'conductor task new "Measure the decoder" --depends TASK-2026-01-05-001',
        "conductor task list --ready",
    ],
    [
        "conductor task start TASK-2026-01-05-001",
        'conductor task finding "the base image has Python 3.11"',
        'conductor task decide "keep torch 2.7.1"',
    ],
    ["conductor task done", 'conductor task expect --drop 2 --why "there is no endpoint yet"'],
    ['conductor journal add "Pinned the wheel" --task TASK-2026-01-05-001 --what "cp311" --why "Python 3.11" --result "to be built"'],
    ['conductor error new "smoke job times out" --severity P1'],
    ['conductor memory write base-image "pytorch/pytorch:2.7.1-cuda12.6 has Python 3.11"'],
    ["conductor search 3.11", "conductor prime --budget 120"],
    ["conductor records merge-driver install", "conductor records merge-driver uninstall"],
    ["conductor records import"],
]  # fmt: skip


def run(command: str, root: Path) -> str:
    script = f'conductor() {{ "{sys.executable}" "{ROOT}/tests/at.py" 2026-01-05T10:31:00+00:00 "$@"; }}\n{command}'
    done = subprocess.run(["bash", "-c", script], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return f"$ {command}\n{done.stdout}{done.stderr}"


def render(page: str, root: Path) -> str:
    sessions = iter(EXAMPLES)

    def fill(match: re.Match[str]) -> str:
        name = match["name"]
        body = (root / name).read_text() if name else "".join(run(command, root) for command in next(sessions))
        return f"{match['head']}{body}```\n"

    pattern = r"(?P<head><!-- (?:run|file: (?P<name>[\w./]+)) -->\n```\w+\n)[\s\S]*?^```\n"
    return re.sub(pattern, fill, page, flags=re.MULTILINE)


def test_the_page_shows_what_the_commands_print(request, repository):
    page = PAGE.read_text()
    rendered = render(page, repository)
    if request.config.getoption("--update-golden"):
        PAGE.write_text(rendered)
        pytest.skip("written anew")
    assert page == rendered


def test_every_code_has_its_row_and_every_row_its_code():
    sources = (ROOT / "conductor" / "records").glob("*.py")
    codes = {code for source in sources for code in re.findall(r"REC-[A-Z]+-\d{3}", source.read_text())}
    assert set(re.findall(r"^\| (REC-[A-Z]+-\d{3}) \|", PAGE.read_text(), re.MULTILINE)) == codes
