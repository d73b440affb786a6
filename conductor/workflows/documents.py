"""The files a survey reads: workflows, actions and bake files inside the repository, as GitHub's YAML has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conductor.ports.tree import Tree
from conductor.workflows.located import YamlFault, read_located

_MAX_BYTES = 1_000_000
_WORKFLOWS = ".github/workflows"
WORKSPACE = "/github/workspace"  # where the repository is taken to be in a run


@dataclass(frozen=True, slots=True, eq=False)
class Files:
    """The files of one tree as they are at one time; nothing outside it is read, whatever a path or a link says.

    `written` are files that a run's own scripts write, None for one whose text can't be seen.
    """

    tree: Tree
    written: Mapping[str, str | None] = field(default_factory=dict)

    def after(self, written: Mapping[str, str | None]) -> Files:
        """Return the files as they are once these are written."""
        return Files(self.tree, {**self.written, **written}) if written else self

    def read(self, path: str) -> str | None:
        """Return the file's text, None where there is none, or where it is too large or outside the root."""
        if path in self.written:
            return self.written[path]
        content = self.tree.read(path, _MAX_BYTES + 1)
        if content is None or len(content) > _MAX_BYTES:
            return None
        text = content.decode("utf-8-sig", errors="replace")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def is_file(self, path: str) -> bool:
        """Tell whether the file is there."""
        return path in self.written or self.tree.read(path, 0) is not None

    def is_folder(self, path: str) -> bool:
        """Tell whether there is such a folder."""
        return self.tree.names(path) is not None

    def has(self, path: str) -> bool:
        """Tell whether anything stands at the path."""
        return self.is_folder(path) or self.is_file(path)

    def first(self, paths: list[str]) -> str | None:
        """Return the first of these that is there."""
        return next((path for path in paths if self.is_file(path)), None)

    def workflows(self) -> list[str]:
        """Return the paths of the workflows, in the order of their names."""
        names = sorted(self.tree.names(_WORKFLOWS) or ())
        paths = [f"{_WORKFLOWS}/{name}" for name in names if name.endswith((".yml", ".yaml"))]
        return [path for path in paths if self.is_file(path)]


def join_path(folder: str | None, path: str) -> str | None:
    """Return a path that stands in a folder, both from the root, tidied; None where it leads outside.

    An absolute path is taken from the workspace. `folder` is None for one that is outside, or not known.
    """
    parts: list[str] = []
    if path == WORKSPACE or path.startswith(f"{WORKSPACE}/"):
        folder, path = ".", path.removeprefix(WORKSPACE).lstrip("/")
    if folder is None or path.startswith("/"):
        return None
    for part in f"{folder}/{path}".split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts) or "."


def load_yaml(text: str) -> Any:
    """Return the document with every scalar as text, as the file has it (`located`); None where it is not YAML."""
    document = read_located(text)
    return None if isinstance(document, YamlFault) else document


def as_mapping(value: Any) -> dict[str, Any]:
    """Return the value where it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, a text as a list of one, nothing as an empty list."""
    if isinstance(value, list):
        return value
    return [] if value in ("", None) else [value]
