"""Build image/ with a Docker engine, start what was built, and check it from outside.

usage: python scripts/build_image.py [--own-engine] [--keep]
       python scripts/build_image.py --stand-ins --program FOLDER [--torch FOLDER] [--base FOLDER] [--own-engine]

Without options it builds the Dockerfile as it is; that needs Docker 25 or newer, a network, about 25 GB of disk and no
GPU. Then, in the image: no weights, its labels and revision; the self-test; the smoke job as nobody, without a network,
on a read-only file system; the handler behind RunPod's own local server; the pod, asked over HTTP and stopped.

`--stand-ins` builds where nothing can be pulled. Every line of the Dockerfile is executed, three of them with something
else behind the same name, and the difference is printed:
  FROM   a Debian with Python 3.11 under the base image's name, from `--base`, a root file system (made there by
         debootstrap where the folder is empty; needs root), with a torch that only says what the base image's would
  wheel  one of the same file name, without a kernel, from loopback
  ADD    `--program`, a checkout of the program, from the build context
`--torch` is a folder with torch and all that it needs (pip install --target). It takes the place of the stand-in, and
the program itself is imported with the image's own packages. `--own-engine` starts a dockerd for this run alone (needs
root) and removes all that it made; `--keep` keeps the image.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker_engine import Engine, Failed, start_container, start_engine, wait_until_open
from stand_ins import IMAGE, prepare_stand_ins

NOBODY = ["--user", "nobody", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--env", "HOME=/tmp"]  # noqa: S108


def main() -> int:
    """Build, check, and print what was seen; return the exit code."""
    options = parse_options()
    with contextlib.ExitStack() as stack:
        try:
            engine = stack.enter_context(start_engine()) if options.own_engine else Engine(dict(os.environ))
            engine.run("version")
            tag = f"conductor-worker-build:{secrets.token_hex(4)}"
            if not options.keep:
                stack.callback(engine.run, "image", "rm", "--force", tag, check=False)
            say("engine", engine.read("version", "--format", "{{.Server.Version}}"))
            source = read_source()
            build(engine, stack, options, tag, source)
            check_image(engine, tag, source, options)
        except (Failed, OSError, subprocess.SubprocessError) as error:
            print(f"build_image: {error}", file=sys.stderr)
            return 1
    return 0


@dataclass(frozen=True, slots=True)
class Source:
    """What is built: the commit, and the build-context hash as docs/worker.md defines it."""

    revision: str
    context: str


def read_source() -> Source:
    """Ask git, as the workflow does."""
    paths = ("image", ".github/workflows/build-worker.yml")
    tree = subprocess.run(
        ["git", "ls-tree", "-r", "--full-tree", "HEAD", "--", *paths], cwd=IMAGE, capture_output=True, check=True
    ).stdout
    revision = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=IMAGE, capture_output=True, text=True, check=True
    ).stdout
    return Source(revision.strip(), hashlib.sha256(tree).hexdigest())


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Build image/ with a Docker engine and check what was built.")
    parser.add_argument("--stand-ins", action="store_true", help="build without what must be fetched from elsewhere")
    parser.add_argument("--program", type=Path, help="a checkout of the program, for --stand-ins")
    parser.add_argument("--torch", type=Path, help="a folder with torch, for --stand-ins")
    parser.add_argument("--base", type=Path, default=Path(".stand-in-base"), help="the base's root file system")
    parser.add_argument("--own-engine", action="store_true", help="start a dockerd for this run (root)")
    parser.add_argument("--keep", action="store_true", help="keep the image")
    options = parser.parse_args()
    if options.stand_ins and not (options.program and (options.program / "inference_cli.py").is_file()):
        parser.error("--stand-ins needs --program, a folder with inference_cli.py")
    return options


def say(what: str, seen: object) -> None:
    """Print one line of what was seen."""
    print(f"{what:<12} {seen}", flush=True)


def build(engine: Engine, stack: contextlib.ExitStack, options: argparse.Namespace, tag: str, source: Source) -> None:
    """Build the image under the tag, and say what it took."""
    context = IMAGE
    if options.stand_ins:
        context = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="build-")))
        prepare_stand_ins(engine, stack, options, context)
    started = time.monotonic()
    given = ["--build-arg", f"REVISION={source.revision}", "--build-arg", f"CONTEXT={source.context}"]
    engine.run("build", "--network", "host", *given, "--tag", tag, str(context))
    say("built in", f"{time.monotonic() - started:.0f} s")


def check_image(engine: Engine, tag: str, source: Source, options: argparse.Namespace) -> None:
    """Check the image from outside and from inside; raises Failed."""
    facts = json.loads(engine.read("image", "inspect", tag))[0]
    labels = facts["Config"]["Labels"]
    labelled = Source(labels["org.opencontainers.image.revision"], labels["io.conductor.context"])
    require("labels", str(labelled), holds=labelled == source)
    say("size", f"{facts['Size'] / 1e6:.0f} MB in {len(facts['RootFS']['Layers'])} layers")
    for line in engine.read("history", "--format", "{{.Size}} {{.CreatedBy}}", tag).splitlines():
        if re.match(r"[\d.]+[MG]B", line):
            say("layer", line[:90])
    large = engine.read("run", "--rm", "--network", "none", tag, "find", "/worker", "/opt", "-size", "+20M")
    require("weights", large or "none", holds=not large)
    torch: list[str] = []
    if options.torch:
        torch = ["--volume", f"{options.torch.resolve()}:/opt/torch:ro", "--env", "PYTHONPATH=/opt/torch"]
    check_selftest(engine, tag, torch, real=bool(torch) or not options.stand_ins)
    check_smoke(engine, tag)
    job = json.loads((IMAGE / "smoke/input.json").read_text(encoding="utf-8"))
    check_handler(engine, tag, torch, job, source)
    check_pod(engine, tag, torch, job, source)


def check_selftest(engine: Engine, tag: str, torch: list[str], *, real: bool) -> None:
    """Run the self-test; with a real torch, import the program too."""
    started = time.monotonic()
    test = ["python", "-m", "worker.selftest", *(["--program"] if real else [])]
    done = engine.run("run", "--rm", "--network", "none", *torch, tag, *test, check=False)
    last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
    what = "self-test and import of the program" if real else "self-test"
    require(what, f"{last} ({time.monotonic() - started:.1f} s)", holds=not done.returncode)


def check_smoke(engine: Engine, tag: str) -> None:
    """Run the smoke job as the build's workflow does."""
    started = time.monotonic()
    done = engine.run("run", "--rm", "--network", "none", *NOBODY, tag, "python", "smoke/check.py", check=False)
    seen = f"{done.stdout.strip()}{done.stderr[-300:]} ({time.monotonic() - started:.1f} s)"
    require("smoke job", seen, holds=not done.returncode)


