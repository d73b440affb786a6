"""Programs that load another program by its name: which module or file their words name, and what it must have.

Which of their options take a value stands in the table of programs.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conductor.programs import known
from conductor.shell.expand import UNKNOWN

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Environment
    from conductor.programs.options import Parsed


@dataclass(frozen=True, slots=True)
class Target:
    """What a server loads: a `module` or a `file`, and the attribute that must be there (`app`, `make()`).

    `folders` go before the standard library in its path, relative to the folder that it is started in. `modules` and
    `files` are what it needs besides, `settings` Python files that it runs first where they are there.
    """

    module: str | None = None
    file: str | None = None
    attribute: str | None = None
    folders: tuple[str, ...] = (".",)
    main: bool = False
    modules: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


Server = Callable[[Sequence[str], "Environment"], "Target | None"]


def _named(word: str | None, default: str | None, *folders: str) -> Target | None:
    """Return the target of `module:attribute`."""
    if word is None or UNKNOWN in word or not word:
        return None
    module, colon, attribute = word.partition(":")
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", module):
        return None
    return Target(module=module, attribute=attribute if colon else default, folders=folders or (".",))


def _read(name: str, arguments: Sequence[str], given: str | None = None) -> Parsed | None:
    """Return the options, those of an environment variable before them; None where it starts nothing that is known."""
    words = known(name)
    parsed = words.parse([*(given or "").split(), *arguments])
    return None if UNKNOWN in parsed.words or parsed.has(*words.idle) else parsed


# What uvicorn imports when its options ask for it, and does not require.
_OF_UVICORN = frozenset({"uvloop", "httptools", "websockets", "wsproto"})


def _uvicorn(arguments: Sequence[str], environment: Environment) -> Target | None:
    parsed = _read("uvicorn", arguments)
    if parsed is None:
        return None
    folder = parsed.value("--app-dir") or "."
    word = (parsed.words or [environment.variables.get("UVICORN_APP") or ""])[0]
    target = _named(word, None, folder) if ":" in word else None
    logs = parsed.value("--log-config") or ""
    given = {(name, parsed.value(name)) for name in ("--loop", "--http", "--ws")}
    modules = tuple(sorted(value for _, value in given if value in _OF_UVICORN))
    modules += ("yaml",) if logs.endswith((".yaml", ".yml")) else ()
    modules += ("dotenv",) if parsed.value("--env-file") else ()
    files = (logs,) if logs.endswith((".yaml", ".yml", ".json")) else ()
    return replace(target, modules=modules, files=files) if target is not None else None


def _gunicorn(arguments: Sequence[str], environment: Environment) -> Target | None:
    if "GUNICORN_CMD_ARGS" in environment.variables and environment.variables["GUNICORN_CMD_ARGS"] is None:
        return None
    parsed = _read("gunicorn", arguments, environment.variables.get("GUNICORN_CMD_ARGS"))
    if parsed is None or parsed.has("--paste", "--paster"):
        return None
    config = parsed.value("-c", "--config")
    files = (config.removeprefix("file:"),) if config and not config.startswith("python:") else ()
    settings = files or (() if config else ("gunicorn.conf.py",))
    kind = parsed.value("-k", "--worker-class") or ""
    modules = (
        (kind,) if kind in {"gevent", "eventlet", "tornado"} else (kind.rpartition(".")[0],) if "." in kind else ()
    )
    if not parsed.words or _has_config(environment, config or "gunicorn.conf.py"):
        return Target(modules=modules, files=files, settings=settings)
    folders = [parsed.value("--chdir") or "."]
    given = parsed.value("--pythonpath")
    folders += (given or "").split(",") if given else []
    target = _named(parsed.words[0], "application", *folders)
    return replace(target or Target(), modules=modules, files=files, settings=settings)


def _has_config(environment: Environment, name: str) -> bool:
    """Tell whether gunicorn's configuration, which may set everything, says where to look."""
    files = environment.files
    if files is None or environment.workdir is None:
        return True
    found = files.find(posixpath.normpath(posixpath.join(environment.workdir, name)))
    text = files.context.read_text(found.source) if found.source else None
    return found.state in {"context", "there"} and (
        text is None or re.search(r"chdir|pythonpath|wsgi_app|preload", text) is not None
    )


