"""Programs that manage Python environments: which of their calls change one that is not the project's."""

from __future__ import annotations

from conductor.programs import known
from conductor.programs.options import Parsed
from conductor.programs.words import PYTHON
from conductor.rules.judge.call import UNKNOWN, Call, Ruling
from conductor.rules.judge.python_environment import interpreter, judge_environment, judge_folders, refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def _pipx(call: Call) -> Ruling | None:
    pipx = known("pipx")
    parsed = pipx.parse(call.args, stop=True)
    if not pipx.has_effect(PYTHON, parsed.words, parsed) or pipx.dry & set(call.args):
        return None
    return refuse(call, "pipx keeps its environments outside the project", "Run it once with pipx run or uvx.")


def _uv(call: Call) -> Ruling | None:
    uv = known("uv")
    parsed = uv.read(call.args)
    first, second = (*parsed.words, "", "")[:2]
    if parsed.has(*uv.dry):
        return None
    if first == "tool" and uv.has_effect(PYTHON, parsed.words, parsed):
        return refuse(call, "uv keeps tools outside the project", "Run it once with uvx.")
    if first == "pip" and second in {"install", "uninstall", "sync"}:
        return _uv_pip(call, parsed)
    return _outside(call, "UV_PROJECT_ENVIRONMENT") if first in {"sync", "add", "remove", "run"} else None


def _outside(call: Call, variable: str) -> Ruling | None:
    """Judge a variable that says which environment is meant."""
    folder = call.place.text(variable)
    if not folder or UNKNOWN in folder or call.place.inside(call.place.path(folder)) is not None:
        return None
    return refuse(call, f"{variable} is outside the project")


def _uv_pip(call: Call, parsed: Parsed) -> Ruling | None:
    if parsed.has("--system", "--break-system-packages", "--user") or call.place.is_set("UV_SYSTEM_PYTHON"):
        return refuse(call, "--system means the host's Python")
    folders = parsed.values("--target", "--prefix", "-t")
    if folders:
        return judge_folders(call, parsed)
    python = parsed.value("-p", "--python") or call.place.text("UV_PYTHON")
    if python and ("/" in python or python.startswith(".")):
        inside = call.place.inside(call.place.path(python))
        return None if inside else refuse(call, "--python is outside the project")
    if call.place.elevated:
        return refuse(call, "sudo leaves the project's environment")
    chosen = _outside(call, "VIRTUAL_ENV")
    if chosen is not None:
        return chosen
    active = interpreter(call.place, "python") == "project"
    return None if active or call.place.venv_exists else refuse(call, "the project has no virtual environment yet")


def _conda(call: Call) -> Ruling | None:
    conda = known("conda")
    parsed = conda.parse(call.args)
    words = parsed.words[1:] if parsed.words[:1] in (["env"], ["self"]) else parsed.words
    if not conda.has_effect(PYTHON, words, parsed) or parsed.has(*conda.dry):
        return None
    prefix = parsed.value("-p", "--prefix")
    if prefix and call.place.inside(call.place.path(prefix)) and not call.place.elevated:
        return None
    return refuse(
        call, "the conda environment is outside the project", "Give it a prefix inside the project: -p .conda."
    )


def _pixi(call: Call) -> Ruling | None:
    pixi = known("pixi")
    parsed = pixi.read(call.args)
    if pixi.has_effect(PYTHON, parsed.words, parsed):
        return refuse(call, "pixi global is outside the project")
    return None


def _pipenv(call: Call) -> Ruling | None:
    if "--system" in call.args or call.place.is_set("PIPENV_SYSTEM"):
        return refuse(call, "--system means the host's Python")
    return None


def _poetry(call: Call) -> Ruling | None:
    poetry = known("poetry")
    parsed = poetry.read(call.args)
    words = parsed.words
    if words[:1] == ["config"] and len(words) > 2 and words[1] == "virtualenvs.create":
        off = words[2].lower() in {"false", "0", "no"}
        return refuse(call, "without virtual environments poetry installs into the host") if off else None
    if poetry.has_effect(PYTHON, words, parsed):
        return refuse(call, "poetry's own environment is outside the project")
    changes = {"install", "add", "remove", "update", "sync"}
    if (
        call.place.text("POETRY_VIRTUALENVS_CREATE").lower() in {"false", "0", "no"}
        and words[:1]
        and words[0] in changes
    ):
        return judge_environment(Call(["python", *call.args], call.place, call.text()))
    return None


def _pdm(call: Call) -> Ruling | None:
    pdm = known("pdm")
    parsed = pdm.read(call.args)
    if not pdm.has_effect(PYTHON, parsed.words, parsed):
        return None
    own = parsed.words[0] == "self"
    return refuse(call, "pdm's own environment is outside the project" if own else "--global means outside the project")


def _flit(call: Call) -> Ruling | None:
    flit = known("flit")
    words = flit.parse(call.args)
    if not flit.has_effect(PYTHON, words.words, words) or words.has(*flit.dry):
        return None
    python = words.value("--python")
    if words.has("--user"):
        return refuse(call, "--user installs outside the virtual environment")
    return judge_environment(Call([python or "python", *call.args], call.place, call.text()))


MANAGERS: dict[str, Callable[[Call], Ruling | None]] = {
    "pipx": _pipx,
    "uv": _uv,
    "conda": _conda,
    "mamba": _conda,
    "micromamba": _conda,
    "pixi": _pixi,
    "pipenv": _pipenv,
    "poetry": _poetry,
    "pdm": _pdm,
    "flit": _flit,
}
