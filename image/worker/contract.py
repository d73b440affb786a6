"""What a job may ask and what it is answered: the one contract of every backend.

Input: `input.schema.json` beside this file states the fields with their types, limits and defaults (see `schema.py`);
`Request` is the input after every check that needs no video.

Output: `{"video"?, "frames", "width", "height", "fps", "seconds", "backend", "warm", "run", "revision", "context",
"gpu", "audio", "truncated", "notes", "source", "size_bytes", "sha256"}`; `video` is base64 MP4 and missing where
`output_url` was given; `seconds` is the time the worker spent; `warm` says that nothing had to be loaded first; `gpu`
and `run` are null on the CPU; `audio` is `copied`, `encoded`, `dropped` or `none`; `truncated` says that the video's
end was missing; `notes` are sentences for people; `source` is `{"width", "height"}`. A failed job is `{"error":
"<code>: <what is wrong> (revision …)", "code", "revision", "context"}`. The codes are the keys of `CODES`; they never
change their meaning.
"""

from __future__ import annotations

import base64
import binascii
import math
import os
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from worker.schema import LIMITS, SCHEMA, default_of, find_problems

INLINE_INPUT_BYTES = LIMITS["inline_input_bytes"]  # /run takes 10 MB of JSON, and base64 adds a third
INLINE_OUTPUT_BYTES = LIMITS["inline_output_bytes"]  # /runsync answers carry 20 MB
URL_INPUT_BYTES = LIMITS["url_input_bytes"]
MAX_SIDE: int = SCHEMA["properties"]["target"]["properties"]["width"]["maximum"]
MAX_PIXELS = LIMITS["pixels"]
MAX_FRAMES = LIMITS["frames"]  # ten minutes at 60 frames a second
MAX_PROBLEMS = 5  # that one answer names

CODES = {
    "bad_input": "the input is not an object, or a field has the wrong type or value",
    "missing_field": "a field that is needed is not there",
    "unknown_field": "a field that the contract doesn't have",
    "unknown_backend": "a backend that this worker doesn't have",
    "unknown_target": "a target that is neither a scale nor width and height or one of them, or that is too small",
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
    "weights_missing": "the model's weights are not there and can't be fetched, or are not the expected ones",
    "backend_failed": "the backend ended with an error",
    "internal": "a fault of the worker",
}


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
class Target:
    """The result's size as a job gives it: a factor, or one or both sides in pixels."""

    scale: Fraction | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A job's input after every check that needs no video; videos and addresses stay out of its repr."""

    video: bytes | None = field(repr=False)
    video_url: str | None = field(repr=False)
    target: Target
    backend: str
    model: str
    seed: int
    codec: str
    crf: int
    output_url: str | None = field(repr=False)
    output_deadline_s: int


@dataclass(frozen=True, slots=True)
class Identity:
    """What this worker was built from; the build bakes both into the image's environment."""

    revision: str
    context: str


def load_identity() -> Identity:
    """Read the revision (40 hex) and the build-context hash (64 hex) from the environment; `unknown` if not given."""
    return Identity(os.environ.get("CONDUCTOR_REVISION") or "unknown", os.environ.get("CONDUCTOR_CONTEXT") or "unknown")


def parse_request(data: Any) -> Request:
    """Check a job's `input` and type it; raises JobError that names everything that the schema doesn't hold."""
    given = _without_nulls(data, SCHEMA)
    problems = find_problems(given)
    if problems:
        said = [problem.text for problem in problems[:MAX_PROBLEMS]]
        more = [f"and {len(problems) - MAX_PROBLEMS} more"] if len(problems) > MAX_PROBLEMS else []
        raise JobError(problems[0].code, "; ".join([*said, *more]))
    values = {name: given.get(name, default_of(name)) for name in SCHEMA["properties"]}
    return Request(
        video=None if values["video"] is None else _decode(values["video"]),
        video_url=values["video_url"],
        target=_parse_target(values["target"]),
        backend=values["backend"],
        model=values["model"],
        seed=int(values["seed"]),  # 7.0 is a whole number in JSON
        codec=values["codec"],
        crf=int(values["crf"]),
        output_url=values["output_url"],
        output_deadline_s=int(values["output_deadline_s"]),
    )


def settle_target(target: Target, source: Size) -> Size:
    """Return the target's size in even pixels, at least the source's; raises JobError."""
    size = _fit(target, source)
    if max(size.width, size.height) > MAX_SIDE or size.width * size.height > MAX_PIXELS:
        raise JobError("too_large", f"target {size} is over {MAX_SIDE} pixels a side or {MAX_PIXELS} pixels in all")
    if size.width < source.width or size.height < source.height:
        raise JobError("unknown_target", f"target {size} is smaller than the video's {source}; a worker enlarges")
    return size


def error_answer(error: JobError, identity: Identity) -> dict[str, Any]:
    """Return a failed job's answer; RunPod passes on `error` alone in places, so that names code and revision too."""
    return {
        "error": f"{error.code}: {error.message} (revision {identity.revision})",
        "code": error.code,
        "revision": identity.revision,
        "context": identity.context,
    }


def _without_nulls(data: Any, field: dict[str, Any]) -> Any:
    """Return the input without its known fields that are null: many clients send those for what was not given."""
    if not isinstance(data, dict):
        return data
    fields = field.get("properties", {})
    return {
        name: _without_nulls(value, fields[name]) if name in fields else value
        for name, value in data.items()
        if value is not None or name not in fields
    }


def _parse_target(value: dict[str, Any]) -> Target:
    scale, width, height = value.get("scale"), value.get("width"), value.get("height")
    target = Target(
        scale=None if scale is None else Fraction(repr(scale)),  # 1.1 is meant as 11/10, and 1080 times that is 1188
        width=None if width is None else int(width),
        height=None if height is None else int(height),
    )
    if target.width and target.height and target.width * target.height > MAX_PIXELS:
        raise JobError("too_large", f"target {target.width}x{target.height} is over {MAX_PIXELS} pixels in all")
    return target


def _fit(target: Target, source: Size) -> Size:
    if target.scale is not None:
        return Size(_even(source.width * target.scale), _even(source.height * target.scale))
    if target.height is None:
        assert target.width is not None  # noqa: S101 (the schema asks for one of the three)
        return Size(target.width, _near_even(Fraction(source.height * target.width, source.width)))
    width = target.width or _near_even(Fraction(source.width * target.height, source.height))
    return Size(width, target.height)


def _even(length: Fraction) -> int:
    return 2 * math.ceil(length / 2)


def _near_even(length: Fraction) -> int:
    """Return the nearest even number, the larger of two: a side never falls below its source by rounding."""
    return max(2, 2 * math.floor(length / 2 + Fraction(1, 2)))


def _decode(text: str) -> bytes:
    try:
        video = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        start = text.lstrip()[:8].lower()
        hint = "give what follows its comma only" if start.startswith("data:") else "an address goes into `video_url`"
        said = f"; {hint}" if start.startswith(("data:", "http:", "https:")) else ""
        raise JobError("not_a_video", f"`video` is not base64 (standard alphabet, padded){said}") from None
    if len(video) > INLINE_INPUT_BYTES:
        raise JobError("too_large", f"`video` holds over {INLINE_INPUT_BYTES} bytes; give it as `video_url`")
    return video
