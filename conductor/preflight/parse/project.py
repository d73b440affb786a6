"""Read what a Python project says of itself: pyproject.toml, setup.cfg, and setup.py where its words are literal."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conductor.preflight.parse.requirements import normalise

if TYPE_CHECKING:
    import configparser

Read = Callable[[str], "str | None"]
# Who makes modules of a folder where nothing names them; other backends are not known.
SETUPTOOLS = "setuptools"


@dataclass(slots=True)
class Project:
    """What a project installs.

    `requirements` and `extras` are requirement texts (PEP 508); `packages` the folders and `modules` the files that
    become importable, relative to `source` (None: the backend looks for them itself); `scripts` are commands, name →
    `module:function`. `complete` is false where something is computed, so it may require or install more.
    """

    name: str | None = None
    requirements: list[str] = field(default_factory=list)
    extras: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    scripts: dict[str, str] = field(default_factory=dict)
    packages: list[str] | None = None
    modules: list[str] | None = None
    source: str = ""
    # For which Pythons it says it is (PEP 440), '' where it does not say.
    python: str = ""
    backend: str = SETUPTOOLS
    complete: bool = True
    files: list[str] = field(default_factory=list)
    # Whether uv installs the project itself besides what it requires.
    is_package: bool = True
    # How setuptools is told to look: `packages` are folders with an __init__.py, `namespaces` any; empty: as it likes.
    finds: str = ""
    # Top-level module → its path, where a backend's own table says so; None where that table says it in another way.
    paths: dict[str, str] | None = field(default_factory=dict)

    def wanted(self, extras: tuple[str, ...]) -> list[str]:
        """Return what is required with these extras."""
        found = list(self.requirements)
        for extra in extras:
            found += self.extras.get(normalise(extra), [])
        return found


def read_project(read: Read) -> Project | None:
    """Return what a folder's project says; `read` returns the text of a file in it. None where there is no project."""
    project = Project()
    pyproject, cfg, setup = read("pyproject.toml"), read("setup.cfg"), read("setup.py")
    if pyproject is None and cfg is None and setup is None:
        return None
    if pyproject is not None:
        project.files.append("pyproject.toml")
        _pyproject(project, pyproject)
    if project.backend == SETUPTOOLS:
        if cfg is not None:
            project.files.append("setup.cfg")
            _setup_cfg(project, cfg)
        if setup is not None:
            project.files.append("setup.py")
            _setup_py(project, setup)
    return project


def _pyproject(project: Project, text: str) -> None:
    import tomllib

    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        project.complete = False
        return
    system, table, tool = (_table(document, key) for key in ("build-system", "project", "tool"))
    project.is_package = bool(system) or _table(tool, "uv").get("package") is True
    backend = str(system.get("build-backend", SETUPTOOLS))
    project.backend = re.split(r"[.:]", backend)[0].replace("_core", "") if backend else SETUPTOOLS
    project.name = normalise(str(table["name"])) if table.get("name") else None
    project.python = str(table.get("requires-python", ""))
    dynamic = _texts(table.get("dynamic"))
    project.requirements += _texts(table.get("dependencies"))
    project.extras |= {normalise(k): _texts(v) for k, v in _table(table, "optional-dependencies").items()}
    project.groups |= {k: _texts(v) for k, v in _table(document, "dependency-groups").items()}
    for key in ("scripts", "gui-scripts"):
        project.scripts |= {name: str(target) for name, target in _table(table, key).items()}
    if "dependencies" in dynamic and project.backend != SETUPTOOLS:
        project.complete = False
    _setuptools(project, _table(tool, "setuptools"))
    _backend_tables(project, tool)
    if "poetry" in tool:
        _poetry(project, _table(tool, "poetry"))


