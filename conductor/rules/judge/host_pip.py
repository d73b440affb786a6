"""host_pip: Python distributions are only installed into a virtual environment of the project, or in a container."""

from __future__ import annotations

from conductor.rules.judge.call import ASK, BLOCK, UNKNOWN, Call, Place, Ruling, is_python, normalise
from conductor.rules.judge.options import Parsed, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

RULE = "host_pip"
REMEDY = "Use .venv/bin/pip, or put it into the image's requirements."
_PIP_GLOBAL = frozenset({
    "--python", "--log", "--proxy", "--timeout", "--retries", "--exists-action", "--trusted-host", "--cert",
    "--client-cert", "--cache-dir", "--use-feature", "--use-deprecated", "--keyring-provider", "--log-file",
    "--resume-retries",
})  # fmt: skip
_PIP_INSTALL = _PIP_GLOBAL | {
    "-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-t", "--target", "--prefix", "--root", "--src",
    "-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--platform", "--python-version",
    "--implementation", "--abi", "--upgrade-strategy", "--no-binary", "--only-binary", "--progress-bar", "--report",
    "-C", "--config-settings", "--config-setting", "--global-option", "--build-option", "--root-user-action",
    "--group", "--build-constraint",
}  # fmt: skip
_UV = frozenset({
    "--directory", "--project", "--config-file", "--cache-dir", "--color", "--python", "-p", "--target", "--prefix",
    "-r", "--requirement", "--requirements", "-c", "--constraint", "-e", "--editable", "--index-url", "-i",
    "--extra-index-url", "--find-links", "-f", "--index", "--default-index", "--python-preference", "--with",
    "--allow-insecure-host", "--link-mode", "--resolution", "--prerelease", "--exclude-newer", "--extra", "--group",
    "--override", "--python-version", "--python-platform", "--no-binary", "--only-binary", "-P", "--upgrade-package",
})  # fmt: skip
_CONDA = frozenset({"-n", "--name", "-p", "--prefix", "-c", "--channel", "-f", "--file", "--revision", "-r"})
_CONDA_WRITES = frozenset({"install", "update", "upgrade", "remove", "uninstall", "create"})


def judge(call: Call) -> Ruling | None:
    """Return a ruling where the call would change a Python environment of the host."""
    place = call.place
    if place.container:
        return None
    check = _find(call.name)
    return check(call) if check else None


def _find(name: str) -> Callable[[Call], Ruling | None] | None:
    if is_python(name):
        return _python
    if name.rstrip("0123456789.") in {"pip", "pip-"} or name == "pip":
        return _pip
    if name.startswith("easy_install"):
        return _easy_install
    return _CHECKS.get(name)


def _refuse(call: Call, why: str, remedy: str = REMEDY) -> Ruling:
    return Ruling(BLOCK, RULE, f"`{call.text()}` would change the host's Python ({why}). {remedy}")


def interpreter(place: Place, path: str) -> str:
    """Return whose Python a program path belongs to: `project` (its virtual environment), `host` or `unknown`."""
    if "/" not in path:
        return _through_path(place)
    if path.startswith(UNKNOWN) and not path.startswith(UNKNOWN + UNKNOWN):
        return "unknown"
    inside = place.inside(place.path(path))
    if inside is None:
        return "host"
    folder = inside.rpartition("/")[0]
    return "project" if folder.rpartition("/")[2] in {"bin", "Scripts"} and "/" in folder else "host"


def _through_path(place: Place) -> str:
    for folder in place.search:
        inside = place.inside(normalise(folder)) if folder.startswith("/") else folder
        if inside is not None and "/" in inside and inside.rpartition("/")[2] in {"bin", "Scripts"}:
            return "project"
        if folder == UNKNOWN + "venv":
            return "unknown"
        if inside is None and folder in {"/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin", "/outside/bin"}:
            return "host"
    return "host"


