"""Which files a call in Python code changes, told from its name, its owner and its literal arguments."""

from __future__ import annotations

from conductor.guard.python.names import COPY_CALLS, DELETE_CALLS, DELETE_TREE_CALLS, MOVE_CALLS, UNPACKS
from conductor.shell.expand import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.guard.python.actions import Action


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
