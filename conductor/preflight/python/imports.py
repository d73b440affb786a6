"""Follow what a start imports, module by module, and tell what cannot be there when it runs."""

from __future__ import annotations

import ast
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from conductor.preflight.environment.homes import home_at_start
from conductor.preflight.python.addresses import Address, address_in
from conductor.preflight.python.django import VARIABLE, modules_of_settings, sets_up, settings_in, starred
from conductor.preflight.python.executed import Program, calls_in, dotted, lacks_app, named_by, names_of
from conductor.preflight.python.features import library_names, used_names
from conductor.preflight.python.followed import Followed, Kind, Problem
from conductor.preflight.python.opened import Opened
from conductor.preflight.python.path_changes import FOLLOWED, changes_its_path
from conductor.preflight.python.paths import Paths
from conductor.preflight.python.standard import change_of, has_name, misspelt
from conductor.preflight.python.syntax import decode_python, parse_python
from conductor.preflight.python.versions import Holds, holds
from conductor.preflight.python.world import World

if TYPE_CHECKING:
    from conductor.preflight.environment.context import Context
    from conductor.preflight.python.launch import Launch
    from conductor.preflight.python.world import Module

# A start that imports more files of its own is not followed to its end.
MAX_MODULES = 300
# What every module has; `*` is no name.
_ALWAYS = frozenset({
    "*", "__builtins__", "__cached__", "__dict__", "__doc__", "__file__", "__loader__", "__name__", "__package__",
    "__path__", "__spec__",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a file stands that is read: its context path, image path, package (dotted; None for a plain file)."""

    source: str | None
    path: str
    package: str | None
    main: bool


def follow_launch(launch: Launch, context: Context) -> Followed:
    """Return what this start reads and imports; nothing is executed."""
    return _Follower(launch, context).run()


def _until(tree: ast.Module, line: int) -> ast.Module:
    """Return the part of a module before a line."""
    return ast.Module([node for node in tree.body if (node.end_lineno or node.lineno) < line], [])


class _Follower:
    def __init__(self, launch: Launch, context: Context) -> None:
        self.launch = launch
        self.context = context
        self.world: World = launch.world()
        self.found = Followed()
        self.opened = Opened(self.found.uses)
        self.seen: set[str] = set()
        self.reading: dict[str, int] = {}  # modules that are half read, and the line that each has come to
        self.version = launch.interpreter.version if launch.interpreter else None
        self.settings = self.world.environment.variables.get(VARIABLE)
        # Files of SQLite databases that engines are made of: (path in the image, context path, line).
        self.databases: list[tuple[str, str, int]] = []

    def run(self) -> Followed:
        try:
            self._follow()
        except RecursionError:  # an expression that is nested deeper than anyone writes by hand
            self.found.unknown = True
        return self.found

    def _follow(self) -> None:
        launch = self.launch
        for path in launch.files:
            files = self.world.environment.files
            if files is not None and files.find(path).state == "absent":
                self._problem("file", path, "nothing puts it into the image")
        for name in launch.modules:
            self._is_there(self.world.find(name.partition(".")[0]), None, 1)
        if launch.code is not None:
            self._text(launch.code, _Place(None, "<string>", None, main=True))
        elif launch.file is not None:
            self._start_file(launch.file)
        elif launch.module is not None:
            self._start_module(launch.module)

    def _start_file(self, path: str) -> None:
        files = self.world.environment.files
        found = files.find(path) if files is not None else None
        if found is None or found.state == "unknown" or (found.state != "absent" and found.source is None):
            self.found.unknown = True
        elif found.state == "absent":
            self.found.problems.append(Problem("file", path, "nothing puts it into the image"))
        elif found.is_folder:
            self.world = World(self.world.environment, self.world.interpreter, (path,), blurred=self.world.blurred)
            self._file(f"{path}/__main__.py", _Place(None, f"{path}/__main__.py", None, main=True))
        else:
            self._source(found.source or "", _Place(found.source, path, None, self.launch.main))

    def _file(self, path: str, place: _Place) -> None:
        files = self.world.environment.files
        found = files.find(path) if files is not None else None
        if found is None or found.source is None:
            self.found.unknown = True
        else:
            self._source(found.source, _Place(found.source, path, place.package, place.main))

    def _start_module(self, name: str) -> None:
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            module = self.world.find(".".join(parts[:count]))
            if not self._is_there(module, None, 1):
                return
            if module.state != "local":
                return
            last = count == len(parts)
            if not (last and self.launch.main and module.folder is None):
                self._module(module)
        if self.launch.main:
            self._main(module)
        else:
            self._attribute(module)

    def _main(self, module: Module) -> None:
        """Run a module as `python -m` does: a package by its `__main__`."""
        if module.folder is not None:
            inner = self.world.find(f"{module.name}.__main__")
            if inner.state == "absent":
                self._problem("main", module.name, "it is a package without __main__.py")
                return
            if inner.state != "local" or inner.source is None:
                self.found.unknown = True
                return
            module, package = inner, module.name
        else:
            package = module.name.rpartition(".")[0]
        if module.source is not None:
            self._source(module.source, _Place(module.source, module.path or "", package, main=True))

    def _attribute(self, module: Module) -> None:
        """Look for what a server or a console script takes of the module."""
        wanted = (self.launch.attribute or "").partition("(")[0].partition(".")[0].strip()
        entry = self.found.files.get(module.source or "")
        names = names_of(entry[0]) if entry is not None else None
        if self.launch.by == "celery" and entry is not None and lacks_app(entry[0]):
            inner = self.world.find(f"{module.name}.celery") if module.folder is not None else None
            if inner is None or inner.state == "absent":
                shown = self.context.display(module.source or "")
                self._problem("attribute", module.name, f"{shown} has neither app nor celery, nor any other app")
        if not wanted or names is None or wanted in names:
            return
        if module.folder is not None and self.world.find(f"{module.name}.{wanted}").state != "absent":
            return
        self._problem("attribute", module.name, f"{self.context.display(module.source or '')} has no {wanted}")

    def _problem(self, kind: Kind, module: str, why: str, place: _Place | None = None, line: int = 1) -> None:
        self.found.problems.append(Problem(kind, module, why, place.source if place else None, line))

    def _source(self, source: str, place: _Place) -> None:
        if source in self.seen or len(self.seen) >= MAX_MODULES:
            return
        self.seen.add(source)
        content = self.context.read(source)
        text = decode_python(content) if content is not None else None
        if isinstance(text, SyntaxError):
            self._broken(text, place)
        elif text is None:
            self.found.unknown = True
        else:
            self._text(text, place)

    def _broken(self, error: SyntaxError, place: _Place) -> None:
        self.found.broken[place.source or ""] = error
        name = posixpath.basename(place.path)
        self.found.problems.append(Problem("syntax", name, error.msg, place.source, error.lineno or 1))

    def _text(self, text: str, place: _Place) -> None:
        tree = parse_python(text, self.version)
        if isinstance(tree, SyntaxError):
            self._broken(tree, place)
        if not isinstance(tree, ast.Module):
            self.found.unknown = self.found.unknown or place.main
            return
        if place.source is not None:
            self.found.files[place.source] = (tree, place.path, place.main)
        self.world.blurred = self.world.blurred or changes_its_path(tree, text)
        paths = Paths(place.path, self.world.environment.workdir, home_at_start(self.launch.command.before))
        for node in Program(tree, place.main).statements():
            if place.source is not None and not place.main:
                self.reading[place.source] = node.lineno
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self._import(alias.name, place, node.lineno)
            elif isinstance(node, ast.ImportFrom):
                self._import_from(node, place)
            else:
                self.opened.take(node, paths, place.source or "")
                paths.assign(node)
                self._path_change(node, paths)
                self._django(node, place)
                self._addresses(node, tree, place, paths)
        self._features(tree, place)
        self.reading.pop(place.source or "", None)

    def _django(self, node: ast.stmt, place: _Place) -> None:
        """Follow what Django imports by name when a statement sets it up: its settings, and the apps in them."""
        if VARIABLE not in self.world.environment.variables:
            self.settings = settings_in(node) or self.settings
        how = sets_up(node, self.launch.command.arguments)
        module = self._import(self.settings, place, node.lineno) if how and self.settings else None
        pending, seen = [module], set()
        while pending:
            module = pending.pop()
            source = module.source if module is not None else None
            if module is None or source is None or source in seen or source not in self.found.files:
                continue
            seen.add(source)
            tree = self.found.files[source][0]
            package = module.name if module.folder is not None else module.name.rpartition(".")[0]
            here = _Place(source, module.path or "", package, main=False)
            for name, line in modules_of_settings(tree, serves=how not in {"setup", "execute_from_command_line"}):
                self._import(name, here, line)
            for each in starred(tree):
                base = self._absolute(each, here) if each.level else each.module
                pending.append(self.world.find(base) if base else None)

    def _import(self, name: str, place: _Place, line: int) -> Module | None:
        parts = name.split(".")
        module = None
        for count in range(1, len(parts) + 1):
            module = self.world.find(".".join(parts[:count]))
            if not self._is_there(module, place, line):
                return None
            if module.state != "local":
                self.found.elsewhere.append((name, place.source or "", line))
                self._gone(".".join(parts[:count]), place, line)
                return module
            self._module(module)
        return module

    def _import_from(self, node: ast.ImportFrom, place: _Place) -> None:
        base = self._absolute(node, place) if node.level else node.module
        module = self._import(base, place, node.lineno) if base else None
        if module is not None and module.state == "standard" and base:
            self._standard_names(base, node, place)
        elif module is not None and module.state == "installed" and base:
            for alias in node.names:
                self._gone(f"{base}.{alias.name}", place, node.lineno)
        if module is None or module.state != "local":
            return
        entry = self.found.files.get(module.source or "")
        names = names_of(entry[0]) if entry is not None else (set() if module.source is None else None)
        self._half_read(module, node, place)
        for alias in node.names:
            if alias.name not in _ALWAYS and (names is None or alias.name not in names):
                self._submodule(module, alias.name, place, node.lineno, named=names is not None)

    def _half_read(self, module: Module, node: ast.ImportFrom, place: _Place) -> None:
        """Tell of names that a module gets only below the import that has led here; a submodule's is there at once."""
        line = self.reading.get(module.source or "")
        entry = self.found.files.get(module.source or "")
        if line is None or entry is None:
            return
        whole, before = names_of(entry[0]), names_of(_until(entry[0], line))
        for alias in node.names if whole is not None and before is not None else ():
            late = alias.name in (whole or ()) and alias.name not in (before or ())
            if late and self.world.find(f"{module.name}.{alias.name}").state != "local":
                shown = self.context.display(module.source or "")
                why = f"{shown} is only read to line {line} by then (a circular import)"
                self._problem("name", f"{module.name}.{alias.name}", why, place, node.lineno)

    def _standard_names(self, module: str, node: ast.ImportFrom, place: _Place) -> None:
        """Look for names that this version of the standard library does not have yet, or no more."""
        for alias in node.names:
            if has_name(module, alias.name, self.version) is False:
                why = f"{change_of(f'{module}.{alias.name}')}, and this is Python {self.version}"
                self._problem("name", f"{module}.{alias.name}", why, place, node.lineno)
            elif (near := misspelt(module, alias.name)) is not None:
                why = f"the standard library's {module} has {near}"
                self._problem("name", f"{module}.{alias.name}", why, place, node.lineno)

    def _gone(self, name: str, place: _Place, line: int) -> None:
        """Look for a module or a name that the installed version of a library does not have any more."""
        row = library_names().get(name, {})
        if "gone" not in row or self.world.interpreter is None:
            return
        wanted = SpecifierSet(f">={row['gone']}")
        state = holds(wanted, str(row["of"]), self.world.environment, self.world.interpreter)
        if state in {Holds.YES, Holds.LIKELY}:
            why = f"{row['of']} {row['gone']} took it out; {row['instead']}"
            kind: Kind = "name" if "." in name else "module"
            self.found.problems.append(Problem(kind, name, why, place.source, line, sure=state is Holds.YES))

    def _features(self, tree: ast.Module, place: _Place) -> None:
        """Look for what the use of a library's names needs besides the library."""
        for row, line in used_names(tree, main=place.main):
            module = self.world.find(str(row["module"]))
            if module.state == "absent" and self.world.is_known:
                why = f"{row['name']} needs it, and nothing installs it"
                self.found.problems.append(Problem("module", module.name, why, place.source, line))

    def _addresses(self, node: ast.stmt, tree: ast.Module, place: _Place, paths: Paths) -> None:
        """Look for the drivers that the addresses of databases name, and note the files of those that are opened."""

        def look(other: ast.ImportFrom) -> ast.Module | None:
            base = named_by(other, place.package)
            entry = self.found.files.get((self.world.find(base).source if base else None) or "")
            return entry[0] if entry is not None else None

        for call in calls_in(node):
            address = address_in(call, tree, self.world.environment.variables, look)
            if address is not None and (address.reader != "celery" or self.launch.is_worker):
                self._driver(address, place)
                file = paths.absolute(ast.Constant(address.file)) if address.file and not address.unless else None
                self.databases += [(file, place.source or "", address.line)] if file else []
            elif isinstance(call.func, ast.Attribute) and call.func.attr == "create_all":
                for file, source, line in self.databases:
                    self.opened.write(file, source, line)

    def _driver(self, address: Address, place: _Place) -> None:
        """Note a driver that is certainly not there."""
        row = address.row
        modules = [self.world.find(str(name)) for name in row["modules"]] if row is not None else []
        if row is None or not self.world.is_known or any(each.state not in {"absent", "unsure"} for each in modules):
            return
        sure = all(each.state == "absent" for each in modules)
        why = f"{address.scheme}:// needs it, and nothing installs it"
        self.found.problems.append(
            Problem(
                "module", modules[0].name, why, place.source, address.line, sure, address.unless, str(row["install"])
            )
        )

    def _submodule(self, module: Module, name: str, place: _Place, line: int, *, named: bool) -> None:
        """Follow a name that the module itself does not have: `named`, it certainly has not."""
        inner = self.world.find(f"{module.name}.{name}") if module.folder is not None else None
        if inner is not None and inner.state == "local":
            self._module(inner)
            return
        absent = inner is None or (inner.state == "absent" and self.world.is_known)
        if named and absent and not self._is_being_read(module, place):
            where = self.context.display(module.source) if module.source else module.folder
            self._problem("name", f"{module.name}.{name}", f"{where} has no {name}", place, line)

    def _absolute(self, node: ast.ImportFrom, place: _Place) -> str | None:
        """Return the module that a relative import names, None where it names none."""
        shown = "." * node.level + (node.module or "")
        if not place.package:
            if place.main or place.package == "":
                why = "the file is run by itself, so it is in no package"
                self._problem("relative", shown, why, place, node.lineno)
            return None
        parts = place.package.split(".")
        if node.level > len(parts):
            self._problem("relative", shown, f"that is above the package {parts[0]}", place, node.lineno)
            return None
        return named_by(node, place.package)

    def _is_being_read(self, module: Module, place: _Place) -> bool:
        """Tell whether a file imports from itself: what it has by then is not followed."""
        return module.source == place.source

    def _is_there(self, module: Module, place: _Place | None, line: int) -> bool:
        if module.state not in {"absent", "unsure"}:
            return True
        if not self.world.is_known:
            return False
        source = place.source if place else None
        self.found.problems.append(
            Problem("module", module.name, module.why, source, line, sure=module.state == "absent")
        )
        return False

    def _module(self, module: Module) -> None:
        if module.source is not None:
            package = module.name if module.folder is not None else module.name.rpartition(".")[0]
            self._source(module.source, _Place(module.source, module.path or "", package, main=False))

    def _path_change(self, node: ast.stmt, paths: Paths) -> None:
        """Follow `sys.path.insert(0, …)`, `sys.path.append(…)` and os.chdir."""
        for call in calls_in(node):
            name = dotted(call.func)
            if name in FOLLOWED and call.args:
                folder = paths.absolute(call.args[-1])
                if folder is None:
                    self.world.blurred = True
                else:
                    self.world.add(folder)
            elif name == "os.chdir" and call.args:
                paths.cwd = paths.absolute(call.args[0])
