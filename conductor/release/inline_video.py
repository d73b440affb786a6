"""A video that stands inside a job or an answer, as base64."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

_PREFIX = re.compile(r"\s*data:[\w/+.-]*;base64,")
# How the containers begin that a worker is given or gives: MP4 and QuickTime, Matroska and WebM, AVI, MPEG-TS, IVF.
_BEGINNING = re.compile(rb"....ftyp|\x1aE\xdf\xa3|RIFF....AVI |G.{187}G|DKIF", re.DOTALL)
_DEPTH = 8


def find_videos(value: Any, depth: int = _DEPTH) -> Iterator[bytes]:
    """Yield the videos inside a JSON value, in the order they stand in."""
    if isinstance(value, str):
        found = _decode(value)
        if found is not None:
            yield found
    elif depth and isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from find_videos(item, depth - 1)


def find_video(value: Any) -> bytes | None:
    """Return the first video inside a JSON value, None where there is none."""
    return next(find_videos(value), None)


def _decode(text: str) -> bytes | None:
    prefix = _PREFIX.match(text)
    body = text[prefix.end() :] if prefix else text
    try:
        if not _BEGINNING.match(base64.b64decode("".join(body[:400].split())[:320], validate=True)):
            return None
        return base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
