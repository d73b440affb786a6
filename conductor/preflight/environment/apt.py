"""What apt does to an environment: packages, the commands and libraries they bring, repositories."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conductor.preflight.environment.apt_names import found_by, plain_name
from conductor.preflight.environment.model import Interpreter
from conductor.programs import known
from conductor.shell.expand import UNKNOWN

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command, Environment

# Programs that no package of Debian but their own brings along, or next to none.
_NEVER_ALONG = frozenset({
    "apk", "conda", "dnf", "gosu", "npm", "nvcc", "python", "su-exec", "supervisorctl", "supervisord",
    "uv", "yum",
})  # fmt: skip
# Their own parts need no library that the bases lack; `python3-cairo` and its like do.
_NO_LIBRARY = re.compile(r"fonts-.*|python3(\.\d+)?(-(dev|venv|minimal|full|distutils|setuptools|wheel))?")
_WITHOUT = re.compile(r"--no-install-recommends|(?:-o)?APT::Install-Recommends=.*(?:0|false|no).*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AptCall:
    """One call of apt: `action` is `install`, `update`, …; packages are (name, index of the word)."""

    action: str | None
    packages: tuple[tuple[str, int], ...]
    options: tuple[str, ...]
    complete: bool


def read_apt(command: Command) -> AptCall | None:
    """Return what an `apt-get`, `apt` or `aptitude` command asks for, or None for another command."""
    if command.name not in {"apt-get", "apt", "aptitude"}:
        return None
    texts = [UNKNOWN if text is None else text for text in command.arguments]
    parsed = known(command.name).parse(texts)
    told = [(text, place + 1) for text, place in zip(parsed.words, parsed.places, strict=True) if text != UNKNOWN]
    options = tuple(text for place, text in enumerate(texts) if place not in parsed.places)
    return AptCall(told[0][0] if told else None, tuple(told[1:]), options, len(told) == len(parsed.words))


@functools.cache
def contents() -> dict[str, dict[str, Any]]:
    """Return what apt packages bring, by name."""
    from conductor.knowledge import entries

    return {str(entry["name"]): dict(entry) for entry in entries("apt-contents")}


@functools.cache
def _along() -> dict[str, dict[str, Any]]:
    """Return the programs that come along with packages, by the package's name."""
    from conductor.knowledge import entries

    return {str(entry["name"]): dict(entry) for entry in entries("apt-brings")}


def comes_along(name: str, call: AptCall) -> frozenset[str] | None:
    """Return the programs that a package brings along, None for a package that nobody listed.

    Nothing says that a configuration file of apt's does not leave the recommended ones out.
    """
    minor = re.sub(r"^python3\.\d+", "python3.11", name)
    entry = _along().get(minor)
    if entry is None:
        return None
    bare = any(_WITHOUT.fullmatch(option) for option in call.options)
    return frozenset([*entry["needs"], *(() if bare else entry["recommends"])])


def apply_apt(command: Command, call: AptCall, environment: Environment) -> None:
    """Change the environment as this call would."""
    if call.action == "update":
        environment.apt_lists = True
        return
    if call.action not in {"install", "build-dep"}:
        return
    if not call.complete or call.action == "build-dep":
        environment.opaque = (*environment.opaque, command.origin("installs packages that are not spelled out"))
    for package, _ in call.packages:
        if package.startswith((".", "/")):
            environment.opaque = (*environment.opaque, command.origin(f"installs {package}"))
            continue
        name = plain_name(package)
        found = found_by(command.name, name, environment)
        if found == "others":
            environment.opaque = (*environment.opaque, command.origin(f"installs what {name} matches"))
        if found in {"others", "nothing"}:
            continue
        environment.apt_packages[name] = command.origin(f"apt installs {name}")
        _bring(command, name, environment, comes_along(name, call))


def _bring(command: Command, name: str, environment: Environment, along: frozenset[str] | None) -> None:
    """Add what one package brings; a package nobody listed may bring more than its name says."""
    origin = command.origin(f"apt installs {name}")
    entry = contents().get(name)
    for tool in along or ():
        environment.commands[tool] = True
        environment.command_origin.setdefault(tool, origin)
    if entry is not None:
        for tool in entry.get("gives", ()):
            environment.commands[tool] = True
            environment.command_origin[tool] = origin
        for library in entry.get("libraries", ()):
            environment.libraries[library] = True
    else:
        environment.commands[name] = True
        _may_bring(name, environment, listed=along is not None)
    if (
        name.startswith(("cuda-toolkit", "cuda-nvcc", "cuda-compiler", "cuda-12", "cuda-11", "cuda-13"))
        or name == "cuda"
    ):
        environment.commands["nvcc"] = True
    _bring_python(command, name, environment, brings="python3" in (along or ()))


def _may_bring(name: str, environment: Environment, *, listed: bool) -> None:
    """Forget what was certainly not there: a package whose content nobody looked up may hold it."""
    only_data = name.startswith(("fonts-", "lib")) and not name.startswith("libreoffice") and not name.endswith("-dev")
    if not listed and not only_data:
        for tool in [tool for tool, there in environment.commands.items() if not there]:
            if tool not in _NEVER_ALONG:
                del environment.commands[tool]
    for library in list(environment.libraries):
        if environment.libraries[library] is False and not _NO_LIBRARY.fullmatch(name):
            del environment.libraries[library]


def _bring_python(command: Command, name: str, environment: Environment, *, brings: bool) -> None:
    from conductor.knowledge import system_facts

    origin = command.origin(f"apt installs {name}")
    system = system_facts(environment.os.value) if environment.os else None
    default = system.python3 if system else None
    managed = system.externally_managed if system else None
    exact = re.fullmatch(r"python(3\.\d+)(-(?:minimal|full|dev|venv|distutils))?", name)
    if exact:
        own = system is not None and exact[1] == default
        interpreter = Interpreter("/usr/bin", exact[1], "system", origin, managed if own else None)
        if not own:
            interpreter = Interpreter(f"/usr/bin/python{exact[1]}", exact[1], "system", origin, managed)
        environment.add_interpreter("/usr/bin", interpreter, f"python{exact[1]}")
        return
    entry = contents().get(name)
    brings = brings or (entry is not None and "python3" in entry.get("gives", ()))
    if not brings and not name.startswith("python3-") and name != "python-is-python3":
        return
    interpreter = Interpreter("/usr/bin", default, "system", origin, managed)
    names = ["python3", *([f"python{default}"] if default else [])]
    if name == "python3-pip":
        names += ["pip", "pip3"]
    if name == "python-is-python3":
        names.append("python")
    if system is None:
        # Which Python is python3 there is not known, nor whether it is one that was installed by its version.
        environment.commands.update(dict.fromkeys(names, True))
        return
    existing = environment.interpreters.get("/usr/bin", {})
    environment.add_interpreter("/usr/bin", interpreter, *(n for n in names if n not in existing))
