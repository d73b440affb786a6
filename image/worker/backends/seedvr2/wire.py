"""Messages between the worker and its engine: a length, a JSON head, then as many raw bytes as the head's `bytes`."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import IO, Any

PREFIX = struct.Struct("<I")
LARGEST_HEAD = 1 << 20


def send(stream: IO[bytes], head: Mapping[str, Any], body: bytes | bytearray | memoryview = b"") -> None:
    """Write one message and flush it; raises OSError where the other side is gone."""
    text = json.dumps({**head, "bytes": len(body)}).encode("ascii")
    stream.write(PREFIX.pack(len(text)))
    stream.write(text)
    stream.write(body)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytearray] | None:
    """Read one message; None where the stream ends, also in the middle of one. Raises ValueError for something else."""
    start = _read(stream, PREFIX.size)
    if start is None:
        return None
    (length,) = PREFIX.unpack(start)
    if length > LARGEST_HEAD:
        raise ValueError(f"a message's head has {length} bytes")
    text = _read(stream, length)
    if text is None:
        return None
    head = json.loads(text)
    body = _read(stream, int(head.pop("bytes")))
    return None if body is None else (head, body)


def _read(stream: IO[bytes], size: int) -> bytearray | None:
    content = bytearray(size)
    view, done = memoryview(content), 0
    while done < size:
        count = stream.readinto(view[done:])  # type: ignore[attr-defined]
        if not count:
            return None
        done += count
    return content
