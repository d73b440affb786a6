"""What a COPY --from another stage carries of its Pythons: interpreters, packages, their commands."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Distribution, Environment, Interpreter

_SITE = re.compile(r"(?P<prefix>.*)/lib/python(?P<version>3\.\d+)(?:/(?:site|dist)-packages)?")


def carry(environment: Environment, other: Environment, source: str, target: str) -> None:
    """Take over what lies below `source` in the other stage, as it then lies below `target`."""
    site, there = _SITE.fullmatch(source), _SITE.fullmatch(target)
    if site is not None and there is not None:
        if site["version"] == there["version"] == _version(environment, f"{there['prefix']}/bin"):
            _packages(environment, other, f"{site['prefix']}/bin", f"{there['prefix']}/bin", with_commands=False)
        return
    if posixpath.basename(source) == "bin" and posixpath.basename(target) == "bin":
        _commands(environment, other, source, target)
        return
    _below(environment, other, source, target)


def _below(environment: Environment, other: Environment, source: str, target: str) -> None:
    """Take the interpreters and packages below a folder; a prefix becomes part of the Python where it goes."""
    for path, names in other.interpreters.items():
        if path == source or path.startswith(source.rstrip("/") + "/"):
            moved = target.rstrip("/") + path[len(source.rstrip("/")) :]
            if moved == path:
                environment.interpreters.setdefault(path, {}).update(
                    {name: _as_there(environment, each) for name, each in names.items()}
                )
                if path in (environment.path or ()):
                    environment.commands.update(dict.fromkeys(names, True))
                if path in other.unlisted:
                    environment.unlisted.setdefault(path, other.unlisted[path])
    for key in {key for key, _ in other.packages}:
        if key != source and not key.startswith(source.rstrip("/") + "/"):
            continue
        moved = target.rstrip("/") + key[len(source.rstrip("/")) :]
        if not _reads(environment, other, key, moved):
            continue
        is_prefix = key == source and f"{moved}/bin" in environment.interpreters
        _packages(environment, other, key, f"{moved}/bin" if is_prefix else moved, with_commands=True)


def _version(environment: Environment, folder: str) -> str | None:
    found = next(iter(environment.interpreters.get(folder, {}).values()), None)
    return ".".join(found.version.split(".")[:2]) if found is not None and found.version else None


def _as_there(environment: Environment, venv: Interpreter) -> Interpreter:
    """Return a virtual environment as it is where another version of the Python that it links to may be."""
    version = _version(environment, venv.home) if venv.home is not None else None
    return replace(venv, version=version) if version is not None else venv


def _reads(environment: Environment, other: Environment, key: str, moved: str) -> bool:
    """Tell whether a virtual environment still sees its packages: they lie in a folder that has a version's name."""
    before, after = _version(other, key), _version(environment, moved)
    return before is None or after is None or before == after


def _packages(environment: Environment, other: Environment, key: str, moved: str, *, with_commands: bool) -> None:
    for (owner, name), found in list(other.packages.items()):
        if owner == key:
            commands_in = _moved(found, key, moved) if with_commands else None
            environment.packages[(moved, name)] = replace(found, commands_in=commands_in)
            if name == "torch" and environment.torch is None:
                environment.torch, environment.torch_cuda = other.torch, other.torch_cuda
                environment.cxx11abi = other.cxx11abi
    if key in other.unlisted or "*" in other.unlisted:
        environment.unlisted.setdefault(moved, other.unlisted.get(key) or other.unlisted["*"])


def _moved(found: Distribution, key: str, moved: str) -> str | None:
    """Return the folder of a package's commands after the move."""
    folder = found.commands_in
    if folder is None or key == moved:
        return folder
    return moved if moved.endswith("/bin") else f"{moved}/bin"


def _commands(environment: Environment, other: Environment, source: str, target: str) -> None:
    """Take the commands of a folder: those of packages that came without theirs, and what is known to lie there."""
    for (owner, name), found in list(environment.packages.items()):
        before = other.packages.get((owner, name))
        if before is not None and before.commands_in == source:
            environment.packages[(owner, name)] = replace(found, commands_in=target)
    if target in (environment.path or ()):
        environment.commands.update({name: True for name, there in other.commands.items() if there})
