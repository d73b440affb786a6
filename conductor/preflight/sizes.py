"""How much disk an image and its build take at least, with every part of the sum and where its figure comes from."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conductor.knowledge import Entry, entries
from conductor.knowledge.images import normalise

if TYPE_CHECKING:
    from conductor.ports.tree import Tree
    from conductor.preflight.environment.pip import PipInstall
    from conductor.preflight.subject import Subject

# What a compressed layer takes of the unpacked one: torch 2.7.1 with its libraries, 2.9 of 5.0 GB.
_COMPRESSED = 0.55


@dataclass(frozen=True, slots=True)
class Part:
    """One summand: what it is, how much it takes (GB), and whether the final image holds it."""

    what: str
    size_gb: float
    in_image: bool = True


@dataclass(frozen=True, slots=True)
class Estimate:
    """The parts of a build. Each figure is a least one: what nobody measured is left out."""

    parts: tuple[Part, ...]

    @property
    def build_gb(self) -> float:
        """Return what the build takes on the disk at least."""
        return sum(part.size_gb for part in self.parts)

    @property
    def image_gb(self) -> float:
        """Return what the finished image takes at least."""
        return sum(part.size_gb for part in self.parts if part.in_image)

    @property
    def compressed_gb(self) -> float:
        """Return what all layers take as a cache that keeps each of them."""
        return self.build_gb * _COMPRESSED

    def shown(self, *, image: bool = False) -> str:
        """Return the sum: `13.3 pytorch/pytorch -devel + 1.8 tensorflow = 15.1 GB`."""
        parts = [part for part in self.parts if part.in_image or not image]
        total = self.image_gb if image else self.build_gb
        return f"{' + '.join(f'{part.size_gb:.1f} {part.what}' for part in parts)} = {total:.1f} GB"


def estimate(subject: Subject) -> Estimate:
    """Return what is known of the size of the image and of its build."""
    known = entries("sizes", root=subject.root)
    needed = [stage for stage in subject.timeline.stages if stage[0].index in subject.timeline.needed]
    last = subject.dockerfile.stages[-1].index if subject.dockerfile.stages else -1
    final = _chain(subject, last)
    parts: list[Part] = []
    for stage, reference, _ in needed:
        entry = _base(reference, known) if reference else None
        if entry is not None and not any(part.what == entry["name"] for part in parts):
            parts.append(Part(str(entry["name"]), float(entry["unpacked_gb"]), stage.index in final))
    for index in sorted(subject.timeline.needed):
        parts += _packages(subject, index, known, in_image=index in final)
    return Estimate(tuple(parts))


@dataclass(frozen=True, slots=True)
class ColdStart:
    """How long a host that has nothing of the image takes until the first job: its pull, and the program's imports."""

    image: Estimate
    fast_gb_per_min: float
    slow_gb_per_min: float
    start_s: float

    @property
    def fast_s(self) -> float:
        """Return the seconds at the fastest rate that was seen."""
        return self.image.image_gb / self.fast_gb_per_min * 60 + self.start_s

    @property
    def slow_s(self) -> float:
        """Return the seconds at the slowest rate that was seen."""
        return self.image.image_gb / self.slow_gb_per_min * 60 + self.start_s


def cold_start(subject: Subject) -> ColdStart:
    """Return the estimate for the finished image."""
    known = entries("cold-start", root=subject.root)
    rates = [float(one["pull_gb_per_min"]) for one in known if "pull_gb_per_min" in one]
    final = subject.timeline.final
    has_torch = final is not None and any(name == "torch" for _, name in final.packages)
    starts = [float(one["start_s"]) for one in known if "start_s" in one and one["name"] == "torch" and has_torch]
    return ColdStart(estimate(subject), max(rates), min(rates), starts[0] if starts else 0)


def _chain(subject: Subject, last: int) -> set[int]:
    """Return the stages whose layers the final image consists of: the last one, and those it is built on."""
    by_name = {stage.name: stage.index for stage in subject.dockerfile.stages if stage.name}
    chain: set[int] = set()
    while last >= 0 and last not in chain:
        chain.add(last)
        last = by_name.get(subject.dockerfile.stages[last].base.lower(), -1)
    return chain


def _base(reference: str, known: tuple[Entry, ...]) -> Entry | None:
    name = normalise(reference)
    return next((one for one in known if "match" in one and re.fullmatch(str(one["match"]), name)), None)


def _packages(subject: Subject, stage: int, known: tuple[Entry, ...], *, in_image: bool) -> list[Part]:
    """Return what the installations of one stage add: each package once, NVIDIA's libraries once, what pip keeps."""
    parts: dict[str, Part] = {}
    kept = 0.0
    for install in subject.pip_installs:
        if install.command.stage != stage or install.command.phase != "build":
            continue
        for entry in _brought(install, known):
            name = str(entry["name"])
            if name not in parts:
                parts[name] = Part(name, float(entry["unpacked_gb"]), in_image)
                kept += float(entry.get("wheel_gb", 0)) * _keeps_cache(install)
    return [*parts.values(), *([Part("pip's cache in the layer", kept, in_image)] if kept else [])]


def _brought(install: PipInstall, known: tuple[Entry, ...]) -> Iterator[Entry]:
    """Yield the packages of known size that an installation brings, and NVIDIA's libraries where they come along."""
    sizes = {str(one["name"]): one for one in known if one.get("package")}
    for requirement in install.requirements:
        name = requirement.name or ""
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        entry = sizes.get(f"{name}{extras}") or sizes.get(name)
        if entry is None or _is_there(install, name):
            continue
        yield entry
        if entry.get("with_cuda") and not _is_for_cpu(install):
            yield from (one for one in known if one.get("libraries"))


def _is_there(install: PipInstall, name: str) -> bool:
    """Tell whether the package may be there already, so that nothing is added."""
    environment = install.environment
    return (name == "torch" and environment.torch is not None) or any(key[1] == name for key in environment.packages)


def _is_for_cpu(install: PipInstall) -> bool:
    addresses = (install.index_url or "", *install.extra_index_urls)
    return any(address.rstrip("/").endswith("/cpu") for address in addresses)


def _keeps_cache(install: PipInstall) -> bool:
    """Tell whether pip keeps what it downloaded: no option, variable, mount or later removal says otherwise."""
    variables = install.environment.variables
    told = any(variables.get(name) not in (None, "", "0", "off") for name in ("PIP_NO_CACHE_DIR", "UV_NO_CACHE"))
    return install.tool == "pip" and not (install.has("--no-cache-dir") or told)


@dataclass(frozen=True, slots=True)
class RunnerDisk:
    """Free disk of a hosted runner: what GitHub guarantees, and what people measured, the middle one (GB)."""

    guaranteed_gb: float
    typical_gb: float
    freed_gb: float
    cache_gb: float
    source: str


def runner_disk(root: Tree) -> RunnerDisk:
    """Return what is known of the disk of GitHub's hosted runners."""
    known = entries("runners", root=root)
    by_name = {str(one["name"]): one for one in known}
    guaranteed = by_name["guaranteed"]
    measured = [float(one["free_gb"]) for one in known if "free_gb" in one and one is not guaranteed]
    return RunnerDisk(
        float(guaranteed["free_gb"]),
        statistics.median(measured),
        float(by_name["free-space"]["frees_gb"]),
        float(by_name["actions-cache"]["limit_gb"]),
        str(guaranteed["source"]),
    )
