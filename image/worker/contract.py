"""What a job may ask and what it is answered: the one contract of every backend.

Input:

    {"video": "<base64>" | "video_url": "https://…",            exactly one of the two
     "target": {"width": 320, "height": 180} | {"scale": 2},
     "backend": "seedvr2" | "cpu",                              default: seedvr2
     "output_url": "https://…"}                                 optional, a presigned PUT

Output: `{"video"?, "frames", "width", "height", "fps", "seconds", "backend", "warm", "run", "revision", "context",
"gpu", "audio", "source", "size_bytes", "sha256"}`; `video` is base64 MP4 and missing where `output_url` was given;
`seconds` is the time the worker spent; `warm` says that nothing had to be loaded first; `gpu` and `run` are null on the
CPU; `source` is `{"width", "height"}`. A failed job is `{"error": "<code>: <what is wrong> (revision …)", "code",
"revision", "context"}`. The codes are the keys of `CODES`; they never change their meaning.
"""

from __future__ import annotations

import base64
import binascii
import math
import os
from dataclasses import dataclass
from typing import Any

INLINE_INPUT_BYTES = 7_500_000  # /run takes 10 MB of JSON, and base64 adds a third
INLINE_OUTPUT_BYTES = 14_000_000  # /runsync answers carry 20 MB
URL_INPUT_BYTES = 1 << 30
MAX_SIDE = 8192
MAX_PIXELS = 7680 * 4320
MAX_FRAMES = 36_000  # ten minutes at 60 frames a second
MAX_SCALE = 8

CODES = {
    "bad_input": "the input is not an object, or a field has the wrong type or value",
    "missing_field": "a field that is needed is not there",
    "unknown_field": "a field that the contract doesn't have",
    "unknown_backend": "a backend that this worker doesn't have",
    "unknown_target": "a target that is neither width and height nor a scale",
    "too_large": "the video, the target or the answer is over a limit",
    "not_a_video": "the bytes are no video that this worker reads",
    "no_frames": "the video holds no frame",
    "rotated": "the video is turned by its metadata only",
    "unreachable": "the address did not give the video",
    "forbidden_url": "the address is one that this worker doesn't open",
    "upload_failed": "the address for the output did not take it",
    "gpu_missing": "the backend needs a CUDA GPU and there is none",
    "gpu_out_of_memory": "the GPU's memory does not hold the job, also with the smallest settings",
    "too_long": "the job takes longer than the endpoint lets it run",
    "cancelled": "the job was cancelled, or the worker was told to end",
    "weights_missing": "the model's weights are not on the volume, or are not the expected ones",
    "backend_failed": "the backend ended with an error",
    "internal": "a fault of the worker",
}

FIELDS = ("video", "video_url", "target", "backend", "output_url")


class JobError(Exception):
    """A job that can't be done, with the stable code that says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Size:
    """A picture's size in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Scale:
    """A target given as a factor of the source's size."""

    factor: float


@dataclass(frozen=True, slots=True)
class Request:
    """A job's input after every check that needs no video."""

    video: bytes | None
    video_url: str | None
    target: Size | Scale
    backend: str
    output_url: str | None
    model: str = "3b"
    seed: int = 42


@dataclass(frozen=True, slots=True)
class Identity:
    """What this worker was built from; the build bakes both into the image's environment."""

    revision: str
    context: str


def load_identity() -> Identity:
    """Read the revision (40 hex) and the build-context hash (64 hex) from the environment; `unknown` if not given."""
    return Identity(os.environ.get("CONDUCTOR_REVISION") or "unknown", os.environ.get("CONDUCTOR_CONTEXT") or "unknown")


