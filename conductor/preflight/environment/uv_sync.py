"""What `uv sync` does: an environment beside the project, with what its pyproject.toml and uv.lock name."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from conductor.preflight.environment.files import Placed
from conductor.preflight.environment.model import Distribution, Interpreter
from conductor.preflight.environment.projects import FoundProject, find_project
from conductor.preflight.parse.requirements import parse_requirement
from conductor.programs import known
from conductor.shell.expand import UNKNOWN

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command, Environment
    from conductor.preflight.environment.origin import Origin
    from conductor.programs.options import Parsed

_LOCKED = re.compile(r'^name = "([^"]+)"$', re.MULTILINE)


def sync(command: Command, environment: Environment) -> bool:
    """Make the project's environment and fill it; false where it cannot be told what that is."""
    parsed = known("uv").read([UNKNOWN if text is None else text for text in command.arguments])
    cwd = environment.workdir
    strange = parsed.has(
        "--active", "--script", "--all-packages", "--package", "--only-group", "--only-dev", "-p", "--python"
    )
    if cwd is None or strange or any(UNKNOWN in (value or "") for _, value in parsed.options):
        return False
    folder = posixpath.join(cwd, parsed.value("--project", "--directory") or "")
    extras = tuple(parsed.values("--extra"))
    found = find_project(environment, folder, extras, editable=not parsed.has("--no-editable"))
    place = environment.variables.get("UV_PROJECT_ENVIRONMENT", ".venv")
    if found is None or place is None:
        return False
    origin = command.origin("uv installs what pyproject.toml and uv.lock name")
    venv = posixpath.normpath(posixpath.join(folder, place))
    key = f"{venv}/bin"
    if key not in environment.interpreters:
        _make(environment, folder, venv, origin)
    complete = found.project.complete and not parsed.has("--all-extras", "--all-groups")
    if not complete:
        environment.unlisted.setdefault(key, origin)
    _fill(environment, found, parsed, key, origin)
    return True


def _make(environment: Environment, folder: str, venv: str, origin: Origin) -> None:
    """Make the virtual environment, of the Python that is there unless a file asks for another."""
    base = environment.python("python3") or environment.python("python")
    files = environment.files
    asked = files.find(posixpath.join(folder, ".python-version")).state if files is not None else "unknown"
    version = base.version if base is not None and asked == "absent" else None
    made = Interpreter(f"{venv}/bin", version, "venv", origin, externally_managed=False)
    environment.interpreters[made.path] = dict.fromkeys(("python", "python3"), made)
    if made.path in (environment.path or ()):
        environment.commands.update(python=True, python3=True)
    if files is not None:
        files.put(Placed(venv, None, is_folder=True, unknown=True, executable=None, origin=origin))


def _fill(environment: Environment, found: FoundProject, parsed: Parsed, key: str, origin: Origin) -> None:
    project = found.project
    groups = [] if parsed.has("--no-dev", "--no-default-groups", "--no-group") else ["dev"]
    texts = project.wanted(found.extras)
    for group in [*groups, *parsed.values("--group")]:
        texts = [*texts, *project.groups.get(group, [])]
    for text in texts:
        asked = parse_requirement(text)
        if asked is not None and asked.name is not None:
            environment.packages[(key, asked.name)] = Distribution(
                asked.name, asked.pinned, None, origin, asked.extras, commands_in=key
            )
        else:
            environment.unlisted.setdefault(key, origin)
    if project.name and project.is_package and not parsed.has("--no-install-project", "--no-install-local"):
        own = Distribution(project.name, None, None, origin, project=found.installed, commands_in=key)
        environment.packages[(key, project.name)] = own
    files = environment.files
    lock = files.find(posixpath.join(found.installed.folder, "uv.lock")) if files is not None else None
    source = lock.source if lock is not None else None
    locked_text = files.context.read_text(source) if files is not None and source else None
    for name in _LOCKED.findall(locked_text or ""):
        locked = Distribution(name, None, None, origin, alone=True, commands_in=key)
        environment.packages.setdefault((key, name), locked)
