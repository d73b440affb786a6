"""The build context: which files the builder is sent, without reading more of them than a question needs."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from conductor.domain.dockerignore import DockerIgnore, IgnorePattern, parse_dockerignore
from conductor.preflight.limits import MAX_IGNORE_MATCHES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conductor.ports.tree import Node, Tree

# A context with more entries is not listed to its end; what is asked by name is still answered.
MAX_ENTRIES = 50_000
MAX_TEXT = 2_000_000
# What Git LFS leaves in git for a file that it keeps elsewhere (github.com/git-lfs/git-lfs, docs/spec.md).
LFS_POINTER = b"version https://git-lfs.github.com/spec/v1"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of the context, by its path relative to it."""

    path: str
    is_folder: bool
    executable: bool


@dataclass(slots=True)
class Context:
    """A build context; `tree` has its folder for root, `shown` is how its paths are printed, relative to the project.

    Below a git submodule everything may be: what is asked for there is found, and its content is not known.
    """

    tree: Tree
    shown: str
    ignore: DockerIgnore = field(default_factory=DockerIgnore)
    ignore_file: str | None = None
    _listing: tuple[Entry, ...] | None = field(default=None, init=False)
    _folders: dict[str, frozenset[str] | None] = field(default_factory=dict, init=False)
    _found: dict[str, Entry | None] = field(default_factory=dict, init=False)
    complete: bool = field(default=True, init=False)

    def display(self, path: str) -> str:
        """Return the path as findings print it: relative to the project."""
        return posixpath.normpath(posixpath.join(self.shown, path)) if self.shown else path

    def find(self, path: str) -> Entry | None:
        """Return the entry of that name, ignored or not, or None; names are compared exactly, as on Linux."""
        if path not in self._found:
            self._found[path] = self._find(clean(path))
        return self._found[path]

    def _find(self, path: str) -> Entry | None:
        if path == ".":
            return Entry(".", is_folder=True, executable=True)
        parent = ""
        for part in path.split("/"):
            names = self._names(parent)
            if names is None or part not in names:
                return _of_module(path) if names is None and self._in_module(path) else None
            parent = f"{parent}/{part}" if parent else part
        return _entry(path, self.tree.node(path))

    def _in_module(self, path: str) -> bool:
        """Tell whether a path, or a pattern, lies below a submodule."""
        parts = path.split("/")
        above = [self.tree.node("/".join(parts[:count])) for count in range(1, len(parts))]
        return any(node is not None and node.kind == "module" for node in above)

    def names(self, folder: str) -> frozenset[str]:
        """Return the names in a folder, ignored or not."""
        return self._names("" if clean(folder) == "." else clean(folder)) or frozenset()

    def _names(self, folder: str) -> frozenset[str] | None:
        if folder not in self._folders:
            names = self.tree.names(folder)
            self._folders[folder] = names
        return self._folders[folder]

    def ignored_by(self, path: str) -> IgnorePattern | None:
        """Return the `.dockerignore` line that keeps this path from the builder, or None."""
        return self.ignore.ignored_by(clean(path))

    def entries(self) -> tuple[Entry, ...]:
        """Return what the builder is sent, at most `MAX_ENTRIES` entries; links are not followed."""
        if self._listing is None:
            self._listing = tuple(self._walk())
        return self._listing

    def match(self, pattern: str) -> list[Entry]:
        """Return the entries that a COPY source with wildcards names, as Go's filepath.Match matches them."""
        parts = clean(pattern).split("/")
        if not any(mark in pattern for mark in "*?["):
            found = self.find(pattern)
            return [found] if found and self.ignored_by(found.path) is None else []
        if self._in_module(clean(pattern)):
            return [_of_module(clean(pattern))]
        return [
            entry
            for entry in self.entries()
            if entry.path.count("/") == len(parts) - 1
            and all(fnmatchcase(have, want) for have, want in zip(entry.path.split("/"), parts, strict=True))
        ]

    def below(self, folder: str) -> Iterator[Entry]:
        """Yield what the builder is sent below that folder (`.` for all of it)."""
        prefix = "" if clean(folder) == "." else clean(folder) + "/"
        return (entry for entry in self.entries() if entry.path.startswith(prefix))

    def read(self, path: str) -> bytes | None:
        """Return the content of a regular file inside the context, at most `MAX_TEXT` bytes, or None."""
        content = self.tree.read(clean(path), MAX_TEXT)
        return None if content is None or content.startswith(LFS_POINTER) else content

    def read_text(self, path: str) -> str | None:
        """Return the content as text, undecodable bytes replaced; None where there is none or it is binary."""
        content = self.read(path)
        if content is None or b"\0" in content[:8000]:
            return None
        return content.decode("utf-8", errors="replace")

    def _walk(self) -> Iterator[Entry]:
        seen = looked = 0
        most = MAX_IGNORE_MATCHES // max(1, len(self.ignore.patterns))
        pending = [""]
        while pending:
            folder = pending.pop(0)
            for name in sorted(self._names(folder) or ()):
                path = f"{folder}/{name}" if folder else name
                looked += 1
                if looked > most:
                    self.complete = False
                    return
                ignored = self.ignore.ignores(path)
                entry = _entry(path, self.tree.node(path))
                if entry is None or (ignored and not (entry.is_folder and self.ignore.has_exceptions)):
                    continue
                seen += 1
                if seen > MAX_ENTRIES:
                    self.complete = False
                    return
                if not ignored:
                    yield entry
                if entry.is_folder and name != ".git":
                    pending.append(path)


def load_context(tree: Tree, folder: str, dockerfile: str) -> Context:
    """Open the build context in a folder of the project; `<Dockerfile>.dockerignore` goes before `.dockerignore`."""
    below = tree.below(folder) if folder else tree
    for place, name in ((tree, f"{dockerfile}.dockerignore"), (below, ".dockerignore")):
        content = place.read(name, MAX_TEXT)
        if content is not None:
            text = content.decode("utf-8", errors="replace")
            return Context(below, folder, parse_dockerignore(text), posixpath.basename(name))
    return Context(below, folder)


def clean(path: str) -> str:
    """Return the path relative to the context as the builder takes it: no leading slash, no way out with `..`."""
    return posixpath.normpath("/" + path).lstrip("/") or "."


def _entry(path: str, node: Node | None) -> Entry | None:
    return None if node is None else Entry(path, node.kind in {"folder", "module"}, node.executable)


def _of_module(path: str) -> Entry:
    """Return what may be meant by a path in a submodule: by its name, a file where it has an extension."""
    return Entry(path, "." not in posixpath.basename(path), executable=True)
