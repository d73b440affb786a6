"""What the binary inside a wheel really needs: from the facts where it is known, from its name otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.version import Version

from conductor.knowledge import PublishedWheel, companions, published, torch_build, torch_builds
from conductor.knowledge.torch import Companion
from conductor.preflight.wheels.name import WheelName

FIRST_NEW_ABI_MINOR = Version("2.7")
# These have torch in their metadata with an exact version, so pip brings the torch they need.
BRING_TORCH = frozenset({"torch", "torchvision", "torchaudio", "xformers", "bitsandbytes", "triton", "pytorch_triton"})
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
    """Needs of one wheel; None is unknown. `torch` is the minor it was compiled for, `built_on` the exact build."""

    needs_torch: bool
    torch: str | None = None
    torch_range: str | None = None
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
    companion = _companion(wheel)
    needs = wheel.distribution in NEED_TORCH or (wheel.torch is not None and wheel.distribution not in BRING_TORCH)
    if companion:
        return _fitted(companion, wheel, needs_torch=needs)
    return Contents(needs, torch=wheel.torch, cuda=wheel.cuda, cxx11abi=_labelled_abi(wheel))


def _labelled_abi(wheel: WheelName) -> bool | None:
    """Return the ABI that a name states; FALSE says nothing where every torch of that minor has the new one."""
    if wheel.label is False and wheel.torch and Version(wheel.torch) >= FIRST_NEW_ABI_MINOR:
        return None
    return wheel.label


def _triton(wheel: WheelName) -> Contents:
    """Return the range of torch versions that pin this triton."""
    fitting = [Version(build.version) for build in torch_builds() if build.triton == wheel.version]
    if not fitting:
        return Contents(needs_torch=False)
    last = fitting[-1]
    return Contents(needs_torch=False, torch_range=f">={fitting[0]},<{last.major}.{last.minor + 1}", known=True)


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


def _companion(wheel: WheelName) -> Companion | None:
    for item in companions(wheel.distribution):
        if wheel.version is not None and Version(item.version) == Version(wheel.version):
            same_python = item.python in {"each", *wheel.pythons} or item.python.partition("-")[0] in wheel.pythons
            if wheel.distribution != "apex" or same_python:
                return item
    return None


def _fitted(item: Companion, wheel: WheelName, *, needs_torch: bool) -> Contents:
    exact = item.torch[0].isdigit()
    return Contents(
        needs_torch=needs_torch,
        torch=".".join(item.torch.split(".")[:2]) if exact else None,
        torch_range=None if exact else item.torch,
        cuda=wheel.cuda or item.cuda,
        cxx11abi=False if item.name == "apex" else None,
        known=True,
        source=item.source,
    )