def _environment(call: Call) -> Ruling | None:
    """Judge whose environment the program itself belongs to."""
    if call.place.elevated:
        return _refuse(call, "sudo and su leave the virtual environment")
    owner = interpreter(call.place, call.path)
    if owner == "project":
        return None
    if owner == "unknown":
        return Ruling(ASK, RULE, f"Which Python `{call.text()}` installs into can't be told from the text. {REMEDY}")
    if "/" in call.path:
        return _refuse(call, "the program is outside the project's virtual environment")
    if call.place.facts.venv == "active":
        return _refuse(call, "the virtual environment is no longer on PATH")
    return _refuse(call, "no virtual environment is active")


def _python(call: Call) -> Ruling | None:
    """Judge `python -m pip`, `python setup.py install` and `python get-pip.py`."""
    module, rest = python_module(call.args)
    if module is not None:
        return _module(call, module, rest)
    script, rest = python_script(call.args)
    name = script.rpartition("/")[2]
    if name == "setup.py":
        return _setup(_with(call, rest))
    if name == "get-pip.py" and not {"-h", "--help", "--version", "--dry-run"} & set(rest):
        return _installer(call, rest)
    if name.rstrip("0123456789.") == "pip" or (name == "__main__.py" and "pip/" in script):
        return _pip(_with(call, rest, script))
    return _easy_install(_with(call, rest)) if name.startswith("easy_install") else None


def _module(call: Call, module: str, rest: list[str]) -> Ruling | None:
    if module.split(".", maxsplit=1)[0] == "pip" or module.startswith("pip._internal"):
        return _pip(_with(call, rest))
    if module == "ensurepip":
        return None if {"--version", "-h", "--help"} & set(rest) else _installer(call, rest)
    if module in {"easy_install", "setuptools.command.easy_install"}:
        return _easy_install(_with(call, rest))
    if module in {"pipx", "uv", "poetry", "pipenv", "flit", "pdm", "hatch", "conda", "piptools"}:
        check = _CHECKS.get(module)
        return check(_with(call, rest)) if check else None
    return None


def _with(call: Call, args: list[str], path: str | None = None) -> Call:
    return Call([path if path and "/" in path else call.path, *args], call.place)


def python_module(args: list[str]) -> tuple[str | None, list[str]]:
    """Return the module that `-m` names, in a cluster too (`-Im pip`, `-mpip`), and its arguments."""
    place = 0
    while place < len(args):
        argument = args[place]
        if argument[:1] != "-" or argument in {"-", "--"} or argument.startswith("--"):
            return None, []
        for number, letter in enumerate(argument[1:], start=1):
            attached = argument[number + 1 :]
            if letter == "m":
                following = args[place + 1 :]
                if attached:
                    return _profiled(attached, following)
                return _profiled(following[0], following[1:]) if following else (None, [])
            if letter == "c":
                return None, []
            if letter in "WXQ":
                place += not attached
                break
        place += 1
    return None, []


def _profiled(module: str, rest: list[str]) -> tuple[str | None, list[str]]:
    """Look through modules that run another one: `-m cProfile -m pip install`."""
    if module in {"cProfile", "profile", "pdb", "trace", "coverage", "runpy"} and "-m" in rest[:-1]:
        place = rest.index("-m")
        return rest[place + 1], rest[place + 2 :]
    if module == "runpy" and rest:
        return rest[0], rest[1:]
    return module, rest


def python_script(args: list[str]) -> tuple[str, list[str]]:
    """Return the script an interpreter runs and the script's arguments; '' where there is none."""
    place = 0
    while place < len(args):
        argument = args[place]
        if argument == "-" or (argument[:1] == "-" and "c" in argument and not argument.startswith("--")):
            return "", []
        if argument[:1] != "-":
            return argument, args[place + 1 :]
        place += 2 if argument in {"-W", "-X", "--check-hash-based-pycs"} else 1
    return "", []


def _pip(call: Call) -> Ruling | None:
    options = parse(call.args, _PIP_GLOBAL, stop=True)
    command = options.words[0] if options.words else ""
    if UNKNOWN in command:
        return Ruling(ASK, RULE, f"What `{call.text()}` does can't be told from the text. {REMEDY}")
    if command == "config":
        return _pip_config(call, options.rest)
    if command not in {"install", "uninstall"} or options.has("-h", "--help", "--version", "-V"):
        return None
    install = parse(options.rest, _PIP_INSTALL)
    if install.has("-h", "--help", "--version", "-V") or (install.has("--dry-run") and command == "install"):
        return None
    python = install.value("--python") or options.value("--python")
    if python is not None:
        call = Call([_python_path(call, python), *call.args], call.place)
    return _flags(call, install) or _folder(call, install)


