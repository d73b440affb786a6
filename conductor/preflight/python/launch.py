"""What each command starts in Python: a file, a module, or the program that a server or a console script loads."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conductor.preflight.environment.distributions import commands, packages
from conductor.preflight.environment.homes import user_site
from conductor.preflight.python.installed import brought_along
from conductor.preflight.python.servers import SERVERS, Target
from conductor.preflight.python.world import World
from conductor.programs.interpreters import read_python
from conductor.shell.expand import UNKNOWN

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command, Distribution, Environment, Interpreter
    from conductor.preflight.subject import Subject

_PYTHON = re.compile(r"python(3(\.\d+)?)?t?")
# Tried with hypercorn 0.17: its workers fail, and it ends with 0.
_END_WELL = frozenset({"hypercorn"})


@dataclass(frozen=True, slots=True)
class Launch:
    """One Python program that a command starts.

    `file` is its path in the image, or `module` its dotted name, or `code` its text. `attribute` is what the program
    must have (`app`, `create_app()`), `by` the server or console script that loads it, None where Python itself does.
    `main`: its `__name__` is `__main__`. `front` are the folders that its path begins with.
    """

    command: Command
    interpreter: Interpreter | None
    front: tuple[str, ...]
    file: str | None = None
    module: str | None = None
    code: str | None = None
    attribute: str | None = None
    by: str | None = None
    main: bool = True
    # Modules and files (paths in the image) that it needs besides.
    modules: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def world(self) -> World:
        """Return what this program can import."""
        known = self.command.before.workdir is not None
        return World(self.command.before, self.interpreter, self.front, blurred=not known)

    @property
    def ends_well(self) -> bool:
        """Tell whether the server's own process ends with 0 although the program that it loads failed."""
        return self.by in _END_WELL

    @property
    def is_worker(self) -> bool:
        """Tell whether this is a worker of celery's that takes the broker of its app."""
        given = set(self.command.arguments)
        broker = any((each or "").startswith(("-b", "--broker")) for each in given)
        return self.by == "celery" and "worker" in given and not broker

    @property
    def shown(self) -> str:
        """Return how people call it."""
        return self.module or posixpath.basename(self.file or "") or "the program"


def launches(subject: Subject) -> Iterator[Launch]:
    """Yield every Python program that a command of the build or the start runs, in order."""
    scripts = {id(run.command): run.image_path for run in subject.timeline.python_runs}
    for command in subject.commands:
        if command.tested and command.phase == "build":
            continue
        yield from launched(command, scripts.get(id(command)))


def launched(command: Command, script: str | None = None) -> Iterator[Launch]:
    """Yield what one command starts; `script` is the file that its name is a link to or has as its first line."""
    words = [UNKNOWN if word.text is None else word.text for word in command.words]
    environment = command.before
    if not words or UNKNOWN in words[0]:
        return
    while words[:2] == ["uv", "run"]:
        environment, words = _uv_run(environment, words)
        if not words:
            return
        command = replace(command, before=environment, words=command.words[-len(words) :])
    if _PYTHON.fullmatch(command.name):
        yield from _python(command, environment.python(words[0]), words)
    elif script is not None:
        interpreter = environment.python("python3") or environment.python("python")
        yield Launch(command, interpreter, (posixpath.dirname(script),), file=script)
    else:
        yield from _program(command, words)


def _python(command: Command, interpreter: Interpreter | None, words: list[str]) -> Iterator[Launch]:
    started = read_python(words[1:])
    cwd = command.before.workdir or UNKNOWN
    if started.idle:
        return
    if started.code is not None:
        if UNKNOWN not in started.code:
            yield Launch(command, interpreter, (cwd,), code=started.code)
    elif started.module is not None and UNKNOWN not in started.module:
        yield Launch(command, interpreter, (cwd,), module=started.module)
        server = SERVERS.get(started.module.partition(".")[0])
        if server is not None:
            arguments = [word for word in started.arguments if word != started.module]
            yield from _loaded(command, interpreter, started.module, server(arguments, command.before), by_module=True)
    elif started.script and UNKNOWN not in started.script and not any(mark in started.script for mark in "*?["):
        path = posixpath.normpath(posixpath.join(command.before.workdir or UNKNOWN, started.script))
        if UNKNOWN not in path:
            yield Launch(command, interpreter, (posixpath.dirname(path),), file=path)


