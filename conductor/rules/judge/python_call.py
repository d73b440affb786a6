"""What a Python interpreter is told to run: a module or a script."""

from __future__ import annotations


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