def _python_path(call: Call, python: str) -> str:
    """Return a program path for `--python X`: an interpreter, or an environment's folder."""
    if is_python(python.rpartition("/")[2]) or ("/" not in python and python[:1] != "."):
        return python if "/" in python else "/usr/bin/" + python
    return call.place.path(python) + "/bin/python"


def _pip_config(call: Call, rest: list[str]) -> Ruling | None:
    words = parse(rest, {"--editor"}).words
    key = words[1].replace("_", "-").lower() if len(words) > 1 else ""
    value = words[2].lower() if len(words) > 2 else ""
    loosens = (
        words[:1] == ["set"] and key.endswith("break-system-packages") and value not in {"false", "0", "no"}
    ) or (
        key.endswith("require-virtualenv")
        and (words[:1] == ["unset"] or value in {"false", "0", "no", "off", "f", "n"})
    )
    return _refuse(call, "it switches off pip's own guard", "Leave pip's configuration as it is.") if loosens else None


def _flags(call: Call, install: Parsed) -> Ruling | None:
    for option in ("--user", "--break-system-packages", "--system"):
        if install.abbreviates(option, 5):
            return _refuse(call, f"{option} installs outside the virtual environment")
    for variable in ("PIP_USER", "PIP_BREAK_SYSTEM_PACKAGES"):
        if call.place.is_set(variable):
            return _refuse(call, f"{variable} installs outside the virtual environment")
    return None


