"""Which files an image holds, as far as its Dockerfile says; what a base or an unknown command put there is unknown."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from conductor.preflight.environment.context import Context
    from conductor.preflight.environment.origin import Origin

State = Literal["context", "there", "absent", "unknown"]
# Below these, every base image has files of its own that nobody listed.
SYSTEM_FOLDERS = (
    "/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/opt", "/var", "/root", "/home", "/dev", "/proc", "/sys",
    "/tmp",  # noqa: S108
)  # fmt: skip
_ALWAYS = frozenset({"/", "/proc", "/sys", "/dev", "/mnt", "/media", "/srv", "/run", "/boot", *SYSTEM_FOLDERS})


@dataclass(frozen=True, slots=True)
class Placed:
    """One thing put into the image: `source` is a context path, or None where the content is not the context's.

    `unknown` marks a folder below which anything may be.
    """

    path: str
    source: str | None
    is_folder: bool
    unknown: bool
    executable: bool | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Found:
    """The answer for one path of the image."""

    state: State
    source: str | None = None
    is_folder: bool | None = None
    executable: bool | None = None
    origin: Origin | None = None


@dataclass(slots=True)
class ImageFiles:
    """The layers in order; the last one that names a path decides. `base_known`: nothing of ours is in the base."""

    context: Context
    base_known: bool = False
    # The base has files of its own in / and /workspace (RunPod's images do).
    root_unknown: bool = False
    # A program that nobody read ran: it may have made files and folders anywhere.
    anywhere: bool = False
    layers: list[Placed | str] = field(default_factory=list)  # a plain text is a path that was removed

    def copy(self) -> ImageFiles:
        """Return files that can change without changing these."""
        return ImageFiles(self.context, self.base_known, self.root_unknown, self.anywhere, list(self.layers))

    def put(self, placed: Placed) -> None:
        """Add one thing."""
        self.layers.append(placed)

    def remove(self, path: str) -> None:
        """Take a path and everything below it away."""
        self.layers.append(path)

    def find(self, path: str) -> Found:
        """Return what is known of this absolute path.

        What certainly was there stays what it was below a folder that something unknown may have changed.
        """
        path = posixpath.normpath(path)
        unknown: Found | None = None
        found: Found | None = None
        for layer in reversed(self.layers):
            if isinstance(layer, str):
                found = Found("absent") if path == layer or path.startswith(layer.rstrip("/") + "/") else None
            else:
                found = self._in_layer(layer, path)
            if found is not None and found.state == "unknown":
                unknown, found = unknown or found, None
            if found is not None:
                break
        found = found or self._in_base(path)
        return unknown if unknown is not None and found.state == "absent" else found

    def _in_layer(self, layer: Placed, path: str) -> Found | None:  # noqa: PLR0911 - one return a case
        if path == layer.path:
            state: State = "context" if layer.source is not None else "there"
            return Found(state, layer.source, layer.is_folder, layer.executable, layer.origin)
        prefix = layer.path.rstrip("/") + "/"
        if path.startswith(prefix):
            if layer.unknown:
                return Found("unknown", origin=layer.origin)
            if layer.source is None:
                return None
            inside = posixpath.join(layer.source, path[len(prefix) :])
            entry = self.context.find(inside)
            if entry is None or self._is_hidden(inside, is_folder=entry.is_folder):
                return None
            return Found("context", entry.path, entry.is_folder, layer.executable or entry.executable, layer.origin)
        if layer.path.startswith(path.rstrip("/") + "/"):
            return Found("there", None, is_folder=True, origin=layer.origin)
        return None

    def _is_hidden(self, inside: str, *, is_folder: bool) -> bool:
        """Tell whether the ignore file hides a path; what is below a hidden folder may be let in again."""
        may_return = is_folder and self.context.ignore.has_exceptions
        return not may_return and self.context.ignored_by(inside) is not None

    def _in_base(self, path: str) -> Found:
        if path in _ALWAYS:
            return Found("there", is_folder=True)
        if not self.base_known or any(path.startswith(folder + "/") for folder in SYSTEM_FOLDERS):
            return Found("unknown" if self.root_unknown or not self._is_empty_there(path) else "absent")
        if self.root_unknown and (path.count("/") == 1 or path.startswith("/workspace/")):
            return Found("unknown")
        return Found("absent")

    def _is_empty_there(self, path: str) -> bool:
        """Tell whether a system folder in which the bases that are known have next to nothing lacks this path."""
        folder, _, rest = path.removeprefix("/").partition("/")
        if not self.base_known or folder != "opt":
            return False
        return rest.partition("/")[0] not in {"nvidia", "conda", "ml", "pytorch", "intel"}

    def make_executable(self, path: str, origin: Origin, *, executable: bool = True) -> None:
        """Give a file, or everything in a folder, its x bit, or take it away."""
        found = self.find(path)
        folder = bool(found.is_folder)
        self.layers.append(Placed(posixpath.normpath(path), found.source, folder, False, executable, origin))

    def carry(self, other: ImageFiles, source: str, target: str, origin: Origin) -> None:
        """Put what lies in a folder of another image there, thing by thing as it came."""
        unknown = other._in_base(source).state == "unknown"
        self.put(Placed(target, None, True, unknown, None, origin))
        prefix = source.rstrip("/") + "/"
        for layer in other.layers:
            path = layer if isinstance(layer, str) else layer.path
            if path == source or path.startswith(prefix):
                moved = posixpath.normpath(f"{target}/{path[len(prefix) :]}")
                self.layers.append(moved if isinstance(layer, str) else replace(layer, path=moved))
            elif isinstance(layer, Placed) and layer.is_folder and source.startswith(path.rstrip("/") + "/"):
                inside = layer.source and posixpath.join(layer.source, source[len(path.rstrip("/")) + 1 :])
                entry = self.context.find(inside) if inside else None
                if layer.unknown or entry is not None:
                    self.put(replace(layer, path=target, source=entry.path if entry else None))

    def names(self, path: str) -> list[str] | None:
        """Return what lies in a folder, in order; None where nobody can tell, or there is no such folder."""
        path = posixpath.normpath(path)
        if self.find(path).is_folder is not True:
            return None
        prefix = path.rstrip("/") + "/"
        found: set[str] = set()
        for layer in self.layers:
            if isinstance(layer, str):
                continue
            if layer.path.startswith(prefix):
                found.add(layer.path[len(prefix) :].partition("/")[0])
            elif layer.source is not None and layer.is_folder and (path + "/").startswith(layer.path.rstrip("/") + "/"):
                inside = posixpath.normpath(posixpath.join(layer.source, path[len(layer.path) :].lstrip("/")))
                listed = {e.path for e in self.context.below(inside)}
                depth = 0 if inside == "." else len(inside) + 1
                found |= {each[depth:].partition("/")[0] for each in listed}
        return [name for name in sorted(found) if self.find(prefix + name).state in {"context", "there"}]

    def matching(self, pattern: str) -> list[str]:
        """Return the paths known to lie in a folder whose names match; a pattern in the folder's path matches none."""
        folder, _, name = posixpath.normpath(pattern).rpartition("/")
        return [f"{folder}/{each}" for each in self.names(folder or "/") or () if fnmatchcase(each, name)]

    def matches_none(self, pattern: str) -> bool:
        """Tell whether certainly nothing matches: no name that is known, and nothing unknown can lie in the folder."""
        folder, _, name = posixpath.normpath(pattern).rpartition("/")
        if self.anywhere or any(mark in folder for mark in "*?[") or self.matching(pattern):
            return False
        return self.find(posixpath.join(folder or "/", re.sub(r"[*?\[\]]", "x", name))).state == "absent"

    def sources(self) -> list[Placed]:
        """Return what came from the context, in order."""
        return [layer for layer in self.layers if isinstance(layer, Placed) and layer.source is not None]
