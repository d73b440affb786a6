"""Whether a file is shorter than it says: its end is missing, as after a broken download or a full disk."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

PACKET = 188  # of MPEG-TS
MOST_PARTS = 1_000_000


def is_cut(path: Path) -> bool:
    """Whether the last part of the file is announced longer than what is there; False where the format doesn't say."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(2 * PACKET)
        file.seek(0)
        if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}:
            return _overruns(file, size, 0, _read_box)
        if head[:4] == b"RIFF":
            return _overruns(file, size, 0, _read_riff)
        if head[:4] == b"\x1aE\xdf\xa3":
            return _overruns(file, size, 0, _read_element)
        if head[:3] == b"FLV" and len(head) >= 9:
            return _overruns(file, size, struct.unpack(">I", head[5:9])[0] + 4, _read_tag)
        if head[:1] == b"G" == head[PACKET : PACKET + 1]:
            return bool(size % PACKET)
    return False


def _overruns(file: BinaryIO, size: int, at: int, read_length: Callable[[BinaryIO], int | None]) -> bool:
    for _ in range(MOST_PARTS):
        if at >= size:
            return at > size
        file.seek(at)
        length = read_length(file)
        if not length:
            return False  # as long as the file, or no part at all
        at += length
    return False


def _read_box(file: BinaryIO) -> int | None:  # ISO/IEC 14496-12, 4.2
    head = file.read(16)
    if len(head) < 8:
        return None  # a few bytes behind the last box are nothing
    length = int(struct.unpack_from(">I", head)[0])
    if length == 1 and len(head) == 16:
        return int(struct.unpack_from(">Q", head, 8)[0])
    return length if length >= 8 else None


def _read_riff(file: BinaryIO) -> int | None:
    head = file.read(8)
    if len(head) < 8 or head[:4] != b"RIFF":
        return None  # what lies behind is nobody's
    length = int(struct.unpack_from("<I", head, 4)[0])
    return None if length in {0, 0xFFFFFFFF} else 8 + length + length % 2


def _read_element(file: BinaryIO) -> int | None:  # RFC 8794, 4
    head = file.read(12)
    name = _width(head[0]) if head else 0
    width = _width(head[name]) if name and len(head) > name else 0
    if not width or len(head) < name + width:
        return None
    bits = 7 * width
    length = int.from_bytes(head[name : name + width], "big") & ((1 << bits) - 1)
    return None if length == (1 << bits) - 1 else name + width + length


def _width(first: int) -> int:
    return 9 - first.bit_length() if first else 0


def _read_tag(file: BinaryIO) -> int | None:  # Adobe's FLV 10.1, E.4
    head = file.read(4)
    return 11 + int.from_bytes(head[1:], "big") + 4 if len(head) == 4 else None
