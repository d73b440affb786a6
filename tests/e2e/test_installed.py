"""Conductor as strangers install it: wheel, sdist, uv tool, pipx. Each rehearses, far from any clone.

The core is installed first; what it then says is missing is typed as it stands. All this asks the package index, so it
runs where it is asked for: `make wheel-test`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import conductor as package

ROOT = Path(__file__).resolve().parents[2]
# As it was before the tests' own surroundings: proxies and indexes of this machine are needed here.
AROUND = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
pytestmark = [
    pytest.mark.wheel,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        os.environ.get("CONDUCTOR_INSTALLERS") != "1", reason="asks the package index: CONDUCTOR_INSTALLERS=1"
    ),
]


@dataclass
class Place:
    """A home of its own, with the installers on its PATH."""

    home: Path
    environment: dict[str, str]

    def run(self, *words, check=True):
        done = subprocess.run(
            words, cwd=self.home, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
        return done


@pytest.fixture(scope="module")
def installers(tmp_path_factory):
    """Return the folder of the programs uv and pipx, or skip with what kept them away."""
    folder = tmp_path_factory.mktemp("installers")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    lock = ROOT / "requirements/installers.txt"
    done = subprocess.run(
        [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(lock)],
        env=AROUND, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        pytest.skip(f"uv and pipx can't be had: {done.stderr.strip().splitlines()[-1]}")
    return folder / "bin"


@pytest.fixture(scope="module")
def caches(tmp_path_factory):
    return tmp_path_factory.mktemp("caches")


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """Build the sdist, and the wheel from the sdist: nothing of the clone but what the sdist holds gets in."""
    folder = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        capture_output=True, text=True, check=False, env=AROUND,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.fixture
def place(tmp_path, installers, caches):
    return Place(
        tmp_path,
        {
            **AROUND,
            "HOME": str(tmp_path),
            "PATH": f"{installers}:/usr/local/bin:/usr/bin:/bin",
            "PIP_CACHE_DIR": str(caches / "pip"),
            "PIPX_DEFAULT_BACKEND": "pip",
            "PIPX_DEFAULT_PYTHON": sys.executable,
            "UV_CACHE_DIR": str(caches / "uv"),
            "UV_PYTHON": sys.executable,
            "UV_PYTHON_DOWNLOADS": "never",
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "GIT_CONFIG_GLOBAL": os.devnull,
        },
    )


def into_venv(place, artifact):
    place.run(sys.executable, "-m", "venv", "env")
    place.run(str(place.home / "env/bin/python"), "-m", "pip", "install", "--quiet", str(artifact))
    return place.home / "env/bin/conductor"


def as_uv_tool(place, artifact):
    place.run("uv", "tool", "install", "--quiet", str(artifact))
    return place.home / ".local/bin/conductor"


def by_pipx(place, artifact):
    place.run("pipx", "install", "--quiet", str(artifact))
    return place.home / ".local/bin/conductor"


def into_uv_venv(place, artifact):
    place.run("uv", "venv", "--quiet", "env")
    place.run("uv", "pip", "install", "--quiet", "--python", "env/bin/python", str(artifact))
    return place.home / "env/bin/conductor"


@pytest.mark.parametrize(
    ("install", "kind"),
    [(into_venv, "*.whl"), (into_venv, "*.tar.gz"), (as_uv_tool, "*.whl"), (by_pipx, "*.whl"), (into_uv_venv, "*.whl")],
    ids=["wheel", "sdist", "uv tool", "pipx", "uv venv"],
)
def test_an_installed_copy_names_what_adds_the_rehearsal_to_it_and_rehearses(place, dist, install, kind):
    command = install(place, next(dist.glob(kind)))
    assert place.run(str(command), "--version").stdout == f"conductor {package.__version__}\n"
    lacking = place.run(str(command), "rehearse", check=False)
    assert lacking.returncode == 2, lacking.stderr
    assert "this command needs the package asyncssh" in lacking.stderr
    remedy = lacking.stderr.partition("remedy: ")[2].splitlines()[0]
    place.run("sh", "-c", remedy)
    told = json.loads(place.run(str(command), "rehearse", "--json").stdout)
    assert (told["exit"], told["release"]["outcome"]) == (0, "verified")
    interpreter = command.resolve().with_name("python")
    where = place.run(str(interpreter), "-I", "-c", "import conductor; print(conductor.__file__)").stdout
    assert Path(where.strip()).is_relative_to(place.home)


@pytest.mark.parametrize(
    ("install", "kind"),
    [(into_venv, "*.whl"), (as_uv_tool, "*.whl"), (by_pipx, "*.whl")],
    ids=["venv", "uv tool", "pipx"],
)
def test_a_part_that_is_gone_is_put_back_by_what_the_hint_says(place, dist, install, kind):
    command = install(place, next(dist.glob(kind)))
    (place.home / "Dockerfile").write_text("FROM python:3.11-slim\nRUN pip install einops\n")
    command.resolve().with_name("shfmt").unlink()
    lacking = place.run(str(command), "preflight", "Dockerfile", check=False)
    assert lacking.returncode == 2, lacking.stderr
    remedy = lacking.stderr.partition("remedy: ")[2].splitlines()[0]
    place.run("sh", "-c", remedy)
    assert place.run(str(command), "preflight", "Dockerfile", check=False).returncode == 1


def readme_lines(program):
    """Return what the README tells to type in a clone for one of the installers."""
    text = (ROOT / "README.md").read_text()
    return [
        f"{program} {found}" for found in re.findall(rf"{program} (.*?'\.\[all\]')(?= {{3}}|$)", text, re.MULTILINE)
    ]


@pytest.mark.parametrize("program", ["uv", "pipx"])
def test_what_the_readme_says_puts_the_command_on_path_from_a_clone(place, program):
    place.run("git", "-c", "safe.directory=*", "clone", "--quiet", str(ROOT), "clone")
    (line,) = readme_lines(program)
    place.run("sh", "-c", f"cd clone && {line}")
    told = json.loads(place.run(str(place.home / ".local/bin/conductor"), "rehearse", "--json").stdout)
    assert told["release"]["outcome"] == "verified"


def test_the_licence_and_the_name_are_in_what_is_installed(place, dist):
    command = into_venv(place, next(dist.glob("*.whl")))
    script = (
        "import importlib.metadata as m; d = m.distribution('worker-conductor');"
        "print(d.metadata['License-Expression'], d.read_text('licenses/LICENSE').splitlines()[0])"
    )
    told = place.run(str(command.with_name("python")), "-I", "-c", script).stdout
    assert told == "MIT MIT License\n"
