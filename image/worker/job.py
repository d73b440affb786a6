"""Do one job from its input to its answer: check, fetch, enlarge, encode, hand over."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from worker import transfer
from worker.backends import BACKENDS
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


def answer_job(data: Any) -> dict[str, Any]:
    """Return a job's output, or its error as an answer; never raises."""
    identity = load_identity()
    try:
        return _do(parse_request(data, tuple(BACKENDS)), identity)
    except JobError as error:
        answer = error_answer(error, identity)
    except Exception as error:  # noqa: BLE001 (the edge: a fault is an answer, and the next job finds a worker)
        traceback.print_exc()
        answer = error_answer(JobError("internal", f"{type(error).__name__}; the worker's log has the rest"), identity)
    print(json.dumps({"job": "failed", "code": answer["code"], "error": answer["error"]}), file=sys.stderr, flush=True)
    return answer


def _do(request: Request, identity: Identity) -> dict[str, Any]:
    started = time.monotonic()
    backend = BACKENDS[request.backend]()
    with tempfile.TemporaryDirectory(prefix="job-") as folder:
        scratch = Path(folder)
        source = load_source(_fetch(request, scratch / "input"))
        target = settle_target(request.target, source.size)
        output = scratch / "output.mp4"
        encoded = encode(backend.upscale(source, target, scratch), source, target, output)
        delivered = _deliver(request, output)
    return {
        **delivered,
        "frames": encoded.frames,
        "width": target.width,
        "height": target.height,
        "fps": round(float(source.fps), 3),
        "seconds": round(time.monotonic() - started, 3),
        "backend": request.backend,
        "revision": identity.revision,
        "context": identity.context,
        "gpu": backend.gpu(),
        "audio": encoded.audio,
        "truncated": encoded.truncated,
        "notes": list(encoded.notes),
        "source": {"width": source.size.width, "height": source.size.height},
    }


def _fetch(request: Request, path: Path) -> Path:
    if request.output_url is not None:
        transfer.check_url(request.output_url)
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
        transfer.upload(request.output_url, output)
        return facts
    if size > INLINE_OUTPUT_BYTES:
        raise JobError("too_large", f"the result has {size} bytes, over {INLINE_OUTPUT_BYTES}; give an `output_url`")
    return {"video": base64.b64encode(output.read_bytes()).decode("ascii"), **facts}
