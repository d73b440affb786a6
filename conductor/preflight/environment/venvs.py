"""Virtual environments that a command makes."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from conductor.preflight.environment.model import Interpreter
from conductor.preflight.environment.permissions import note_new, user_of

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command, Environment


def _home(source: Interpreter | None) -> str | None:
    """Return the folder of the Python that a virtual environment of this one links to."""
    return None if source is None or source.path == "uv" else source.home or source.path


def make_venv(command: Command, environment: Environment, source: Interpreter | None) -> None:
    """Make a virtual environment; without a folder that is known, PATH cannot tell it from others."""
    place = _venv_place(command)
    if place is None or environment.workdir is None:
        return
    folder = posixpath.normpath(posixpath.join(environment.workdir, place))
    origin = command.origin(f"a virtual environment in {folder}")
    sees = "--system-site-packages" in command.arguments
    version = source.version if source else None
    interpreter = Interpreter(
        f"{folder}/bin", version, "venv", origin, externally_managed=False, sees_system=sees, home=_home(source)
    )
    names = [
        *("python", "python3"),
        *([f"python{version}"] if version else []),
        *(["pip", "pip3"] if command.name != "uv" else []),
    ]
    environment.interpreters.setdefault(interpreter.path, {}).update(dict.fromkeys(names, interpreter))
    if interpreter.path in (environment.path or ()):
        environment.commands.update(dict.fromkeys(names, True))
    if sees and source is not None:
        seen = {name: found for (path, name), found in environment.packages.items() if path == source.path}
        environment.packages.update({(interpreter.path, name): found for name, found in seen.items()})
    if environment.files is not None:
        from conductor.preflight.environment.files import Placed

        note_new(environment, folder)
        environment.owners.note(folder, user_of(environment), deep=True)
        environment.files.put(Placed(folder, None, is_folder=True, unknown=True, executable=None, origin=origin))


def _venv_place(command: Command) -> str | None:
    """Return the folder that a virtual environment is made in, as it was typed; None where that is not known."""
    chosen = option_value(list(command.arguments), "-p", "--python")
    words = [text for text in command.arguments if text is None or not text.startswith("-")]
    paths = [text for text in words if text is None or text not in {"venv", "virtualenv", chosen}]
    return paths[-1] if paths else ".venv" if command.name == "uv" else None


def option_value(texts: list[str | None], *names: str) -> str | None:
    """Return the value of an option given as `--name value` or `--name=value`."""
    for index, text in enumerate(texts):
        if text in names and index + 1 < len(texts):
            return texts[index + 1]
        for name in names:
            if text and text.startswith(f"{name}="):
                return text.partition("=")[2]
    return None
