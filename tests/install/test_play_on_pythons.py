"""scripts/play_on_pythons.py: which Pythons are found, and what a stranger's clone is given."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.waiting import is_alive, wait_until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("play_on_pythons", ROOT / "scripts/play_on_pythons.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def put(folder, name, version, *, prefix=None, lacks=()):
    """Put a Python there that says it is of that version, lives in that place, and may lack modules."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    changes = [f"sys.version_info = {version!r}", f"sys.base_prefix = {str(prefix or folder)!r}"]
    changes += [f"sys._base_executable = {str(path)!r}", *(f"sys.modules[{module!r}] = None" for module in lacks)]
    path.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -I -c "import sys; {"; ".join(changes)}; exec(sys.argv[1])" "$3"\n'
    )
    path.chmod(0o755)
    return path


def find(script, tmp_path, *folders, **environment):
    found = script.find_pythons({"PATH": ":".join(map(str, folders)), "HOME": str(tmp_path), **environment}, usual=())
    return [(".".join(map(str, python.version)), python.path) for python in found]


def test_those_of_path_pyenv_and_the_usual_places_are_found_oldest_first(script, tmp_path):
    newest = put(tmp_path / "bin", "python3", (3, 13, 0))
    oldest = put(tmp_path / ".pyenv/versions/3.11.7/bin", "python3.11", (3, 11, 7))
    middle = put(tmp_path / "elsewhere/versions/3.12.1/bin", "python", (3, 12, 1))
    assert find(script, tmp_path, tmp_path / "bin", PYENV_ROOT=str(tmp_path / "elsewhere")) == [
        ("3.11.7", str(oldest)), ("3.12.1", str(middle)), ("3.13.0", str(newest))
    ]  # fmt: skip
    system = script.find_pythons({"PATH": "", "HOME": ""}, usual=(str(tmp_path / "b*n"),))
    assert [python.path for python in system] == [str(newest)]


def test_one_python_under_many_names_and_links_is_one(script, tmp_path):
    python = put(tmp_path / "bin", "python3.12", (3, 12, 1))
    (tmp_path / "bin/python3").symlink_to("python3.12")
    (tmp_path / "usr").symlink_to(tmp_path / "bin")
    put(tmp_path / "copy", "python3", (3, 12, 1), prefix=tmp_path / "bin")
    found = find(script, tmp_path, tmp_path / "bin", tmp_path / "usr", tmp_path / "copy")
    assert found == [("3.12.1", str(tmp_path / "bin/python3"))] or found == [("3.12.1", str(python))]


def test_two_builds_of_one_version_are_two(script, tmp_path):
    put(tmp_path / "one", "python3", (3, 12, 1))
    put(tmp_path / "two", "python3", (3, 12, 1))
    assert len(find(script, tmp_path, tmp_path / "one", tmp_path / "two")) == 2


def test_what_does_not_start_hangs_on_nothing_and_is_no_python_is_passed_over(script, tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "python3").write_text("#!/bin/sh\necho 'pyenv: python3: command not found' >&2\nexit 127\n")
    (folder / "python3").chmod(0o755)
    (folder / "python").write_text("no program\n")
    (folder / "python3.12").symlink_to("/no/such/python")
    put(folder, "python3-config", (3, 12, 1))
    assert find(script, tmp_path, folder, tmp_path / "not-there", "relative", "") == []


def test_pyenv_s_shims_are_asked_by_each_of_their_names(script, tmp_path):
    shims = tmp_path / "pyenv/shims"
    put(tmp_path / "pyenv/versions/3.12.1/bin", "python3.12", (3, 12, 1))
    shims.mkdir()
    (shims / "one").write_text(
        '#!/bin/sh\ncase "$0" in *3.12) exec ../versions/3.12.1/bin/python3.12 "$@";; esac\nexit 127\n'
    )
    for name in ("python3", "python3.12"):
        (shims / name).symlink_to("one")
    assert [version for version, _ in find(script, tmp_path, shims)] == ["3.12.1"]


def test_old_ones_and_those_without_venv_are_found_and_not_used(script, tmp_path):
    put(tmp_path / "old", "python3", (3, 10, 13))
    put(tmp_path / "bare", "python3", (3, 12, 3), lacks=("ensurepip",))
    put(tmp_path / "good", "python3", (3, 11, 0))
    found = script.find_pythons({"PATH": f"{tmp_path}/old:{tmp_path}/bare:{tmp_path}/good", "HOME": "/"}, usual=())
    assert [script.usable(python) for python in found] == [False, True, False]
    assert script.missing([python for python in found if script.usable(python)]) == ["3.12", "3.13", "3.14"]


