"""The wheels that a project's image installs, each judged in the environment that holds at that moment."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conductor.knowledge import gpu
from conductor.preflight.wheels.contents import NEED_TORCH
from conductor.preflight.wheels.environment import Environment
from conductor.preflight.wheels.faults import Reason
from conductor.preflight.wheels.judge import Judgement, judge
from conductor.preflight.wheels.name import parse_wheel

if TYPE_CHECKING:
    from conductor.domain.finding import Location
    from conductor.preflight.environment.model import Distribution, Interpreter
    from conductor.preflight.environment.model import Environment as Followed
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.parse.requirements import Requirement
    from conductor.preflight.subject import Subject


TORCH_REASONS = frozenset({Reason.TORCH_MISSING, Reason.CUDA_MAJOR, Reason.TORCH_MINOR, Reason.ABI})


@dataclass(frozen=True, slots=True)
class InstalledWheel:
    """One wheel of one installation. `sure` is False where it rests on a fact that was derived, or may not run."""

    install: PipInstall
    requirement: Requirement
    where: Location
    environment: Environment
    judgement: Judgement
    sure: bool


@functools.lru_cache(maxsize=4)
def installed_wheels(subject: Subject) -> tuple[InstalledWheel, ...]:
    """Return every wheel that is installed from a file or an address, judged."""
    return tuple(_each(subject))


def _each(subject: Subject) -> Iterator[InstalledWheel]:
    for install in subject.pip_installs:
        for requirement, where in zip(install.requirements, install.where, strict=True):
            address = requirement.address
            if address is None or not parse_wheel(_without_fragment(address)).is_wheel:
                continue
            environment, sure = environment_of(subject, install)
            judgement, environment = _worst(subject, _without_fragment(address), environment)
            if any(fault.reason in TORCH_REASONS for fault in judgement.faults):
                environment = _at_the_end(subject, install, environment)
                judgement, environment = _worst(subject, _without_fragment(address), environment)
            certain = sure and not install.command.masked and not install.command.conditional
            yield InstalledWheel(install, requirement, where, environment, judgement, certain)


def _at_the_end(subject: Subject, install: PipInstall, environment: Environment) -> Environment:
    """Return the environment with the torch that a later installation leaves there: that is what the wheel meets."""
    final = subject.timeline.final
    torch = installed_torch(final, install.interpreter) if final else None
    if torch is None or torch == installed_torch(install.environment, install.interpreter):
        return environment
    if torch.version is None:
        return replace(environment, torch=None, has_torch=True, cuda=None, cxx11abi=None)
    version = f"{torch.version}+{torch.local}" if torch.local else torch.version
    later = Environment.from_mapping({"torch": version})
    return replace(environment, torch=later.torch, has_torch=True, cuda=later.cuda, cxx11abi=later.cxx11abi)


def _without_fragment(address: str) -> str:
    return address.partition("#")[0]


def _worst(subject: Subject, address: str, environment: Environment) -> tuple[Judgement, Environment]:
    """Judge for each GPU that a target asks for and return the judgement with the most faults."""
    capabilities = sorted(
        {found.capability for name in target_gpus(subject) if (found := gpu(name, root=subject.root))}
    )
    environments = [replace(environment, capability=one) for one in capabilities] or [environment]
    judged = [(judge(address, one, address, subject.day), one) for one in environments]
    return max(judged, key=lambda pair: len(pair[0].faults))


def target_gpus(subject: Subject) -> tuple[str, ...]:
    """Return the GPUs that the project's targets ask for."""
    return tuple(name for target in subject.settings.targets for name in target.gpu)


