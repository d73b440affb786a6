"""The files a survey reads: workflows, actions and bake files inside the repository, as GitHub's YAML has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conductor.workflows.located import YamlFault, read_located

_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Files:
    """The files below one root; nothing outside it is read, whatever a path or a link says.

    `written` are files that a run's own scripts write, None for one whose text can't be seen.
    """

    root: Path
    written: Mapping[str, str | None] = field(default_factory=dict)

    def after(self, written: Mapping[str, str | None]) -> Files:
        """Return the files as they are once these are written."""
        return Files(self.root, {**self.written, **written}) if written else self

    def read(self, path: str) -> str | None:
        """Return the file's text, None where there is none, or where it is too large or outside the root."""
        if path in self.written:
            return self.written[path]
        place = self._inside(path)
        try:
            if place is None or not place.is_file() or place.stat().st_size > _MAX_BYTES:
                return None
            return place.read_text(encoding="utf-8-sig", errors="replace")
        except OSError:
            return None

    def is_file(self, path: str) -> bool:
        """Tell whether the file is there."""
        place = self._inside(path)
        return path in self.written or (place is not None and place.is_file())

    def first(self, paths: list[str]) -> str | None:
        """Return the first of these that is there."""
        return next((path for path in paths if self.is_file(path)), None)

    def workflows(self) -> list[str]:
        """Return the paths of the workflows, in the order of their names."""
        folder = self.root / ".github" / "workflows"
        found = [place for place in folder.glob("*") if place.suffix in {".yml", ".yaml"} and place.is_file()]
        return sorted(place.relative_to(self.root).as_posix() for place in found)

    def _inside(self, path: str) -> Path | None:
        if "\0" in path:
            return None
        place = self.root / path
        try:
            return place if place.resolve().is_relative_to(self.root.resolve()) else None
        except (OSError, RuntimeError):
            return None


def join_path(folder: str, path: str) -> str | None:
    """Return a path that stands in a folder, both from the root, tidied; None where it leads outside or is absolute."""
    parts: list[str] = []
    if path.startswith("/"):
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