def _setuptools(project: Project, table: dict[str, Any]) -> None:
    if isinstance(table.get("packages"), list):
        project.packages = _texts(table["packages"])
    if isinstance(table.get("py-modules"), list):
        project.modules = _texts(table["py-modules"])
    folders = _table(table, "package-dir")
    project.source = str(folders.get("", project.source))
    if set(folders) - {""}:
        project.complete = False
    find = _table(_table(table, "packages"), "find")
    where = _texts(find.get("where"))
    if "find" in _table(table, "packages"):
        project.finds = "packages" if find.get("namespaces") is False else "namespaces"
        project.source = where[0] if where else project.source
    if _table(_table(table, "dynamic"), "dependencies"):
        project.complete = False  # they stand in a file of their own


def _backend_tables(project: Project, tool: dict[str, Any]) -> None:
    """Read where hatchling, flit and uv are told that the modules lie."""
    build = _table(_table(tool, "hatch"), "build")
    wheel = _table(_table(build, "targets"), "wheel")
    module = _table(_table(tool, "flit"), "module").get("name")
    uv = _table(_table(tool, "uv"), "build-backend")
    packages = wheel.get("packages", build.get("packages"))
    if project.backend == "hatchling" and packages is not None:
        project.paths = {path.rstrip("/").rpartition("/")[2]: path.rstrip("/") for path in _texts(packages)}
    elif project.backend == "hatchling" and (set(wheel) | set(build)) - {"targets", "exclude", "artifacts", "hooks"}:
        project.paths = None
    elif project.backend == "flit" and isinstance(module, str):
        project.name = module
    elif project.backend.startswith("uv") and uv:
        project.paths = None


def _poetry(project: Project, table: dict[str, Any]) -> None:
    project.name = project.name or (normalise(str(table["name"])) if table.get("name") else None)
    project.is_package = table.get("package-mode", True) is not False
    for name, value in _table(table, "dependencies").items():
        if name.lower() == "python":
            continue
        optional = isinstance(value, dict) and value.get("optional")
        extras = _texts(value.get("extras")) if isinstance(value, dict) else []
        text = f"{name}[{','.join(extras)}]" if extras else name
        if optional:
            project.extras.setdefault("", []).append(text)
        else:
            project.requirements.append(text)
    project.scripts |= {k: v for k, v in _table(table, "scripts").items() if isinstance(v, str)}
    named = table.get("packages")
    if isinstance(named, list):
        project.packages, project.source = [], ""
        for each in named:
            if not isinstance(each, dict) or "to" in each:
                project.complete = False
                continue
            project.source = str(each.get("from", project.source))
            project.packages.append(str(each.get("include", "")).partition("/")[0])


def _setup_cfg(project: Project, text: str) -> None:
    import configparser

    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        project.complete = False
        return
    cfg = _Cfg(parser)
    project.name = project.name or (normalise(parser.get("metadata", "name", fallback="")) or None)
    needs = cfg.lines("options", "install_requires")
    if any(line.startswith("file:") for line in needs):
        project.complete = False
        needs = []
    project.requirements += needs
    for extra in parser["options.extras_require"] if parser.has_section("options.extras_require") else ():
        project.extras[normalise(extra)] = cfg.lines("options.extras_require", extra)
    for line in cfg.lines("options.entry_points", "console_scripts"):
        name, _, target = line.partition("=")
        project.scripts[name.strip()] = target.strip()
    _packages_of_cfg(project, cfg)


class _Cfg:
    """The lists of a setup.cfg."""

    def __init__(self, parser: configparser.ConfigParser) -> None:
        self.parser = parser

    def lines(self, section: str, key: str) -> list[str]:
        """Return the lines of a value, without comments."""
        value = self.parser.get(section, key, fallback="")
        return [line.strip() for line in value.split("\n") if line.strip() and not line.strip().startswith("#")]

    def words(self, section: str, key: str) -> list[str]:
        """Return the names of a list, separated by commas, blanks or lines."""
        return [name for line in self.lines(section, key) for name in re.split(r"[,;\s]+", line) if name]


