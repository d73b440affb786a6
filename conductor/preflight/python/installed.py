"""What a Python of an image has besides its standard library: packages, what comes along with them, their commands."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conductor.preflight.environment.apt import contents
from conductor.preflight.environment.distributions import OF_PYTHON, comes_with, modules_of, needs_of
from conductor.preflight.environment.homes import user_site

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conductor.preflight.environment.model import Distribution, Environment, Interpreter, LocalProject

# Bases of which it is known which Python packages they have: none but those that belong to Python.
KNOWN_BASES = ("python:", "nvidia/cuda:", "ubuntu:", "debian:")


@dataclass(slots=True)
class Installed:
    """Distributions that may be there, by normalised name; `projects` of the context among them.

    `unlisted` says why more may be there than is listed, as a text for people; None where everything is known.
    """

    names: set[str] = field(default_factory=set)
    projects: dict[str, LocalProject] = field(default_factory=dict)
    system_modules: set[str] = field(default_factory=set)
    unlisted: str | None = None
    strange: set[str] = field(default_factory=set)

    def has(self, module: str) -> bool:
        """Tell whether a top-level module may be among what is installed."""
        if module in self.system_modules:
            return True
        plain = module.replace("_", "-").lower()
        for name in self.names - self.projects.keys():
            own = modules_of(name)
            if own is None:
                if name == plain or name.startswith(f"{plain}-") or name.endswith(f"-{plain}") or plain in name:
                    return True
            elif module in own:
                return True
        return False


@functools.cache
def _apt() -> dict[str, dict[str, Any]]:
    from conductor.knowledge import entries

    return {str(entry["name"]): dict(entry) for entry in entries("apt-python")}


def installed(environment: Environment, interpreter: Interpreter, *more: str) -> Installed:
    """Return what this Python has; `more` are folders of its path, into which pip may have installed."""
    found = Installed()
    keys = {interpreter.path, *more}
    if interpreter.kind != "venv" or interpreter.sees_system:
        keys.add(user_site(environment))
    own = [package for (path, _), package in environment.packages.items() if path in keys]
    found.projects = {package.name: package.project for package in own if package.project is not None}
    _close(found, own)
    if interpreter.kind in {"base", "venv"} and interpreter.version is not None:
        found.names.update(name for name in OF_PYTHON if comes_with(name, interpreter.version))
    found.names.add("pip")
    if interpreter.kind == "system" or interpreter.sees_system:
        _from_apt(found, environment)
    found.unlisted = found.unlisted or why_more(environment, interpreter)
    return found


def why_more(environment: Environment, interpreter: Interpreter) -> str | None:
    """Say why a Python may have packages that nothing here lists."""
    base = (environment.base or "").removeprefix("docker.io/").removeprefix("library/")
    if not base.startswith(KNOWN_BASES):
        return f"what {base or 'the base image'} holds is not known"
    if environment.opaque:
        return environment.opaque[0].what
    for key in (interpreter.path, "*"):
        if key in environment.unlisted:
            return environment.unlisted[key].what
    return None


def _close(found: Installed, own: Iterable[Distribution]) -> None:
    """Add what comes along with each distribution; one that the table lacks may bring anything."""
    pending = [(package.name, package.extras) for package in own if not package.alone]
    found.names |= {package.name for package in own}
    seen = set()
    while pending:
        name, extras = pending.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        found.names.add(name)
        needs = needs_of(name, extras)
        if needs is None and name not in found.projects and not name.startswith("nvidia-"):
            found.strange.add(name)
        pending += needs or []


def brought_along(package: Distribution) -> set[str]:
    """Return the distributions that may come along with one, itself included."""
    found = Installed()
    _close(found, [package])
    return found.names


def _from_apt(found: Installed, environment: Environment) -> None:
    """Add the modules that apt brought for the system's own Python."""
    pending = list(environment.apt_packages)
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        entry = _apt().get(name)
        if entry is not None:
            found.system_modules.update(entry.get("modules", (name.removeprefix("python3-").replace("-", "_"),)))
            pending += [*entry.get("needs", ()), *entry.get("recommends", ())]
        elif name in _MODULES_OF_PYTHON:
            found.system_modules.update(_MODULES_OF_PYTHON[name])
        elif name.startswith("python3-") and name not in _PYTHONS:
            found.system_modules.add(name.removeprefix("python3-").replace("-", "_"))
            found.strange.add(name)
        elif not re.fullmatch(r"(lib|fonts-|python3).*", name) and (
            name not in contents() or "python3" in contents()[name].get("gives", ())
        ):
            found.strange.add(name)


_PYTHONS = frozenset({"python3-dev", "python3-venv", "python3-minimal", "python3-full", "python3-doc", "python3-all"})
# Parts of the standard library that Debian and Ubuntu pack by themselves; pip comes with the other two.
_MODULES_OF_PYTHON = {
    "python3-pip": ("pip", "setuptools", "pkg_resources", "_distutils_hack", "wheel", "distutils"),
    "python3-distutils": ("distutils", "lib2to3"),
    "python3-lib2to3": ("lib2to3",),
    "python3-tk": ("tkinter",),
}