def parse_request(data: Any, backends: tuple[str, ...]) -> Request:
    """Check a job's `input` and type it; raises JobError."""
    if not isinstance(data, dict):
        raise JobError("bad_input", f"input must be an object, not {_kind(data)}")
    unknown = sorted(str(name) for name in data if name not in FIELDS)
    if unknown:
        raise JobError("unknown_field", f"unknown field {_quote(unknown[0])}; the fields are {', '.join(FIELDS)}")
    backend = _text(data, "backend") or "seedvr2"
    if backend not in backends:
        raise JobError("unknown_backend", f"unknown backend {_quote(backend)}; the backends are {', '.join(backends)}")
    target = _parse_target(data.get("target"))
    inline, url = _text(data, "video"), _text(data, "video_url")
    if inline is None and url is None:
        raise JobError("missing_field", "give the video as `video` (base64) or `video_url` (https)")
    if inline is not None and url is not None:
        raise JobError("bad_input", "give `video` or `video_url`, not both")
    video = None if inline is None else _decode(inline)
    return Request(video, url, target, backend, _text(data, "output_url"))


def settle_target(target: Size | Scale, source: Size) -> Size:
    """Return the target's size in even pixels, at least the source's; raises JobError."""
    if isinstance(target, Scale):
        target = Size(_even(source.width * target.factor), _even(source.height * target.factor))
        _check_size(target)
    if target.width < source.width or target.height < source.height:
        raise JobError("unknown_target", f"target {target} is smaller than the video's {source}; a worker enlarges")
    return target


def error_answer(error: JobError, identity: Identity) -> dict[str, Any]:
    """Return a failed job's answer; RunPod passes on `error` alone in places, so that names code and revision too."""
    return {
        "error": f"{error.code}: {error.message} (revision {identity.revision})",
        "code": error.code,
        "revision": identity.revision,
        "context": identity.context,
    }


def _parse_target(value: Any) -> Size | Scale:
    if value is None:
        raise JobError("missing_field", 'give a `target`: {"width": 1920, "height": 1080} or {"scale": 2}')
    if not isinstance(value, dict):
        raise JobError("unknown_target", f"target must be an object, not {_kind(value)}")
    if set(value) == {"scale"}:
        return _parse_scale(value["scale"])
    if set(value) == {"width", "height"}:
        size = Size(_side(value, "width"), _side(value, "height"))
        _check_size(size)
        return size
    raise JobError("unknown_target", 'target must be {"width", "height"} or {"scale"}, and nothing else')


def _parse_scale(value: Any) -> Scale:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise JobError("unknown_target", f"target.scale must be a number, not {_kind(value)}")
    if not 1 <= value <= MAX_SCALE:
        raise JobError("unknown_target", f"target.scale must be between 1 and {MAX_SCALE}")
    return Scale(float(value))


def _side(value: dict[str, Any], name: str) -> int:
    side = value[name]
    if isinstance(side, bool) or not isinstance(side, int):
        raise JobError("unknown_target", f"target.{name} must be a whole number of pixels, not {_kind(side)}")
    if side < 2 or side % 2:
        raise JobError("unknown_target", f"target.{name} must be an even number of pixels, at least 2")
    return side


def _check_size(size: Size) -> None:
    if max(size.width, size.height) > MAX_SIDE or size.width * size.height > MAX_PIXELS:
        raise JobError("too_large", f"target {size} is over {MAX_SIDE} pixels a side or {MAX_PIXELS} pixels in all")


def _even(length: float) -> int:
    return 2 * math.ceil(length / 2)


def _text(data: dict[str, Any], name: str) -> str | None:
    value = data.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise JobError("bad_input", f"`{name}` must be a text, not {_kind(value)}")
    if not value.strip():
        raise JobError("bad_input", f"`{name}` is empty; leave it out or give it a value")
    return value


def _decode(text: str) -> bytes:
    if len(text) > INLINE_INPUT_BYTES * 4 // 3 + 4:
        raise JobError("too_large", f"`video` holds over {INLINE_INPUT_BYTES} bytes; give a large video as `video_url`")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise JobError("not_a_video", "`video` is not base64") from None


def _kind(value: Any) -> str:
    names = {type(None): "null", bool: "a boolean", str: "a text", list: "a list", dict: "an object"}
    return names.get(type(value), "a number")


def _quote(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
