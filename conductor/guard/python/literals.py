"""Literals of Python code as text and numbers."""

from __future__ import annotations

import _ast

from conductor.shell.expand import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def number_literal(node: Any) -> int | None:
    """Return a literal whole number, with its sign."""
    if isinstance(node, _ast.UnaryOp) and isinstance(node.op, _ast.USub):
        inner = number_literal(node.operand)
        return None if inner is None else -inner
    value = getattr(node, "value", None)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def plain_literal(value: object) -> str | None:
    """Return bytes and whole numbers as text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value) if isinstance(value, int) else None


def decode_literal(text: str) -> str:
    """Return what base64 text stands for."""
    from binascii import Error, a2b_base64

    try:
        return a2b_base64(text + "=" * (-len(text) % 4)).decode("utf-8", "replace")
    except (Error, ValueError):
        return UNKNOWN
