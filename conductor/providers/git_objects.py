"""The files of a commit straight from git's object store: no checkout, no working tree."""

from __future__ import annotations

import posixpath
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from conductor.errors import OutsideRefused
from conductor.ports.tree import Kind, Node

if TYPE_CHECKING:
    from conductor.providers.git_batch import GitBatch

# More than any judgement reads; a larger blob is a model or an archive, and is not fetched from the store at all.
MAX_BLOB = 8_000_000
_MAX_LINKS = 40
_KEPT_TREES = 20_000
_KEPT_BYTES = 64_000_000
_KINDS: dict[int, Kind] = {0o10: "file", 0o04: "folder", 0o12: "link", 0o16: "module"}


class _Entry(NamedTuple):
    mode: int
    sha: bytes

    @property
    def kind(self) -> Kind:
        return _KINDS.get(self.mode >> 12, "other")


class GitObjects:
    """One repository's objects; trees and blobs that were read are kept, up to a bound."""

    def __init__(self, store: GitBatch) -> None:
        self._store = store
        self._trees: OrderedDict[bytes, dict[str, _Entry]] = OrderedDict()
        self._blobs: OrderedDict[bytes, bytes | None] = OrderedDict()
        self._bytes = 0

    def tree(self, revision: str) -> GitTree:
        """Return the files of a commit. Raises OutsideRefused where this clone does not have it."""
        content = self._read(bytes.fromhex(revision))
        if content is None or not content.startswith(b"tree "):
            raise OutsideRefused(f"git has no commit {revision[:10]}", hint="git fetch --unshallow, or git fsck")
        return GitTree(self, bytes.fromhex(content[5 : content.index(b"\n")].decode("ascii")))

    def entries(self, sha: bytes) -> dict[str, _Entry]:
        """Return what a tree object lists, by name; nothing for an object that is not here."""
        known = self._trees.get(sha)
        if known is not None:
            self._trees.move_to_end(sha)
            return known
        found = self._trees[sha] = dict(_read_tree(self._read(sha) or b"", len(sha)))
        if len(self._trees) > _KEPT_TREES:
            self._trees.popitem(last=False)
        return found

    def blob(self, sha: bytes) -> bytes | None:
        """Return a blob's content; None for one that is too large or not here."""
        if sha in self._blobs:
            self._blobs.move_to_end(sha)
            return self._blobs[sha]
        content = self._read(sha)
        self._blobs[sha] = content
        self._bytes += len(content or b"")
        while self._bytes > _KEPT_BYTES and len(self._blobs) > 1:
            _, dropped = self._blobs.popitem(last=False)
            self._bytes -= len(dropped or b"")
        return content

    def _read(self, sha: bytes) -> bytes | None:
        return self._store.read(sha, MAX_BLOB)


def _read_tree(content: bytes, id_bytes: int) -> Iterator[tuple[str, _Entry]]:
    """Yield the entries of a tree object: `mode name`, a zero byte, and an id of 20 bytes (SHA-1) or 32 (SHA-256)."""
    at = 0
    while at < len(content):
        named = content.index(b"\0", at)
        mode, _, name = content[at:named].partition(b" ")
        at = named + 1 + id_bytes
        yield name.decode("utf-8", "surrogateescape"), _Entry(int(mode, 8), content[named + 1 : at])


@dataclass(frozen=True, slots=True, eq=False)
class GitTree:
    """A tree object as the files of a project; links are followed inside of it only."""

    objects: GitObjects
    root: bytes | None

    def names(self, folder: str) -> frozenset[str] | None:
        """Return the names in a folder."""
        found = self._resolve(folder, follow=True)
        if found is None or found.kind != "folder":
            return None
        return frozenset(self.objects.entries(found.sha))

    def node(self, path: str) -> Node | None:
        """Return what stands at the path."""
        found = self._resolve(path, follow=False)
        return None if found is None else Node(found.kind, bool(found.mode & 0o111) or found.kind != "file")

    def read(self, path: str, limit: int) -> bytes | None:
        """Return a file's first `limit` bytes."""
        found = self._resolve(path, follow=True)
        content = self.objects.blob(found.sha) if found is not None and found.kind == "file" else None
        return None if content is None else content[:limit]

    def mark(self, path: str) -> str | None:
        """Return the id of the blob that a read of this path gives."""
        found = self._resolve(path, follow=True)
        return found.sha.hex() if found is not None and found.kind == "file" else None

    def listing(self, folder: str) -> dict[str, tuple[Kind, str]]:
        """Return what a folder holds, each name with its kind and the id of its object; empty where there is none."""
        found = self._resolve(folder, follow=False)
        if found is None or found.kind != "folder":
            return {}
        return {
            name: (one.kind, f"{one.mode:o} {one.sha.hex()}") for name, one in self.objects.entries(found.sha).items()
        }

    def below(self, folder: str) -> GitTree:
        """Return the tree that has this folder for its root."""
        found = self._resolve(folder, follow=True)
        return GitTree(self.objects, found.sha if found is not None and found.kind == "folder" else None)

    def _resolve(self, path: str, *, follow: bool) -> _Entry | None:
        """Return what a path leads to, its last part followed where it is a link and `follow`."""
        if self.root is None or path.startswith("/") or "\0" in path:
            return None
        here: list[tuple[str, bytes]] = []
        pending = [part for part in path.split("/") if part not in {"", "."}]
        current, links = _Entry(0o040000, self.root), 0
        while pending:
            part = pending.pop(0)
            if part == "..":
                if not here:
                    return None
                here.pop()
                current = _Entry(0o040000, here[-1][1] if here else self.root)
                continue
            if current.kind != "folder":
                return None
            found = self.objects.entries(current.sha).get(part)
            if found is None:
                return None
            if found.kind == "link" and (follow or pending):
                links += 1
                target = self._target(found)
                if target is None or links > _MAX_LINKS:
                    return None
                pending = [*(step for step in target.split("/") if step not in {"", "."}), *pending]
                continue
            if found.kind == "folder":
                here.append((part, found.sha))
            current = found
        return current

    def _target(self, link: _Entry) -> str | None:
        content = self.objects.blob(link.sha)
        target = None if content is None else content.decode("utf-8", "surrogateescape")
        return None if not target or posixpath.isabs(target) else target
