"""How much SeedVR2 does at once: batch, overlap, tiling and chunk, chosen from measured peaks of GPU and host memory.

A batch is what the model sees together, 4n+1 frames; a longer one is steadier in time and costs memory, not time. The
VAE needs most: its peak grows with the picture's area, unless it works in tiles. Between its turns the DiT can stay on
the GPU, which saves five seconds a chunk. A chunk is what is in the host's memory at once, some batches. `MEASURED`
holds the peaks of one H200 (torch 2.11, 3B fp16, torch's own attention); `estimate_peak` draws lines above all of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from worker.contract import JobError, Size

GIB = 1 << 30
MEGAPIXEL = 1e6
BATCHES = (33, 29, 25, 21, 17, 13, 9, 5)  # 33 is the longest that was measured
CHUNK_BATCHES = 4
HOST_SHARE = 0.5  # of what is free: the rest is the weights', which leave the GPU between the phases, and the decoder's
HOST_BYTES_PER_PIXEL = 56  # of a chunk's enlarged frames: 50 measured, in float32 and in several copies
SPARE = 1.1  # what the allocator holds beyond what is used
SPARE_GIB = 1.0  # CUDA's context
SECONDS_PER_MEGAFRAME = 0.24  # a million pixels of one frame on an H200; the fastest that was seen
SLOWEST = 20  # times slower than that is taken for a program that hangs
LOADING_S = 300  # importing, reading 7 GB of weights from a network volume


@dataclass(frozen=True, slots=True)
class Peak:
    """One measurement: the enlarged picture's pixels, the batch, and PyTorch's peak in GiB by phase."""

    pixels: int
    batch: int
    tiled: bool
    encode: float
    dit: float
    decode: float


MEASURED = (
    Peak(896 * 512, 5, False, 5.13, 7.43, 6.18),
    Peak(1280 * 720, 5, False, 7.58, 7.99, 10.09),
    Peak(1920 * 1080, 5, False, 14.53, 9.36, 21.73),
    Peak(1920 * 1080, 21, False, 19.83, 13.80, 34.99),
    Peak(1920 * 1080, 33, False, 20.01, 17.38, 35.14),
    Peak(1280 * 720, 33, False, 10.52, 11.56, 16.31),
    Peak(1920 * 1080, 13, False, 19.71, 11.86, 34.89),
    Peak(2560 * 1440, 5, False, 24.87, 11.23, 37.60),
    Peak(3840 * 2160, 5, False, 54.70, 16.59, 83.48),
    Peak(1920 * 1080, 33, True, 11.42, 17.01, 18.11),
    Peak(3840 * 2160, 5, True, 8.81, 16.59, 11.33),
    Peak(2560 * 1440, 21, True, 11.48, 19.50, 18.05),
    Peak(3840 * 2160, 9, True, 11.46, 20.92, 17.98),
    Peak(3840 * 2160, 17, True, 11.92, 30.24, 18.04),
)

# The memory of the DiT's weights in GiB. Files of eight bits were not measured: taken to be as large as the others.
DIT_GIB = {"3b": 6.9, "3b_fp8": 6.9, "7b": 16.2, "7b_fp8": 16.2, "7b_sharp": 16.2, "7b_sharp_fp8": 16.2}


@dataclass(frozen=True, slots=True)
class Settings:
    """How one chunk is worked on; counts in frames. `resident`: the weights stay on the GPU between their turns."""

    batch: int
    overlap: int
    chunk: int
    tiled: bool
    resident: bool


@dataclass(frozen=True, slots=True)
class Memory:
    """What is free in GiB: of the GPU, and of this container's own memory."""

    gpu: float
    host: float


def choose(work: Size, model: str, memory: Memory) -> Settings:
    """Return the longest batch that fits, without tiles where it fits without; raises JobError where none does."""
    for settings in candidates(work, memory.host):
        if need(work, settings, model) <= memory.gpu:
            return settings
    raise JobError(
        "gpu_out_of_memory",
        f"{work} with the model {model} needs about {need(work, settings, model):.1f} GiB of GPU memory, and "
        f"{memory.gpu:.1f} GiB are free; ask for a smaller target or take a larger GPU",
    )


