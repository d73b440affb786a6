"""host_pip: Python distributions are only installed into a virtual environment of the project, or in a container."""

from __future__ import annotations

from conductor.programs import known
from conductor.programs.interpreters import read_python
from conductor.programs.words import HELP, PYTHON
from conductor.rules.judge.call import ASK, BLOCK, UNKNOWN, Call, Place, Ruling, Write, is_python
from conductor.rules.judge.places import is_distribution, whole
from conductor.rules.judge.python_call import python_module
from conductor.rules.judge.python_environment import (
    REMEDY,
    RULE,
    judge_environment,
    judge_folders,
    refuse,
    refuse_flags,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_MANAGERS = frozenset({
    "pipx", "uv", "conda", "mamba", "micromamba", "pixi", "pipenv", "poetry", "pdm", "flit",
})  # fmt: skip
_READS = frozenset({"link", "folder", "mode", "rights"})


def judge(call: Call) -> Ruling | None:
    """Return a ruling where the call would change a Python environment of the host."""
    place = call.place
    if place.container:
        return None
    check = _find(call.name)
    return check(call) if check else None


def judge_write(write: Write, place: Place) -> Ruling | None:
    """Return a ruling where a distribution of the host would be put in, changed or taken out by hand."""
    path = whole(write.path)
    if place.container or write.guess or write.kind in _READS or place.inside(path) is not None:
        return None
    if not is_distribution(path):
        return None
    why = f"{path} belongs to no environment of the project"
    return Ruling(BLOCK, RULE, f"`{write.by}` would change the host's Python ({why}). {REMEDY}")


def _find(name: str) -> Callable[[Call], Ruling | None] | None:
    if is_python(name):
        return _python
    if name.rstrip("0123456789.") in {"pip", "pip-", "pip.pyz"}:
        return _pip
    if name.startswith("easy_install"):
        return _easy_install
    if name in _MANAGERS:
        from conductor.rules.judge.python_managers import MANAGERS

        return MANAGERS[name]
    return _CHECKS.get(name)


def _python(call: Call) -> Ruling | None:
    """Judge `python -m pip`, `python setup.py install` and `python get-pip.py`."""
    module, rest = python_module(call.args)
    if module is not None:
        return _module(call, module, rest)
    python = read_python(call.args)
    script, rest = python.script, python.arguments
    name = script.rpartition("/")[2]
    if name == "setup.py":
        return _setup(_with(call, rest))
    if name == "get-pip.py" and not {"-h", "--help", "--version", "--dry-run"} & set(rest):
        return _installer(call, rest)
    if name.rstrip("0123456789.") in {"pip", "pip.pyz"} or (name == "__main__.py" and "pip/" in script):
        return _pip(_with(call, rest, script))
    return _easy_install(_with(call, rest)) if name.startswith("easy_install") else None


def _module(call: Call, module: str, rest: list[str]) -> Ruling | None:
    if module.split(".", maxsplit=1)[0] == "pip" or module.startswith("pip._internal"):
        return _pip(_with(call, rest))
    if module == "ensurepip":
        return None if {"--version", "-h", "--help"} & set(rest) else _installer(call, rest)
    if module == "installer":
        return _wheel_installer(call, rest)
    if module in {"easy_install", "setuptools.command.easy_install"}:
        return _easy_install(_with(call, rest))
    if module in {"pipx", "uv", "poetry", "pipenv", "flit", "pdm", "hatch", "conda", "piptools"}:
        check = _find(module)
        return check(_with(call, rest)) if check else None
    return None


def _with(call: Call, args: list[str], path: str | None = None) -> Call:
    return Call([path if path and "/" in path else call.path, *args], call.place, call.text())


def _pip(call: Call) -> Ruling | None:
    pip = known("pip")
    options = pip.parse(call.args, stop=True)
    command = options.words[0] if options.words else ""
    if UNKNOWN in command:
        return Ruling(ASK, RULE, f"What `{call.text()}` does can't be told from the text. {REMEDY}")
    if command == "config":
        return _pip_config(call, options.rest)
    if not pip.has_word(PYTHON, command) or options.has(*HELP, "-V"):
        return None
    words = pip.command([command])
    install = words.parse(options.rest)
    if install.has(*words.dry):
        return None
    python = install.value("--python") or options.value("--python")
    if python is not None:
        call = Call([_python_path(call, python), *call.args], call.place, call.text())
    return refuse_flags(call, install) or judge_folders(call, install)


def _python_path(call: Call, python: str) -> str:
    """Return a program path for `--python X`: an interpreter, or an environment's folder."""
    if is_python(python.rpartition("/")[2]) or ("/" not in python and python[:1] != "."):
        return python if "/" in python else "/usr/bin/" + python
    return call.place.path(python) + "/bin/python"


def _pip_config(call: Call, rest: list[str]) -> Ruling | None:
    words = known("pip").command(["config"]).parse(rest).words
    key = words[1].replace("_", "-").lower() if len(words) > 1 else ""
    value = words[2].lower() if len(words) > 2 else ""
    loosens = (
        words[:1] == ["set"] and key.endswith("break-system-packages") and value not in {"false", "0", "no"}
    ) or (
        key.endswith("require-virtualenv")
        and (words[:1] == ["unset"] or value in {"false", "0", "no", "off", "f", "n"})
    )
    return refuse(call, "it switches off pip's own guard", "Leave pip's configuration as it is.") if loosens else None


def _installer(call: Call, rest: list[str]) -> Ruling | None:
    options = known("pip").command(["install"]).parse(rest)
    return refuse_flags(call, options) or judge_folders(call, options)


def _wheel_installer(call: Call, rest: list[str]) -> Ruling | None:
    """`python -m installer WHEEL`, which can put it below `--destdir`."""
    options = known("installer").parse(rest)
    if not options.words or options.has("-h", "--help"):
        return None
    folders = options.values("-d", "--destdir") or options.values("-p", "--prefix")
    options.options = [("--prefix", folder) for folder in folders]
    return judge_folders(call, options)


def _setup(call: Call) -> Ruling | None:
    """Judge `setup.py install|develop`; the caller has put the script's arguments in."""
    words = [word for word in call.args if not word.startswith("-")]
    dry = {"-n", "--dry-run", "--help", "-h", "--help-commands"} & set(call.args)
    if dry or not {"install", "develop", "easy_install", "install_lib", "install_scripts"} & set(words):
        return None
    return _installer(call, call.args)


def _easy_install(call: Call) -> Ruling | None:
    if {"-h", "--help", "--version", "-n", "--dry-run"} & set(call.args) or not call.args:
        return None
    return judge_environment(call)


def _sync(call: Call) -> Ruling | None:
    if {"-h", "--help", "-n", "--dry-run", "--version"} & set(call.args):
        return None
    return judge_environment(call)


def _script(call: Call) -> Ruling | None:
    return _setup(Call(["python", *call.args], call.place, call.text()))


def _get_pip(call: Call) -> Ruling | None:
    if {"-h", "--help", "--version"} & set(call.args):
        return None
    return _installer(Call(["python"], call.place, call.text()), call.args)


_CHECKS: dict[str, Callable[[Call], Ruling | None]] = {
    "pip-sync": _sync,
    "piptools": lambda call: _sync(call) if "sync" in call.args else None,
    "setup.py": _script,
    "get-pip.py": _get_pip,
}