def _folder(call: Call, install: Parsed) -> Ruling | None:
    """Judge `--target`, `--prefix` and `--root`, else the environment."""
    folders = [value or "" for name, value in install.options if name in {"-t", "--target", "--prefix", "--root"}]
    variables = (call.place.text(name) for name in ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"))
    folders += [value for value in variables if value]
    if not folders:
        return _environment(call)
    for folder in folders:
        if folder.startswith(UNKNOWN):
            return Ruling(ASK, RULE, f"Where `{call.text()}` installs to can't be told from the text. {REMEDY}")
        path = call.place.path(folder)
        if folder and (call.place.inside(path) is not None or path == "/tmp" or path.startswith("/tmp/")):  # noqa: S108
            continue
        return _refuse(call, f"{folder or 'the folder'} is outside the project")
    return None


def _installer(call: Call, rest: list[str]) -> Ruling | None:
    options = parse(rest, _PIP_INSTALL)
    return _flags(call, options) or _folder(call, options)


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
    return _environment(call)


def _pipx(call: Call) -> Ruling | None:
    words = parse(call.args, stop=True)
    command = words.words[0] if words.words else ""
    writes = {
        "install", "inject", "upgrade", "uninstall", "uninject", "reinstall", "install-all", "upgrade-all",
        "uninstall-all", "reinstall-all", "runpip", "upgrade-shared",
    }  # fmt: skip
    if command not in writes or {"-h", "--help"} & set(call.args):
        return None
    return _refuse(call, "pipx keeps its environments outside the project", "Run it once with pipx run or uvx.")


def _uv(call: Call) -> Ruling | None:
    parsed = parse(call.args, _UV)
    first, second = (*parsed.words, "", "")[:2]
    if parsed.has("-h", "--help", "--dry-run"):
        return None
    if first == "tool" and second in {"install", "upgrade", "uninstall"}:
        return _refuse(call, "uv keeps tools outside the project", "Run it once with uvx.")
    if first == "pip" and second in {"install", "uninstall", "sync"}:
        return _uv_pip(call, parsed)
    return None


def _uv_pip(call: Call, parsed: Parsed) -> Ruling | None:
    if parsed.has("--system", "--break-system-packages", "--user") or call.place.is_set("UV_SYSTEM_PYTHON"):
        return _refuse(call, "--system means the host's Python")
    folders = parsed.values("--target", "--prefix", "-t")
    if folders:
        install = parse(call.args, _UV | {"-t"})
        return _folder(call, install)
    python = parsed.value("-p", "--python") or call.place.text("UV_PYTHON")
    if python and ("/" in python or python.startswith(".")):
        inside = call.place.inside(call.place.path(python))
        return None if inside else _refuse(call, "--python is outside the project")
    if call.place.elevated:
        return _refuse(call, "sudo leaves the project's environment")
    active = interpreter(call.place, "python") == "project"
    return None if active or call.place.venv_exists else _refuse(call, "the project has no virtual environment yet")


def _conda(call: Call) -> Ruling | None:
    parsed = parse(call.args, _CONDA)
    words = parsed.words[1:] if parsed.words[:1] in (["env"], ["self"]) else parsed.words
    if not words or words[0] not in _CONDA_WRITES or parsed.has("-h", "--help", "--dry-run", "-d"):
        return None
    prefix = parsed.value("-p", "--prefix")
    if prefix and call.place.inside(call.place.path(prefix)) and not call.place.elevated:
        return None
    return _refuse(
        call, "the conda environment is outside the project", "Give it a prefix inside the project: -p .conda."
    )


def _pixi(call: Call) -> Ruling | None:
    if call.args[:1] == ["global"] and call.args[1:2] and call.args[1] not in {"list", "tree"}:
        return _refuse(call, "pixi global is outside the project")
    return None


def _pipenv(call: Call) -> Ruling | None:
    if "--system" in call.args or call.place.is_set("PIPENV_SYSTEM"):
        return _refuse(call, "--system means the host's Python")
    return None


def _poetry(call: Call) -> Ruling | None:
    words = parse(call.args, {"-C", "--directory", "-P", "--project"}).words
    if words[:1] == ["config"] and len(words) > 2 and words[1] == "virtualenvs.create":
        off = words[2].lower() in {"false", "0", "no"}
        return _refuse(call, "without virtual environments poetry installs into the host") if off else None
    if words[:2] in (["self", "add"], ["self", "update"], ["self", "remove"], ["self", "install"]):
        return _refuse(call, "poetry's own environment is outside the project")
    changes = {"install", "add", "remove", "update", "sync"}
    if (
        call.place.text("POETRY_VIRTUALENVS_CREATE").lower() in {"false", "0", "no"}
        and words[:1]
        and words[0] in changes
    ):
        return _environment(Call(["python", *call.args], call.place))
    return None


def _pdm(call: Call) -> Ruling | None:
    words = parse(call.args, {"-p", "--project"}).words
    if words[:1] == ["self"] and words[1:2] and words[1] in {"add", "remove", "update"}:
        return _refuse(call, "pdm's own environment is outside the project")
    if words[:1] and words[0] in {"install", "add", "remove", "update", "sync"} and {"-g", "--global"} & set(call.args):
        return _refuse(call, "--global means outside the project")
    return None


def _flit(call: Call) -> Ruling | None:
    words = parse(call.args, {"-f", "--ini-file", "--python", "--deps", "--extras"})
    if words.words[:1] != ["install"] or words.has("-h", "--help"):
        return None
    python = words.value("--python")
    if words.has("--user"):
        return _refuse(call, "--user installs outside the virtual environment")
    return _environment(Call([python or "python", *call.args], call.place))


def _sync(call: Call) -> Ruling | None:
    if {"-h", "--help", "-n", "--dry-run", "--version"} & set(call.args):
        return None
    return _environment(call)


def _script(call: Call) -> Ruling | None:
    return _setup(Call(["python", *call.args], call.place))


def _get_pip(call: Call) -> Ruling | None:
    return (
        None if {"-h", "--help", "--version"} & set(call.args) else _installer(Call(["python"], call.place), call.args)
    )


_CHECKS: dict[str, Callable[[Call], Ruling | None]] = {
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
    "pip-sync": _sync,
    "piptools": lambda call: _sync(call) if "sync" in call.args else None,
    "setup.py": _script,
    "get-pip.py": _get_pip,
}
