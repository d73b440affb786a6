"""Run jobs through the real worker and the real SeedVR2 on a GPU, and print what each took, as lines of JSON.

    python scripts/worker_on_gpu.py --program CHECKOUT --weights FOLDER [--random] [--cap 44.5] [--plan JOB …]

CHECKOUT is ComfyUI-SeedVR2_VideoUpscaler at the commit that the Dockerfile pins. `--random` first fills FOLDER with
random weights of the real names and shapes (7.3 GB, 15 s on a GPU): memory and time are the published ones', pictures
are not. `--cap` is the GPU memory that the worker may take, in GiB: 44.5 makes a larger card an L40. A job of the plan
is `SOURCE:TARGET:FRAMES[:BATCH,tiled|whole]`, as in `960x540:1920x1080:33`; the last part forces the first settings, to
see what happens where they don't fit. The plan that is run by default takes under 8 minutes on an H200.

What was seen stands in docs/worker.md. Needs torch with CUDA and the packages of image/requirements.txt.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "image"), str(ROOT / "tests/image")]
PLAN = (
    "448x256:896x512:5",  # cold
    "448x256:896x512:5",  # warm: the fixed cost of a second job
    "960x540:1920x1080:22",
    "960x540:1920x1080:33",
    "960x540:1920x1080:100:33,whole",  # four chunks
    "1920x1080:3840x2160:9",
    "1920x1080:3840x2160:5:5,whole",  # out of memory under the cap, then with tiles
    "1920x1080:3840x2160:33:33,whole",  # out of memory twice
)


def main() -> None:
    """Run the plan."""
    parser = argparse.ArgumentParser(description="Run jobs through the worker on a GPU.")
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--random", action="store_true", help="fill the folder with random weights first")
    parser.add_argument("--cap", type=float, default=44.5, help="GPU memory that the worker may take, in GiB")
    parser.add_argument("--plan", nargs="+", default=PLAN, metavar="JOB")
    options = parser.parse_args()
    if options.random:
        code = "import sys, pathlib, small_seedvr2 as made; made.write_weights(*map(pathlib.Path, sys.argv[1:]))"
        options.weights.mkdir(parents=True, exist_ok=True)
        places = [str(options.program.resolve()), str(options.weights.resolve())]
        # In a process of its own: what is loaded here would take memory from the worker.
        subprocess.run([sys.executable, "-c", code, *places], cwd=ROOT / "tests/image", check=True)
    os.environ["CONDUCTOR_GPU_MEMORY_GIB"] = str(options.cap)
    os.environ["CONDUCTOR_SEEDVR2"] = str(options.program.resolve())
    os.environ["CONDUCTOR_MODEL_DIR"] = str(options.weights.resolve())
    if options.random:
        trust_random_weights(options.weights)
    for job in options.plan:
        print(json.dumps({"job": job, **run_job(job)}), flush=True)


def trust_random_weights(folder: Path) -> None:
    """Let this process take the files in the folder for the published ones."""
    from worker.backends import weights

    for name in (weights.dit_of("3b"), weights.TABLE["vae"]):
        with (folder / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        weights.TABLE["files"][name] |= {"sha256": digest, "size_bytes": (folder / name).stat().st_size}


def run_job(plan: str) -> dict[str, Any]:
    """Run one job of the plan and return its answer without the video."""
    from worker import job
    from worker.backends.seedvr2 import run
    from worker.backends.seedvr2.settings import Settings, choose, overlap_of

    source, target, frames, *forced = plan.split(":")
    run.choose = choose
    if forced:
        batch, tiles = forced[0].split(",")
        first = Settings(int(batch), overlap_of(int(batch)), int(batch), tiles == "tiled", resident=False)
        run.choose = lambda *_: first
    job.INLINE_OUTPUT_BYTES = 1 << 30
    width, height = map(int, target.split("x"))
    video = base64.b64encode(draw_clip(*map(int, source.split("x")), int(frames))).decode("ascii")
    answer = job.answer_job({"video": video, "target": {"width": width, "height": height}, "backend": "seedvr2"})
    answer.pop("video", None)
    return answer


def draw_clip(width: int, height: int, frames: int) -> bytes:
    """Return a clip with gradients and a wave that moves."""
    import av
    import numpy as np

    down, right = np.mgrid[0:height, 0:width]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=Fraction(24), options={"crf": "18"})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for index in range(frames):
                wave = 127 + 100 * np.sin(right / 19 + down / 23 + index / 5)
                picture = np.stack([(right + 3 * index) % 256, down * 255 // height, wave], -1).astype(np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
            container.mux(stream.encode(None))
        return path.read_bytes()


if __name__ == "__main__":
    main()
