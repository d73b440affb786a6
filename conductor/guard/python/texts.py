"""Which text Python code puts into which file, where both are literal: what is written may be run afterwards."""

from __future__ import annotations

import _ast

from conductor.shell.expand import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from conductor.guard.python.actions import Action, Reader

_OPENERS = frozenset({"open", "io.open", "codecs.open"})


def text_actions(reader: Reader, node: Any, name: str, keywords: dict[str, Any]) -> list[Action]:
    """Return what a call writes, as ("text", (path, text)): after what the file was opened with, which empties it."""
    if name == "print" and "file" in keywords:
        path = opened_path(reader, keywords["file"])
        texts = [reader.text_of(each) or UNKNOWN for each in node.args]
        return [("text", (path, " ".join(texts) + "\n"))] if path else []
    if not isinstance(node.func, _ast.Attribute) or not node.args:
        return []
    leaf, owner = node.func.attr, node.func.value
    if leaf in {"write_text", "write_bytes"}:
        path = reader.text_of(owner) or ""
        return [("text", (path, reader.text_of(node.args[0]) or UNKNOWN))] if path else []
    if leaf in {"write", "writelines"}:
        path = opened_path(reader, owner)
        value = reader.value_of(node.args[0])
        text = "".join(value) if isinstance(value, list) else value or UNKNOWN
        return [("text", (path, text))] if path else []
    return []


def opened_path(reader: Reader, node: Any) -> str:
    """Return the path of the file that an expression is, '' where it is none that is known."""
    if isinstance(node, _ast.Name):
        return reader.handles.get(node.id, "")
    if not isinstance(node, _ast.Call):
        return ""
    if (
        isinstance(node.func, _ast.Attribute)
        and node.func.attr == "open"
        and (owner := reader.text_of(node.func.value))
    ):
        return owner
    first = reader.text_of(node.args[0]) if node.args else None
    return first or "" if reader.dotted(node.func) in _OPENERS else ""


def note_handles(reader: Reader, node: Any, kind: str) -> None:
    """Note which names stand for files: `with open(…) as f`, `f = open(…)`."""
    pairs = []
    if kind in {"With", "AsyncWith"}:
        pairs = [(item.optional_vars, item.context_expr) for item in node.items]
    elif kind == "Assign":
        pairs = [(target, node.value) for target in node.targets]
    for target, value in pairs:
        if isinstance(target, _ast.Name) and (path := opened_path(reader, value)):
            reader.handles[target.id] = path
