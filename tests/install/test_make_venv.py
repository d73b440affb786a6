"""scripts/make-venv.sh: an environment, or what keeps it from being made and how to go on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts/make-venv.sh"
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
# `command` and the like are the shell's own; these are programs.
NEEDED = ("sh", "head", "grep", "rm", "cat")


@pytest.fixture
def programs(tmp_path):
    """Return a PATH of one folder that holds what the script needs, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in NEEDED:
        (folder / name).symlink_to(shutil.which(name))
    return folder


@pytest.fixture
def make_venv(programs, tmp_path):
    """Return a function that runs the script in an empty folder of its own."""
    place = tmp_path / "a clone"
    place.mkdir()

    def run(*asked, cwd=place):
        return subprocess.run(
            ["/bin/sh", str(SCRIPT), ".venv", *map(str, asked)],
            cwd=cwd, env={"PATH": str(programs), "HOME": str(tmp_path)}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    run.place = place
    return run


def put(folder, name, version=None, *, lacks=()):
    """Put a Python there: the one that runs, which may say that it is another version, and may lack modules."""
    changes = [f"sys.version_info = {version!r}"] if version else []
    changes += [f"sys.modules[{module!r}] = None" for module in lacks]
    path = folder / name
    if not changes:
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    else:
        start = f"import sys; {'; '.join(changes)}; exec(sys.argv[1])"
        path.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exec "{sys.executable}" -c "{start}" "$2"\nexit 1\n')
    path.chmod(0o755)
    return path


def test_the_first_python_on_path_makes_an_environment_with_pip(make_venv, programs):
    put(programs, "python3")
    done = make_venv()
    assert (done.returncode, done.stderr) == (0, "")
    assert (make_venv.place / ".venv/bin/pip").is_file()


def test_an_environment_that_is_there_is_left_as_it_is(make_venv, programs):
    put(programs, "python3")
    make_venv()
    before = (make_venv.place / ".venv/pyvenv.cfg").stat().st_mtime_ns
    assert make_venv().returncode == 0
    assert (make_venv.place / ".venv/pyvenv.cfg").stat().st_mtime_ns == before


def test_an_old_python3_is_passed_over_for_a_newer_one_further_on(make_venv, programs):
    put(programs, "python3", (3, 9, 6))
    put(programs, "python3.12")
    assert make_venv().returncode == 0


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 9, 6), (3, 10, 13)])
def test_old_pythons_alone_are_named_with_what_is_needed(make_venv, programs, version):
    path = put(programs, "python3", version)
    done = make_venv()
    assert done.returncode == 2
    assert f"{path}: {version[0]}.{version[1]}, older than 3.11" in done.stderr
    assert "make PYTHON=/path/to/python3.12" in done.stderr
    assert not (make_venv.place / ".venv").exists()


def test_no_python_at_all_is_said(make_venv):
    done = make_venv()
    assert done.returncode == 2
    assert "none was found on PATH" in done.stderr


@pytest.mark.parametrize("lacks", [("ensurepip",), ("venv",), ("ensurepip", "venv")])
def test_a_python_without_venv_names_the_package_that_holds_it(make_venv, programs, lacks):
    put(programs, "python3", (3, 12, 3), lacks=lacks)
    done = make_venv()
    assert done.returncode == 2
    told = "python3.12-venv" if Path("/etc/debian_version").exists() else "the package of your system"
    assert told in done.stderr
    assert not (make_venv.place / ".venv").exists()


def test_a_shim_that_starts_nothing_is_passed_over(make_venv, programs):
    shim = programs / "python3"
    shim.write_text("#!/bin/sh\necho 'pyenv: python3: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    done = make_venv()
    assert (done.returncode, f"{shim}: does not start" in done.stderr) == (2, True)
    put(programs, "python3.11")
    assert make_venv().returncode == 0


def test_a_python_that_was_asked_for_and_can_t_be_used_is_not_replaced_by_another(make_venv, programs):
    put(programs, "python3")
    old = put(programs, "python3.8", (3, 8, 18))
    for asked, why in ((old, "3.8, older than 3.11"), ("python3.99", "not found"), ("/no/such/python", "not found")):
        done = make_venv(asked)
        assert (done.returncode, why in done.stderr) == (2, True), done.stderr
        assert not (make_venv.place / ".venv").exists()


def test_an_environment_whose_python_is_gone_is_named_with_the_remedy_and_kept(make_venv, programs):
    put(programs, "python3")
    make_venv()
    python = make_venv.place / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/no/such/python")
    done = make_venv()
    assert done.returncode == 2
    assert ".venv was made by a Python that is gone" in done.stderr
    assert "make clean" in done.stderr
    assert (make_venv.place / ".venv/pyvenv.cfg").exists()


def test_an_environment_of_another_version_than_the_one_asked_for_is_named(make_venv, programs):
    make_venv(put(programs, "python3"))
    other = put(programs, "python3.99", (3, 99, 0))
    done = make_venv(other)
    assert done.returncode == 2
    assert f"made by Python {HERE}" in done.stderr
    assert "is 3.99" in done.stderr
    assert make_venv().returncode == 0


def test_an_environment_without_pip_is_named(make_venv, programs):
    put(programs, "python3")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(make_venv.place / ".venv")], check=True)
    done = make_venv()
    assert (done.returncode, ".venv has no pip. make clean" in done.stderr) == (2, True)


@pytest.mark.parametrize("how", [shutil.copytree, shutil.move])
def test_an_environment_in_a_copied_or_moved_clone_is_named(make_venv, programs, tmp_path, how):
    put(programs, "python3")
    make_venv()
    elsewhere = tmp_path / "moved"
    how(make_venv.place, elsewhere) if how is shutil.move else how(make_venv.place, elsewhere, symlinks=True)
    done = make_venv(cwd=elsewhere)
    assert (done.returncode, "made in another place" in done.stderr) == (2, True)


def test_a_clone_behind_a_link_is_not_taken_for_a_moved_one(make_venv, programs, tmp_path):
    put(programs, "python3")
    make_venv()
    link = tmp_path / "link"
    link.symlink_to(make_venv.place)
    assert make_venv(cwd=link).returncode == 0


def test_a_folder_that_is_no_environment_is_left_alone(make_venv, programs):
    put(programs, "python3")
    (make_venv.place / ".venv").mkdir()
    (make_venv.place / ".venv/mine.txt").write_text("keep\n")
    done = make_venv()
    assert (done.returncode, "is no virtual environment" in done.stderr) == (2, True)
    assert (make_venv.place / ".venv/mine.txt").read_text() == "keep\n"


def test_an_environment_that_could_not_be_finished_leaves_nothing_behind(make_venv, programs):
    path = programs / "python3"
    path.write_text(
        f'#!/bin/sh\n[ "$1" = -m ] && {{ /bin/mkdir -p .venv/bin; exit 1; }}\nexec "{sys.executable}" "$@"\n'
    )
    path.chmod(0o755)
    done = make_venv()
    assert (done.returncode, "-m venv .venv failed" in done.stderr) == (2, True)
    assert not (make_venv.place / ".venv").exists()


def test_the_makefile_hands_over_the_python_that_was_asked_for_and_stops_there(tmp_path):
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    for name in ("requirements", "pyproject.toml", "Makefile"):
        (tmp_path / name).symlink_to(ROOT / name)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(
        ["make", "rehearse", "PYTHON=/no/such/python"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "/no/such/python can't be used: not found." in done.stderr
    assert "installing" not in done.stdout
