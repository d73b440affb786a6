"""The ways a wheel can fail in an environment, in the order in which the first one is named."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from conductor.knowledge import entries, runs_on
from conductor.preflight.wheels.contents import Contents
from conductor.preflight.wheels.environment import Environment
from conductor.preflight.wheels.name import WheelName
from conductor.preflight.wheels.tags import platform_problem, python_fits, versions_of

# More than any minor of torch ever had.
PATCHES = 10


class Reason(enum.StrEnum):
    """Why a wheel fails. Declared in the order of priority."""

    URL_404 = "url_404"
    NOT_PUBLISHED = "not_published"
    PYTHON_TAG = "python_tag"
    PLATFORM = "platform"
    TORCH_MISSING = "torch_missing"
    CUDA_MAJOR = "cuda_major"
    TORCH_MINOR = "torch_minor"
    ABI = "abi"
    ARCH = "arch"


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason with a sentence for a person; `certain` is False where some such wheels were seen to load."""

    reason: Reason
    message: str
    certain: bool = True


def environment_faults(wheel: WheelName, contents: Contents, environment: Environment) -> Iterator[Fault]:
    """Yield every fault that the wheel has in that environment, the first to name first."""
    for check in (_python_tag, _platform, _torch_missing, _cuda_major, _torch_minor, _abi, _arch):
        fault = check(wheel, contents, environment)
        if fault:
            yield fault


def _python_tag(wheel: WheelName, contents: Contents, environment: Environment) -> Fault | None:
    if not wheel.is_wheel or environment.python is None:
        return None
    if not any(python_fits(tag, environment.python) for tag in wheel.tags):
        return Fault(Reason.PYTHON_TAG, f"wheel is for {versions_of(wheel)}, the environment has {environment.python}")
    if contents.python and not SpecifierSet(contents.python).contains(environment.python):
        asks = f"{wheel.distribution} {wheel.version} asks for Python {contents.python}"
        return Fault(Reason.PYTHON_TAG, f"{asks}, the environment has {environment.python}")
    return None


def _platform(wheel: WheelName, contents: Contents, environment: Environment) -> Fault | None:
    if not wheel.is_wheel:
        return None
    problem = platform_problem(wheel, contents.glibc, environment)
    return Fault(Reason.PLATFORM, problem) if problem else None


def _torch_missing(wheel: WheelName, contents: Contents, environment: Environment) -> Fault | None:
    if not contents.needs_torch:
        return None
    if environment.has_torch is False:
        return Fault(Reason.TORCH_MISSING, f"{wheel.distribution} needs torch, and none is installed")
    if _builds_in_isolation(wheel):
        message = f"{wheel.distribution} is built from source in an isolated environment, which has no torch"
        return Fault(Reason.TORCH_MISSING, message)
    return None


def _builds_in_isolation(wheel: WheelName) -> bool:
    return wheel.source and not wheel.is_wheel and "--no-build-isolation" not in wheel.file


def _cuda_major(wheel: WheelName, contents: Contents, environment: Environment) -> Fault | None:
    if not contents.cuda or not environment.cuda_major or not environment.torch:
        return None
    wanted = contents.cuda.partition(".")[0]
    if environment.cuda_major == wanted:
        return None
    if wheel.built_for and _torch_minor(wheel, contents, environment):
        # `+cuN` is part of the torch it was built for: where that is another one, its CUDA is no second fault.
        return None
    there = "torch has no CUDA" if environment.cuda_major == "cpu" else f"torch has CUDA {environment.cuda}"
    return Fault(Reason.CUDA_MAJOR, f"wheel is for CUDA {wanted}, {there}")


def _torch_minor(wheel: WheelName, contents: Contents, environment: Environment) -> Fault | None:
    version = environment.torch_version
    if version is None:
        return None
    if contents.torch and contents.torch != environment.torch_minor:
        return Fault(Reason.TORCH_MINOR, f"wheel is compiled for torch {contents.torch}, the environment has {version}")
    if contents.torch_range and not _may_be_in(contents.torch_range, version):
        message = f"wheel needs torch {contents.torch_range}, the environment has {version}"
        return Fault(Reason.TORCH_MINOR, message, certain=not version.is_prerelease)
    return _other_build(wheel, contents, version)


def _may_be_in(wanted: str, version: Version) -> bool:
    """Tell whether a torch version satisfies a specifier; `2.4`, whose patch is unknown, does if any 2.4.x does."""
    has_patch = bool(version.release[2:])
    candidates = [version.public] if has_patch else [f"{version.public}.{patch}" for patch in range(PATCHES)]
    return any(SpecifierSet(wanted).contains(one, prereleases=True) for one in candidates)


def _other_build(wheel: WheelName, contents: Contents, version: Version) -> Fault | None:
    """Find the builds that share a minor and still do not load: a nightly, or a later patch than the environment's."""
    try:
        built = Version(contents.built_on or "")
    except InvalidVersion:
        return None
    if version.pre and version.pre[0] == "a" and not built.is_prerelease:
        message = f"wheel is compiled against the release {built}, the environment has NVIDIA's own build {version}"
        return Fault(Reason.TORCH_MINOR, message, certain=False)
    if built.is_devrelease and Version(version.public) != built:
        message = f"wheel is compiled against the nightly {built}, the environment has {version}"
        return Fault(Reason.TORCH_MINOR, message, certain=False)
    for entry in entries("flash-attn"):
        if entry.get("built") == str(built) and version.base_version in entry["fails_with"]:
            message = f"wheel is compiled against torch {built} and does not load in {version}"
            return Fault(Reason.TORCH_MINOR, message, certain=wheel.version in entry["seen_with"])
    return None


def _abi(wheel: WheelName, contents: Contents, environment: Environment) -> Fault | None:
    if contents.cxx11abi is None or environment.cxx11abi is None or environment.torch is None:
        return None
    if environment.system != "linux" or contents.cxx11abi == environment.cxx11abi:
        return None
    names = {True: "the new C++ ABI", False: "the old C++ ABI"}
    lie = wheel.label is not None and wheel.label != contents.cxx11abi
    really = " whatever its label says" if lie else ""
    ours, theirs = names[contents.cxx11abi], names[environment.cxx11abi]
    return Fault(Reason.ABI, f"wheel has {ours}{really}, torch has {theirs}")


def _arch(_wheel: WheelName, contents: Contents, environment: Environment) -> Fault | None:
    if not contents.kernels or environment.capability is None or runs_on(contents.kernels, environment.capability):
        return None
    built = ", ".join(f"{sm // 10}.{sm % 10}" for sm in contents.kernels)
    return Fault(Reason.ARCH, f"wheel has kernels for {built}; none runs on the GPU's {environment.capability}")
