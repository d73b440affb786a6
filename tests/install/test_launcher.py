"""The command `conductor` where another distribution brings a package of that name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import conductor

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment(tmp_path):
    """Return an environment that finds our dependencies, and its folder of packages, still without any."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)
    site = next((tmp_path / "env/lib").glob("python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return tmp_path / "env", site


def put_ours(site, *, editable=False):
    """Install our distribution as a wheel leaves it, or as an editable installation does."""
    info = site / f"worker_conductor-{conductor.__version__}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: worker-conductor\nVersion: {conductor.__version__}\n")
    if editable:
        (site / "zz_ours.pth").write_text(f"{ROOT}\n")
        return
    shutil.copytree(ROOT / "conductor", site / "conductor", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "worker_conductor.py", site)


def put_other(site, **files):
    """Install a distribution `conductor`, with these modules of its package over what is there."""
    info = site / "conductor-1.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: conductor\nVersion: 1.0.0\n")
    for name, text in files.items():
        path = site / "conductor" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def run(folder, *words):
    clean = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    script = "import sys; sys.argv[0] = 'conductor'; from worker_conductor import main; main()"
    return subprocess.run(
        [str(folder / "bin/python"), "-c", script, *words],
        cwd=folder, env=clean, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("editable", [False, True])
def test_alone_it_starts_the_command_line(environment, editable):
    folder, site = environment
    put_ours(site, editable=editable)
    done = run(folder, "--version")
    assert (done.returncode, done.stdout) == (0, f"conductor {conductor.__version__}\n"), done.stderr


def test_the_empty_distribution_of_that_name_is_in_nobody_s_way(environment):
    folder, site = environment
    put_ours(site)
    put_other(site)
    assert run(folder, "--version").returncode == 0


@pytest.mark.parametrize("editable", [False, True])
@pytest.mark.parametrize(
    "files",
    [
        {"__init__": "__version__ = '1.0.0'\n", "cli": "def main(): print('somebody else')\n"},
        {"__init__": "raise ImportError('needs a server')\n"},
        {"__init__": "from conductor.client import Client\n", "client": "Client = None\n", "errors": "class Oops(Exception): pass\n"},
    ],
    ids=["a module where ours is a package", "an import that fails", "a module of ours replaced"],
)  # fmt: skip
def test_a_distribution_that_takes_our_place_is_named_with_what_removes_it(environment, files, editable):
    folder, site = environment
    put_ours(site, editable=editable)
    put_other(site, **files)
    if "cli" in files and not editable:
        shutil.rmtree(site / "conductor/cli")
    done = run(folder, "--version")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "another distribution brings a package `conductor` as well, conductor 1.0.0 in " in done.stderr
    assert "remedy: " in done.stderr
    assert "uninstall" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_import_that_fails_for_another_reason_is_not_blamed_on_anybody(environment):
    folder, site = environment
    put_ours(site)
    (site / "conductor/errors.py").write_text("import a_module_that_is_not_there\n")
    done = run(folder, "--version")
    assert done.returncode == 1
    assert "a_module_that_is_not_there" in done.stderr
    assert "another distribution" not in done.stderr
