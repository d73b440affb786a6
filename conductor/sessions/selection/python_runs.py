"""Python and its test runners: scripts, modules, pytest's selection, tox, nox, hatch, poe, pdm."""

from __future__ import annotations

import configparser
import posixpath
import re
import tomllib
from typing import TYPE_CHECKING, Any

from conductor.programs import known
from conductor.programs.interpreters import module_files, read_python
from conductor.sessions.selection.pieces import Piece
from conductor.sessions.selection.places import short
from conductor.sessions.selection.trees import Tree, join, text_of
from conductor.shell.expand import UNKNOWN

if TYPE_CHECKING:
    from conductor.sessions.selection.follower import Follower
    from conductor.shell.calls import Call
    from conductor.shell.state import State

_PYTHON = re.compile(r"(?:python|pypy|py)[0-9.]*")
_PYTEST = frozenset({"pytest", "py.test"})
_OTHERS = frozenset(
    {"unittest", "nose2", "nose", "trial", "ward", "behave", "doctest", "mypy", "ruff", "flake8", "pylint"}
)
# Options after which pytest runs no test at all, and says that all is well.
EMPTYING = frozenset({
    "--collect-only", "--co", "--version", "-V", "--help", "-h", "--fixtures", "--funcargs", "--markers",
    "--setup-plan", "--setup-only", "--cache-show", "--fixtures-per-test",
})  # fmt: skip
_SELECTING = (
    "addopts", "testpaths", "python_files", "python_classes", "python_functions", "norecursedirs", "pythonpath",
    "confcutdir", "collect_imported_tests", "usefixtures", "required_plugins",
)  # fmt: skip
# In pytest's order, the first that counts is the only one read.
# Source: pytest's reference, "Configuration file formats".
_INI_FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
_SECTIONS = {"tox.ini": "pytest", "setup.cfg": "tool:pytest", "pytest.ini": "pytest", ".pytest.ini": "pytest"}


def follow(follower: Follower, name: str, argv: list[str], call: Call, state: State) -> bool:
    """Follow a program of the Python world; tell whether it is one."""
    if _PYTHON.fullmatch(name):
        _python(follower, argv[1:], call, state)
    elif name in _PYTEST:
        pytest(follower, argv[1:], follower.folder(state))
    elif name in _OTHERS:
        follower.trace.runs_tests = True
    elif name == "tox":
        _tox(follower, call, state)
    elif name == "nox":
        given = known("nox").parse(argv[1:])
        follower.whole_file("nox", (given.value("-f", "--noxfile") or "noxfile.py",), state)
    elif name in {"hatch", "poe", "poethepoet", "pdm"}:
        _table(follower, name, call, state)
    else:
        return name == "coverage"
    return True


def _python(follower: Follower, args: list[str], call: Call, state: State) -> None:
    python = read_python(args)
    module = python.module
    if module is None:
        if not python.idle and python.script not in {"", "-"}:
            follower.script(python.script, state)
        return
    known_module = module in _PYTEST | {"tox", "nox", "coverage"} | _OTHERS
    # A file of the project that Python finds before the module that is meant, and one that it is told of.
    own = next((one for one in module_files(module) if follower.read_text(one, state) is not None), None)
    if own is not None and not (known_module and own.startswith("src/")):
        follower.script(own, state, decides=True if known_module else None)
    elif module in _PYTEST:
        pytest(follower, python.arguments, follower.folder(state))
    elif known_module or module == "poethepoet":
        follower.argv([module, *python.arguments], call, state)
    else:
        follower.trace.leave(f"python -m {short(module)} (no module of the project)")


def pytest(follower: Follower, args: list[str], folder: str) -> None:
    """Take in what pytest's configuration selects, for a run in that folder."""
    follower.trace.runs_tests = True
    given = known("pytest").parse(args)
    start = _common_folder(follower.tree, folder, given.words)
    path, options = _configuration(follower.tree, folder, start, given.value("-c", "--config-file"))
    text = "\n".join(f"{name} = {options[name]}" for name in _SELECTING if name in options)
    follower.trace.add(Piece("the selection of pytest", path, text, decides=False))
    empty = sorted(EMPTYING & set(options.get("addopts", "").split()))
    if empty:
        follower.trace.add(Piece("options with which pytest runs no test", path, " ".join(empty)))


def _common_folder(tree: Tree, folder: str, words: list[str]) -> str:
    """Return where pytest begins to look for its configuration: the folder that holds everything it was given."""
    paths = [join(folder, word.partition("::")[0]) for word in words if UNKNOWN not in word]
    folders = [path if tree.names(path) else posixpath.dirname(path) for path in paths if path]
    if not folders or len(folders) != len(words):
        return folder
    return posixpath.commonpath(folders) if all(folders) else ""


