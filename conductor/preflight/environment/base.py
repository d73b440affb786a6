"""What holds at the beginning of a stage: the facts of its base image."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from conductor.domain.finding import Confidence
from conductor.preflight.environment.accounts import base_accounts
from conductor.preflight.environment.model import DEFAULT_PATH, Distribution, Environment, Fact, Interpreter
from conductor.preflight.environment.origin import Origin

if TYPE_CHECKING:
    from conductor.domain.day import Day
    from conductor.knowledge import Entry, ImageFacts
    from conductor.ports.tree import Tree

_CONDA_PATH = f"/opt/conda/bin:{DEFAULT_PATH}"


def start_from(reference: str, origin: Origin, root: Tree | None = None, day: Day | None = None) -> Environment:
    """Return the environment of a base image as it was that day; of one that nobody looked up all is unknown."""
    from conductor.knowledge import image_facts

    if reference == "scratch":
        return Environment(base=reference)
    facts = image_facts(reference, root=root, day=day)
    environment = Environment(base=reference, variables={"PATH": DEFAULT_PATH})
    entry = _commands_of(reference)
    if entry is None:
        environment.opaque = (Origin(origin.path, origin.line, f"nobody looked up what {reference} holds"),)
    else:
        environment.commands.update(dict.fromkeys(entry.get("present", ()), True))
        environment.commands.update(dict.fromkeys(entry.get("absent", ()), False))
        environment.libraries.update(dict.fromkeys(entry.get("libraries_absent", ()), False))
        environment.repositories.update(dict.fromkeys(entry.get("repositories", ()), origin))
    if facts is not None:
        _apply(environment, facts, origin)
    if entry is not None and environment.os is not None and environment.os.sure:
        environment.accounts = base_accounts(environment.os.value)
    return environment


def _apply(environment: Environment, facts: ImageFacts, origin: Origin) -> None:
    """Put the looked-up facts in."""
    sure = facts.confidence is Confidence.HIGH or facts.confidence is Confidence.MEDIUM

    def fact(value: str | None) -> Fact | None:
        return Fact(value, origin, sure) if value else None

    environment.os, environment.glibc, environment.cuda = fact(facts.os), fact(facts.glibc), fact(facts.cuda)
    if facts.has_torch:
        environment.torch, environment.torch_cuda = fact(facts.torch), fact(facts.cuda)
        environment.cxx11abi = fact({True: "TRUE", False: "FALSE", None: None}[facts.cxx11abi])
    for command, there in (("nvcc", facts.has_nvcc), ("gcc", facts.has_compiler)):
        if there is not None:
            environment.commands.setdefault(command, there)
    if facts.has_python and facts.python:
        _add_python(environment, facts, origin)
    elif facts.has_python is False:
        for command in ("python", "pip", "pip3", "python3"):
            environment.commands.setdefault(command, False)


def _add_python(environment: Environment, facts: ImageFacts, origin: Origin) -> None:
    folder = (facts.python_path or "/usr/local/bin/python").rpartition("/")[0]
    if folder == "/opt/conda/bin":
        environment.variables["PATH"] = _CONDA_PATH
        environment.commands["conda"] = True
    kind = "conda" if folder == "/opt/conda/bin" else "base"
    interpreter = Interpreter(
        folder, facts.python, "conda" if kind == "conda" else "base", origin, facts.externally_managed
    )
    minor = ".".join((facts.python or "3").split(".")[:2])
    names = ("python", "python3", f"python{minor}", "pip", "pip3", f"pip{minor}")
    environment.add_interpreter(folder, interpreter, *names)
    if facts.has_torch:
        local = f"cu{facts.cuda.replace('.', '')}" if facts.cuda else None
        torch = Distribution("torch", facts.torch, local, origin)
        environment.packages[(folder, "torch")] = torch


def _commands_of(reference: str) -> Entry | None:
    """Return the entry that lists which commands this image holds and lacks."""
    name = reference.partition("@")[0]
    for prefix in ("docker.io/", "index.docker.io/", "nvcr.io/"):
        name = name.removeprefix(prefix)
    name = name.removeprefix("library/")
    if ":" not in name.rpartition("/")[2]:
        name = f"{name}:latest"
    return next((entry for pattern, entry in _patterns() if pattern.fullmatch(name)), None)


@functools.cache
def _patterns() -> tuple[tuple[re.Pattern[str], Entry], ...]:
    from conductor.knowledge import entries

    return tuple((re.compile(entry["match"]), entry) for entry in entries("bases"))
