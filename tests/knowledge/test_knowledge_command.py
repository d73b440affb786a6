import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
SHOWN = re.compile(r"^\$ (?P<command>.+)\n(?P<output>(?:(?!\$ |```).*\n)+)", re.MULTILINE)


def run(*arguments, cwd=None, given=None):
    return subprocess.run(
        [sys.executable, "-m", "conductor", *arguments],
        input=given,
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
    )


def test_the_list_names_every_subject():
    result = run("knowledge", "list", "--json")
    listed = json.loads(result.stdout)["subjects"]
    assert {"images", "gpus", "torch", "flash-attn-wheels"} <= {row["subject"] for row in listed}
    assert all(row["facts"] and row["title"] for row in listed)
    assert "flash-attn-wheels" in run("knowledge", "list").stdout


@pytest.mark.parametrize("subject", ["images", "flash-attn-wheels", "shared-libraries", "systems", "torch"])
def test_every_shown_fact_has_its_source(subject):
    result = run("knowledge", "show", subject)
    assert result.returncode == 0
    assert "  source: " in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code"), [(["knowledge", "show", "cats"], 2), (["knowledge", "show", "gpus", "Voodoo"], 3)]
)
def test_what_is_not_there_is_an_error_with_a_hint(arguments, code):
    result = run(*arguments)
    assert result.returncode == code
    assert "remedy:" in result.stderr


def test_facts_of_the_project_are_shown_first(tmp_path):
    folder = tmp_path / ".conductor" / "knowledge"
    folder.mkdir(parents=True)
    (folder / "gpus.yaml").write_text("checked: '2026-11-01'\nentries:\n- {name: L40X, sm: '8.9', source: ours}\n")
    inside = tmp_path / "deep" / "er"
    inside.mkdir(parents=True)
    result = run("knowledge", "show", "gpus", "L40", cwd=inside)
    assert result.stdout.startswith("L40X\n  sm: 8.9\n  source: ours (2026-11-01)\n")


@pytest.mark.parametrize(
    ("command", "output"),
    [pytest.param(*found, id=found[0][:60]) for page in ("knowledge.md", "wheels.md") for found in SHOWN.findall((DOCS / page).read_text())],
)  # fmt: skip
def test_the_examples_of_the_pages_print_what_they_show(command, output):
    import shlex

    given, _, typed = command.rpartition(" | ")
    words = shlex.split(typed)
    assert words[0] == "conductor"
    stdin = shlex.split(given)[1] if given else None
    assert run(*words[1:], given=stdin).stdout == output
