"""Do one job from its input to its answer: check, fetch, enlarge, encode, hand over."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from worker import scratch, transfer
from worker.backends import BACKENDS, Task
from worker.contract import (
    INLINE_OUTPUT_BYTES,
    Identity,
    JobError,
    Request,
    error_answer,
    load_identity,
    parse_request,
    settle_target,
)
from worker.video import encode, load_source

PROGRESS_INTERVAL_S = 5  # each word to RunPod is an HTTP request


def answer_job(data: Any, progress: Progress | None = None, cancelled: threading.Event | None = None) -> dict[str, Any]:
    """Return a job's output, or its error as an answer; never raises.

    `progress` is called now and then with a short text for whoever waits, from the calling thread; `cancelled` is set
    by another thread to end the job at its next chunk of frames.
    """
    identity = load_identity()
    watch = Watch(progress or _say_nothing, cancelled or threading.Event())
    try:
        return _do(parse_request(data), identity, watch)
    except JobError as error:
        answer = error_answer(error, identity)
    except Exception as error:  # noqa: BLE001 (the edge: a fault is an answer, and the next job finds a worker)
        traceback.print_exc()
        answer = error_answer(JobError("internal", f"{type(error).__name__}; the worker's log has the rest"), identity)
    print(json.dumps({"job": "failed", "code": answer["code"], "error": answer["error"]}), file=sys.stderr, flush=True)
    return answer


Progress = Callable[[str], None]


def _say_nothing(text: str) -> None:
    """Report to nobody."""


class Watch:
    """What the outside is told of a running job, and how it stops it."""

    def __init__(self, progress: Progress, cancelled: threading.Event) -> None:
        self._progress = progress
        self._cancelled = cancelled
        self._frames = 0
        self._told = time.monotonic()

    def finished(self, frames: int) -> None:
        """Count so many more frames, and tell it if the last word is some seconds old."""
        self._frames += frames
        if frames and time.monotonic() - self._told >= PROGRESS_INTERVAL_S:
            self._told = time.monotonic()
            self._progress(f"{self._frames} frames enlarged")

    def is_cancelled(self) -> bool:
        """Say whether nobody waits for the job any more."""
        return self._cancelled.is_set()


def _do(request: Request, identity: Identity, watch: Watch) -> dict[str, Any]:
    started = time.monotonic()
    _check_addresses(request)  # before the backend: loading weights takes minutes
    backend = BACKENDS[request.backend](request.model)
    with scratch.open_job() as folder:
        source = load_source(_fetch(request, folder / "input"), request.codec)
        target = settle_target(request.target, source.size)
        output = folder / "output.mp4"
        task = Task(source, target, request.seed, watch.finished, watch.is_cancelled, _time_left(started))
        encoded = encode(backend.upscale(task), source, target, output, crf=request.crf)
        delivered = _deliver(request, output)
    return {
        **delivered,
        "frames": encoded.frames,
        "width": target.width,
        "height": target.height,
        "fps": round(float(source.fps), 3),
        "seconds": round(time.monotonic() - started, 3),
        "backend": request.backend,
        "warm": backend.warm(),
        "run": backend.report(),
        "revision": identity.revision,
        "context": identity.context,
        "gpu": backend.gpu(),
        "audio": encoded.audio,
        "truncated": encoded.truncated,
        "notes": list(encoded.notes),
        "source": {"width": source.size.width, "height": source.size.height},
    }


def _time_left(started: float) -> float | None:
    """Return how many seconds the endpoint leaves for this job; None where it doesn't say.

    RunPod gives a worker no way to ask: the deployment puts its `executionTimeout` into the environment.
    """
    try:
        limit = float(os.environ.get("CONDUCTOR_EXECUTION_TIMEOUT_S") or "inf")
    except ValueError:
        return None
    return limit - (time.monotonic() - started) if 0 < limit < float("inf") else None


def _check_addresses(request: Request) -> None:
    if request.video_url is not None:
        transfer.check_url(request.video_url)
    if request.output_url is not None:
        transfer.check_output_url(request.output_url)


def _fetch(request: Request, path: Path) -> Path:
    if request.video_url is not None:
        transfer.download(request.video_url, path)
    else:
        path.write_bytes(request.video or b"")
    return path


def _deliver(request: Request, output: Path) -> dict[str, Any]:
    size = output.stat().st_size
    with output.open("rb") as content:
        facts = {"size_bytes": size, "sha256": hashlib.file_digest(content, "sha256").hexdigest()}
    if request.output_url is not None:
        transfer.upload(request.output_url, output, request.output_deadline_s)
        return facts
    if size > INLINE_OUTPUT_BYTES:
        raise JobError("too_large", f"the result has {size} bytes, over {INLINE_OUTPUT_BYTES}; give an `output_url`")
    return {"video": base64.b64encode(output.read_bytes()).decode("ascii"), **facts}
