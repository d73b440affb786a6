"""Where the modules of a project lie that its backend would install."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from conductor.preflight.parse.project import SETUPTOOLS, Project


def places_of(
    project: Project, find: Callable[[str], bool | None], names: Callable[[str], list[str] | None]
) -> dict[str, str] | None:
    """Return top-level module → its path relative to the project's folder, as the backend would install them.

    `find` tells whether a relative path is a folder (True), a file (False) or not there (None); `names` lists a folder.
    None where that cannot be told.
    """
    if not project.complete or project.paths is None:
        return None
    if project.paths:
        return project.paths
    if project.backend == SETUPTOOLS and (project.packages is not None or project.modules is not None):
        tops = {name.partition(".")[0] for name in project.packages or []}
        found = {top: posixpath.join(project.source, top) for top in sorted(tops)}
        found |= {name: posixpath.join(project.source, f"{name}.py") for name in project.modules or []}
        return found
    if project.packages is not None:
        return {top: posixpath.join(project.source, top) for top in project.packages}
    if project.backend == SETUPTOOLS:
        return _discovered(project, find, names)
    return _by_name(project, find)


def _by_name(project: Project, find: Callable[[str], bool | None]) -> dict[str, str] | None:
    """Return the module that hatchling, poetry, flit, pdm or uv find by the project's name."""
    name = (project.name or "").replace("-", "_")
    if project.backend not in {"hatchling", "poetry", "flit", "uv_build", "uv"} or not name:
        return None
    for path in (name, f"src/{name}", f"{name}.py", f"src/{name}.py"):
        if find(path) is not None:
            return {name: path}
    return {}


# What setuptools leaves out when it looks for packages by itself.
_NOT_PACKAGES = re.compile(
    r"(ci|bin|debian|docs?|documentation|manpages|news|newsfragments|changelog|tests?|[._].*|.*\.egg-info|scripts|tools"
    r"|utils?|python|build|benchmarks?|exercises?|htmlcov|fabfile|site_scons|tasks|examples?|dist|node_modules|env|venv)"
)
_NOT_MODULES = re.compile(
    r"(setup|conftest|tests?|examples?|build|noxfile|toxfile|pavement|dodo|tasks|fabfile|SConstruct|[Ss]onfile|benchmark|_.*)"
)


def _discovered(
    project: Project, find: Callable[[str], bool | None], names: Callable[[str], list[str] | None]
) -> dict[str, str] | None:
    """Return what setuptools finds: where it is told to look, else in `src/`, else the only package or module."""
    source = project.source or ("src" if find("src") is True and not project.finds else "")
    listed = names(source)
    if listed is None:
        return {} if source else None
    at = {name: posixpath.join(source, name) for name in listed}
    folders = [name for name in listed if name.isidentifier() and find(at[name]) is True]
    if project.finds:
        return {n: at[n] for n in folders if project.finds != "packages" or find(f"{at[n]}/__init__.py") is False}
    modules = [name for name in listed if name.endswith(".py")]
    if source:
        return {name: at[name] for name in folders} | {name[:-3]: at[name] for name in modules}
    return _only_one(folders, modules)


def several_found(
    project: Project, find: Callable[[str], bool | None], names: Callable[[str], list[str] | None]
) -> list[str]:
    """Return the packages, or modules, of which setuptools refuses to choose one; nothing where it need not choose."""
    told = project.packages is not None or project.modules is not None or project.finds or project.paths
    listed = names("")
    if project.backend != SETUPTOOLS or told or project.source or listed is None or find("src") is True:
        return []
    folders = [name for name in listed if name.isidentifier() and find(name) is True]
    packages = [name for name in folders if not _NOT_PACKAGES.fullmatch(name)]
    files = [name for name in listed if name.endswith(".py") and not _NOT_MODULES.fullmatch(name[:-3])]
    found = packages or [name[:-3] for name in files]
    return found if len(found) > 1 else []


def _only_one(folders: list[str], modules: list[str]) -> dict[str, str] | None:
    """Return the only package of a project, or else its only module; setuptools refuses to choose among several."""
    packages = [name for name in folders if not _NOT_PACKAGES.fullmatch(name)]
    files = [name for name in modules if not _NOT_MODULES.fullmatch(name[:-3])]
    if packages:
        return {packages[0]: packages[0]} if len(packages) == 1 else None
    return {name[:-3]: name for name in files} if len(files) <= 1 else None
