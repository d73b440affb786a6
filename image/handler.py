"""Serve the SeedVR2 worker on RunPod: one handler, one contract for every backend (see `worker/contract.py`).

    python handler.py                 # on RunPod: take jobs from the endpoint's queue
    python handler.py --rp_serve_api --rp_api_host 127.0.0.1 --rp_api_port 8000   # anywhere: POST /runsync

The start-up self-test runs before the SDK is imported and logs its reason first: seen from outside, a worker that dies
before it takes a job can't be told from one that found no machine.
"""

from __future__ import annotations

import os
from typing import Any

from worker import selftest
from worker.job import answer_job


def handler(job: dict[str, Any]) -> dict[str, Any]:
    """Answer one job; never raises, a failed job is an answer with an `error` field."""
    return answer_job(job.get("input"))


def main() -> None:
    """Check that this machine can do the work, then serve jobs until told to stop."""
    selftest.check_machine()
    # The SDK's default level prints every job's input and answer: whole videos.
    os.environ.setdefault("RUNPOD_LOG_LEVEL", "INFO")
    import runpod

    runpod.serverless.start({"handler": handler})


if __name__ == "__main__":
    main()
