"""JSON without the json package: its scanner alone, which every Python carries and which costs nothing to import."""

from __future__ import annotations

from _json import make_scanner


class _Options:
    strict = False
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float
    memo: dict[str, str] = {}  # noqa: RUF012 - the scanner's own cache


_scan = make_scanner(_Options)  # type: ignore[arg-type]


def parse(text: str) -> object:
    """Return the value the text holds; raises ValueError for anything else than one JSON value."""
    start = len(text) - len(text.lstrip(" \t\r\n\ufeff"))
    try:
        value, end = _scan(text, start)
    except (StopIteration, RecursionError, SystemError) as error:
        raise ValueError("not JSON") from error
    if text[end:].strip(" \t\r\n\0"):
        raise ValueError("more than one value")
    return value
