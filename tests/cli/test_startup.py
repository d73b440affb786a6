"""What a command imports is what its start costs; `benchmarks/bench_startup.py` measures the time."""

from __future__ import annotations

import subprocess
import sys

import pytest

RUN = """
import sys
sys.argv = ["conductor", *sys.argv[1:]]
from conductor.cli.main import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""
HEAVY = {
    *("requests", "urllib3", "docker", "runpod", "git", "asyncssh", "av", "mcp", "rich", "pydantic", "markdown_it"),
    *("asyncio", "http", "email", "ssl", "logging", "multiprocessing", "concurrent", "sqlite3", "xml", "unittest"),
    *("importlib.metadata", "importlib.resources", "jinja2", "packaging", "zipfile", "tempfile"),
}


def modules_of(folder, *words):
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


@pytest.fixture(scope="module")
def bare():
    """Return what the interpreter and its environment import before anything is asked of them."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("--version",)])
def test_help_imports_the_command_table_and_no_command(tmp_path, words):
    ours = {name for name in modules_of(tmp_path, *words) if name.partition(".")[0] == "conductor"}
    parts = ("app", "groups", "main", "streams", "swift", "usage")
    below = ("conductor", "conductor.cli", "conductor.errors", "conductor.domain", "conductor.domain.held")
    assert ours == {*below, *(f"conductor.cli.{part}" for part in parts)}


@pytest.mark.parametrize(
    ("words", "most"),
    [
        (("--help",), 160),
        (("task", "--help"), 190),
        (("task", "list"), 240),
        (("task", "new", "First"), 240),
        (("journal", "list"), 240),
    ],
    ids=["help", "task help", "task list", "task new", "journal list"],
)
def test_daily_commands_import_nothing_heavy_and_little_at_all(repository, bare, words, most):
    imported = modules_of(repository, *words)
    assert {name for name in imported - bare if name in HEAVY or name.partition(".")[0] in HEAVY} == set()
    assert len(imported) <= most


@pytest.mark.parametrize("words", [("task", "new", "First"), ("task", "list"), ("task", "note", "words"), ("prime",)])
def test_what_agents_run_all_day_starts_without_typer(repository, bare, conductor, words):
    for title in ("First", "Second"):
        conductor("task", "new", title, cwd=repository)
    imported = modules_of(repository, *words) - bare
    assert not {"typer", "git", "jinja2", "markdown_it"} & imported
    assert "conductor.config.settings" not in imported or words == ("prime",)


@pytest.mark.parametrize("words", [("--help",), ("task", "--help"), ("rehearse", "--help"), ("preflight", "--help")])
def test_yaml_is_not_read_to_print_a_help_text(tmp_path, bare, words):
    assert "yaml" not in modules_of(tmp_path, *words) - bare


def test_only_the_program_offers_to_install_completion(conductor, tmp_path):
    from conductor.cli.app import COMMANDS

    assert "--install-completion" in conductor("--help", cwd=tmp_path).stdout
    for name in COMMANDS:
        assert "--install-completion" not in conductor(name, "--help", cwd=tmp_path).stdout, name
