"""What pip, uv, conda, venv and Python itself do to the environment."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion

from conductor.preflight.environment.distributions import comes_with, packages
from conductor.preflight.environment.homes import user_site
from conductor.preflight.environment.model import Distribution, Fact, Interpreter
from conductor.preflight.environment.pip import PipInstall, read_pip_install
from conductor.preflight.environment.uv_sync import sync
from conductor.preflight.environment.venvs import make_venv, option_value
from conductor.programs import known
from conductor.shell.expand import UNKNOWN

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command, Environment
    from conductor.preflight.parse.requirements import Requirement

# Commands that a distribution brings besides one of its own name.
_SCRIPTS = {
    "huggingface-hub": ("huggingface-cli", "hf"),
    "accelerate": ("accelerate",),
    "torch": ("torchrun",),
    "ninja": ("ninja",),
    "cmake": ("cmake",),
    "uv": ("uv", "uvx"),
    "jupyterlab": ("jupyter", "jupyter-lab"),
    "notebook": ("jupyter",),
    "imageio-ffmpeg": (),
    "awscli": ("aws",),
    "supervisor": ("supervisord", "supervisorctl"),
}
# Operators of a requirement that leave the newest version in.
UPWARDS = frozenset({">=", ">", "!="})
_CUDA_TAG = re.compile(r"cu(\d{2,3})")


# They install what their own files say.
_OTHER_INSTALLERS = frozenset(
    {
        "conda",
        "mamba",
        "micromamba",
        "poetry",
        "pipenv",
        "pdm",
        "hatch",
        "rye",
        "pixi",
        "flit",
        "pip-sync",
        "make",
        "spacy",
    }
)
_INSTALLING = re.compile(
    r"\bpip\b|subprocess|os\.system|os\.exec|setuptools|distutils|easy_install|runpy|importlib|urllib"
)
_HARMLESS_MODULES = frozenset(
    {"venv", "virtualenv", "ensurepip", "compileall", "py_compile", "json.tool", "http.server", "pytest"}
)


def _may_install(command: Command, environment: Environment) -> bool:
    """Tell whether a Python program may install packages: one that nobody can read, or that starts others."""
    from conductor.programs.interpreters import read_python

    started = read_python([UNKNOWN if text is None else text for text in command.arguments])
    if started.idle or command.phase == "start":
        return False
    if started.code is not None:
        return UNKNOWN in started.code or _INSTALLING.search(started.code) is not None
    if started.module is not None:
        return started.module not in _HARMLESS_MODULES
    if not started.script or environment.files is None or environment.workdir is None:
        return True
    found = environment.files.find(posixpath.normpath(posixpath.join(environment.workdir, started.script)))
    text = environment.files.context.read_text(found.source) if found.source and not found.is_folder else None
    return text is None or _INSTALLING.search(text) is not None


def apply(command: Command, environment: Environment) -> bool:
    """Change the environment as the command would; false for a command that has nothing to do with Python."""
    install = read_pip_install(command)
    if install is not None:
        apply_pip(install, environment)
        return True
    name = command.name
    if name in {"source", "."}:
        return _source(command, environment)
    if name in _OTHER_INSTALLERS or (name.startswith("python") and _may_install(command, environment)):
        environment.unlisted.setdefault("*", command.origin(f"{command.name} may install Python packages"))
    if name in {"conda", "mamba", "micromamba"}:
        _conda(command, environment)
        return True
    if name in {"uv", "virtualenv"} or name.startswith("python"):
        return _python(command, environment)
    if name in {"pip", "pip3", "pipx"}:
        _open_destinations(command, environment)
        return True
    return False


def _open_destinations(command: Command, environment: Environment) -> None:
    """Take note of where `pip download` and `pip wheel` put files: a folder of theirs, else where they stand."""
    from conductor.preflight.environment.files import Placed

    texts = list(command.arguments)
    if environment.files is None or not {"download", "wheel"} & set(texts[:2]):
        return
    given = option_value(texts, "-d", "--dest", "-w", "--wheel-dir") or "."
    folder = posixpath.normpath(posixpath.join(environment.workdir or "/", given))
    origin = command.origin(f"{command.name} puts files there")
    environment.files.put(Placed(folder, None, is_folder=True, unknown=True, executable=None, origin=origin))


def apply_pip(install: PipInstall, environment: Environment) -> None:
    """Add what a pip installation brings; versions are known where they are pinned."""
    command = install.command
    if install.has("--dry-run") or install.has("--root"):
        return
    place = _place_of(install, environment)
    if place is None or not install.complete:
        key = place[0] if place else "*"
        environment.unlisted.setdefault(key, command.origin("not all that it installs is listed"))
    if not install.complete and environment.torch is not None and not install.has("--no-deps"):
        environment.torch = replace(environment.torch, sure=False)
    if place is None:
        return
    for requirement, where in zip(install.requirements, install.where, strict=True):
        if requirement.name is None or _satisfied(install, requirement, environment):
            continue
        origin = replace(command.origin(""), path=where.path, line=where.line or 0)
        version, local = _version(requirement.pinned, requirement.address, requirement.name)
        if requirement.name == "torch":
            local = local or _index_tag(install)
        found = Distribution(
            requirement.name,
            version,
            local,
            replace(origin, what=f"pip installs {requirement.raw}"),
            requirement.extras,
            install.projects.get(requirement.name),
            install.has("--no-deps"),
            place[1],
            _is_newest(install, requirement),
        )
        environment.packages[(place[0], requirement.name)] = found
        if requirement.name == "torch":
            _set_torch(environment, found)
    _bring_commands(install, environment, place[1])
    if install.interpreter is not None and install.interpreter.kind == "venv":
        environment.add_interpreter(install.interpreter.path, install.interpreter, "pip")


def _is_newest(install: PipInstall, requirement: Requirement) -> bool:
    """Tell whether pip takes the newest version: nothing bounds it from above, and nothing older is there already."""
    bounded = any(file.constraint for file in install.files) or "PIP_CONSTRAINT" in install.environment.variables
    python = install.interpreter
    there = python is None or comes_with(requirement.name or "", python.version)
    if bounded or requirement.address is not None or (there and not install.has("--upgrade")):
        return False
    try:
        return all(one.operator in UPWARDS for one in SpecifierSet(requirement.specifier))
    except InvalidSpecifier:
        return False


def _place_of(install: PipInstall, environment: Environment) -> tuple[str, str] | None:
    """Return (whose packages they become, the folder of their commands); None where that is not known.

    With --target or --prefix it is that folder, whose packages a Python sees that has it on its path.
    """
    for option in ("--target", "--prefix"):
        if install.has(option):
            given = install.options[option][-1:] or [""]
            if not given[0] or (environment.workdir is None and not given[0].startswith("/")):
                return None
            folder = posixpath.normpath(posixpath.join(environment.workdir or "/", given[0]))
            return folder, f"{folder}/bin"
    if install.interpreter is None:
        return None
    path = install.interpreter.path
    user = environment.user.value.partition(":")[0] if environment.user else "root"
    if install.interpreter.kind in {"venv", "conda"}:
        return path, path
    if install.has("--user") or user not in {"root", "0"}:
        return user_site(environment), f"{user_site(environment)}/bin"
    return path, "/usr/local/bin"


def _bring_commands(install: PipInstall, environment: Environment, folder: str) -> None:
    """Add the commands of what was installed, where PATH finds them."""
    if install.interpreter is not None and any(each.name == "pip" for each in install.requirements):
        environment.interpreters.setdefault(folder, {}).update(dict.fromkeys(("pip", "pip3"), install.interpreter))
    if environment.path is not None and folder not in environment.path:
        return
    for requirement in install.requirements:
        name = requirement.name or ""
        project = install.projects.get(name)
        named = tuple(project.scripts) if project else packages().get(name, {"scripts": (name,)}).get("scripts", ())
        for script in (*named, *_SCRIPTS.get(name, ())):
            if script:
                environment.commands[script] = True


def _satisfied(install: PipInstall, requirement: Requirement, environment: Environment) -> bool:
    """Tell whether pip leaves what is there as it is: the installed version already does."""
    there = environment.package(install.interpreter, requirement.name or "")
    if there is None or requirement.address or any(install.has(f"--{one}") for one in ("upgrade", "force-reinstall")):
        return False
    if not requirement.specifier:
        return True
    try:
        installed = f"{there.version}+{there.local}" if there.local else str(there.version)
        return SpecifierSet(requirement.specifier).contains(installed, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return False


def _version(pinned: str | None, address: str | None, name: str) -> tuple[str | None, str | None]:
    """Return the (version, local part) of a pin or of a wheel's file name."""
    text = pinned
    if text is None and address is not None:
        file = address.partition("#")[0].rsplit("/", 1)[-1].replace("%2B", "+").replace("%2b", "+")
        parts = file.split("-")
        if file.endswith(".whl") and len(parts) >= 5 and re.sub(r"[-_.]+", "-", parts[0]).lower() == name:
            text = parts[1]
    if text is None:
        return None, None
    version, _, local = text.partition("+")
    return version, local or None


