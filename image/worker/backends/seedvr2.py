"""Enlarge with SeedVR2 on a CUDA GPU: the command line of ComfyUI-SeedVR2_VideoUpscaler v2.5.24 in /opt/seedvr2.

**Never run on a GPU.** What runs without one is tested: the checks, the padding and trimming, and reading the frames
back. The command is written from that program's source. How much memory an L40 needs for which size, which batch is
best and how good the result looks is not known yet.

The frames go in as lossless FFV1, padded to 4n+1 by repeating the last one, and come back as numbered PNG files; those
past the source's last frame are dropped. SeedVR2 keeps the aspect ratio and takes the length of the short side; where
the target's ratio is another one, the result is brought to the exact size with Lanczos.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from worker.backends import weights
from worker.backends.frames import pad, trim
from worker.contract import JobError, Size
from worker.video import Source, iterate_frames

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

PROGRAM = Path("/opt/seedvr2/inference_cli.py")
BATCH_FRAMES = 5  # 4n+1; upstream's own default
LIMIT_S = 3600
LIMITED_RANGE = 1
BT601, MATRICES = 5, frozenset({1, 4, 5, 7, 9})  # what FFmpeg converts by where no matrix is said; those it knows


class SeedVR2:
    """The backend `seedvr2`; `open` checks what it needs before a job's video is fetched."""

    def __init__(self, gpu: str, models: Path) -> None:
        self._gpu = gpu
        self._models = models

    @classmethod
    def open(cls) -> SeedVR2:
        """Find the GPU, the program and the weights; raises JobError that names the first one missing."""
        name = find_gpu()
        if not PROGRAM.is_file():
            raise JobError("backend_failed", f"{PROGRAM} is not in this image")
        models = weights.model_folder()
        weights.check_weights(models, weights.WEIGHTS)
        return cls(name, models)

    def gpu(self) -> str | None:
        """Return the GPU's name as CUDA gives it."""
        return self._gpu

    def upscale(self, source: Source, target: Size, scratch: Path) -> Iterator[VideoFrame]:
        """Yield the enlarged frames with the source's times; raises JobError where the program fails."""
        padded, folder = scratch / "padded.mkv", scratch / "enlarged"
        times = write_padded(source, padded)
        run_program(build_command(padded, folder, target, self._models), folder)
        yield from read_frames(folder, times, target, source.matrix)


def find_gpu() -> str:
    """Return the first CUDA GPU's name; raises JobError where there is none."""
    try:
        import torch
    except (ImportError, OSError) as error:
        raise JobError("gpu_missing", f"torch can't be imported ({error}); use the backend `cpu` here") from error
    if not torch.cuda.is_available():
        raise JobError("gpu_missing", "torch sees no CUDA GPU on this machine; use the backend `cpu` here")
    return str(torch.cuda.get_device_name(0))


def build_command(padded: Path, folder: Path, target: Size, models: Path) -> list[str]:
    """Return the program's argument vector; where flash-attn doesn't load, it falls back to torch's own attention."""
    return [
        *(sys.executable, str(PROGRAM), str(padded)),
        *("--output", str(folder), "--output_format", "png"),
        *("--model_dir", str(models), "--dit_model", weights.DIT),
        *("--resolution", str(min(target.width, target.height))),
        *("--batch_size", str(BATCH_FRAMES), "--uniform_batch_size"),
        *("--attention_mode", "flash_attn_2"),
    ]


def run_program(command: list[str], folder: Path) -> None:
    """Run the program to its end; raises JobError with its last words where it fails or writes nothing."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=LIMIT_S, cwd=PROGRAM.parent, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise JobError("backend_failed", f"SeedVR2 took longer than {LIMIT_S} s") from error
    print(done.stdout, done.stderr, sep="\n", file=sys.stderr, flush=True)
    if done.returncode != 0 or not any(folder.rglob("*.png")):
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise JobError(
            "backend_failed", f"SeedVR2 ended with {done.returncode}: {lines[-1] if lines else 'no output'}"[:300]
        )


def write_padded(source: Source, path: Path) -> list[tuple[int | None, Fraction | None]]:
    """Write the source's frames, padded to 4n+1, as lossless FFV1; return the time of each frame of the source."""
    import av

    times: list[tuple[int | None, Fraction | None]] = []

    def note_time(frame: VideoFrame) -> VideoFrame:
        times.append((frame.pts, frame.time_base))
        return frame

    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("ffv1", rate=source.fps)
        stream.width, stream.height, stream.pix_fmt = source.size.width, source.size.height, "bgr0"
        for frame in pad(note_time(frame) for frame in iterate_frames(source)):
            picture = frame.reformat(format="bgr0")
            picture.pts = None
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    if not times:
        raise JobError("no_frames", "the video holds no frame")
    return times


def read_frames(
    folder: Path, times: list[tuple[int | None, Fraction | None]], target: Size, matrix: int
) -> Iterator[VideoFrame]:
    """Yield the PNG files as frames with the target's size, the source's times and colour matrix; raises JobError."""
    import av
    from av.video.reformatter import Interpolation

    pictures = sorted(folder.rglob("*.png"))
    if len(pictures) < len(times):
        raise JobError("backend_failed", f"SeedVR2 wrote {len(pictures)} frames of {len(times)}")
    for picture, (pts, time_base) in zip(trim(pictures, len(times)), times, strict=True):
        with av.open(str(picture)) as container:
            frame = next(container.decode(video=0))
        frame = frame.reformat(
            *(target.width, target.height, "yuv420p"),
            dst_colorspace=matrix if matrix in MATRICES else BT601,
            interpolation=Interpolation.LANCZOS,
            dst_color_range=LIMITED_RANGE,
        )
        frame.pts, frame.colorspace = pts, matrix
        if time_base is not None:
            frame.time_base = time_base
        yield frame
