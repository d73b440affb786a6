"""Find the wheel that fits: the exact file name, with address, size and hash where they are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from conductor.domain.day import Day
from conductor.knowledge import (
    Companion,
    PublishedWheel,
    TorchBuild,
    companions,
    is_published,
    published,
    published_wheels,
    torch_build,
    torch_builds,
)
from conductor.preflight.wheels.contents import contents_of
from conductor.preflight.wheels.environment import Environment
from conductor.preflight.wheels.faults import environment_faults
from conductor.preflight.wheels.name import WheelName, parse_wheel
from conductor.preflight.wheels.publication import publication_fault

PYTORCH_INDEX = "https://download.pytorch.org/whl"
# Packages that the PyTorch index has for every build of torch.
ON_PYTORCH_INDEX = frozenset({"torchvision", "torchaudio"})
FIRST_TAGGED_LOCAL = Version("2.7.0")


@dataclass(frozen=True, slots=True)
class Remedy:
    """A wheel that fits. `url` is None where a plain `pip install` finds the file; size and hash where known."""

    file: str
    url: str | None = None
    size_bytes: int | None = None
    sha256: str | None = None


def find_remedy(
    wheel: WheelName, environment: Environment, allowed: str = "", *, day: Day | None = None
) -> Remedy | None:
    """Return the best wheel of the same distribution for that environment, or None where none is known to fit.

    `allowed` is what the user's words allow (PEP 440, `>=2.6,<2.8`): no other version is a remedy, and none that
    came out after the `day`.
    """
    if environment.python is None or (wheel.distribution != "torch" and environment.torch is None):
        return None
    versions = SpecifierSet(allowed)
    found = _candidates(wheel, environment)
    return next((one for one in found if _is_allowed(one, versions if allowed else None, day)), None)


def _is_allowed(remedy: Remedy, versions: SpecifierSet | None, day: Day | None) -> bool:
    wheel = parse_wheel(remedy.file)
    if versions is not None and (wheel.version is None or not versions.contains(wheel.version, prereleases=True)):
        return False
    return is_published(wheel.distribution or "", wheel.version, day)


def _candidates(wheel: WheelName, environment: Environment) -> Iterator[Remedy]:
    if wheel.distribution == "flash_attn":
        yield from _flash_attn(wheel, environment)
    elif wheel.distribution == "torch":
        yield from _torch(wheel, environment)
    elif wheel.is_wheel or wheel.built_for:
        yield from _companions(wheel, environment)


def fits(file: str, environment: Environment) -> bool:
    """Tell whether a wheel of that name has no fault in the environment."""
    wheel = parse_wheel(file)
    if publication_fault(wheel, None):
        return False
    return not any(environment_faults(wheel, contents_of(wheel), environment))


def _flash_attn(wheel: WheelName, environment: Environment) -> Iterator[Remedy]:
    own = published(wheel.file)
    if own and fits(own.file, environment):
        yield _published(own)
        return
    if environment.cxx11abi is None or not (wheel.is_wheel or wheel.source):
        return
    minor = environment.torch_minor
    matching = [
        item
        for item in published_wheels().values()
        if item.torch == minor and item.python == environment.python and item.machine == environment.machine
    ]
    # A file that was looked up before one that only the build matrix promises, unless it would be a step back; then the
    # newest release; of two labels that both fit, the one that says so.
    matching.sort(key=lambda item: (_looked_up(item, wheel), Version(item.version), item.label == environment.cxx11abi))
    matching.reverse()
    for item in matching:
        if fits(item.file, environment):
            yield _published(item)


def _looked_up(item: PublishedWheel, wheel: WheelName) -> bool:
    return item.sha256 is not None and (wheel.version is None or Version(wheel.version) <= Version(item.version))


def _published(item: PublishedWheel) -> Remedy:
    return Remedy(item.file, item.url, item.size_bytes, item.sha256)


def _torch(wheel: WheelName, environment: Environment) -> Iterator[Remedy]:
    """Yield the same version for this environment, then older ones from the nearest, then newer ones."""
    if wheel.version is None or not wheel.is_wheel or environment.system != "linux" or environment.machine != "x86_64":
        return
    asked = Version(wheel.version)
    builds = torch_builds()
    older = [build for build in reversed(builds) if Version(build.version) <= asked]
    # Of a newer minor the last patch; nobody wants to move to the first one.
    newer = sorted((build for build in builds if Version(build.version) > asked), key=_minor_then_last_patch)
    for build in (*older, *newer):
        file = _torch_file(build, wheel, str(environment.python))
        if file and fits(file, environment):
            yield Remedy(file, _torch_url(file, wheel))


def _minor_then_last_patch(build: TorchBuild) -> tuple[int, int, int]:
    version = Version(build.version)
    return version.major, version.minor, -version.micro


def _torch_file(build: TorchBuild, wheel: WheelName, python: str) -> str | None:
    tag = f"cp{python.replace('.', '')}"
    local = wheel.local or ""
    if not local:
        return f"torch-{build.version}-{tag}-{tag}-{build.platform}_x86_64.whl"
    if torch_build(f"{build.version}+{local}") is None:
        return None
    tagged = Version(build.version) >= FIRST_TAGGED_LOCAL or (build.version == "2.6.0" and local == "cu126")
    platform = "manylinux_2_28_x86_64" if tagged else "linux_x86_64"
    return f"torch-{build.version}+{local}-{tag}-{tag}-{platform}.whl"


def _torch_url(file: str, wheel: WheelName) -> str | None:
    local = wheel.local
    return f"{PYTORCH_INDEX}/{local}/{file.replace('+', '%2B')}" if local else None


def _companions(wheel: WheelName, environment: Environment) -> Iterator[Remedy]:
    """Yield the wheels of the default index, then those of the PyTorch index; for a build from there first its own."""
    if environment.machine != "x86_64" or environment.system != "linux":
        return
    python = str(environment.python)
    known = _nearest(wheel, environment, [item for item in companions(wheel.distribution) if item.supports(python)])
    sources = [_of_default_index, _of_pytorch_index]
    for source in reversed(sources) if wheel.local else sources:
        for item in known:
            remedy = source(item, environment)
            if remedy and fits(remedy.file, environment):
                yield remedy


def _of_default_index(item: Companion, environment: Environment) -> Remedy:
    file = item.wheel(str(environment.python))
    return Remedy(file, item.address.format(file=file) if item.address else None)


def _of_pytorch_index(item: Companion, environment: Environment) -> Remedy | None:
    """Return the build for the CUDA of the torch that is there: that index has one for each build of that torch."""
    build = torch_build(item.exact_torch) if item.exact_torch else None
    version = environment.torch_version
    if item.name not in ON_PYTORCH_INDEX or build is None or version is None:
        return None
    local = version.local or f"cu{environment.cuda}".replace(".", "")
    if local not in build.cuda_builds:
        return None
    tag = f"cp{environment.python}".replace(".", "")
    platform = "manylinux_2_28" if Version(build.version) >= FIRST_TAGGED_LOCAL else "linux"
    file = f"{item.name}-{item.version}+{local}-{tag}-{tag}-{platform}_x86_64.whl"
    return Remedy(file, f"{PYTORCH_INDEX}/{local}/{file.replace('+', '%2B')}")


def _nearest(wheel: WheelName, environment: Environment, known: list[Companion]) -> list[Companion]:
    """Order companions: made for exactly this torch first, then the smallest step from the version that was asked for.

    Of one release (`0.0.28` with its `.post` builds) the last build comes first.
    """
    torch = environment.torch_version
    asked = Version(wheel.version) if wheel.version else max((Version(item.version) for item in known), default=None)
    releases = sorted({Version(item.version).release for item in known} | ({asked.release} if asked else set()))
    place = {release: index for index, release in enumerate(releases)}

    def step(item: Companion) -> tuple[bool, int, int]:
        version = Version(item.version)
        away = place[version.release] - place[asked.release] if asked else 0
        return not (torch and item.torch == torch.public), abs(away), -(version.post or 0)

    return sorted(known, key=step)
