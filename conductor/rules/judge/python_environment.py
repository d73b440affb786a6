"""Whose Python a call belongs to: the project's own environment, or the host's."""

from __future__ import annotations

from conductor.programs.options import Parsed
from conductor.rules.judge.call import ASK, BLOCK, UNKNOWN, Call, Place, Ruling
from conductor.rules.judge.places import normalise

RULE = "host_pip"
REMEDY = "Use .venv/bin/pip, or put it into the image's requirements."


def refuse(call: Call, why: str, remedy: str = REMEDY) -> Ruling:
    """Return the ruling on a call that would change the host's Python."""
    return Ruling(BLOCK, RULE, f"`{call.text()}` would change the host's Python ({why}). {remedy}")


def interpreter(place: Place, path: str) -> str:
    """Return whose Python a program path belongs to: `project` (its virtual environment), `host` or `unknown`."""
    if "/" not in path:
        return _through_path(place)
    if path.startswith(UNKNOWN) and not path.startswith(UNKNOWN + UNKNOWN):
        return "unknown"
    if _is_made(place, place.path(path).rpartition("/")[0]):
        return "project"
    inside = place.inside(place.path(path))
    if inside is None:
        return "host"
    folder = inside.rpartition("/")[0]
    return "project" if folder.rpartition("/")[2] in {"bin", "Scripts"} and "/" in folder else "host"


def _through_path(place: Place) -> str:
    for folder in place.search:
        if _is_made(place, folder):
            return "project"
        inside = place.inside(normalise(folder)) if folder.startswith("/") else folder
        if inside is not None and "/" in inside and inside.rpartition("/")[2] in {"bin", "Scripts"}:
            return "project"
        if folder == UNKNOWN + "venv":
            return "unknown"
        if inside is None and folder in {"/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin", "/outside/bin"}:
            return "host"
    return "host"


def _is_made(place: Place, folder: str) -> bool:
    """Tell whether a folder of programs is in an environment that a script of the project made for itself."""
    return bool(place.past.environments) and folder.rpartition("/")[0] in place.past.environments


def judge_environment(call: Call) -> Ruling | None:
    """Judge whose environment the program itself belongs to."""
    if call.place.elevated:
        return refuse(call, "sudo and su leave the virtual environment")
    owner = interpreter(call.place, call.path)
    if owner == "project":
        return None
    if owner == "unknown":
        return Ruling(ASK, RULE, f"Which Python `{call.text()}` installs into can't be told from the text. {REMEDY}")
    if "/" in call.path:
        return refuse(call, "the program is outside the project's virtual environment")
    if call.place.facts.venv == "active":
        return refuse(call, "the virtual environment is no longer on PATH")
    return refuse(call, "no virtual environment is active")


def refuse_flags(call: Call, install: Parsed) -> Ruling | None:
    """Judge options and variables that lead out of a virtual environment."""
    for option in ("--user", "--break-system-packages", "--system"):
        if install.abbreviates(option, 5):
            return refuse(call, f"{option} installs outside the virtual environment")
    for variable in ("PIP_USER", "PIP_BREAK_SYSTEM_PACKAGES"):
        if call.place.is_set(variable):
            return refuse(call, f"{variable} installs outside the virtual environment")
    return None


def judge_folders(call: Call, install: Parsed) -> Ruling | None:
    """Judge `--target`, `--prefix` and `--root`, else the environment."""
    folders = [value or "" for name, value in install.options if name in {"-t", "--target", "--prefix", "--root"}]
    variables = (call.place.text(name) for name in ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"))
    folders += [value for value in variables if value]
    if not folders:
        return judge_environment(call)
    for folder in folders:
        if folder.startswith(UNKNOWN):
            return Ruling(ASK, RULE, f"Where `{call.text()}` installs to can't be told from the text. {REMEDY}")
        path = call.place.path(folder)
        if folder and (call.place.inside(path) is not None or path == "/tmp" or path.startswith("/tmp/")):  # noqa: S108
            continue
        return refuse(call, f"{folder or 'the folder'} is outside the project")
    return None
