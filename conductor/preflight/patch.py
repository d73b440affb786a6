"""Changed files as a patch that `git apply` takes: line ends, the x bit and a last line without an end in it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

Content = tuple[bytes, bool]  # a file's bytes, and whether it may be executed


def render_patch(before: Mapping[str, Content], after: Mapping[str, Content]) -> str:
    """Return the change of all files, by path; '' where nothing changes. Every path of `after` is one of `before`."""
    return "".join(_render_file(path, before[path], after[path]) for path in sorted(after))


def _render_file(path: str, before: Content, after: Content) -> str:
    if before == after:
        return ""
    lines = [f"diff --git a/{path} b/{path}\n"]
    if before[1] != after[1]:
        lines += [f"{word} mode 100{755 if one[1] else 644}\n" for word, one in (("old", before), ("new", after))]
    old, new = (_lines(one[0]) for one in (before, after))
    for line in difflib.unified_diff(old, new, f"a/{path}", f"b/{path}"):
        lines.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(lines)


def _lines(content: bytes) -> list[str]:
    """Return the lines with their ends; only a newline ends one, as git has it."""
    text = content.decode("utf-8", "surrogateescape")
    return [f"{line}\n" for line in text.split("\n")[:-1]] + ([rest] if (rest := text.rpartition("\n")[2]) else [])
