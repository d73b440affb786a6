"""What the stand-in build takes from a Dockerfile: its last stage's environment, folder and command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field

from conductor.preflight.parse.dockerfile import Dockerfile, Instruction, Stage, parse_dockerfile
from conductor.preflight.parse.words import expand, parse_assignments, split_words


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
    """Return the last stage's recipe, `${NAME}` replaced from ARG, ENV and the build's arguments.

    A stage that begins from an earlier one has what that one set.
    """
    dockerfile = parse_dockerfile(text)
    shared: dict[str, str] = {}
    for instruction in dockerfile.head:
        shared.update(_arguments(instruction, shared, arguments, dockerfile.escape))
    if not dockerfile.stages:
        return ImageRecipe()
    return _read_stage(dockerfile, dockerfile.stages[-1], shared, arguments)


def _read_stage(dockerfile: Dockerfile, stage: Stage, shared: dict[str, str], given: dict[str, str]) -> ImageRecipe:
    base = _fill(stage.base, shared | given, dockerfile.escape)
    earlier = next((one for one in dockerfile.stages[: stage.index] if one.name == base.lower()), None)
    recipe = _read_stage(dockerfile, earlier, shared, given) if earlier is not None else ImageRecipe(base=base)
    known = dict(recipe.environment)
    own_command = False
    for instruction in stage.body:
        if instruction.name == "ARG":
            known.update(_arguments(instruction, known, shared | given, dockerfile.escape))
            continue
        if instruction.name == "ENTRYPOINT" and not own_command:
            recipe.command = []  # what the base starts is an argument of another program
        own_command |= instruction.name == "CMD"
        _apply(instruction, recipe, known, dockerfile.escape)
        known.update(recipe.environment)
    return recipe


def list_bases(text: str) -> list[str]:
    """Return the names of the images that a build fetches: those of FROM and of COPY --from, no stage of its own."""
    dockerfile = parse_dockerfile(text)
    shared: dict[str, str] = {}
    for instruction in dockerfile.head:
        shared.update(_arguments(instruction, shared, {}, dockerfile.escape))
    own = {"scratch", "", *(stage.name for stage in dockerfile.stages if stage.name)}
    found = [_fill(stage.base, shared, dockerfile.escape) for stage in dockerfile.stages]
    copied = [instruction.flag("from") for instruction in dockerfile.instructions if instruction.name == "COPY"]
    found += [name for name in copied if name and not name.isdigit()]
    return sorted({name for name in found if name.lower() not in own})


def handler_of(words: list[str]) -> str | None:
    """Return the first Python file of a command line, or None."""
    parts = [part for word in words for part in (_split(word) if " " in word else [word])]
    return next((part for part in parts if part.endswith(".py")), None)


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a quote that is never closed: the shell would refuse the line
        return line.split()


def _arguments(
    instruction: Instruction, known: dict[str, str], given: dict[str, str], escape: str
) -> Iterator[tuple[str, str]]:
    """Yield what an ARG line declares: the value that was given, else its default, else an empty text."""
    for word in split_words(instruction.text, escape):
        name, _, default = word.raw.partition("=")
        yield name, given[name] if name in given else _fill(default, known, escape)


def _apply(instruction: Instruction, recipe: ImageRecipe, known: dict[str, str], escape: str) -> None:
    if instruction.name == "ENV":
        pairs = parse_assignments(instruction.text, escape)
        recipe.environment.update({name: _fill(raw, known, escape) for name, raw, _ in pairs})
    elif instruction.name == "WORKDIR":
        folder = _fill(instruction.text, known, escape)
        recipe.working_dir = folder if folder.startswith("/") else f"{recipe.working_dir}/{folder}"
    elif instruction.name == "ENTRYPOINT":
        recipe.entrypoint = _command(instruction)
    elif instruction.name == "CMD":
        recipe.command = _command(instruction)
    elif instruction.name == "RUN":
        recipe.skipped.append(instruction.text)


def _command(instruction: Instruction) -> list[str]:
    return ["/bin/sh", "-c", instruction.text] if instruction.json is None else list(instruction.json)


def _fill(text: str, known: dict[str, str], escape: str) -> str:
    return expand(text, known, escape) or ""
