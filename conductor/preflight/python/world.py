"""Where a Python of the image finds a module: beside the program, in the standard library, among its packages."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from conductor.preflight.environment.files import Found
from conductor.preflight.python.installed import Installed, installed
from conductor.preflight.python.standard import change_of, is_for_windows, is_standard

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Environment, Interpreter, LocalProject

# `unsure`: nothing that is listed brings it, and a package that the table lacks might.
State = Literal["local", "standard", "installed", "absent", "unsure", "unknown"]
_DEBIANS_OWN = frozenset({"tkinter", "distutils", "lib2to3", "idlelib", "turtledemo", "test", "ensurepip", "venv"})


@dataclass(frozen=True, slots=True)
class Module:
    """One module: its dotted `name`, and for a local one the file that holds it.

    `folder` is what the modules below it are looked for in, None for a module that is no package. `in_context` marks
    paths of the build context: the files of a project as it was installed; otherwise they are the image's.
    """

    name: str
    state: State
    path: str | None = None
    source: str | None = None
    folder: str | None = None
    in_context: bool = False
    why: str = ""


@dataclass(slots=True)
class World:
    """What one start of a Python can import; `front` are the folders that go before the standard library."""

    environment: Environment
    interpreter: Interpreter | None
    front: tuple[str, ...]
    blurred: bool = False  # the program changes its path in a way that nobody can follow
    _installed: Installed | None = field(default=None, init=False)
    _seen: dict[str, Module] = field(default_factory=dict, init=False)

    @property
    def folders(self) -> tuple[str, ...]:
        """Return the folders of the path that are searched first, PYTHONPATH's among them."""
        given = self.environment.variables.get("PYTHONPATH", "") or ""
        cwd = self.environment.workdir or "/"
        return (*self.front, *(posixpath.normpath(posixpath.join(cwd, part)) for part in given.split(":") if part))

    @property
    def is_known(self) -> bool:
        """Tell whether every folder of the path is known."""
        variables = self.environment.variables
        return not self.blurred and variables.get("PYTHONPATH", "") is not None and self.environment.files is not None

    def packages(self) -> Installed | None:
        """Return what is installed for this Python."""
        if self._installed is None and self.interpreter is not None:
            self._installed = installed(self.environment, self.interpreter, *self.folders)
        return self._installed

    def add(self, folder: str) -> None:
        """Put a folder into the path."""
        if folder not in self.front:
            self.front = (*self.front, folder)
            self._seen.clear()

    def find(self, name: str) -> Module:
        """Return a module by its dotted name, the packages above it included."""
        if name not in self._seen:
            above, _, last = name.rpartition(".")
            self._seen[name] = self._below(self.find(above), last, name) if above else self._top(name)
        return self._seen[name]

    def _below(self, package: Module, last: str, name: str) -> Module:
        if package.state != "local":
            return Module(name, package.state, why=package.why)
        if package.folder is None:
            return Module(name, "absent", why=f"{package.name} is a module, not a package")
        found = self._in(package.folder, last, name, in_context=package.in_context)
        if found is not None:
            return found
        if package.source is None and package.path is None and not self.is_known:
            return Module(name, "unknown")
        return Module(name, "absent", why=f"{package.folder} has no {last}")

    def _top(self, name: str) -> Module:
        beside = self._beside(name)
        if beside is not None and beside.source is not None:
            return beside
        if self._is_standard(name):
            return Module(name, "standard")
        found = self._installed_module(name)
        if found.state in {"installed", "local"} or beside is None:
            return self._why(found) if beside is None else found
        return beside

    def _beside(self, name: str) -> Module | None:
        """Return what the first folders of the path have: a file, else a folder, else what nobody can tell."""
        spread: Module | None = None
        unsure: Module | None = None
        for folder in self.folders:
            found = self._in(folder, name, name)
            if found is not None and found.source is not None:
                return found
            if found is not None and found.state == "local":
                spread = spread or found
            unsure = unsure or found
        return spread or unsure

    def _is_standard(self, name: str) -> bool | None:
        version = self.interpreter.version if self.interpreter else None
        standard = is_standard(name, version)
        if self.interpreter is not None and self.interpreter.kind == "system" and name in _DEBIANS_OWN:
            return None
        return standard and not is_for_windows(name)

    def _why(self, found: Module) -> Module:
        """Say why a module is nowhere; one that a version of Python has counts only where the version is known."""
        name, version = found.name, self.interpreter.version if self.interpreter else None
        if not self.is_known or (self._is_standard(name) is None and (version is None or change_of(name) is None)):
            return found if found.state == "installed" else Module(name, "unknown")
        changed = "it is a module of Python on Windows" if is_for_windows(name) else change_of(name)
        if changed is None or found.state != "absent":
            return found
        return Module(name, "absent", why=f"{changed}, and this is Python {version}" if version else changed)

    def _installed_module(self, name: str) -> Module:
        have = self.packages()
        if have is None:
            return Module(name, "unknown", why="which Python runs is not known")
        for project in have.projects.values():
            if project.places is not None and name in project.places:
                return self._of_project(project, project.places[name], name)
        if have.has(name):
            return Module(name, "installed")
        if have.unlisted is not None or any(p.places is None for p in have.projects.values()):
            return Module(name, "unknown", why=have.unlisted or "")
        own = have.projects.get(name.replace("_", "-").lower())
        why = f"it was not in {own.folder} when that was installed" if own is not None else "nothing installs it"
        return Module(name, "unsure" if have.strange else "absent", why=why)

    def _of_project(self, project: LocalProject, place: str, name: str) -> Module:
        """Return a module of a project of the context: an editable one is read where it lies now."""
        if project.editable:
            folder = posixpath.normpath(posixpath.join(project.folder, posixpath.dirname(place)))
            why = f"{project.folder} is installed as editable and has no {name}"
            return self._in(folder, name, name) or Module(name, "absent", why=why)
        source = project.sources.get(name)
        if source is None:
            return Module(name, "absent", why=f"it was not in {project.folder} when that was installed")
        return self._in(posixpath.dirname(source), name, name, in_context=True) or Module(name, "unknown")

    def _in(self, folder: str, last: str, name: str, *, in_context: bool = False) -> Module | None:
        """Return the module of that name in a folder, None where it certainly has none."""
        base = posixpath.join(folder, last)
        package = self._look(f"{base}/__init__.py", in_context=in_context)
        if package.state == "context":
            return Module(name, "local", f"{base}/__init__.py", package.source, base, in_context)
        file = self._look(f"{base}.py", in_context=in_context)
        if file.state == "context":
            return Module(name, "local", f"{base}.py", file.source, None, in_context)
        if package.state != "absent" or file.state != "absent" or self._compiled(folder, last, in_context=in_context):
            return Module(name, "unknown", why=f"what {folder} holds is not known")
        if self._look(base, in_context=in_context).is_folder:
            return Module(name, "local", folder=base, in_context=in_context)
        return None

    def _compiled(self, folder: str, last: str, *, in_context: bool) -> bool:
        """Tell whether an extension module of that name lies there."""
        files = self.environment.files
        where = folder if in_context else files.find(folder).source if files else None
        if files is None or where is None:
            return False
        name = re.compile(rf"{re.escape(last)}\.[\w.-]*(so|pyd|pyc)")
        return any(name.fullmatch(each) for each in files.context.names(where))

    def _look(self, path: str, *, in_context: bool) -> Found:
        files = self.environment.files
        if files is None:
            return Found("unknown")
        if not in_context:
            return files.find(path)
        entry = files.context.find(path)
        if entry is None or files.context.ignored_by(path) is not None:
            return Found("absent")
        return Found("context", entry.path, entry.is_folder)
