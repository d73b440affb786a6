"""What the stand-in build takes from a Dockerfile: its last stage's environment, folder and command."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field

_SEARCHED = re.compile(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")


@dataclass(slots=True)
class ImageRecipe:
    """The metadata an image would carry; `skipped` are the RUN lines that a stand-in build does not execute."""

    base: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    working_dir: str = ""
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def read_recipe(text: str, arguments: dict[str, str]) -> ImageRecipe:
    """Return the last stage's recipe, `${NAME}` replaced from ARG, ENV and the build's arguments."""
    recipe = ImageRecipe()
    known: dict[str, str] = {}
    before_from: dict[str, str] = {}
    for keyword, rest in _instructions(text):
        if keyword == "FROM":
            words = [word for word in rest.split() if not word.startswith("--")]
            recipe = ImageRecipe(base=_fill(words[0] if words else "", before_from | arguments))
            known = {}
        elif keyword == "ARG":
            name, _, default = rest.partition("=")
            value = arguments.get(name.strip(), _fill(default.strip().strip("\"'"), known))
            (known if recipe.base else before_from)[name.strip()] = value
        elif keyword == "ENV":
            for name, value in _pairs(rest):
                known[name] = recipe.environment[name] = _fill(value, known)
        elif keyword == "WORKDIR":
            folder = _fill(rest, known)
            recipe.working_dir = folder if folder.startswith("/") else f"{recipe.working_dir}/{folder}"
        elif keyword == "ENTRYPOINT":
            recipe.entrypoint, recipe.command = _command(rest), []
        elif keyword == "CMD":
            recipe.command = _command(rest)
        elif keyword == "RUN":
            recipe.skipped.append(rest)
    return recipe


def handler_of(words: list[str]) -> str | None:
    """Return the first Python file of a command line, or None."""
    parts = [part for word in words for part in (shlex.split(word) if " " in word else [word])]
    return next((part for part in parts if part.endswith(".py")), None)


def _instructions(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    pending = ""
    heredoc_end = ""
    for line in text.splitlines():
        if heredoc_end:
            heredoc_end = "" if line.strip() == heredoc_end else heredoc_end
            continue
        if line.lstrip().startswith("#") or (not line.strip() and not pending):
            continue
        pending += line.rstrip()
        if pending.endswith("\\"):
            pending = pending[:-1] + " "
            continue
        keyword, _, rest = pending.strip().partition(" ")
        found.append((keyword.upper(), rest.strip()))
        if keyword.upper() in {"RUN", "COPY", "ADD"} and (opened := re.search(r"<<-?[\"']?(\w+)", rest)):
            heredoc_end = opened[1]
        pending = ""
    return found


def _pairs(rest: str) -> list[tuple[str, str]]:
    first = rest.split(None, 1)
    if "=" not in first[0]:
        return [(first[0], first[1] if len(first) > 1 else "")]
    return [(name, value) for name, _, value in (word.partition("=") for word in shlex.split(rest))]


def _command(rest: str) -> list[str]:
    if rest.startswith("["):
        try:
            return [str(word) for word in json.loads(rest)]
        except ValueError:
            pass
    return ["/bin/sh", "-c", rest]


def _fill(text: str, known: dict[str, str]) -> str:
    return _SEARCHED.sub(lambda found: known.get(found[1] or found[3]) or found[2] or "", text)
