"""The wheel, installed where no source tree is: what people who never clone the repository get."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import conductor as package
from conductor.shell.shfmt import find_binary

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel with the backend that is installed here; no index is asked."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": ""},
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Install it into an empty environment that finds the dependencies, and nothing else, in the one running."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "--quiet"]
    done = subprocess.run([*pip, str(wheel)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    site = next((folder / "lib").glob("python*/site-packages"))
    # A .pth of another folder is not read there, so an editable installation of Conductor stays out.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (folder / "bin/shfmt").symlink_to(find_binary())
    return folder / "bin"


@pytest.fixture
def command(installed, tmp_path):
    """Return a function that runs the installed `conductor` in a folder that knows nothing of the source tree."""

    def run(*words, cwd=tmp_path, **more):
        environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
        return subprocess.run(
            [str(installed / "conductor"), *words],
            cwd=cwd, env={**environment, **more}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def test_the_wheel_holds_every_template_and_the_worker_image_and_nothing_compiled(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    listed = subprocess.run(
        ["git", "ls-files", "conductor", "worker_conductor.py", "templates", "image"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    if not listed:
        pytest.skip("not a checkout: what belongs inside is what git tracks")
    expected = {f"conductor/_data/{name}" if name.startswith(("templates/", "image/")) else name for name in listed}
    assert expected - names == set()
    assert {name for name in names if name.endswith(".pyc") or "__pycache__" in name} == set()
    assert {name for name in names - expected if ".dist-info/" not in name} == set()


def test_the_version_is_the_packages_own(command):
    done = command("--version")
    assert (done.returncode, done.stdout) == (0, f"conductor {package.__version__}\n"), done.stderr


def test_what_runs_is_the_installed_package(installed, tmp_path):
    where = subprocess.run(
        [str(installed / "python"), "-I", "-c", "import conductor; print(conductor.__file__)"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert Path(where.strip()).is_relative_to(installed.parent)


def test_a_first_task_in_an_empty_repository(command, repository):
    done = command("task", "new", "Ship it", cwd=repository)
    assert done.returncode == 0, done.stderr
    assert "Ship it" in (repository / "TASKS.md").read_text()
    listed = command("task", "list", "--json", cwd=repository)
    assert [task["title"] for task in json.loads(listed.stdout)["tasks"]] == ["Ship it"]


def test_a_configuration_written_from_the_packaged_templates_is_right(command, repository):
    assert command("init", "--yes", cwd=repository).returncode == 0
    assert "conductor: 1" in (repository / "CONDUCTOR.md").read_text()


def test_a_shell_parser_that_is_not_installed_is_named_and_no_bug(command, installed, repository):
    (repository / "Dockerfile").write_text("FROM python:3.11\nRUN pip install numpy\n")
    (installed / "shfmt").rename(installed / "elsewhere")
    try:
        done = command("preflight", "Dockerfile", cwd=repository, PATH=f"{installed}")
    finally:
        (installed / "elsewhere").rename(installed / "shfmt")
    assert done.returncode == 2, done.stderr
    assert "shfmt-py" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_rehearsal_in_an_empty_folder_releases_the_packaged_worker(command, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    done = command("rehearse", "--json", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert (answer["exit"], answer["release"]["outcome"]) == (0, "verified")
    assert list(folder.iterdir()) == []