def _index_tag(install: PipInstall) -> str | None:
    """Return the CUDA tag (`cu126`, `cpu`) that the index's address names."""
    for address in (install.index_url, *install.extra_index_urls):
        match = re.search(r"/whl/(?:nightly/)?(cu\d+|cpu|rocm[\d.]+)", address or "")
        if match:
            return match[1]
    return None


def _set_torch(environment: Environment, torch: Distribution) -> None:
    from conductor.knowledge import torch_build

    environment.torch = Fact(torch.version, torch.origin) if torch.version else None
    environment.torch_cuda = environment.cxx11abi = None
    if torch.version is None:
        return
    build = torch_build(f"{torch.version}+{torch.local}" if torch.local else torch.version)
    cuda = build.cuda if build else None
    if cuda is None and torch.local and (match := _CUDA_TAG.fullmatch(torch.local)):
        cuda = f"{match[1][:-1]}.{match[1][-1]}"
    environment.torch_cuda = Fact(cuda, torch.origin) if cuda else None
    if build is not None and build.cxx11abi is not None:
        environment.cxx11abi = Fact("TRUE" if build.cxx11abi else "FALSE", torch.origin)


def _source(command: Command, environment: Environment) -> bool:
    target = command.arguments[0] if command.arguments else None
    if target and target.endswith("/bin/activate"):
        folder = posixpath.normpath(posixpath.join(environment.workdir or "?", target)).removesuffix("/activate")
        environment.variables["PATH"] = ":".join((folder, *(environment.path or ("?",))))
        environment.variables["VIRTUAL_ENV"] = folder.removesuffix("/bin")
        if folder not in environment.interpreters:
            _forget_python(environment)
    elif target is None or not target.endswith(("conda.sh", ".bashrc", ".env", ".profile")):
        _forget_python(environment)
    return True