def _packages_of_cfg(project: Project, cfg: _Cfg) -> None:
    packages = cfg.words("options", "packages")
    if packages and packages[0].startswith("find"):
        project.finds = "namespaces" if "namespace" in packages[0] else "packages"
    elif packages:
        project.packages = packages
    project.modules = cfg.words("options", "py_modules") or project.modules
    for line in cfg.lines("options", "package_dir"):
        name, equals, folder = line.partition("=")
        if not name.strip() and equals:
            project.source = folder.strip()
    where = cfg.parser.get("options.packages.find", "where", fallback="").strip()
    project.source = where or project.source


def _setup_py(project: Project, text: str) -> None:
    try:
        _read_setup(project, ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        project.complete = False


def _read_setup(project: Project, tree: ast.Module) -> None:
    values: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found = _literal(node.value, values)
            if found is not None:
                values[node.targets[0].id] = found
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and _called(n) == "setup"]
    if len(calls) != 1:
        project.complete = False
        return
    for keyword in calls[0].keywords:
        if keyword.arg is None:
            project.complete = False
        else:
            _keyword(project, keyword.arg, keyword.value, values)


def _keyword(project: Project, name: str, node: ast.expr, values: dict[str, Any]) -> None:
    value = _literal(node, values)
    if name in {"install_requires", "py_modules"}:
        project.complete = project.complete and _all_texts(value)
        if name == "install_requires":
            project.requirements += _texts(value)
        elif _all_texts(value):
            project.modules = _texts(value)
    elif name == "name" and isinstance(value, str):
        project.name = project.name or normalise(value)
    elif name == "python_requires" and isinstance(value, str):
        project.python = project.python or value
    elif name == "packages":
        _packages(project, node, value)
    elif name in _TABLES and isinstance(value, dict):
        _TABLES[name](project, value)
    elif name in {"entry_points", "scripts", "ext_modules", "cmdclass", "setup_requires", "package_dir"}:
        project.complete = False


def _take_extras(project: Project, value: dict[Any, Any]) -> None:
    project.extras |= {normalise(str(extra)): _texts(needs) for extra, needs in value.items()}


def _take_folder(project: Project, value: dict[Any, Any]) -> None:
    folder = value.get("")
    project.complete = project.complete and isinstance(folder, str)
    project.source = folder if isinstance(folder, str) else project.source


def _take_scripts(project: Project, value: dict[Any, Any]) -> None:
    for line in _texts(value.get("console_scripts")):
        command, _, target = line.partition("=")
        project.scripts[command.strip()] = target.strip()


_TABLES = {"extras_require": _take_extras, "package_dir": _take_folder, "entry_points": _take_scripts}


def _packages(project: Project, node: ast.expr, value: Any) -> None:
    if _all_texts(value):
        project.packages = list(value)
    elif isinstance(node, ast.Call) and _called(node) in {"find_packages", "find_namespace_packages"}:
        project.finds = "packages" if _called(node) == "find_packages" else "namespaces"
        where = [k.value for k in node.keywords if k.arg == "where"] or node.args[:1]
        if where and isinstance(where[0], ast.Constant) and isinstance(where[0].value, str):
            project.source = where[0].value
        elif where:
            project.complete = False
    else:
        project.complete = False


def _literal(node: ast.expr, values: dict[str, Any]) -> Any:
    """Return the value of a literal, of a name that has one, or of a sum of lists; None for anything else."""
    if isinstance(node, ast.Name):
        return values.get(node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _literal(node.left, values), _literal(node.right, values)
        return left + right if isinstance(left, list) and isinstance(right, list) else None
    if isinstance(node, ast.Dict) and all(key is not None for key in node.keys):
        return {_literal(k, values): _literal(v, values) for k, v in zip(node.keys, node.values, strict=True) if k}
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _table(value: Any, key: str) -> dict[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _texts(value: Any) -> list[str]:
    found = value if isinstance(value, list | tuple) else [value] if isinstance(value, str) else []
    return [text for text in found if isinstance(text, str)]


def _all_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(text, str) for text in value)
