"""Serve the SeedVR2 worker on RunPod: one handler, one contract for every backend (see `worker/contract.py`).

    python handler.py                 # on RunPod: take jobs from the endpoint's queue
    python handler.py --rp_serve_api --rp_api_host 127.0.0.1 --rp_api_port 8000   # anywhere: POST /runsync

The start-up self-test runs before the SDK is imported and logs its reason first: seen from outside, a worker that dies
before it takes a job can't be told from one that found no machine.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from worker import scratch, selftest
from worker.job import answer_job


async def handler(job: dict[str, Any]) -> dict[str, Any]:
    """Answer one job; never raises but when the job is cancelled, a failed one is an answer with an `error` field.

    The work is done in a thread: the SDK hears of a cancellation only while its event loop runs, and cancels this call.
    """
    cancelled = threading.Event()
    work = asyncio.create_task(asyncio.to_thread(answer_job, job.get("input"), _teller(job), cancelled))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        cancelled.set()
        await work  # the GPU is busy until its chunk is done; the next job would wait for it in any case
        raise


def _teller(job: dict[str, Any]) -> Callable[[str], None]:
    """Return what sends a word on the job's progress to RunPod, where there is a RunPod to send it to."""
    if not os.environ.get("RUNPOD_WEBHOOK_POST_OUTPUT"):
        return lambda text: print(json.dumps({"job": job.get("id"), "progress": text}), file=sys.stderr, flush=True)
    import runpod

    return lambda text: runpod.serverless.progress_update(job, text)


def main() -> None:
    """Check that this machine can do the work, then serve jobs until told to stop."""
    selftest.check_machine()
    scratch.remove_leftovers()
    # The SDK's default level prints every job's input and answer: whole videos.
    os.environ.setdefault("RUNPOD_LOG_LEVEL", "INFO")
    import runpod

    runpod.serverless.start({"handler": handler})


if __name__ == "__main__":
    main()