def _forget_python(environment: Environment) -> None:
    """From here on it is not known which Python a command starts."""
    environment.variables["PATH"] = None


def _conda(command: Command, environment: Environment) -> None:
    parsed = known("conda").read([UNKNOWN if text is None else text for text in command.arguments])
    action = parsed.words[0] if parsed.words else None
    if action in {"activate", "run"}:
        _forget_python(environment)
        return
    if action not in {"install", "create", "env"}:
        return
    origin = command.origin(f"{command.name} {action}")
    named = bool(parsed.values("-n", "--name", "-p", "--prefix"))
    for text in parsed.words[1:]:
        if text == UNKNOWN or action == "env":
            environment.opaque = (*environment.opaque, origin)
        elif not named:
            name, _, version = text.rsplit("::", 1)[-1].partition("=")
            environment.commands[name] = True
            _conda_package(environment, name, version.strip("=").partition("=")[0] or None, origin)
    for tool in ("gcc", "g++", "make", "git", "curl", "wget", "ffmpeg", "nvcc"):
        if environment.commands.get(tool) is False:
            del environment.commands[tool]


def _conda_package(environment: Environment, name: str, version: str | None, origin: object) -> None:
    from conductor.preflight.environment.origin import Origin

    interpreter = environment.python("python")
    if interpreter is None or not isinstance(origin, Origin):
        return
    if name == "python":
        minor = ".".join(version.split(".")[:2]) if version else None
        changed = replace(interpreter, version=minor, origin=origin)
        for names in environment.interpreters.values():
            names.update({key: changed for key, value in names.items() if value.path == interpreter.path})
    elif name in {"pytorch", "torchvision", "torchaudio"}:
        plain = "torch" if name == "pytorch" else name
        found = Distribution(plain, version, None, origin)
        environment.packages[(interpreter.path, plain)] = found
        if plain == "torch":
            _set_torch(environment, found)
    else:
        environment.packages[(interpreter.path, name)] = Distribution(name, version, None, origin)


