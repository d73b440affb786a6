"""Write the smoke job, what its video is compared with, and an example of its answer, all beside this file.

    python image/smoke/make.py

`reference.mp4` is a real H.264 video of 24 moving frames, 320x180: a scene drawn by formula (`quality/clips.py`), in
colour. `input.json` holds the same made smaller by two, each pixel the mean of four. A test card would not do: on its
flat fields with hard edges a sharper filter rings, and bicubic wins (0.2 dB over Lanczos). `example.json` is what the
handler answers on the CPU backend, in the form in which RunPod hands a finished job over; its revision and context are
zeros, so that nobody takes it for the answer of a release.
"""

from __future__ import annotations

import base64
import io
import json
import os
import sys
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
FRAMES, WIDTH, HEIGHT, RATE = 24, 320, 180, 24


def draw_frames() -> Iterable[VideoFrame]:
    """Yield the scene in colour: bluer upwards, redder to the right."""
    import numpy as np
    from av.video.frame import VideoFrame
    from quality.clips import make_scene

    down, right = np.mgrid[0 : HEIGHT // 2, 0 : WIDTH // 2]
    blue = (140 - 24 * down / (HEIGHT // 2)).astype(np.uint8).reshape(-1, WIDTH)
    red = (120 + 16 * right / (WIDTH // 2)).astype(np.uint8).reshape(-1, WIDTH)
    for luma in make_scene(FRAMES, WIDTH, HEIGHT):
        yield VideoFrame.from_ndarray(np.concatenate([luma, blue, red]), format="yuv420p")


def shrink_frames(video: bytes) -> Iterable[VideoFrame]:
    """Yield the video's frames at half the size, each pixel the mean of four."""
    import av
    from av.video.reformatter import Interpolation

    with av.open(io.BytesIO(video), "r") as container:
        for frame in container.decode(video=0):
            yield frame.reformat(WIDTH // 2, HEIGHT // 2, "yuv420p", interpolation=Interpolation.AREA)


def encode_video(frames: Iterable[VideoFrame], crf: int) -> bytes:
    """Return the frames as an MP4 of H.264; the same bytes for the same frames."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": str(crf), "threads": "1"})
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, RATE)
        for number, frame in enumerate(frames):
            if number == 0:
                stream.width, stream.height = frame.width, frame.height
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def main() -> None:
    """Write the three files."""
    os.environ.update(CONDUCTOR_REVISION="0" * 40, CONDUCTOR_CONTEXT="0" * 64)
    from worker.job import answer_job

    reference = encode_video(draw_frames(), crf=18)
    (FOLDER / "reference.mp4").write_bytes(reference)
    video = base64.b64encode(encode_video(shrink_frames(reference), crf=18)).decode("ascii")
    job = {"input": {"video": video, "target": {"width": WIDTH, "height": HEIGHT}, "backend": "cpu"}}
    answer = {"id": "example", "status": "COMPLETED", "output": answer_job(job["input"])}
    for name, content in (("input.json", job), ("example.json", answer)):
        (FOLDER / name).write_text(json.dumps(content, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
