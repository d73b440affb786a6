"""Write the smoke job and an example of its answer, `input.json` and `example.json` beside this file.

    python image/smoke/make.py

The input is a real H.264 video of 24 moving frames, 160x90, drawn by FFmpeg's test source. The example is what the
handler answers to it on the CPU backend, in the form in which RunPod hands a finished job over; its revision and
context are zeros, so that nobody takes it for the answer of a release.
"""

from __future__ import annotations

import base64
import io
import json
import os
import sys
from fractions import Fraction
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))


def make_video(frames: int = 24, width: int = 160, height: int = 90, rate: int = 24) -> bytes:
    """Return an MP4 of FFmpeg's moving test picture."""
    import av
    import av.filter
    from av.video.frame import VideoFrame

    graph = av.filter.Graph()
    graph.link_nodes(
        graph.add("testsrc", f"size={width}x{height}:rate={rate}"),
        graph.add("format", "yuv420p"),
        graph.add("buffersink"),
    ).configure()
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "28", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, rate)
        for _ in range(frames):
            frame = graph.pull()
            assert isinstance(frame, VideoFrame)  # noqa: S101 (the sink is a video's)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def main() -> None:
    """Write both files."""
    os.environ.update(CONDUCTOR_REVISION="0" * 40, CONDUCTOR_CONTEXT="0" * 64)
    from worker.job import answer_job

    video = base64.b64encode(make_video()).decode("ascii")
    job = {"input": {"video": video, "target": {"width": 320, "height": 180}, "backend": "cpu"}}
    answer = {"id": "example", "status": "COMPLETED", "output": answer_job(job["input"])}
    for name, content in (("input.json", job), ("example.json", answer)):
        (FOLDER / name).write_text(json.dumps(content, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
