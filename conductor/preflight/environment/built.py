"""What ends the build of a project in a folder of the image: files that are named, modules that nobody finds."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conductor.preflight.parse.module_places import places_of, several_found
from conductor.preflight.parse.project import SETUPTOOLS, read_project

if TYPE_CHECKING:
    from conductor.preflight.environment.files import ImageFiles
    from conductor.preflight.environment.model import Environment
    from conductor.preflight.parse.project import Project

# Backends that read the file of `readme` and end where it is not there; setuptools only warns. Tried with each of them.
_READ_README = frozenset({"hatchling", "flit", "pdm", "poetry", "uv_build"})
_NAMED = frozenset({"hatchling", "poetry", "flit"})
_PRETENDED = ("SETUPTOOLS_SCM_PRETEND_VERSION", "PBR_VERSION")
_OF_GIT = frozenset({"setuptools-scm", "hatch-vcs"})


def build_problem(
    environment: Environment, folder: str, requires: frozenset[str], given: frozenset[str]
) -> tuple[str, str] | None:
    """Return (message, remedy) of what certainly ends the build of the project in a folder, None where nothing does.

    `requires` are what its build system asks for, `given` the variables that the command itself sets.
    """
    files = environment.files
    if files is None or files.anywhere:
        return None

    def read(name: str) -> str | None:
        found = files.find(posixpath.join(folder, name))
        return files.context.read_text(found.source) if found.source and not found.is_folder else None

    project, document = read_project(read), _document(read("pyproject.toml"))
    if project is None or document is None:
        return None
    return (
        _unread(files, folder, project, document)
        or _undated(environment, folder, requires, document, given)
        or (None if _is_made_up(files, folder, document) else _unfound(files, folder, project))
    )


def _document(text: str | None) -> dict[str, Any] | None:
    import tomllib

    try:
        return tomllib.loads(text or "")
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def _table(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    found: Any = document
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _unread(files: ImageFiles, folder: str, project: Project, document: dict[str, Any]) -> tuple[str, str] | None:
    """Say that the file of `readme` is not there."""
    readme = _table(document, "project").get("readme") or _table(document, "tool", "poetry").get("readme")
    name = readme.get("file") if isinstance(readme, dict) else readme
    if not isinstance(name, str) or project.backend not in _READ_README:
        return None
    if files.find(posixpath.join(folder, name)).state != "absent":
        return None
    ignored = files.context.ignored_by(name)
    why = f", which {files.context.ignore_file} leaves out" if ignored is not None else ""
    remedy = f"COPY {name} too" if ignored is None else f"let {name} in: !{name} in {files.context.ignore_file}"
    return f"pyproject.toml names {name} as its readme, and it is not in {folder}{why}", remedy


def _undated(
    environment: Environment, folder: str, requires: frozenset[str], document: dict[str, Any], given: frozenset[str]
) -> tuple[str, str] | None:
    """Say that the version is git's, and there is no repository."""
    files, asked = environment.files, requires & _OF_GIT
    names = {*environment.variables, *environment.build_variables, *given}
    if files is None or not _asks_git(document, asked) or any(name.startswith(_PRETENDED) for name in names):
        return None
    if any(files.find(posixpath.join(folder, name)).state != "absent" for name in (".git", "PKG-INFO")):
        return None
    archived = any(
        files.find(posixpath.join(folder, name)).source for name in (".git_archival.txt", ".hg_archival.txt")
    )
    whole = any(layer.source in {".", ""} for layer in files.sources())
    if archived or (whole and files.context.ignored_by(".git") is None):
        return None  # a checkout has it, and what is judged may be none
    said = f"the version comes from git ({' '.join(sorted(asked))}), and {folder} has no .git"
    return said, "ENV SETUPTOOLS_SCM_PRETEND_VERSION=0.0.0 before it, or let .git into the build context"


def _asks_git(document: dict[str, Any], asked: frozenset[str]) -> bool:
    """Tell whether git says the version, and nothing else does where it cannot."""
    dynamic, tool = _table(document, "project").get("dynamic"), _table(document, "tool")
    if (
        not isinstance(dynamic, list)
        or "version" not in dynamic
        or re.search(r"fallback|root|search_parent|relative_to", str(tool))
    ):
        return False
    of_hatch = "hatch-vcs" in asked and _table(tool, "hatch", "version").get("source") == "vcs"
    return of_hatch or ("setuptools-scm" in asked and "setuptools_scm" in tool)


def _is_made_up(files: ImageFiles, folder: str, document: dict[str, Any]) -> bool:
    """Tell whether something besides the tables that are read may say what the backend takes, or an old one looks."""
    hatch, tools = _table(document, "tool", "hatch", "build"), _table(document, "tool", "setuptools")
    needs = str(_table(document, "build-system").get("requires"))
    elsewhere = files.find(posixpath.join(folder, "hatch.toml")).state != "absent"
    return elsewhere or "hooks" in str(hatch) or "ext-modules" in tools or bool(re.search(r"setuptools\s*[<=~]", needs))


def _unfound(files: ImageFiles, folder: str, project: Project) -> tuple[str, str] | None:
    """Say that the backend finds no module, or more than it takes."""

    def kind(relative: str) -> bool | None:
        found = files.find(posixpath.join(folder, relative))
        return bool(found.is_folder) if found.state in {"context", "there"} else None

    def names(relative: str) -> list[str] | None:
        return files.names(posixpath.join(folder, relative))

    no_package = project.backend == "poetry" and not project.is_package
    if not project.complete or no_package or not _is_told(files, folder):
        return None
    if project.backend == SETUPTOOLS:
        found = several_found(project, kind, names)
        said = f"setuptools finds several packages in {folder}, {', '.join(found)}, and takes none by itself"
        remedy = f'name them in pyproject.toml: [tool.setuptools] packages = ["{found[0]}"]' if found else ""
        return (said, remedy) if found else None
    if project.backend not in _NAMED or project.packages is not None or project.name is None:
        return None
    listed = {name.lower().removesuffix(".py") for place in ("", "src") for name in names(place) or ()}
    wanted = project.name.replace("-", "_").replace(".", "_")
    if places_of(project, kind, names) != {} or wanted in listed or _is_deeper(kind, names, wanted):
        return None
    said = f"{project.backend} looks for a module {wanted} in {folder}, and there is none"
    return said, _REMEDIES[project.backend]


_REMEDIES = {
    "hatchling": 'name the folder: [tool.hatch.build.targets.wheel] packages = ["FOLDER"], and COPY it before it',
    "poetry": 'name the folder: [tool.poetry] packages = [{include = "FOLDER"}], and COPY it before it',
    "flit": 'name the module: [tool.flit.module] name = "MODULE", and COPY it before it',
}


def _is_deeper(kind: Callable[[str], bool | None], names: Callable[[str], list[str] | None], wanted: str) -> bool:
    """Tell whether a folder holds the module as part of a namespace."""
    folders = [name for name in names("") or () if kind(name)]
    return any(kind(f"{each}/{wanted}") is not None for each in folders)


def _is_told(files: ImageFiles, folder: str) -> bool:
    """Tell whether all that lies in a folder is known."""
    return files.find(posixpath.join(folder, "a-name-that-nobody-gives")).state == "absent"