def _configuration(tree: Tree, folder: str, start: str, named: str | None) -> tuple[str, dict[str, str]]:
    """Return the configuration file that counts with its options: the named one, else the nearest above `start`."""
    if named is not None:
        path = join(folder, named) if UNKNOWN not in named else None
        found = _read(path, path.rpartition("/")[2], tree) if path else None
        return path or "pytest.ini", found or {}
    above = start.split("/") if start else []
    for count in range(len(above), -1, -1):
        for name in _INI_FILES:
            path = "/".join([*above[:count], name])
            found = _read(path, name, tree)
            if found is not None:
                return path, found
    return "pytest.ini", {}


def _read(path: str, name: str, tree: Tree) -> dict[str, str] | None:
    """Return what a file says to pytest, None where it says nothing to it."""
    content = tree.read(path)
    if content is None:
        return None
    text = text_of(content)
    if name.endswith(".toml"):
        data = toml(text)
        tool = data.get("tool", {}) if isinstance(data.get("tool"), dict) else {}
        section = data.get("pytest") if name.endswith("pytest.toml") else tool.get("pytest")
        if isinstance(section, dict) and isinstance(section.get("ini_options"), dict):
            section = section["ini_options"]
        found = {key: _flat(value) for key, value in section.items()} if isinstance(section, dict) else None
        return {} if found is None and name.endswith("pytest.toml") else found
    parsed = ini(text)
    section_name = _SECTIONS.get(name, "pytest")
    if section_name in parsed:
        return {key: _flat(value) for key, value in parsed[section_name].items()}
    # An empty pytest.ini counts too, and hides what the others say.
    return {} if name in {"pytest.ini", ".pytest.ini"} else None


def _flat(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else " ".join(str(value).split())


def _tox(follower: Follower, call: Call, state: State) -> None:
    folder = follower.folder(state)
    found: list[tuple[str, str]] = []
    for name, wanted in (("tox.ini", r"tox|testenv.*"), ("setup.cfg", r"tox:tox|testenv.*")):
        path = join(folder, name) or name
        sections = ini(text_of(follower.tree.read(path)))
        found += [
            (path, f"[{section}] {key} = {value}")
            for section, values in sections.items()
            if re.fullmatch(wanted, section)
            for key, value in values.items()
        ]
    for name, inside in (("tox.toml", ()), ("pyproject.toml", ("tool", "tox"))):
        data = _inside(toml(text_of(follower.tree.read(join(folder, name) or name))), inside)
        found += [(join(folder, name) or name, repr(sorted(data.items(), key=str)))] if data else []
    if not found:
        follower.trace.leave("tox (no configuration of it is seen)")
        return
    follower.trace.runs_tests = True
    follower.trace.add(Piece("what tox runs", found[0][0], "\n".join(text for _, text in found)))
    for _, text in found:
        if re.match(r"\[[^]]*\] commands", text):
            for line in text.partition("=")[2].splitlines():
                follower.text(f"tox: {line}", re.sub(r"\{[^}]*\}", "", line).strip(), call, state)


def _table(follower: Follower, name: str, call: Call, state: State) -> None:
    """Take in the scripts that pyproject.toml gives a program: hatch, poe or pdm."""
    folder = follower.folder(state)
    path = join(folder, "pyproject.toml") or "pyproject.toml"
    data = toml(text_of(follower.tree.read(path)))
    inside = {"hatch": ("tool", "hatch", "envs"), "pdm": ("tool", "pdm", "scripts")}.get(name, ("tool", "poe"))
    found = _inside(data, inside)
    if name == "hatch":
        extra = _inside(toml(text_of(follower.tree.read(join(folder, "hatch.toml") or "hatch.toml"))), ("envs",))
        found = {**found, **extra}
    if not found:
        follower.trace.leave(f"{name} (no scripts of it are seen in pyproject.toml)")
        return
    follower.trace.add(Piece(f"the scripts of {name}", path, repr(found)))
    for text in _texts(found):
        if " " in text or text == "pytest":
            follower.text(f"{name}: {text}", re.sub(r"\{[^}]*\}", "", text), call, state)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _texts(one)]


def _inside(data: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    for name in names:
        data = data.get(name, {}) if isinstance(data, dict) else {}
    return data if isinstance(data, dict) else {}


def toml(text: str) -> dict[str, Any]:
    """Return a TOML text's values; nothing where it is none."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def ini(text: str) -> dict[str, dict[str, str]]:
    """Return an INI text's sections; nothing where it is none."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return {name: {key: value or "" for key, value in parser[name].items()} for name in parser.sections()}
