"""Which files and folders a program certainly opens or makes when it starts, by paths that it names literally."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from conductor.preflight.python.executed import calls_in, dotted, evaluated
from conductor.preflight.python.paths import Paths

# `read` wants a file and `list` a folder; `write` makes a file and `folder` a folder; `above` asks for more folders
# above a path than there are; `locale` has the name of a locale for its path.
Kind = Literal["read", "list", "write", "folder", "above", "locale"]


@dataclass(frozen=True, slots=True)
class Use:
    """One file or folder: its `path` in the image, and the place (context path, line) that opens it."""

    path: str
    kind: Kind
    source: str
    line: int


_READS = frozenset(
    """
    Image.open PIL.Image.open wave.open np.load numpy.load pd.read_csv pd.read_json pd.read_parquet pd.read_excel
    pandas.read_csv pandas.read_json joblib.load torch.load toml.load tomllib.load_path
    """.split()  # noqa: SIM905 - a list reads worse
)
_FUNCTIONS: dict[str, Kind] = {
    **dict.fromkeys(_READS, "read"),
    **dict.fromkeys(("os.listdir", "os.scandir", "os.chdir"), "list"),
    **dict.fromkeys(("os.makedirs", "os.mkdir"), "folder"),
    **dict.fromkeys(
        ("logging.FileHandler", "FileHandler", "RotatingFileHandler", "sqlite3.connect", "logging.basicConfig"), "write"
    ),
}
_OPENS = frozenset({"open", "io.open", "codecs.open"})
_METHODS: dict[str, Kind] = {
    "read_text": "read", "read_bytes": "read", "write_text": "write", "write_bytes": "write", "touch": "write",
    "mkdir": "folder", "iterdir": "list",
}  # fmt: skip
# A call with such a name may put files anywhere.
_MAKES = re.compile(
    r"(?i)download|retriev|fetch|copy|move|rename|link|extract|unpack|save|create|ensure|init|setup|prepare"
    r"|generate|build|make|system|^run|call|popen|spawn|check_|clone|sync|install|exec|mount|pull"
)
_MAKES_NOTHING = frozenset({"__init__", "callable", "add_middleware", "include_router", "basicConfig", "initLogging"})


@dataclass(slots=True)
class Opened:
    """Collects uses in the order in which they happen; what was made before is not asked of the image."""

    uses: list[Use] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    anything: bool = False  # something that was not followed may have made files

    def take(self, node: ast.stmt, paths: Paths, source: str) -> None:
        """Note what one statement opens and makes."""
        for each in evaluated(node):
            path = paths.too_high(each)
            if path is not None:
                self._add(path, "above", source, getattr(each, "lineno", node.lineno))
        for call in calls_in(node):
            for path, kind in _uses(call, paths):
                if kind == "write":
                    self.write(path, source, call.lineno)
                elif kind == "folder":
                    if not self._is_made(posixpath.dirname(path)):
                        self._add(path, kind, source, call.lineno)
                    self.made.add(path)
                elif not self.anything and not self._is_made(path):
                    self._add(path, kind, source, call.lineno)
            self._locale(call, source)
            name = call.func.attr if isinstance(call.func, ast.Attribute) else dotted(call.func) or ""
            known = name in _MAKES_NOTHING or dotted(call.func) in {"os.makedirs", "os.mkdir"} or name in _METHODS
            self.anything = self.anything or (_MAKES.search(name) is not None and not known)

    def _locale(self, call: ast.Call, source: str) -> None:
        """Note a locale that is set by a literal name."""
        if dotted(call.func) in {"locale.setlocale", "setlocale"} and len(call.args) == 2:
            wanted = call.args[1].value if isinstance(call.args[1], ast.Constant) else None
            if isinstance(wanted, str) and wanted:
                self.uses.append(Use(wanted, "locale", source, call.lineno))

    def write(self, path: str, source: str, line: int) -> None:
        """Note a file that is made, unless its folder was made before."""
        if not self._is_made(posixpath.dirname(path)):
            self._add(path, "write", source, line)
        self.made.add(path)

    def _add(self, path: str, kind: Kind, source: str, line: int) -> None:
        if not any(mark in path for mark in "*?["):
            self.uses.append(Use(path, kind, source, line))

    def _is_made(self, path: str) -> bool:
        return any(path == made or path.startswith(made + "/") for made in self.made)


def _uses(call: ast.Call, paths: Paths) -> Iterator[tuple[str, Kind]]:
    found = _by_name(call) or _by_method(call, paths)
    path = paths.absolute(found[0]) if found is not None else None
    if found is not None and path is not None and not path.endswith(":memory:"):
        yield posixpath.normpath(path), found[1]


def _by_name(call: ast.Call) -> tuple[ast.expr | None, Kind] | None:
    """Return what a function of a known name is given."""
    name = dotted(call.func) or ""
    first = call.args[0] if call.args else None
    if name in _OPENS:
        return first or _keyword(call, "file"), _kind_of(call, 1)
    if name in {"StaticFiles", "fastapi.staticfiles.StaticFiles"} and _is_checked(call):
        return _keyword(call, "directory"), "list"
    kind = _FUNCTIONS.get(name) or ("write" if name.endswith("handlers.RotatingFileHandler") else None)
    if kind is None:
        return None
    return (first if name != "logging.basicConfig" else None) or _keyword(call, "filename"), kind


def _by_method(call: ast.Call, paths: Paths) -> tuple[ast.expr | None, Kind] | None:
    """Return the path whose method is called."""
    if not isinstance(call.func, ast.Attribute) or not _is_path(call.func.value, paths):
        return None
    method = call.func.attr
    kind = _METHODS.get(method) if method != "open" else _kind_of(call, 0)
    return (call.func.value, kind) if kind is not None else None


def _kind_of(call: ast.Call, place: int) -> Kind:
    """Return what the mode of an open says; a mode that is not literal counts as writing, which is asked less of."""
    mode = call.args[place] if len(call.args) > place else _keyword(call, "mode")
    if mode is None:
        return "read"
    text = mode.value if isinstance(mode, ast.Constant) and isinstance(mode.value, str) else "w"
    return "write" if any(letter in text for letter in "wax+") else "read"


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _is_checked(call: ast.Call) -> bool:
    """Tell whether starlette looks for the folder at once."""
    check = _keyword(call, "check_dir")
    return not (isinstance(check, ast.Constant) and check.value is False)


def _is_path(node: ast.expr, paths: Paths) -> bool:
    """Tell whether an expression is a pathlib path, not a text or an object of another kind."""
    if isinstance(node, ast.Name):
        return node.id in paths.objects
    return not isinstance(node, ast.Constant) and paths.is_object(node)
