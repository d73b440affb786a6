"""`conductor host` as it is typed, with a made-up interpreter in the home of the test."""

from __future__ import annotations

import json

import pytest

from tests.host.machine import Machine


@pytest.fixture
def home(surroundings, monkeypatch):
    """Return the machine whose root is the test's home: a pyenv Python stands in it."""
    for name in ("PYENV_ROOT", "PYTHONUSERBASE", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    machine = Machine(surroundings)
    machine.site = machine.python("/.pyenv/versions/3.99.0", "3.99.0")
    return machine


def names(done):
    return {row["name"] for row in json.loads(done.stdout)["distributions"]}


def test_list_shows_what_no_package_owns(home, conductor, tmp_path):
    home.distribution(home.site, "einops", "0.8.0")
    assert "einops" in names(conductor("host", "list", "--json", cwd=tmp_path))
    text = conductor("host", "list", cwd=tmp_path).stdout
    assert "3.99.0/bin/python3.99  Python 3.99.0  (pyenv, no OS package)" in text
    assert "einops 0.8.0  pip" in text


def test_a_baseline_is_taken_shown_and_compared_with(home, conductor, tmp_path):
    assert conductor("host", "baseline", "--show", cwd=tmp_path).returncode == 3
    taken = conductor("host", "baseline", "--json", cwd=tmp_path)
    assert taken.returncode == 0, taken.stderr
    assert json.loads(taken.stdout)["interpreters"] >= 1
    assert conductor("host", "baseline", "--show", cwd=tmp_path).returncode == 0
    assert conductor("check", "host", cwd=tmp_path).returncode == 0
    home.distribution(home.site, "einops", "0.8.0")
    done = conductor("check", "host", "--json", cwd=tmp_path)
    assert done.returncode == 1
    (finding,) = json.loads(done.stdout)["findings"]
    assert finding["code"] == "R9"
    assert "einops 0.8.0 was installed by pip" in finding["message"]


def test_an_agent_cannot_hide_what_it_installed_with_a_new_baseline(home, conductor, tmp_path):
    agent = {"CLAUDECODE": "1"}
    assert conductor("host", "baseline", cwd=tmp_path, env=agent).returncode == 0
    assert conductor("host", "baseline", cwd=tmp_path, env=agent).returncode == 0
    home.distribution(home.site, "einops", "0.8.0")
    assert conductor("host", "baseline", cwd=tmp_path, env=agent).returncode == 2
    assert conductor("check", "host", cwd=tmp_path).returncode == 1
    assert conductor("host", "baseline", cwd=tmp_path).returncode == 0
    assert conductor("check", "host", cwd=tmp_path).returncode == 0


def test_a_damaged_baseline_is_a_finding_and_the_rest_is_still_looked_at(home, surroundings, conductor, tmp_path):
    path = surroundings / "state" / "conductor" / "host-baseline.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{")
    home.distribution(home.site, "einops", "0.8.0")
    done = conductor("check", "host", "--json", cwd=tmp_path)
    codes = {row["code"] for row in json.loads(done.stdout)["findings"]}
    assert {"HOST-BASE-001", "R9"} <= codes


def test_the_projects_own_environment_is_not_the_host(home, conductor, repository):
    environment = Machine(repository)
    site = environment.venv("/.venv", "/usr/bin/env")
    environment.distribution(site, "einops", "0.8.0")
    done = conductor("host", "list", "--json", cwd=repository, env={"PATH": f"{repository}/.venv/bin:/usr/bin:/bin"})
    assert "einops" not in names(done)
