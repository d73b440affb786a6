"""What a wheel meets: the Python, torch, CUDA, C++ ABI, glibc, machine and GPU of one environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from packaging.version import InvalidVersion, Version

from conductor.knowledge import ImageFacts, gpu, image_facts, torch_build, torch_cxx11abi

MACHINES = {"amd64": "x86_64", "x64": "x86_64", "x86-64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True, slots=True)
class Environment:
    """One interpreter in one image. None is unknown.

    `python` and `glibc` are `major.minor`; `torch` a version with its local part if known (`2.7.1+cu126`); `cuda` is
    that of torch (`12.6`), `cpu` where torch has none; `capability` is the GPU's, `8.9`. `has_torch` is False where
    torch is known to be absent.
    """

    python: str | None = None
    torch: str | None = None
    has_torch: bool | None = None
    cuda: str | None = None
    cxx11abi: bool | None = None
    glibc: str | None = None
    musl: bool = False
    machine: str | None = "x86_64"
    system: str | None = "linux"
    capability: str | None = None

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> Environment:
        """Build it from a JSON row; what the row leaves out is derived from its image and its torch."""
        image = _text(row.get("image"))
        facts = (image_facts(image) if image else None) or _NO_FACTS
        torch, has_torch = _torch(row, facts)
        cuda = _cuda(row, torch, facts.cuda)
        system = (_text(row.get("os")) or "linux").lower()
        return cls(
            python=_version(row.get("python")) or facts.python,
            torch=torch,
            has_torch=has_torch,
            cuda=cuda,
            cxx11abi=_abi(row, torch, cuda, facts),
            glibc=_version(row.get("glibc")) or facts.glibc,
            musl="musl" in str(row.get("glibc") or row.get("libc") or "") or "alpine" in (image or ""),
            machine=_machine(_text(row.get("machine"))),
            system=_system(system),
            capability=_stated_capability(row.get("sm")) or _capability(_text(row.get("gpu"))),
        )

    @classmethod
    def from_image(cls, reference: str, **known: Any) -> Environment:
        """Build it from a base image's facts; keyword arguments say what is known beyond them."""
        return cls.from_mapping(
            {"image": reference, **{key: value for key, value in known.items() if value is not None}}
        )

    @property
    def torch_version(self) -> Version | None:
        """Return torch's version where it is one."""
        try:
            return Version(self.torch) if self.torch else None
        except InvalidVersion:
            return None

    @property
    def torch_minor(self) -> str | None:
        """Return torch's `major.minor`."""
        version = self.torch_version
        return f"{version.major}.{version.minor}" if version else None

    @property
    def cuda_major(self) -> str | None:
        """Return the major of torch's CUDA, `cpu` for a torch without CUDA."""
        return self.cuda.partition(".")[0] if self.cuda else None


# An image of which nothing is known.
_NO_FACTS = ImageFacts(reference="", family="")


def _torch(row: Mapping[str, Any], facts: ImageFacts) -> tuple[str | None, bool | None]:
    """Return torch's version, and whether it is there at all: as the row says, else as the image has it."""
    stated = row.get("torch")
    if "torch" in row and stated in (None, "", "none"):
        return None, False
    torch = (str(stated) if isinstance(stated, int | float) else _text(stated)) or facts.torch
    return torch, True if torch else facts.has_torch


def _abi(row: Mapping[str, Any], torch: str | None, cuda: str | None, facts: ImageFacts) -> bool | None:
    """Return whether torch was built with the new C++ ABI: as the row says, else as that build has it."""
    stated = row.get("cxx11abi")
    if isinstance(stated, bool):
        return stated
    known = torch_cxx11abi(torch, cuda=cuda) if torch else None
    return facts.cxx11abi if known is None else known


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _version(value: object) -> str | None:
    if isinstance(value, float | int) and not isinstance(value, bool):
        value = str(value)
    found = re.search(r"\d+\.\d+", value) if isinstance(value, str) else None
    return found[0] if found else None


def _machine(value: str | None) -> str:
    plain = (value or "x86_64").lower().rpartition("/")[2]
    return MACHINES.get(plain, plain)


def _system(value: str) -> str:
    if value.startswith("win"):
        return "windows"
    return "macos" if value in {"darwin", "macos", "osx"} else "linux"


def _stated_capability(value: object) -> str | None:
    """Read `8.9`, `89` or `sm_89`."""
    packed = re.fullmatch(r"(?:sm_?)?(\d{1,2})(\d)[af]?", str(value)) if isinstance(value, str | int) else None
    return f"{packed[1]}.{packed[2]}" if packed else _version(value)


def _capability(name: str | None) -> str | None:
    found = gpu(name) if name else None
    return found.capability if found else None


def _cuda(row: Mapping[str, Any], torch: str | None, of_image: str | None) -> str | None:
    local = torch.partition("+")[2] if torch else ""
    if local == "cpu" or local.startswith("rocm"):
        return "cpu"
    named = re.fullmatch(r"cu(\d{2})(\d)", local)
    whole = re.fullmatch(r"\d{1,2}", str(row.get("cuda")))
    stated = _version(row.get("cuda")) or (whole[0] if whole else None)
    if stated or named:
        return stated or (f"{named[1]}.{named[2]}" if named else None)
    if of_image:
        return of_image
    build = torch_build(torch) if torch else None
    return build.cuda if build else None
