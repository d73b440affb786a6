"""Find every interpreter, each once by its real path, and read what it is from its layout: none is started."""

from __future__ import annotations

import os
import re

from conductor.host.layout import HostLayout
from conductor.host.model import Interpreter, Problem
from conductor.host.owners import Owners
from conductor.host.reading import list_names, read_text

_NAME = re.compile(r"(?:python|pypy)(?P<version>[23](?:\.\d+)?)?t?")
_LIBRARY = re.compile(r"(?:python|pypy)(?P<version>\d+\.\d+)t?")
_PATCH = re.compile(r'^#define PY_VERSION\s+"([^"]+)"', re.MULTILINE)
_VENV_VERSION = re.compile(r"^version(?:_info)?\s*=\s*([0-9.]+[0-9])", re.MULTILINE)
# ELF, and Mach-O in both byte orders, thin and fat: an executable that can be an interpreter.
_MAGIC = (
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
)


def find_interpreters(layout: HostLayout, owners: Owners) -> tuple[list[Interpreter], list[Problem]]:
    """Return the interpreters in order of their paths, and what looked like one but cannot work."""
    found: dict[str, Interpreter] = {}
    problems: dict[str, Problem] = {}
    for candidate in _candidates(layout, problems):
        environment = _environment_of(candidate)
        real = os.path.realpath(candidate)
        key = environment or real
        if key in found or real in problems or layout.is_in_project(key):
            continue
        fault = _fault(candidate, real)
        if fault == "shim":
            continue
        interpreter = None if fault else _describe(layout, owners, real, environment)
        if interpreter is None:
            message = fault or "its standard library is missing"
            problems[real] = Problem("HOST-PY-001", layout.shown(candidate), message)
        else:
            found[key] = interpreter
    return sorted(found.values(), key=lambda one: (one.path, one.prefix)), list(problems.values())


def _candidates(layout: HostLayout, problems: dict[str, Problem]) -> list[str]:
    paths = []
    for folder in dict.fromkeys(os.path.realpath(name) for name in layout.binary_folders()):
        try:
            with os.scandir(folder) as entries:
                paths += sorted(entry.path for entry in entries if _NAME.fullmatch(entry.name))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            shown = layout.shown(folder)
            problems[folder] = Problem("HOST-READ-001", shown, error.strerror or "it cannot be read")
    return paths


def _environment_of(candidate: str) -> str | None:
    """Return the virtual environment this path is the interpreter of, by its pyvenv.cfg (PEP 405)."""
    prefix = os.path.dirname(os.path.dirname(candidate))
    return prefix if os.path.isfile(os.path.join(prefix, "pyvenv.cfg")) else None


def _fault(candidate: str, real: str) -> str | None:
    """Return why this is no working interpreter; `shim` for a script or launcher that only finds one."""
    if not os.path.exists(real):
        return f"it points at {os.readlink(candidate)}, which does not exist" if os.path.islink(candidate) else "gone"
    if os.path.isdir(real) or not _NAME.fullmatch(os.path.basename(real)):
        return "shim"
    try:
        with open(real, "rb") as stream:
            magic = stream.read(4)
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    if magic.startswith(b"#!"):
        return "shim"
    if magic not in _MAGIC:
        return "it is not an executable of this kind of machine"
    return None if os.access(real, os.X_OK) else "it is not executable"


def _describe(layout: HostLayout, owners: Owners, real: str, environment: str | None) -> Interpreter | None:
    prefix = environment or os.path.dirname(os.path.dirname(real))
    library = _library(prefix, os.path.basename(real))
    if library is None:
        return None
    match = _LIBRARY.fullmatch(os.path.basename(library))
    minor = match["version"] if match else "?"
    sites = _sites(layout, prefix, minor, is_environment=environment is not None)
    marker = os.path.join(library, "EXTERNALLY-MANAGED")
    return Interpreter(
        path=layout.shown(os.path.join(environment, "bin", "python") if environment else real),
        prefix=layout.shown(prefix),
        version=_full_version(prefix, os.path.basename(library), minor),
        kind=_kind(layout, prefix, environment),
        owner=owners.get(layout.shown(real)) if environment is None else None,
        managed=os.path.isfile(marker),
        sites=tuple(layout.shown(site) for site in sites),
    )


def _library(prefix: str, name: str) -> str | None:
    """Return the folder of the standard library (of site-packages in a virtual environment), or None without one."""
    match = _NAME.fullmatch(name)
    exact = match["version"] if match and match["version"] and "." in match["version"] else None
    for folder in ("lib", "lib64"):
        for found in reversed(list_names(os.path.join(prefix, folder))):
            library = os.path.join(prefix, folder, found)
            version = _LIBRARY.fullmatch(found)
            if version and exact in (None, version["version"]) and _is_library(library):
                return library
    return None


def _is_library(folder: str) -> bool:
    is_environment = os.path.isfile(os.path.join(folder, "..", "..", "pyvenv.cfg"))
    return is_environment or os.path.isfile(os.path.join(folder, "os.py"))


def _full_version(prefix: str, library: str, minor: str) -> str:
    for folder in (library, library + "m"):
        if match := _PATCH.search(read_text(os.path.join(prefix, "include", folder, "patchlevel.h"))):
            return match[1]
    if match := _VENV_VERSION.search(read_text(os.path.join(prefix, "pyvenv.cfg"))):
        return match[1]
    return minor


def _kind(layout: HostLayout, prefix: str, environment: str | None) -> str:
    shown = layout.shown(prefix)
    if environment:
        return "venv"
    if os.path.isdir(os.path.join(prefix, "conda-meta")):
        return "conda"
    if shown.startswith(layout.shown(os.path.realpath(layout.at(layout.pyenv_root()))) + "/"):
        return "pyenv"
    if "/uv/python/" in shown:
        return "uv"
    return "system" if shown in ("/usr", "/") else "other"


def _sites(layout: HostLayout, prefix: str, minor: str, *, is_environment: bool) -> list[str]:
    """Return the existing folders this interpreter imports distributions from."""
    shown = layout.shown(prefix)
    wanted = [
        f"{shown}/{library}/{name}{minor}{tail}/{packages}"
        for library in ("lib", "lib64")
        for name, tail in (("python", ""), ("pypy", ""), ("python", "t"))
        for packages in ("site-packages", "dist-packages")
    ]
    if shown == "/usr":
        wanted += ["/usr/lib/python3/dist-packages"] if minor.startswith("3") else []
        wanted += [f"/usr/local/lib/python{minor}/{name}" for name in ("dist-packages", "site-packages")]
    if not is_environment:
        wanted += [f"~/.local/lib/python{minor}/site-packages", f"~/Library/Python/{minor}/lib/python/site-packages"]
    places = (os.path.realpath(layout.at(name)) for name in wanted)
    return list(dict.fromkeys(place for place in places if os.path.isdir(place)))
