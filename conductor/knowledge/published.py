"""Every flash-attn wheel that was ever published, and what its binary really needs."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conductor.knowledge.entries import entries

ADDRESS = "https://github.com/Dao-AILab/flash-attention/releases/download/v{version}/{file}"


@dataclass(frozen=True, slots=True)
class PublishedWheel:
    """One file of a release.

    `built_on` is the torch it was compiled against (`2.7.1`, a nightly `2.3.0.dev20240126`, `2.9.x` where the patch is
    unknown); `cxx11abi` the ABI of the binary, not the label; `kernels` its GPU architectures (80 is sm_80), no PTX;
    `glibc` the oldest glibc that it loads with. `size_bytes` and `sha256` are None unless they were looked up.
    """

    file: str
    version: str
    cuda: str
    torch: str
    built_on: str
    python: str
    machine: str
    label: bool
    cxx11abi: bool
    kernels: tuple[int, ...]
    glibc: str
    size_bytes: int | None = None
    sha256: str | None = None

    @property
    def url(self) -> str:
        """Return the address it is served from."""
        return ADDRESS.format(version=self.version, file=self.file.replace("+", "%2B"))


def published(file: str) -> PublishedWheel | None:
    """Return the published wheel of that file name (`%2B` may stand for `+`), or None."""
    return published_wheels().get(file.rpartition("/")[2].replace("%2B", "+").replace("%2b", "+"))


@functools.cache
def published_wheels() -> Mapping[str, PublishedWheel]:
    """Return every published wheel by file name, oldest release first."""
    details = {entry["file"]: entry for entry in entries("flash-attn") if "file" in entry}
    found: dict[str, PublishedWheel] = {}
    for release in entries("flash-attn-wheels"):
        for wheel in _of_release(release, details):
            found[wheel.file] = wheel
    return found


def _of_release(release: Mapping[str, object], details: Mapping[str, Mapping[str, object]]) -> Iterator[PublishedWheel]:
    version, glibc = str(release["name"]), str(release["glibc"])
    kernels = tuple(int(sm) for sm in release["sm"])  # type: ignore[attr-defined]
    for group in release["wheels"]:  # type: ignore[attr-defined]
        cuda, torch, machine, built_on = group["cuda"], group["torch"], group["machine"], group["built"]
        for python in group["python"]:
            minor = f"{str(python)[0]}.{str(python)[1:]}"
            for label, cxx11abi in group["abi"].items():
                local = f"cu{cuda}torch{torch}cxx11abi{label}"
                file = f"flash_attn-{version}+{local}-cp{python}-cp{python}-linux_{machine}.whl"
                size = details.get(file, {}).get("size_bytes")
                digest = details.get(file, {}).get("sha256")
                yield PublishedWheel(
                    file=file,
                    version=version,
                    cuda=cuda,
                    torch=torch,
                    built_on=built_on,
                    python=minor,
                    machine=machine,
                    label=label == "TRUE",
                    cxx11abi=cxx11abi,
                    kernels=kernels,
                    glibc=glibc,
                    size_bytes=size if isinstance(size, int) else None,
                    sha256=str(digest) if digest else None,
                )
