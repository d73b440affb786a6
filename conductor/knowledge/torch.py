"""torch as it is published: CUDA, C++ ABI, Pythons, platform; and the packages that fit exactly one torch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from conductor.knowledge.entries import Entry, entries

FIRST_NEW_ABI = Version("2.7.0")


@dataclass(frozen=True, slots=True)
class TorchBuild:
    """One published torch. `cuda` is `12.6`, None for a CPU build or unknown; `python` is the first and last minor."""

    version: str
    cuda: str | None
    cxx11abi: bool
    python: tuple[str, str]
    platform: str
    cuda_builds: tuple[str, ...]
    triton: str | None
    kernels: tuple[int, ...]
    source: str

    def supports(self, python: str) -> bool:
        """Tell whether a wheel for that CPython (`3.11`) was published."""
        minor = int(python.split(".")[1].rstrip("t"))
        return int(self.python[0].split(".")[1]) <= minor <= int(self.python[1].split(".")[1])


@dataclass(frozen=True, slots=True)
class Companion:
    """A version of a package and the torch it needs: an exact version, or a specifier such as `>=2.3,<3`."""

    name: str
    version: str
    torch: str
    python: str
    platform: str
    cuda: str | None
    address: str | None
    source: str

    def wheel(self, python: str) -> str:
        """Return the file name for a CPython such as `3.11` on Linux x86_64."""
        tag = f"cp{python.replace('.', '')}"
        tags = f"{tag}-{tag}" if self.python == "each" else self.python
        if re.fullmatch(r"cp\d+", tags):
            tags = f"{tags}-{tags}"
        return f"{self.name}-{self.version}-{tags}-{self.platform}_x86_64.whl"


def torch_builds(*, root: Path | None = None) -> tuple[TorchBuild, ...]:
    """Return every torch on the default index that the facts know, oldest first."""
    found = [_build(entry, str(entry["name"]), None, root) for entry in entries("torch", root=root)]
    return tuple(sorted(found, key=lambda build: Version(build.version)))


def torch_build(version: str, *, root: Path | None = None) -> TorchBuild | None:
    """Return the build behind `2.7.1` or `2.7.1+cu126`; None where the version or that local build is unknown."""
    public, _, local = version.partition("+")
    for entry in entries("torch", root=root):
        if str(entry["name"]) == public:
            builds = entry.get("cuda_builds")
            if local and builds and local not in builds:
                return None
            return _build(entry, version, local or None, root)
    return None


def torch_cxx11abi(version: str, *, cuda: str | None = None) -> bool | None:
    """Return the C++ ABI of an official Linux build, from its version and CUDA; None for what is not a release."""
    try:
        parsed = Version(version)
    except InvalidVersion:
        return None
    if parsed.release >= FIRST_NEW_ABI.release:
        return True
    if parsed.is_devrelease or parsed.is_prerelease:
        return None
    if parsed.release[:2] == (2, 6):
        local = parsed.local or (f"cu{cuda.replace('.', '')}" if cuda else "")
        return local == "cu126"
    return False


def _build(entry: Entry, version: str, local: str | None, root: Path | None) -> TorchBuild:
    cuda = entry.get("cuda")
    if local:
        cuda = f"{local[2:-1]}.{local[-1]}" if re.fullmatch(r"cu\d{3}", local) else None
    minor = ".".join(str(entry["name"]).split(".")[:2])
    token = local or (f"cu{str(cuda).replace('.', '')}" if cuda else "cpu")
    first, last = entry["python"]
    return TorchBuild(
        version=version,
        cuda=str(cuda) if cuda else None,
        cxx11abi=bool(entry["cxx11abi"]) or token in entry.get("abi_true_builds", ()),
        python=(str(first), str(last)),
        platform=str(entry["platform"]),
        cuda_builds=tuple(entry.get("cuda_builds") or ()),
        triton=str(entry["triton"]) if entry.get("triton") else None,
        kernels=_kernels(f"{minor}+{token}", root),
        source=str(entry["source"]),
    )


def _kernels(name: str, root: Path | None) -> tuple[int, ...]:
    for entry in entries("torch-kernels", root=root):
        if str(entry["name"]) == name:
            return tuple(entry["sm"])
    return ()


def companions(name: str, *, root: Path | None = None) -> tuple[Companion, ...]:
    """Return the known versions of a package that goes with torch, oldest first."""
    plain = name.lower().replace("-", "_")
    found = (entry for entry in entries("companions", root=root) if entry["name"] == plain)
    return tuple(
        Companion(
            name=plain,
            version=str(entry["version"]),
            torch=str(entry["torch"]),
            python=str(entry["python"]),
            platform=str(entry["platform"]),
            cuda=str(entry["cuda"]) if entry.get("cuda") else None,
            address=entry.get("address"),
            source=str(entry["source"]),
        )
        for entry in found
    )


def companion(name: str, torch: str, *, root: Path | None = None) -> Companion | None:
    """Return the newest version of the package that fits that torch (its local part does not matter)."""
    from packaging.specifiers import SpecifierSet

    public = torch.partition("+")[0]
    fitting = [
        item
        for item in companions(name, root=root)
        if item.torch == public or (not item.torch[0].isdigit() and SpecifierSet(item.torch).contains(public))
    ]
    exact = [item for item in fitting if item.torch == public]
    chosen = exact or fitting
    return max(chosen, key=lambda item: Version(item.version)) if chosen else None
