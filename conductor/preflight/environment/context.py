"""The build context: which files the builder is sent, without reading more of them than a question needs."""

from __future__ import annotations

import os
import posixpath
import stat
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from conductor.config.reading import read_regular
from conductor.domain.dockerignore import DockerIgnore, IgnorePattern, parse_dockerignore
from conductor.preflight.limits import MAX_IGNORE_MATCHES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A context with more entries is not listed to its end; what is asked by name is still answered.
MAX_ENTRIES = 50_000
MAX_TEXT = 2_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of the context, by its path relative to it."""

    path: str
    is_folder: bool
    executable: bool


@dataclass(slots=True)
class Context:
    """A build context on disk; `root` is its folder, `shown` how its paths are printed, relative to the project."""

    root: Path
    shown: str
    ignore: DockerIgnore = field(default_factory=DockerIgnore)
    ignore_file: str | None = None
    _listing: tuple[Entry, ...] | None = field(default=None, init=False)
    _folders: dict[str, frozenset[str] | None] = field(default_factory=dict, init=False)
    complete: bool = field(default=True, init=False)

    def display(self, path: str) -> str:
        """Return the path as findings print it: relative to the project."""
        return posixpath.normpath(posixpath.join(self.shown, path)) if self.shown else path

    def find(self, path: str) -> Entry | None:
        """Return the entry of that name, ignored or not, or None; names are compared exactly, as on Linux."""
        path = clean(path)
        if path == ".":
            return Entry(".", is_folder=True, executable=True)
        parent = ""
        for part in path.split("/"):
            names = self._names(parent)
            if names is None or part not in names:
                return None
            parent = f"{parent}/{part}" if parent else part
        return _entry(self.root, path)

    def names(self, folder: str) -> frozenset[str]:
        """Return the names in a folder, ignored or not."""
        return self._names("" if clean(folder) == "." else clean(folder)) or frozenset()

    def _names(self, folder: str) -> frozenset[str] | None:
        if folder not in self._folders:
            try:
                with os.scandir(self.root / folder) as entries:
                    names = frozenset(entry.name for entry in entries)
            except OSError:
                names = None
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
        target = self.root / clean(path)
        try:
            return read_regular(target, MAX_TEXT, within=self.root)
        except (OSError, ValueError, RuntimeError):
            return None

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
                entry = _entry(self.root, path)
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


def load_context(root: Path, shown: str, dockerfile: Path) -> Context:
    """Open a build context; `<Dockerfile>.dockerignore` beside the Dockerfile goes before `.dockerignore`."""
    own = dockerfile.with_name(dockerfile.name + ".dockerignore")
    for candidate in (own, root / ".dockerignore"):
        try:
            content = read_regular(candidate, MAX_TEXT)
        except OSError:
            continue
        if content is not None:
            return Context(root, shown, parse_dockerignore(content.decode("utf-8", errors="replace")), candidate.name)
    return Context(root, shown)


def clean(path: str) -> str:
    """Return the path relative to the context as the builder takes it: no leading slash, no way out with `..`."""
    return posixpath.normpath("/" + path).lstrip("/") or "."


def _entry(root: Path, path: str) -> Entry | None:
    try:
        mode = (root / path).lstat().st_mode
    except (OSError, ValueError):
        return None
    return Entry(path, stat.S_ISDIR(mode), bool(mode & 0o111))
