"""Operating system releases, their apt packages, and the shared libraries that Python modules expect from them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from conductor.domain.day import Day
from conductor.knowledge.entries import entries
from conductor.ports.tree import Tree


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """One release. `name` is `ubuntu22.04` or `debian12`; `glibc` is None where there is none (musl).

    `archived` is the day (`2025-07-13`) on which its packages left the mirrors.
    """

    name: str
    codename: str | None
    glibc: str | None
    python3: str | None
    pythons: tuple[str, ...]
    pip: str | None
    externally_managed: bool
    source: str
    archived: str | None = None


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """Whether a release's own repositories can install a package, and what replaces it there."""

    name: str
    system: str
    available: bool
    instead: str | None
    source: str


@dataclass(frozen=True, slots=True)
class SharedLibrary:
    """What one distribution needs from the system: library file or program, and the apt package that holds it."""

    distribution: str
    modules: tuple[str, ...]
    libraries: tuple[tuple[str, str], ...]
    tools: tuple[tuple[str, str], ...]
    instead: str | None
    unless: frozenset[str]
    source: str


def system_facts(name: str, *, root: Tree | None = None) -> SystemFacts | None:
    """Return the facts of `ubuntu22.04`, `ubuntu2204`, `jammy`, `debian12` or `bookworm`."""
    wanted = re.sub(
        r"^(ubuntu)(\d\d)(\d\d)$", r"\1\2.\3", name.lower().replace(" ", "").removesuffix("slim").rstrip("-")
    )
    wanted = wanted.removeprefix("debian-") if wanted.startswith("debian-") else wanted
    for entry in entries("systems", root=root):
        if wanted in {str(entry["name"]), str(entry.get("codename"))}:
            return SystemFacts(
                name=str(entry["name"]),
                codename=entry.get("codename"),
                glibc=entry.get("glibc"),
                python3=entry.get("python3"),
                pythons=tuple(entry.get("pythons") or ()),
                pip=entry.get("pip"),
                externally_managed=bool(entry["externally_managed"]),
                source=str(entry["source"]),
                archived=entry.get("archived"),
            )
    return None


def latest_system(family: str, day: Day | None = None, *, root: Tree | None = None) -> str | None:
    """Return the version (`13`) that latest and stable of `debian` mean on that day; None where nobody says."""
    there = [
        str(entry["name"]).removeprefix(family)
        for entry in entries("systems", root=root)
        if str(entry["name"]).startswith(family) and "latest" in entry and (day is None or day.reached(entry["latest"]))
    ]
    return there[-1] if there else None


def package_facts(system: str, package: str, *, root: Tree | None = None) -> PackageFacts | None:
    """Return whether that release can install the package; None where nobody looked it up."""
    release = system_facts(system, root=root)
    if release is None:
        return None
    interpreter = re.fullmatch(r"python(3\.\d+)(-(?:dev|venv|distutils|minimal|full|dbg))?", package)
    if interpreter and release.pythons:
        there = interpreter[1] in release.pythons
        instead = None if there else f"python{release.python3}{interpreter[2] or ''}"
        return PackageFacts(package, release.name, there, instead, release.source)
    for entry in entries("apt-packages", root=root):
        if entry["name"] == package:
            absent = release.name in entry["absent"]
            return PackageFacts(
                package, release.name, not absent, entry.get("instead") if absent else None, str(entry["source"])
            )
    return None


def library_for(module: str, *, root: Tree | None = None) -> tuple[SharedLibrary, ...]:
    """Return what a distribution, found by its own name or an import name (`cv2`), expects from the system."""
    plain = module.lower().replace("_", "-")
    return tuple(
        SharedLibrary(
            distribution=str(entry["name"]),
            modules=tuple(entry["modules"]),
            libraries=tuple(sorted(entry["libraries"].items())),
            tools=tuple(sorted((entry.get("tools") or {}).items())),
            instead=entry.get("instead"),
            unless=frozenset(entry.get("unless", ())),
            source=str(entry["source"]),
        )
        for entry in entries("shared-libraries", root=root)
        if module in entry["modules"] or plain == entry["name"]
    )