def _python(command: Command, environment: Environment) -> bool:
    """Follow `python -m venv`, `virtualenv`, `uv venv`, `uv python install`, ensurepip, get-pip and scripts."""
    texts = list(command.arguments)
    if command.name == "uv":
        return _uv(command, environment, texts)
    if command.name == "virtualenv" or texts[:2] in (["-m", "venv"], ["-m", "virtualenv"]):
        chosen = option_value(texts, "-p", "--python")
        source = environment.python(chosen) if chosen else environment.python(command.words[0].text or "python")
        if command.name == "virtualenv" and not chosen:
            source = environment.python("python3")
        make_venv(command, environment, source)
        return True
    if not texts or any(text and "get-pip" in text for text in texts) or texts[:2] == ["-m", "ensurepip"]:
        found = environment.python(command.words[0].text or "python")
        environment.commands["pip"] = environment.commands["pip3"] = True
        if found is not None:
            environment.add_interpreter("/usr/local/bin", found, "pip", "pip3", f"pip{found.version}")
        return True
    if _may_write(texts):
        if environment.files is not None:
            environment.files.anywhere = True
        _script(command, environment, texts[texts.index("-c") + 1] if "-c" in texts[:-1] else None)
    return True


_WRITING = re.compile(
    r"open|mkdir|makedirs|touch|write|save|dump|copy|move|rename|link|extract|download|retrieve|Path|subprocess|system|run"
)


def _may_write(texts: list[str | None]) -> bool:
    """Tell whether a Python program may make files: any script or module, and inline code that names such a call."""
    if not texts or texts[0] in {"-V", "--version"} or (texts[0] == "-m" and texts[1:2] in (["venv"], ["compileall"])):
        return False
    if "-c" in texts[:-1]:
        code = texts[texts.index("-c") + 1]
        return code is None or _WRITING.search(code) is not None
    return True


def _script(command: Command, environment: Environment, code: str | None) -> None:
    """A Python program was run: it may write where it stands, and what paths its text names."""
    from conductor.preflight.environment.files import Placed

    if environment.files is None:
        return
    origin = command.origin("a Python program may write here")
    for path in re.findall(r"[\"'](/[^\"']+)", code or ""):
        named = Placed(posixpath.normpath(path), None, is_folder=True, unknown=True, executable=None, origin=origin)
        environment.files.put(named)
    if environment.workdir is None:
        environment.files.base_known = False
        return
    environment.files.put(
        Placed(environment.workdir, None, is_folder=True, unknown=True, executable=None, origin=origin)
    )


def _uv(command: Command, environment: Environment, texts: list[str | None]) -> bool:
    if texts[:1] == ["venv"]:
        chosen = option_value(texts, "-p", "--python")
        version = chosen if chosen and re.fullmatch(r"3\.\d+(\.\d+)?", chosen) else None
        source = environment.python("python3") if chosen is None else environment.python(chosen)
        if version is not None:
            minor = ".".join(version.split(".")[:2])
            source = Interpreter("uv", minor, "base", command.origin(f"uv venv --python {version}"), False)
        make_venv(command, environment, source)
        return True
    if texts[:1] == ["sync"] and sync(command, environment):
        return True
    if texts[:1] in (["sync"], ["python"], ["run"], ["tool"], ["add"]):
        environment.opaque = (*environment.opaque, command.origin(f"uv {texts[0]} installs what its files say"))
    return True