def test_the_one_that_runs_is_found_as_it_is(script):
    (found,) = [
        python
        for python in script.find_pythons({"PATH": str(Path(sys._base_executable).parent), "HOME": "/"}, usual=())
        if python.version == sys.version_info[:3]
        and Path(python.path).resolve() == Path(sys._base_executable).resolve()
    ]
    assert found.pip


@pytest.fixture
def project(repository, git):
    """Return a committed project whose targets tell what they were given."""
    (repository / "Makefile").write_text(
        'rehearse:\n\t@echo "$(PYTHON) $$HOME $$PATH"; env | sort; pwd; ls -a $$HOME\nfail:\n\t@echo went wrong; exit 3\n'
    )
    git("add", "-A", cwd=repository)
    git("commit", "-qm", "All", cwd=repository)
    (repository / "not-committed").write_text("")
    return repository


@pytest.fixture
def python(script):
    return script.Python((3, 12, 1), "/opt/some/bin/python3", "23.2.1")


def test_a_stranger_has_the_python_an_empty_home_and_the_way_to_an_index_only(script, project, python, capfd, tmp_path):
    around = {"https_proxy": "http://127.0.0.1:9", "PIP_INDEX_URL": "x", "PYTHONPATH": "/mine", "GITHUB_TOKEN": "secret",
              "VIRTUAL_ENV": "/mine", "HOME": "/mine", "PATH": "/mine"}  # fmt: skip
    environment = script.stranger(python, tmp_path, around)
    assert environment == {
        "https_proxy": "http://127.0.0.1:9", "PIP_INDEX_URL": "x", "HOME": str(tmp_path),
        "PATH": "/opt/some/bin:/usr/local/bin:/usr/bin:/bin",
    }  # fmt: skip
    assert script.play(python, project, around, [("rehearse",)])
    told = capfd.readouterr().out
    assert "make rehearse: exit 0" in told
    assert "/mine" not in told
    assert "secret" not in told


def test_the_clone_holds_what_is_committed_and_is_gone_when_all_went_well(script, project, tmp_path):
    script.copy_project(project, tmp_path / "clone")
    assert sorted(path.name for path in (tmp_path / "clone").iterdir()) == [".git", "Makefile"]


def test_an_unpacked_archive_is_copied_without_its_environment(script, tmp_path):
    (tmp_path / "source/.venv").mkdir(parents=True)
    (tmp_path / "source/Makefile").write_text("")
    script.copy_project(tmp_path / "source", tmp_path / "clone")
    assert [path.name for path in (tmp_path / "clone").iterdir()] == ["Makefile"]


def test_what_fails_is_shown_and_kept_and_nothing_after_it_is_run(
    script, project, python, capfd, tmp_path, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert not script.play(python, project, {}, [("fail",), ("rehearse",)])
    told = capfd.readouterr().out
    assert "make fail: exit 2" in told
    assert "went wrong" in told
    assert "make rehearse" not in told
    (kept,) = tmp_path.glob("conductor-python-*")
    assert "went wrong" in (kept / "fail.log").read_text()
    assert (kept / "clone/Makefile").is_file()


def test_what_goes_well_leaves_nothing(script, project, python, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert script.play(python, project, {}, [("rehearse",)])
    assert list(tmp_path.glob("conductor-python-*")) == []


def test_ci_plays_on_every_python():
    assert "scripts/play_on_pythons.py" in (ROOT / ".ci/run").read_text()
    subprocess.run(["bash", "-n", str(ROOT / ".ci/run")], check=True)


def test_github_rehearses_on_every_python_that_is_promised(script):
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    assert tuple(jobs["rehearse"]["strategy"]["matrix"]["python"]) == script.WANTED
    assert "pip==23.0.1" in jobs["oldest-pip"]["steps"][-1]["run"]
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert promised == f">={script.WANTED[0]}"


def test_a_command_ends_with_its_code_though_a_process_it_forgot_holds_its_output(script, tmp_path):
    log = tmp_path / "log"
    assert (
        script.run(["sh", "-c", "sleep 600 & echo $!; exit 3"], log, cwd=tmp_path, env={"PATH": "/usr/bin:/bin"}) == 3
    )
    wait_until(lambda: not is_alive(int(log.read_text())))


def test_a_command_that_hangs_is_ended_and_tells_where_it_was(script, tmp_path, monkeypatch):
    program = "import threading; print('begun', flush=True); threading.Event().wait()"
    hangs = [sys.executable, "-X", "faulthandler", "-c", program]
    monkeypatch.setattr(script, "GRACE_S", 0.5)
    log, limit = tmp_path / "log", 1
    while not log.exists() or "in wait" not in log.read_text():  # a busy machine may need longer for either
        assert script.run(hangs, log, cwd=tmp_path, env={}, limit=limit) is None
        limit, script.GRACE_S = limit * 2, script.GRACE_S * 2
    assert "begun" in log.read_text()
