"""A real worker process, real videos, and a server on loopback that behaves well or badly."""

from __future__ import annotations

import base64
import ctypes
import http.server
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import av

IMAGE = Path(__file__).resolve().parents[2] / "image"
sys.path.insert(0, str(IMAGE))

REVISION = "1234567890abcdef1234567890abcdef12345678"
CONTEXT = "c" * 64
HUGE = 5 << 30


def make_video(
    frames=10,
    width=64,
    height=48,
    rate=10,
    *,
    codec="libx264",
    audio=None,
    container="mp4",
    times=None,
    colorspace=2,
    title=None,
):
    """Return a video whose frames differ from each other; `times` gives their times in thousandths of a second."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.colorspace = colorspace
        if title:
            output.metadata["title"] = title
        if times:
            stream.codec_context.time_base = Fraction(1, 1000)
        sound = output.add_stream(audio, rate=44100, layout="mono") if audio else None
        if not frames:
            output.start_encoding()
        for index in range(frames):
            frame = av.VideoFrame(width, height, "yuv420p")
            for number, plane in enumerate(frame.planes):
                plane.update(bytes([(110 + index * 9) % 200, 84, 170][number] for _ in range(plane.buffer_size)))
            if times:
                frame.pts, frame.time_base = times[index], Fraction(1, 1000)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if sound:
            for _ in range(frames):
                silence = av.AudioFrame("fltp" if audio == "aac" else "s16", "mono", 1024)
                for plane in silence.planes:
                    plane.update(bytes(plane.buffer_size))
                silence.sample_rate = 44100
                output.mux(sound.encode(silence))
            output.mux(sound.encode(None))
    return file.getvalue()


def decode(video):
    """Return a video's frames, its frame rate and the codecs of its audio."""
    with av.open(io.BytesIO(video)) as container:
        audio = [stream.codec_context.name for stream in container.streams.audio]
        rate = container.streams.video[0].average_rate
        return list(container.decode(video=0)), rate, audio


def encode_base64(video):
    return base64.b64encode(video).decode("ascii")


class Worker:
    """The handler as RunPod's SDK serves it on this machine."""

    def __init__(self, environment=None, cwd=IMAGE):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [
                sys.executable,
                "handler.py",
                "--rp_serve_api",
                "--rp_api_host",
                "127.0.0.1",
                "--rp_api_port",
                str(self.port),
            ],
            cwd=cwd,
            env={**os.environ, "CONDUCTOR_REVISION": REVISION, "CONDUCTOR_CONTEXT": CONTEXT, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 (nothing else makes it die with a killed parent)
        )
        self.log = []
        self._started = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.log.append(line)
            if "running on" in line:
                self._started.set()
        self._started.set()

    def wait_until_started(self):
        self._started.wait()
        assert self.process.poll() is None, "".join(self.log)
        return self

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()

    def run(self, data):
        """Run a job; return RunPod's whole answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/runsync",
            json.dumps({"input": data}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


def _die_with_parent():
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Files(http.server.BaseHTTPRequestHandler):
    """Serve /video in several good and bad ways, take what is PUT."""

    video = make_video()
    received: ClassVar[dict[str, bytes]] = {}

    def do_GET(self):
        route = self.path.split("?")[0]
        if route == "/video":
            self._answer(200, self.video)
        elif route == "/html":
            self._answer(200, b"<!doctype html><title>Sign in</title>")
        elif route == "/empty":
            self._answer(200, b"")
        elif route == "/cut":
            self._answer(200, self.video, announced=len(self.video) * 2)
        elif route == "/huge":
            self._answer(200, self.video, announced=HUGE)
        elif route == "/redirect":
            self._answer(302, b"", location="/video")
        elif route == "/loop":
            self._answer(302, b"", location="/loop")
        elif route == "/to-metadata":
            self._answer(302, b"", location="http://169.254.169.254/latest/meta-data/")
        elif route == "/to-file":
            self._answer(302, b"", location="file:///etc/passwd")
        elif route == "/hang-up":
            self.close_connection = True
        else:
            self._answer(404, b"")

    def do_PUT(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/denied"):
            self._answer(403, b"")
        else:
            self.received[self.path] = content
            self._answer(200, b"")

    def _answer(self, status, body, announced=None, location=None):
        self.send_response(status)
        self.send_header("Content-Length", str(announced if announced is not None else len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_):
        pass
