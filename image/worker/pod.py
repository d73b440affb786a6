"""Serve the worker over HTTP, for a RunPod pod or any machine: the same jobs, the same answers, no queue of RunPod's.

    CONDUCTOR_POD_TOKEN=… python -m worker.pod [--host 0.0.0.0] [--port 8000]

    GET  /health         200 and what this worker is; 503 while it stops. The one route without a token.
    POST /upscale        {"input": …} as RunPod takes it; 200 with the job's answer, 422 where the job failed, 202 with
                         an id where it takes longer than `--wait-s`: RunPod's proxy cuts every request after 100 s
    GET  /upscale/ID     the same answers, for a job that was given an id; kept for half an hour
    DELETE /upscale/ID   cancel it, and the same answers

One job at a time; `--places` more may wait, then 429. SIGTERM: nothing new is taken, what waits is sent away with 503,
and the running job has `--grace-s` to end; where it doesn't, its caller and the log are told, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
from typing import NoReturn

from worker import scratch, selftest
from worker.routes import DRAIN_S, TOKEN, Server, log
from worker.state import settle_place

TOKEN_CHARS = 32


def read_token() -> str:
    """Take the token out of the environment, so that no process started here has it; ends the process without one."""
    token = os.environ.pop(TOKEN, "").strip()
    what = None
    if not token:
        what = "is not set"
    elif not all("!" <= character <= "~" for character in token):
        what = "holds characters that a header can't carry"
    elif len(token) < TOKEN_CHARS:
        what = f"has {len(token)} characters"
    if what:
        refuse_to_start(
            f"{TOKEN} {what}: set it to a secret of at least {TOKEN_CHARS}, as `openssl rand -hex 32` prints"
        )
    return token


def refuse_to_start(problem: str) -> NoReturn:
    """Log the reason in one line and end the process."""
    log(worker="cannot start", problems=[problem])
    sys.exit(1)


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; times are in seconds."""
    parser = argparse.ArgumentParser(prog="python -m worker.pod", description="Serve the worker over HTTP.")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on")  # noqa: S104 (the pod's proxy comes from outside)
    parser.add_argument(
        "--port", type=int, choices=range(65536), metavar="PORT", default=8000, help="port to listen on"
    )
    parser.add_argument("--places", type=int, default=4, help="jobs that may wait while one runs")
    parser.add_argument("--read-s", type=float, default=60, help="time that a request has to arrive")
    parser.add_argument("--wait-s", type=float, default=90, help="time after which a job is answered with its id")
    parser.add_argument("--grace-s", type=float, default=8, help="time that a running job has to end at SIGTERM")
    return parser.parse_args(arguments)


def main() -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    options, token = parse_options(), read_token()
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    facts = selftest.check_machine()
    scratch.remove_leftovers()
    settle_place()  # what is remembered outlives the folder below
    # What a job that was given up leaves behind goes with the folder, or at the next start.
    with scratch.open_job() as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
        try:
            server = Server(options, token, facts)
        except OSError as error:
            refuse_to_start(f"can't listen on {options.host}, port {options.port}: {error.strerror}")
        return serve(server, asked)


def serve(server: Server, asked: threading.Event) -> int:
    """Serve until `asked` is set, then end what runs; return the exit code."""
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    log(pod="listening", host=server.options.host, port=server.server_address[1])
    asked.wait()
    server.stopping.set()
    running, waiting = server.line.count()
    log(pod="stopping", running=running, waiting=waiting)
    ended = server.line.close(server.options.grace_s)
    server.shutdown()
    server.finish(DRAIN_S + 1)
    server.server_close()
    log(pod="stopped", running_job="none" if not running else "ended" if ended else "given up")
    return 0 if ended else 1


if __name__ == "__main__":
    sys.exit(main())