def environment_of(subject: Subject, install: PipInstall) -> tuple[Environment, bool]:
    """Return what the installation meets, and whether every part of it was looked up."""
    followed, interpreter = install.environment, install.interpreter
    torch = installed_torch(followed, interpreter)
    ours = _requested_torch(install) or torch
    version = f"{ours.version}+{ours.local}" if ours and ours.version and ours.local else ours.version if ours else None
    row: dict[str, object] = {
        "python": interpreter.version if interpreter else None,
        "glibc": followed.glibc.value if followed.glibc else None,
        "machine": machine_of(subject),
    }
    if version:
        row["torch"] = version
    cuda_of_base = followed.torch_cuda
    if cuda_of_base and torch is ours and followed.torch and ours and followed.torch.value == ours.version:
        row["cuda"] = cuda_of_base.value
        if followed.cxx11abi:
            row["cxx11abi"] = followed.cxx11abi.value == "TRUE"
    environment = Environment.from_mapping(row)
    if ours is None:
        environment = replace(environment, has_torch=False if torch_is_absent(install) else None)
    facts = (followed.glibc, followed.torch, followed.torch_cuda, followed.cxx11abi)
    return environment, all(fact.sure for fact in facts if fact is not None)


def machine_of(subject: Subject) -> str:
    """Return the machine the image is built for."""
    build = subject.settings.build
    return (build.platform if build else "linux/amd64").partition("/")[2].partition("/")[0]


def installed_torch(followed: Followed, interpreter: Interpreter | None) -> Distribution | None:
    """Return the torch that this interpreter sees."""
    return followed.package(interpreter, "torch")


def _requested_torch(install: PipInstall) -> Distribution | None:
    """Return the torch that the same installation pins: pip installs it together with the wheel."""
    from conductor.preflight.environment.model import Distribution

    for requirement in install.requirements:
        if requirement.name == "torch" and requirement.pinned:
            version, _, local = requirement.pinned.partition("+")
            return Distribution("torch", version, local or None, install.command.origin("pip installs torch"))
    return None


def torch_is_absent(install: PipInstall, *, before: bool = False) -> bool:
    """Tell whether certainly no torch is there; `before` leaves out what the installation itself brings."""
    followed, interpreter = install.environment, install.interpreter
    if interpreter is None or followed.opaque or not install.complete or interpreter.sees_system:
        return False
    if followed.torch is not None and interpreter.kind != "venv":
        return False
    present = {name for path, name in followed.packages if path == interpreter.path}
    asked = set() if before else {one.name for one in install.requirements if not _is_torch_wheel(one)}
    return present | asked <= WITHOUT_TORCH


def _is_torch_wheel(requirement: Requirement) -> bool:
    """Tell whether this is a wheel that needs torch and does not bring a torch that fits it."""
    return (
        bool(requirement.address)
        and parse_wheel(_without_fragment(requirement.address or "")).distribution in NEED_TORCH
    )


# Distributions that do not bring torch. Any other may, through what it requires.
WITHOUT_TORCH = frozenset(
    {"pip", "setuptools", "wheel", "packaging", "ninja", "cmake", "psutil", "uv", "build", "cython", "pybind11"}
    | {
        "runpod",
        "requests",
        "httpx",
        "aiohttp",
        "fastapi",
        "uvicorn",
        "pydantic",
        "gradio",
        "websocket-client",
        "flask",
    }
    | {"boto3", "minio", "google-cloud-storage", "python-dotenv", "pyyaml", "omegaconf", "tqdm", "rich", "loguru"}
    | {"numpy", "scipy", "pandas", "pillow", "opencv-python", "opencv-python-headless", "imageio", "imageio-ffmpeg"}
    | {
        "scikit-image",
        "scikit-learn",
        "matplotlib",
        "av",
        "moviepy",
        "soundfile",
        "librosa",
        "ffmpeg-python",
        "mediapy",
    }
    | {"huggingface-hub", "hf-transfer", "hf-xet", "transformers", "tokenizers", "diffusers", "safetensors", "einops"}
    | {"sentencepiece", "protobuf", "python-multipart", "cupy-cuda12x", "numba", "triton"}
)