def _program(command: Command, words: list[str]) -> Iterator[Launch]:
    """Follow a console script: one of a project of the context, or a server that loads a program by its name."""
    name = command.name
    found = owner_of(command.before, words[0])
    if found is not None and found[1].project is not None and name in found[1].project.scripts:
        module, _, attribute = found[1].project.scripts[name].partition(":")
        attribute = attribute.partition("[")[0].strip()
        yield Launch(command, found[0], (), module=module.strip(), attribute=attribute, by=name, main=False)
        return
    server = SERVERS.get(name)
    if server is not None:
        interpreter = found[0] if found is not None else _likely(command.before, name)
        yield from _loaded(command, interpreter, name, server(words[1:], command.before), by_module=False)


def _likely(environment: Environment, name: str) -> Interpreter | None:
    """Return the Python of a server that nothing installs for a Python: apt's own, else the one that PATH has."""
    if {name, f"python3-{name}"} & environment.apt_packages.keys():
        return environment.python("/usr/bin/python3")
    return None if environment.opaque else environment.python("python3") or environment.python("python")


def _loaded(
    command: Command, interpreter: Interpreter | None, by: str, target: Target | None, *, by_module: bool
) -> Iterator[Launch]:
    if target is None:
        return
    cwd = command.before.workdir or UNKNOWN
    front = tuple(posixpath.normpath(posixpath.join(cwd, folder)) for folder in target.folders)
    if by_module and cwd not in front:
        front = (cwd, *front)
    file = posixpath.normpath(posixpath.join(cwd, target.file)) if target.file else None
    if any(UNKNOWN in text for text in (*front, file or "", target.module or "")):
        return
    placed = command.before.files
    for each in target.settings:
        path = posixpath.normpath(posixpath.join(cwd, each))
        if placed is not None and UNKNOWN not in path and placed.find(path).state == "context":
            yield Launch(command, interpreter, front, file=path, by=by, main=False)
    files = tuple(posixpath.normpath(posixpath.join(cwd, each)) for each in target.files)
    yield Launch(
        command,
        interpreter,
        front,
        file=file,
        module=target.module,
        attribute=target.attribute,
        by=by,
        main=target.main,
        modules=target.modules,
        files=tuple(each for each in files if UNKNOWN not in each),
    )


def owner_of(environment: Environment, program: str) -> tuple[Interpreter, Distribution] | None:
    """Return the Python and the distribution that a command belongs to, None where none is known."""
    folder, slash, name = program.rpartition("/")
    bringing = set(commands().get(name, ()))
    if slash:
        folders: tuple[str, ...] = (posixpath.normpath(posixpath.join(environment.workdir or "?", folder)),)
    else:
        folders = environment.path or ()
    for each in folders:
        for (key, _), package in environment.packages.items():
            if package.commands_in != each:
                continue
            own = package.project.scripts if package.project else packages().get(package.name, {}).get("scripts", ())
            same = name == package.name and package.name not in packages()
            if name not in own and not same and not (bringing and brought_along(package) & bringing):
                continue
            interpreter = next(iter(environment.interpreters.get(key, {}).values()), None)
            if interpreter is None and key == user_site(environment):
                interpreter = environment.python("python3") or environment.python("python")
            if interpreter is not None:
                return interpreter, package
    return None


def _uv_run(environment: Environment, words: list[str]) -> tuple[Environment, list[str]]:
    """Return the environment and words of what `uv run` starts: its project's environment comes first."""
    from conductor.programs import known

    wrapped = known("uv").wrapped(words[1:])
    argv = wrapped.argv if wrapped is not None else []
    if not argv:
        return environment, []
    changed = environment.copy()
    folder = environment.variables.get("UV_PROJECT_ENVIRONMENT") or ".venv"
    bin_folder = posixpath.normpath(posixpath.join(environment.workdir or "?", folder, "bin"))
    if bin_folder in environment.interpreters:
        changed.variables["PATH"] = ":".join((bin_folder, *(environment.path or ())))
    if argv[0].endswith(".py"):
        argv = ["python", *argv]
    return changed, argv
