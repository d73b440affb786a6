"""What the binary inside a wheel really needs: from the facts where it is known, from its name otherwise."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from conductor.knowledge import PublishedWheel, companions, published, torch_build, torch_builds
from conductor.knowledge.torch import Companion
from conductor.preflight.wheels.name import WheelName

FIRST_NEW_ABI_MINOR = Version("2.7")
# The local versions of the PyTorch index.
INDEX_BUILD = re.compile(r"cu\d+|cpu|rocm[\d.]+|xpu")
# These have torch in their metadata, so pip brings the torch they need.
BRING_TORCH = frozenset(
    {"torch", "torchvision", "torchaudio", "torchtext", "xformers", "bitsandbytes", "vllm", "triton", "pytorch_triton"}
)
# Extension modules that import torch and are compiled against the one that is there.
NEED_TORCH = frozenset(
    {
        "apex", "auto_gptq", "causal_conv1d", "deform_attn", "detectron2", "diff_gaussian_rasterization", "exllamav2",
        "flash_attn", "flash_attn_3", "gsplat", "mamba_ssm", "mmcv", "mmcv_full", "natten", "nunchaku", "nvdiffrast",
        "pytorch3d", "sageattention", "spas_sage_attn", "spconv", "torch_cluster", "torch_scatter", "torch_sparse",
        "torch_spline_conv", "transformer_engine", "transformer_engine_torch",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contents:
    """Needs of one wheel; None is unknown.

    `torch` is the minor it was compiled for, `torch_range` what its metadata asks of torch, `built_on` the exact build;
    `python` what its metadata asks of Python beyond its tags.
    """

    needs_torch: bool
    torch: str | None = None
    torch_range: str | None = None
    python: str | None = None
    built_on: str | None = None
    cuda: str | None = None
    cxx11abi: bool | None = None
    kernels: tuple[int, ...] = ()
    glibc: str | None = None
    known: bool = False
    source: str = "the file name"


def contents_of(wheel: WheelName) -> Contents:
    """Return what the facts, and where they are silent the name, say about the binary."""
    listed = published(wheel.file)
    if listed:
        return _published(listed)
    if wheel.distribution == "torch":
        return _torch(wheel)
    if wheel.distribution == "triton":
        return _triton(wheel)
    item = companion_of(wheel)
    needs = wheel.distribution in NEED_TORCH or (wheel.torch is not None and wheel.distribution not in BRING_TORCH)
    if wheel.built_for:
        return _built_for(wheel, wheel.built_for)
    if item:
        return _fitted(item, wheel, needs_torch=needs)
    return Contents(needs, torch=wheel.torch, cuda=wheel.cuda, cxx11abi=_labelled_abi(wheel))


def _built_for(wheel: WheelName, torch: Version) -> Contents:
    """Return the needs of a build that is there: of its torch's patch too where each release goes with one."""
    one_patch = any(item.exact_torch for item in companions(wheel.distribution))
    return Contents(
        needs_torch=True,
        torch=wheel.torch,
        torch_range=f"=={torch.public}" if one_patch and torch.release[2:] else None,
        cuda=wheel.cuda,
        source="what the build says of itself",
    )


def _labelled_abi(wheel: WheelName) -> bool | None:
    """Return the ABI that a name states; FALSE says nothing where every torch of that minor has the new one."""
    if wheel.label is False and wheel.torch and Version(wheel.torch) >= FIRST_NEW_ABI_MINOR:
        return None
    return wheel.label


def _triton(wheel: WheelName) -> Contents:
    """Return the range of torch versions that pin this triton."""
    fitting = [Version(build.version) for build in torch_builds() if _pins(build.triton, wheel.version)]
    if not fitting:
        return Contents(needs_torch=False)
    last = fitting[-1]
    return Contents(needs_torch=False, torch_range=f">={fitting[0]},<{last.major}.{last.minor + 1}", known=True)


def _pins(triton: str | None, version: str | None) -> bool:
    if triton is None or version is None:
        return False
    return SpecifierSet(f"=={triton}" if triton[0].isdigit() else triton).contains(version)


def _published(wheel: PublishedWheel) -> Contents:
    cuda = wheel.cuda if len(wheel.cuda) == 2 else f"{wheel.cuda[:2]}.{wheel.cuda[2:]}"
    return Contents(
        needs_torch=True,
        torch=wheel.torch,
        built_on=wheel.built_on,
        cuda=cuda,
        cxx11abi=wheel.cxx11abi,
        kernels=wheel.kernels,
        glibc=wheel.glibc,
        known=True,
        source="Dao-AILab/flash-attention publish.yml of that release",
    )


def _torch(wheel: WheelName) -> Contents:
    build = torch_build(f"{wheel.version}+{wheel.local}" if wheel.local else str(wheel.version))
    kernels = build.kernels if build else ()
    return Contents(needs_torch=False, kernels=kernels, known=build is not None)


def companion_of(wheel: WheelName) -> Companion | None:
    """Return the published release that a wheel of a package made for one torch belongs to.

    A local version that is no index's (`+f7e46d5.d20240205`) is somebody's own build; what it is for is not known.
    """
    if wheel.local and not INDEX_BUILD.fullmatch(wheel.local):
        return None
    for item in companions(wheel.distribution):
        same = wheel.version is not None and Version(item.version) == Version(wheel.version)
        # The two files of apex share a version and differ in what they are compiled with.
        if same and (wheel.distribution != "apex" or item.tags.partition("-")[0] in wheel.pythons):
            return item
    return None


def _fitted(item: Companion, wheel: WheelName, *, needs_torch: bool) -> Contents:
    exact = item.exact_torch
    on_default_index = not wheel.local and (wheel.is_linux_x86_64 or not wheel.is_wheel)
    return Contents(
        needs_torch=needs_torch,
        torch=".".join(exact.split(".")[:2]) if exact else None,
        torch_range=item.torch_specifier,
        python=_asked_python(item),
        cuda=item.cuda if on_default_index else wheel.cuda,
        cxx11abi=False if item.name == "apex" else None,
        known=True,
        source=item.source,
    )


def _asked_python(item: Companion) -> str | None:
    first, last = item.python
    if item.tags == "each":
        return None
    return f">={first}" + (f",<={last}" if last else "")