def check_handler(engine: Engine, tag: str, torch: list[str], job: dict[str, Any], source: Source) -> None:
    """Ask the handler behind the SDK's local server."""
    port = find_port()
    serve = ["python", "handler.py", "--rp_serve_api", "--rp_api_host", "127.0.0.1", "--rp_api_port", str(port)]
    with start_container(engine, [*torch, tag, *serve]) as container:
        seconds = wait_until_open(engine, container, port)
        answer = ask(f"http://127.0.0.1:{port}/runsync", job)
        good = answer["status"] == "COMPLETED" and identify(answer["output"]) == source
        seen = f"listens after {seconds:.1f} s, {describe(answer.get('output') or answer)}"
        require("handler", seen, holds=good)


def check_pod(engine: Engine, tag: str, torch: list[str], job: dict[str, Any], source: Source) -> None:
    """Ask the pod as nobody, then stop it."""
    port, token = find_port(), secrets.token_hex(32)
    serve = ["python", "-m", "worker.pod", "--port", str(port)]
    words = [*torch, "--env", f"CONDUCTOR_POD_TOKEN={token}", *NOBODY, tag, *serve]
    with start_container(engine, words) as container:
        seconds = wait_until_open(engine, container, port)
        health = ask(f"http://127.0.0.1:{port}/health")
        answer = ask(f"http://127.0.0.1:{port}/upscale", job, token)
        good = health["ready"] and identify(health) == identify(answer) == source
        seen = f"listens after {seconds:.1f} s, {json.dumps(health)}, {describe(answer)}"
        require("pod", seen, holds=good)
        engine.run("stop", "--time", "10", container)
        code = engine.read("inspect", "--format", "{{.State.ExitCode}}", container)
        logged = engine.run("logs", container).stderr
        seen = f"exit code {code}, {logged.strip().splitlines()[-1]}"
        require("pod stopped", seen, holds=code == "0" and token not in logged)


def ask(url: str, job: dict[str, Any] | None = None, token: str = "") -> dict[str, Any]:
    """Return the JSON that is answered; raises OSError where it is none or an error."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, json.dumps(job).encode() if job else None, headers)  # noqa: S310 (loopback)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=120) as answer:
        read: dict[str, Any] = json.load(answer)
        return read


def identify(answer: dict[str, Any]) -> Source:
    """Return what the worker that answers says it was built from."""
    return Source(answer["revision"], answer["context"])


def describe(answer: dict[str, Any]) -> str:
    """Return an answer without its video."""
    size = len(base64.b64decode(answer.get("video", "")))
    return f"video of {size} bytes, {json.dumps({name: value for name, value in answer.items() if name != 'video'})}"


def require(what: str, seen: str, *, holds: bool) -> None:
    """Say what was seen; raises Failed where it does not hold."""
    if not holds:
        raise Failed(f"{what}: {seen}")
    say(what, seen)


def find_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
