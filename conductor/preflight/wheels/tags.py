"""Compatibility tags against an environment that is not this one (PEP 425, 600, 656)."""

from __future__ import annotations

import re

from packaging.tags import Tag

from conductor.preflight.wheels.environment import Environment
from conductor.preflight.wheels.name import WheelName

LEGACY_GLIBC = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}


def python_fits(tag: Tag, python: str) -> bool:
    """Tell whether the interpreter and ABI tags allow that CPython (`3.11`)."""
    minor = int(python.split(".")[1])
    found = re.fullmatch(r"(py|cp)(\d)(\d*)", tag.interpreter)
    if not found or found[2] != "3":
        return False
    named = int(found[3]) if found[3] else 0
    if found[1] == "py" or tag.abi == "abi3":
        return named <= minor and tag.abi in {"none", "abi3"}
    return named == minor and tag.abi in {"none", tag.interpreter, f"{tag.interpreter}m"}


def versions_of(wheel: WheelName) -> str:
    """Return the Pythons a wheel is for, as a person says it: `CPython 3.10`."""
    names = {"cp": "CPython", "py": "Python", "pp": "PyPy"}
    found = [re.fullmatch(r"([a-z]+)(\d)(\d*)", tag) for tag in wheel.pythons]
    said = [f"{names.get(one[1], one[1])} {one[2]}{'.' + one[3] if one[3] else ''}" for one in found if one]
    return " or ".join(said) or "another Python"


def platform_problem(wheel: WheelName, hidden_glibc: str | None, environment: Environment) -> str | None:
    """Return why no platform tag fits, or why the binary needs a newer glibc than its tag says; None if it fits."""
    problems = [_tag_problem(tag, environment) for tag in wheel.platforms]
    if all(problems):
        return problems[0]
    if hidden_glibc and environment.glibc and _numbers(environment.glibc) < _numbers(hidden_glibc):
        needs = f"the binary needs glibc {hidden_glibc}, which its tag does not say"
        return f"{needs}; the environment has {environment.glibc}"
    return None


def _tag_problem(tag: str, environment: Environment) -> str | None:
    system, machine, glibc, musl = _read(tag)
    if system == "any":
        return None
    if environment.system and system != environment.system:
        return f"wheel is for {system}, the environment is {environment.system}"
    if environment.machine and machine not in {environment.machine, "universal2"}:
        return f"wheel is for {machine}, the environment is {environment.machine}"
    if system == "linux" and musl != environment.musl:
        ours, theirs = ("musl", "glibc") if musl else ("glibc", "musl")
        return f"wheel is linked against {ours}, the environment has {theirs}"
    if glibc and environment.glibc and _numbers(environment.glibc) < glibc:
        return f"wheel needs glibc {glibc[0]}.{glibc[1]}, the environment has {environment.glibc}"
    return None


def _read(tag: str) -> tuple[str, str, tuple[int, int] | None, bool]:
    """Return system, machine, the glibc that the tag asks for, and whether it is musl."""
    perennial = re.fullmatch(r"(many|musl)linux_(\d+)_(\d+)_(\w+)", tag)
    if perennial:
        musl = perennial[1] == "musl"
        return "linux", perennial[4], None if musl else (int(perennial[2]), int(perennial[3])), musl
    legacy = re.fullmatch(r"(manylinux(?:1|2010|2014))_(\w+)", tag)
    if legacy:
        return "linux", legacy[2], LEGACY_GLIBC[legacy[1]], False
    if tag.startswith("linux_"):
        return "linux", tag.removeprefix("linux_"), None, False
    if tag.startswith("win"):
        return "windows", {"win_amd64": "x86_64", "win_arm64": "aarch64"}.get(tag, "x86"), None, False
    mac = re.fullmatch(r"macosx_\d+_\d+_(\w+)", tag)
    if mac:
        return "macos", {"arm64": "aarch64"}.get(mac[1], mac[1]), None, False
    return tag, tag, None, False


def _numbers(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    return int(major), int(minor or 0)