def _hypercorn(arguments: Sequence[str], environment: Environment) -> Target | None:
    del environment
    parsed = _read("hypercorn", arguments)
    if parsed is None or not parsed.words:
        return None
    config = parsed.value("-c", "--config")
    files = (config.removeprefix("file:"),) if config and not config.startswith("python:") else ()
    path, _, attribute = re.sub(r"^(asgi|wsgi):", "", parsed.words[0]).partition(":")
    folder, _, name = path.rpartition("/")
    target = _named(f"{name.removesuffix('.py')}:{attribute or 'app'}", None, folder or ".")
    if ":" in attribute:
        return None
    return replace(target, files=files) if target is not None else Target(files=files)


def _celery(arguments: Sequence[str], environment: Environment) -> Target | None:
    parsed = known("celery").read(arguments)
    app = parsed.value("-A", "--app") or environment.variables.get("CELERY_APP")
    target = _named((app or "").replace("/", "."), None, parsed.value("--workdir") or ".")
    # An attribute may be left out, and may be a module: celery looks for app, celery, and a submodule celery.
    pool = parsed.value("-P", "--pool") or ""
    modules = (pool,) if pool in {"gevent", "eventlet"} else ()
    return Target(module=target.module, folders=target.folders, modules=modules) if target is not None else None


def _flask(arguments: Sequence[str], environment: Environment) -> Target | None:
    parsed = known("flask").read(arguments)
    if parsed.words[:1] != ["run"] or environment.variables.get("FLASK_APP", "") is None:
        return None
    app = parsed.value("-A", "--app") or environment.variables.get("FLASK_APP")
    if app is None:
        return None
    path, colon, attribute = re.match(r"([^:]*)(:?)(.*)", app).groups()  # type: ignore[union-attr]
    folder, _, name = path.rpartition("/")
    attribute = re.sub(r"\(.*", "()", attribute) if colon and re.fullmatch(r"\w+(\(.*\))?", attribute) else ""
    return _named(name.removesuffix(".py") + (f":{attribute}" if attribute else ""), None, folder or ".")


def _fastapi(arguments: Sequence[str], environment: Environment) -> Target | None:
    parsed = known("fastapi").read(arguments)
    words = parsed.words
    if words[:1] not in (["run"], ["dev"]) or len(words) < 2 or UNKNOWN in words[1] or not words[1].endswith(".py"):
        return None
    # It begins above the outermost package that the file is in.
    folder, name = posixpath.split(posixpath.normpath(posixpath.join(environment.workdir or UNKNOWN, words[1])))
    parts = [name.removesuffix(".py")]
    files = environment.files
    if files is None or UNKNOWN in folder:
        return None
    if files.find(posixpath.join(folder, name)).state == "absent":
        return Target(file=words[1], folders=(folder,))
    while files.find(posixpath.join(folder, "__init__.py")).state == "context":
        folder, above = posixpath.split(folder)
        parts.insert(0, above)
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return Target(module=".".join(parts), attribute=parsed.value("--app"), folders=(folder,))


def _streamlit(arguments: Sequence[str], environment: Environment) -> Target | None:
    del environment
    words = [word for word in arguments if not word.startswith("-")]
    if words[:1] != ["run"] or len(words) < 2 or UNKNOWN in words[1] or not words[1].endswith(".py"):
        return None
    place = list(arguments).index(words[1])
    if any(word.startswith("-") and "=" not in word for word in arguments[1:place]):
        return None  # the word may be an option's value
    return Target(file=words[1], folders=(posixpath.dirname(words[1]) or ".",), main=True)


SERVERS: dict[str, Server] = {
    "uvicorn": _uvicorn,
    "gunicorn": _gunicorn,
    "hypercorn": _hypercorn,
    "celery": _celery,
    "flask": _flask,
    "fastapi": _fastapi,
    "streamlit": _streamlit,
}
