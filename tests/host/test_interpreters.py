from __future__ import annotations

import pytest

from tests.host.machine import HOME


def paths(inventory):
    return [one.path for one in inventory.interpreters]


def test_each_interpreter_is_listed_once_by_its_real_path(debian):
    debian.python("/usr/local", "3.12.4")
    debian.at("/usr/local/bin/python3.11").symlink_to("../../bin/python3.11")
    found = debian.scan()
    assert paths(found) == ["/usr/bin/python3.11", "/usr/local/bin/python3.12"]
    assert [one.version for one in found.interpreters] == ["3.11.2", "3.12.4"]
    assert found.interpreters[0].owner == "python3.11-minimal"
    assert found.interpreters[0].managed
    assert not found.interpreters[1].managed


@pytest.mark.parametrize(
    ("prefix", "kind"),
    [
        (f"{HOME}/.pyenv/versions/3.12.1", "pyenv"),
        (f"{HOME}/.local/share/uv/python/cpython-3.12.1-linux", "uv"),
        ("/opt/python-3.12", "other"),
        ("/opt/python/cp312-cp312", "other"),
        (f"{HOME}/miniconda3/envs/work", "conda"),
    ],
)
def test_interpreters_are_found_where_their_installers_put_them(machine, prefix, kind):
    machine.python(prefix, "3.12.1")
    if kind == "conda":
        machine.write(f"{prefix}/conda-meta/history")
    found = machine.scan()
    assert [(one.prefix, one.kind, one.version) for one in found.interpreters] == [(prefix, kind, "3.12.1")]


def test_conda_environments_named_in_its_own_list_are_found(machine):
    machine.python("/data/envs/far", "3.10.1")
    machine.write(f"{HOME}/.conda/environments.txt", "/data/envs/far\n")
    assert [one.prefix for one in machine.scan().interpreters] == ["/data/envs/far"]


def test_a_shim_is_not_an_interpreter(debian):
    shim = debian.write(f"{HOME}/.pyenv/shims/python", "#!/usr/bin/env bash\nexec pyenv exec python\n")
    shim.chmod(0o755)
    found = debian.scan(f"{HOME}/.pyenv/shims", "/usr/bin")
    assert paths(found) == ["/usr/bin/python3.11"]
    assert found.problems == ()


@pytest.mark.parametrize("content", [b"", b"MZ not for here", b"plain text"])
def test_a_broken_interpreter_is_a_problem_not_a_crash(debian, content):
    debian.write("/usr/local/bin/python3", content).chmod(0o755)
    (problem,) = debian.scan().problems
    assert (problem.code, problem.path) == ("HOST-PY-001", "/usr/local/bin/python3")


def test_a_dangling_link_and_a_missing_library_are_problems(debian):
    debian.at("/usr/local/bin").mkdir(parents=True)
    debian.at("/usr/local/bin/python3.9").symlink_to("/gone/python3.9")
    debian.write("/opt/old/bin/python3.8", b"\x7fELF").chmod(0o755)
    messages = {problem.path: problem.message for problem in debian.scan().problems}
    assert "does not exist" in messages["/usr/local/bin/python3.9"]
    assert "standard library" in messages["/opt/old/bin/python3.8"]


def test_a_folder_that_cannot_be_read_is_a_problem(debian):
    debian.at("/loop").symlink_to("loop")
    found = debian.scan("/loop", "/usr/bin", "/not/there")
    assert [(one.code, one.path) for one in found.problems] == [("HOST-READ-001", "/loop")]
    assert paths(found) == ["/usr/bin/python3.11"]


def test_the_projects_own_environment_does_not_count(debian):
    mine = debian.venv("/projects/app/.venv", "/usr/bin/python3.11")
    other = debian.venv("/srv/tools", "/usr/bin/python3.11")
    debian.distribution(mine, "einops", "0.8.0")
    debian.distribution(other, "black", "24.1.0")
    found = debian.scan("/projects/app/.venv/bin", "/srv/tools/bin", "/usr/bin", project="/projects/app")
    assert [(one.prefix, one.kind) for one in found.interpreters] == [("/srv/tools", "venv"), ("/usr", "system")]
    assert {one.name for one in found.distributions} == {"six", "black"}
