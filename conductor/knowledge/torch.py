"""torch as it is published: CUDA, C++ ABI, Pythons, platform; and the packages that fit exactly one torch."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from conductor.knowledge.entries import Entry, entries
from conductor.ports.tree import Tree

FIRST_NEW_ABI = Version("2.7.0")
FIRST_PYTHON_WITHOUT_M = 8


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
        return _minor(self.python[0]) <= _minor(python) <= _minor(self.python[1])


@dataclass(frozen=True, slots=True)
class Companion:
    """A version of a package and the torch it needs.

    `torch` is an exact version, a specifier such as `>=2.3,<3`, or empty where every torch will do. `tags` is `each`
    for one wheel a CPython, otherwise the tags of the only wheel; `python` the first and last Python, None where no
    last is named; `platform` the tag of the Linux x86_64 wheel; `cuda` what that wheel is built with, None where
    nobody looked.
    """

    name: str
    version: str
    torch: str
    tags: str
    python: tuple[str, str | None]
    platform: str
    cuda: str | None
    address: str | None
    source: str

    @property
    def exact_torch(self) -> str | None:
        """Return the only torch version that its metadata allows."""
        return self.torch if self.torch[:1].isdigit() else None

    @property
    def torch_specifier(self) -> str:
        """Return what its metadata asks of torch, as a specifier."""
        return f"=={self.torch}" if self.exact_torch else self.torch

    def supports(self, python: str) -> bool:
        """Tell whether there is a wheel for that CPython (`3.11`), and its metadata allows it."""
        first, last = self.python
        return _minor(first) <= _minor(python) and (last is None or _minor(python) <= _minor(last))

    def wheel(self, python: str) -> str:
        """Return the file name for a CPython such as `3.11` on Linux x86_64."""
        tag = f"cp{python.replace('.', '')}"
        abi = f"{tag}m" if _minor(python) < FIRST_PYTHON_WITHOUT_M else tag
        tags = f"{tag}-{abi}" if self.tags == "each" else self.tags
        return f"{self.name}-{self.version}-{tags}-{self.platform}_x86_64.whl"


def _minor(python: str) -> int:
    return int(python.split(".")[1].rstrip("t"))


def torch_builds(*, root: Tree | None = None) -> tuple[TorchBuild, ...]:
    """Return every torch on the default index that the facts know, oldest first."""
    found = [_build(entry, str(entry["name"]), None, root) for entry in entries("torch", root=root)]
    return tuple(sorted(found, key=lambda build: Version(build.version)))


def torch_build(version: str, *, root: Tree | None = None) -> TorchBuild | None:
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


def _build(entry: Entry, version: str, local: str | None, root: Tree | None) -> TorchBuild:
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


def _kernels(name: str, root: Tree | None) -> tuple[int, ...]:
    for entry in entries("torch-kernels", root=root):
        if str(entry["name"]) == name:
            return tuple(entry["sm"])
    return ()


def companions(name: str, *, root: Tree | None = None) -> tuple[Companion, ...]:
    """Return the known versions of a package that goes with torch, oldest first."""
    plain = name.lower().replace("-", "_")
    return tuple(
        Companion(
            name=plain,
            version=str(version),
            torch="" if entry["torch"] == "any" else str(entry["torch"]),
            tags=str(entry["tags"]),
            python=(str(entry["python"][0]), str(entry["python"][1]) if entry["python"][1] else None),
            platform=str(entry["platform"]),
            cuda=str(entry["cuda"]) if entry.get("cuda") else None,
            address=entry.get("address"),
            source=str(entry["source"]),
        )
        for entry in entries("companions", root=root)
        if entry["name"] == plain
        for version in entry["versions"]
    )


def companion(name: str, torch: str, *, root: Tree | None = None) -> Companion | None:
    """Return the newest version of the package that fits that torch (its local part does not matter)."""
    from packaging.specifiers import SpecifierSet

    public = torch.partition("+")[0]
    fitting = [
        item
        for item in companions(name, root=root)
        if item.torch == public or (not item.exact_torch and SpecifierSet(item.torch).contains(public))
    ]
    exact = [item for item in fitting if item.torch == public]
    chosen = exact or fitting
    return max(chosen, key=lambda item: Version(item.version)) if chosen else None
