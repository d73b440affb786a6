"""What a Python interpreter is told to run as a module."""

from __future__ import annotations

from conductor.programs.interpreters import read_python


def python_module(args: list[str]) -> tuple[str | None, list[str]]:
    """Return the module that `-m` names, in a cluster too (`-Im pip`, `-mpip`), and its arguments."""
    python = read_python(args)
    return (None, []) if python.module is None else _profiled(python.module, python.arguments)


def _profiled(module: str, rest: list[str]) -> tuple[str | None, list[str]]:
    """Look through modules that run another one: `-m cProfile -m pip install`."""
    if module in {"cProfile", "profile", "pdb", "trace", "coverage", "runpy"} and "-m" in rest[:-1]:
        place = rest.index("-m")
        return rest[place + 1], rest[place + 2 :]
    if module == "runpy" and rest:
        return rest[0], rest[1:]
    return module, rest