def candidates(work: Size, host_gib: float) -> Iterator[Settings]:
    """Yield settings from the best to the most frugal, each with a chunk that the host's memory holds."""
    room = int(host_gib * HOST_SHARE * GIB / (HOST_BYTES_PER_PIXEL * work.width * work.height))
    for batch in BATCHES:
        if batch > room and batch != BATCHES[-1]:
            continue
        overlap = overlap_of(batch)
        more = max(0, min(CHUNK_BATCHES - 1, (room - batch) // (batch - overlap)))
        for tiled in (False, True):
            for resident in (True, False):
                yield Settings(batch, overlap, batch + more * (batch - overlap), tiled, resident)


def shrink(settings: Settings) -> Settings | None:
    """Return what to try after the GPU's memory ran out: tiles, else half the batch; None where nothing is left."""
    if not settings.tiled:
        return replace(settings, tiled=True, resident=False)
    smaller = [batch for batch in BATCHES if batch <= settings.batch // 2 + 1 and batch < settings.batch]
    if not smaller:
        return replace(settings, resident=False) if settings.resident else None
    return replace(settings, batch=smaller[0], overlap=overlap_of(smaller[0]), resident=False)


def overlap_of(batch: int) -> int:
    """Return how many frames a batch shares with the one before: upstream's three, fewer where that costs much."""
    return 3 if batch >= 13 else batch // 4


def even_batch(frames: int, batch: int, overlap: int) -> int:
    """Return the least 4n+1, at most `batch`, with which so many frames need no more batches than with `batch`.

    The program fills the last batch up by repeating its last frame; evenly cut, that is a few frames, not most of one.
    """
    if frames <= batch:
        return round_up(frames)
    count = -(-(frames - overlap) // (batch - overlap))
    return min(batch, round_up(-(-(frames - overlap) // count) + overlap))


def round_up(frames: int) -> int:
    """Return the least 4n+1 that is not below a count of at least 1."""
    return frames + (1 - frames) % 4


def need(work: Size, settings: Settings, model: str) -> float:
    """Return how many GiB must be free on the GPU for these settings."""
    return estimate_peak(work, settings, model) * SPARE + SPARE_GIB


def estimate_peak(work: Size, settings: Settings, model: str = "3b") -> float:
    """Return the peak of PyTorch's memory in GiB, at or above every one that was measured."""
    area, short = work.width * work.height / MEGAPIXEL, settings.batch <= 5
    weights = DIT_GIB[model]
    latents = settings.batch // 4 + 1
    vae = (11.5 if short else 18.2) if settings.tiled else 2.0 + (9.9 if short else 16.0) * area
    return max(weights + 0.6 * area * latents, vae + (weights if settings.resident else 0))


def work_size(source: Size, target: Size) -> Size:
    """Return the size that the program makes: the source's ratio, and no side below the target's."""
    scale = max(target.width / source.width, target.height / source.height)
    return Size(round(source.width * scale), round(source.height * scale))


def least_seconds(frames: int, work: Size) -> float:
    """Return the seconds that so many frames take on the fastest GPU that was measured, with everything loaded."""
    return frames * work.width * work.height / MEGAPIXEL * SECONDS_PER_MEGAFRAME


def limit_seconds(frames: int, work: Size) -> float:
    """Return after how many seconds the program is taken to hang with a chunk of so many frames."""
    return LOADING_S + SLOWEST * least_seconds(frames, work)


def free_host_gib() -> float:
    """Return how much memory this container may still take: the least of the machine's and its control group's."""
    free = [_available()]
    for limit, used in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ):
        try:
            free.append(int(Path(limit).read_text()) - int(Path(used).read_text()))
        except (OSError, ValueError):
            continue  # no such group, or `max`
    return max(0, min(free)) / GIB


def _available() -> int:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    except (OSError, ValueError, IndexError):
        pass
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2  # not Linux: nobody serves there
