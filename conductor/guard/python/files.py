"""Which files Python code changes, and which text it puts there: what is written may be run afterwards."""

from __future__ import annotations

import _ast

from conductor.guard.python.names import COPY_CALLS, DELETE_CALLS, DELETE_TREE_CALLS, MOVE_CALLS, UNPACKS
from conductor.shell.expand import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from conductor.guard.python.actions import Action, Reader

_OPENERS = frozenset({"open", "io.open", "codecs.open"})


def file_actions(name: str, leaf: str, owner: str | None, texts: list[str], named: dict[str, str]) -> list[Action]:
    """Return the changes of a call.

    `name` is dotted as far as it is known, `leaf` its last part, `owner` the text before a method's dot (a path),
    `texts` the arguments and `named` the keyword arguments, unknown ones as UNKNOWN.
    """
    if leaf in UNPACKS and (texts or "path" in named):
        return [("unpack", (named.get("path") or texts[-1],))]
    if owner is not None:
        found = _of_path(leaf, owner, texts, named)
        if found:
            return found
    return _by_name(name, texts, named) if texts else []


def _of_path(leaf: str, path: str, texts: list[str], named: dict[str, str]) -> list[Action]:
    """Return what a method does to its path."""
    if leaf == "open":
        return _open(path, named.get("mode") or (*texts, "r")[0])
    if leaf in {"write_text", "write_bytes"}:
        return [("overwrite", (path,))]
    if leaf == "touch":
        return [("create", (path,))]
    if leaf in {"unlink", "rmdir"}:
        return [("delete", (path,))]
    if leaf in {"rename", "replace"} and len(texts) == 1:
        return [("move", (path,)), ("overwrite", (texts[0], path))]
    return []


def _by_name(name: str, texts: list[str], named: dict[str, str]) -> list[Action]:  # noqa: PLR0911 - one return a kind
    """Return what a function does to the paths it is given."""
    first = texts[0]
    if name in {"open", "io.open", "codecs.open", "os.open"}:
        return _open(first, named.get("mode") or (*texts[1:], "r")[0])
    if name in DELETE_CALLS:
        return [("delete", (first,))]
    if name in DELETE_TREE_CALLS:
        return [("delete tree", (first,))]
    if name == "os.truncate":
        return [("overwrite", (first,))]
    if name == "fileinput.input" and "inplace" in named:
        return [("edit", (first,))]
    if len(texts) < 2:
        return []
    if name in MOVE_CALLS:
        return [("move", (first,)), ("overwrite", (texts[1], first))]
    if name in COPY_CALLS or name.endswith("urlretrieve"):
        return [("overwrite", (texts[1], first))]
    return []


def _open(path: str, mode: str) -> list[Action]:
    if mode[:1] == "w":
        return [("overwrite", (path,))]
    if mode[:1] == "x":
        return [("create", (path,))]
    if mode[:1] == "a":
        return [("append", (path,))]
    return [("edit", (path,))] if "+" in mode or mode == UNKNOWN else []


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
