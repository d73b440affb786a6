"""What a Python project says of itself: in pyproject.toml, setup.cfg and setup.py, where it is literal."""

import pytest

from conductor.preflight.parse.module_places import places_of
from conductor.preflight.parse.project import read_project


def project(**files):
    named = {
        name.replace("_toml", ".toml").replace("_cfg", ".cfg").replace("_py", ".py"): text
        for name, text in files.items()
    }
    return read_project(named.get)


def places(found, *paths):
    folders = {path.rpartition("/")[0] for path in paths} | {p.split("/")[0] for p in paths if "/" in p}

    def kind(path):
        return True if path in folders else False if path in paths else None

    def names(folder):
        inside = [p for p in (*paths, *folders) if p and p != folder and (not folder or p.startswith(folder + "/"))]
        skip = len(folder) + 1 if folder else 0
        return sorted({p[skip:].split("/")[0] for p in inside}) if not folder or folder in folders else None

    return places_of(found, kind, names)


def test_a_pyproject_names_its_requirements_extras_and_commands():
    found = project(
        pyproject_toml="[project]\nname = 'A.b_c'\ndependencies = ['click>=8']\n"
        "[project.optional-dependencies]\nweb = ['flask']\n[project.scripts]\nrun-it = 'a.cli:main'\n"
    )
    assert found.name == "a-b-c"
    assert found.wanted(("web",)) == ["click>=8", "flask"]
    assert found.scripts == {"run-it": "a.cli:main"}


def test_a_setup_cfg_names_its_requirements():
    found = project(
        setup_cfg="[metadata]\nname = x\n[options]\ninstall_requires =\n  a>=1\n  # no\n  b\n",
        setup_py="import setuptools\nsetuptools.setup()\n",
    )
    assert (found.name, found.requirements, found.complete) == ("x", ["a>=1", "b"], True)


def test_a_setup_py_is_read_where_it_is_literal():
    text = (
        "from setuptools import setup\nBASE = ['a']\nsetup(name='x', install_requires=BASE + ['b'], py_modules=['m'])\n"
    )
    found = project(setup_py=text)
    assert (found.requirements, found.modules, found.complete) == (["a", "b"], ["m"], True)


@pytest.mark.parametrize(
    "text",
    [
        "from setuptools import setup\nsetup(install_requires=open('r.txt').readlines())\n",
        "from setuptools import setup\nsetup(**config)\n",
        "from setuptools import setup\nif a:\n    setup()\nelse:\n    setup()\n",
        "this is no Python",
    ],
)
def test_a_setup_py_that_computes_is_not_told_completely(text):
    assert project(setup_py=text).complete is False


def test_poetry_requirements_leave_out_python_and_what_is_optional():
    found = project(
        pyproject_toml="[tool.poetry]\nname = 'x'\n[tool.poetry.dependencies]\npython = '^3.10'\na = '*'\n"
        "b = {version = '1', optional = true}\n[build-system]\nbuild-backend = 'poetry.core.masonry.api'\n"
    )
    assert found.requirements == ["a"]
    assert found.backend == "poetry"


@pytest.mark.parametrize(
    ("text", "paths", "expected"),
    [
        ("", ("src/a/__init__.py", "src/b.py"), {"a": "src/a", "b": "src/b.py"}),
        ("", ("a/__init__.py", "tests/test_a.py"), {"a": "a"}),
        ("", ("a.py", "setup.py"), {"a": "a.py"}),
        ("", ("a/__init__.py", "b/__init__.py"), None),
        ("[tool.setuptools]\npackages = ['a.b', 'c']\n", (), {"a": "a", "c": "c"}),
        ("[tool.setuptools.packages.find]\nwhere = ['lib']\n", ("lib/a/x.py",), {"a": "lib/a"}),
        ("[build-system]\nbuild-backend = 'hatchling.build'\n", ("src/n_m/__init__.py",), {"n_m": "src/n_m"}),
        ("[build-system]\nbuild-backend = 'hatchling.build'\n", ("other/__init__.py",), {}),
        ("[build-system]\nbuild-backend = 'maturin'\n", ("n_m/__init__.py",), None),
    ],
)
def test_a_backend_finds_its_modules(text, paths, expected):
    found = project(pyproject_toml=f"[project]\nname = 'n-m'\n{text}")
    assert places(found, *paths) == expected
