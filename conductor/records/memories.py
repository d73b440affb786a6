"""Memories: one Markdown file for each thing worth knowing, in the configured folders, tracked by git or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conductor.errors import UsageProblem
from conductor.records.commonmark import read_blocks
from conductor.records.document import Document, read_document
from conductor.records.markup import clean_text, clean_title
from conductor.records.store import Records
from conductor.records.templates import render_template

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Memory:
    """A memory's name (its path below its folder, without `.md`), its path and its size in bytes."""

    name: str
    path: str
    size_bytes: int


def memory_paths(records: Records) -> list[str]:
    """Return the paths of every memory, relative to the root, in the order of the folders and then by name."""
    return [memory.path for memory in list_memories(records)]


def list_memories(records: Records) -> list[Memory]:
    """Return every memory of the configured folders."""
    return [memory for folder in records.memories for memory in _folder(records.root, folder)]


def read_memory(records: Records, name: str) -> tuple[Memory, str]:
    """Return a memory with its text; raises UsageProblem where there is none of that name."""
    wanted = name.removesuffix(".md")
    for memory in list_memories(records):
        if wanted in {memory.name, memory.path.removesuffix(".md"), Path(memory.name).name}:
            content = (records.root / memory.path).read_bytes()
            return memory, read_document(content, memory.path).content.decode("utf-8")
    raise UsageProblem(f"there is no memory {name[:60]!r}", hint="conductor memory list names them")


def write_memory(records: Records, name: str, text: str, *, append: bool = False) -> Memory:
    """Write a memory into the first configured folder; an existing one is replaced only by being added to.

    Raises UsageProblem for a name that is no file name, or that exists already where `append` is not asked for.
    """
    short = name.removesuffix(".md")
    if not _NAME.fullmatch(short):
        raise UsageProblem(
            f"{name[:60]!r} can't name a memory",
            hint="use letters, digits, '.', '_' and '-': conductor memory write base-image",
        )
    words = clean_text(text)
    if not words:
        raise UsageProblem("the memory is empty", hint=f'conductor memory write {short} "what is worth knowing"')
    if not records.memories:
        raise UsageProblem(
            "no folder for memories is configured", hint="write memories: [.serena/memories] in CONDUCTOR.md"
        )
    path = Path(records.memories[0]) / f"{short}.md"
    with records.lock():
        known = records.load(path.as_posix())
        if known is None:
            title = clean_title(short.replace("-", " ").replace("_", " "))
            body = words if _has_title(words) else render_template("memory.j2", records.root, title=title, text=words)
            content = body.rstrip("\n").encode("utf-8") + b"\n"
        elif append:
            gap = known.eol if known.content.endswith((b"\n", b"\r")) else known.eol * 2
            content = known.content + gap + known.encode(words + "\n")
        else:
            raise UsageProblem(f"the memory {short} exists", hint=f"conductor memory write {short} --append adds to it")
        records.save(Document(content, path.as_posix()))
    return Memory(short, path.as_posix(), len(content))


def _has_title(words: str) -> bool:
    """Tell whether the text begins with a title, however Markdown lets one write it."""
    first = next(iter(read_blocks(words)), None)
    return first is not None and first.first == 0 and first.level == 1


def _folder(root: Path, folder: str) -> Iterator[Memory]:
    top = root / folder
    if not top.is_dir():
        return
    for path in sorted(top.rglob("*.md")):
        if path.is_file():
            name = path.relative_to(top).as_posix().removesuffix(".md")
            yield Memory(name, path.relative_to(root).as_posix(), path.stat().st_size)
