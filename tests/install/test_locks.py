"""The locks: what pip is given, by the rules of the oldest pip that reads them (23.0, of Debian 12)."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = [*sorted(ROOT.glob("requirements/*.txt")), ROOT / "image/requirements.txt"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Every Python that is promised, on both systems.
PLACES = [
    {"python_version": version, "python_full_version": f"{version}.0", "sys_platform": system, "platform_system": name,
     "os_name": "posix", "implementation_name": "cpython", "platform_python_implementation": "CPython",
     "platform_machine": machine}
    for version in ("3.11", "3.12", "3.13", "3.14")
    for system, name, machine in (("linux", "Linux", "x86_64"), ("darwin", "Darwin", "arm64"))
]  # fmt: skip


def entries(lock):
    """Yield each line's requirement and its hashes."""
    for line in lock.read_text().replace("\\\n", " ").splitlines():
        if line.strip():
            wanted, *hashes = line.split(" --hash=")
            yield Requirement(wanted.strip()), [found.strip() for found in hashes]


def pins(lock):
    return {canonicalize_name(found.name): next(iter(found.specifier)).version for found, _ in entries(lock)}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_line_is_a_name_a_version_and_hashes_and_nothing_else(lock):
    for wanted, hashes in entries(lock):
        assert [found.operator for found in wanted.specifier] == ["=="], wanted
        assert "*" not in str(wanted.specifier), wanted
        assert not wanted.extras, f"{wanted}: older pips look for the hashes of name and extra apart"
        assert wanted.url is None, wanted
        assert hashes, wanted
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", found) for found in hashes), wanted


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_lock_holds_a_distribution_twice(lock):
    names = [canonicalize_name(found.name) for found, _ in entries(lock)]
    assert sorted(names) == sorted(set(names))


def test_the_locks_agree_with_each_other_and_with_the_image_on_every_version():
    """The installers stand apart: they make environments, they are in none."""
    versions = {}
    for lock in LOCKS:
        if lock.name == "installers.txt":
            continue
        for name, version in pins(lock).items():
            versions.setdefault(name, {}).setdefault(version, []).append(f"{lock.parent.name}/{lock.name}")
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_what_the_handler_of_the_image_needs_is_in_the_rehearsal_s_lock():
    """The rest of the image's list is SeedVR2's, for a GPU."""
    rehearsal = pins(ROOT / "requirements/rehearsal.txt")
    handler = (ROOT / "image/requirements.in").read_text().split("# SeedVR2")[0]
    wanted = [Requirement(line.split("#")[0]) for line in handler.splitlines() if line.split("#")[0].strip()]
    assert {"av", "runpod"} <= {found.name for found in wanted}
    for found in wanted:
        assert found.specifier.contains(rehearsal[canonicalize_name(found.name)]), found


@pytest.mark.parametrize(("lock", "extra"), [("rehearsal", "rehearsal"), ("dev", "dev")])
def test_a_lock_names_everything_that_its_packages_need_on_every_python_and_system(lock, extra):
    """pip resolves nothing (`--no-deps`), so what is not named is not installed."""
    locked = pins(ROOT / f"requirements/{lock}.txt")
    wanted = [(Requirement(text), "pyproject.toml") for text in PROJECT["dependencies"]]
    wanted += [(found, "pyproject.toml") for found in extras_of_the_project(extra)]
    seen, missing = set(), []
    while wanted:
        need, asker = wanted.pop()
        name = canonicalize_name(need.name)
        if name not in locked or not need.specifier.contains(locked[name], prereleases=True):
            missing.append(f"{asker} needs {need}, locked is {locked.get(name)}")
        for extra_of_it in ("", *sorted(need.extras)):
            if (name, extra_of_it) not in seen:
                seen.add((name, extra_of_it))
                wanted += [(found, need.name) for found in needs_of(name, extra_of_it)]
    assert missing == []
    assert len(seen) > 40


def extras_of_the_project(extra):
    """Yield an extra's requirements, those of the extras that it names among them."""
    for text in PROJECT["optional-dependencies"][extra]:
        found = Requirement(text)
        if found.name == PROJECT["name"]:
            for inner in found.extras:
                yield from extras_of_the_project(inner)
        else:
            yield found


def needs_of(name, extra):
    """Yield what an installed distribution needs somewhere; one that is not installed here is for another system."""
    try:
        texts = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return
    for text in texts:
        found = Requirement(text)
        if found.marker is None or any(found.marker.evaluate({**place, "extra": extra}) for place in PLACES):
            yield found


@pytest.mark.parametrize("lock", ["rehearsal", "dev"])
def test_what_is_installed_here_is_what_the_lock_says(lock):
    """Where the tests run, they run with the locked versions."""
    for found, _ in entries(ROOT / f"requirements/{lock}.txt"):
        if found.marker is None or found.marker.evaluate():
            assert importlib.metadata.version(found.name) == next(iter(found.specifier)).version, found


def test_the_builder_s_lock_holds_what_the_build_needs():
    backend = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    locked = pins(ROOT / "requirements/build.txt")
    for need in map(Requirement, [*backend, "editables"]):
        assert need.specifier.contains(locked[canonicalize_name(need.name)]), need
