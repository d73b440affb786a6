"""Give out ids of tasks and errors: `TASK-YYYY-MM-DD-NNN`, `ERR-YYYY-MM-DD-NNN`.

A new id is higher than every id of its day that this machine can know: in the working files and archives, in every
local and remote-tracking branch, and in the other worktrees (their numbers are remembered in git's common directory).
"""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from conductor.ports.git import Repository

_FILES = {"TASK": ("TASKS.md", "TASKS_ARCHIVE", "JOURNAL.md"), "ERR": ("ERRORS.md", "JOURNAL.md")}


@dataclass(frozen=True, slots=True)
class Places:
    """Where ids of this repository can stand: the working tree, its refs, and the memory shared by worktrees."""

    root: Path
    common_dir: Path
    repository: Repository


def allocate_id(places: Places, prefix: str, day: str) -> str:
    """Return the next free id of the day (`YYYY-MM-DD`, in the configured time zone) and remember it.

    Call it while the records' lock is held. `prefix` is `TASK` or `ERR`.
    """
    stem = f"{prefix}-{day}-"
    memory = _load(places.common_dir, day)
    highest = max(
        int(memory.get(prefix, 0)),
        _highest_in_files(places.root, prefix, stem),
        _highest_in_refs(places, prefix, stem, memory),
    )
    memory[prefix] = highest + 1
    _save(places.common_dir, memory)
    return f"{stem}{highest + 1:03d}"


def highest_number(content: bytes, stem: str) -> int:
    """Return the highest number that follows the stem in the bytes, 0 where there is none."""
    pattern = re.compile(re.escape(stem.encode()) + rb"([0-9]{3,9})(?![0-9])")
    return max(map(int, pattern.findall(content)), default=0)


def _highest_in_files(root: Path, prefix: str, stem: str) -> int:
    highest = 0
    for name in _FILES[prefix]:
        path = root / name
        if name.endswith(".md"):
            files = [path] if path.is_file() else []
        else:
            month = path / stem[len(prefix) + 1 :][:7]
            files = sorted([*month.glob("*.md"), *path.glob(f"{month.name}*.md")])
        for file in files:
            highest = max(highest, highest_number(file.name.encode() + b"\n" + file.read_bytes(), stem))
    return highest


def _highest_in_refs(places: Places, prefix: str, stem: str, memory: dict[str, Any]) -> int:
    listed = places.repository.run("for-each-ref", "--format=%(objectname)", "refs/heads", "refs/remotes").stdout
    tips = sorted(set(listed.decode().split()))
    if not tips:
        return 0
    month = stem[len(prefix) + 1 :][:7]
    wanted = [name for name in _FILES[prefix] if name.endswith(".md")]
    wanted += [f"{name}/{month}{end}" for name in _FILES[prefix] if not name.endswith(".md") for end in ("", ".md")]
    asked = "".join(f"{tip}:{name}\n" for tip in tips for name in wanted).encode()
    found = places.repository.run("cat-file", "--batch-check=%(objectname)", stdin=asked).stdout.decode(
        "utf-8", "replace"
    )
    objects = sorted({line for line in found.splitlines() if re.fullmatch("[0-9a-f]{40,64}", line)})
    known: dict[str, int] = memory.setdefault("objects", {}).setdefault(prefix, {})
    unknown = [name for name in objects if name not in known]
    if unknown:
        for name, content in _read_objects(places.repository, unknown):
            known[name] = highest_number(content, stem)
    memory["objects"][prefix] = {name: known[name] for name in objects if name in known}
    return max(memory["objects"][prefix].values(), default=0)


def _read_objects(repository: Repository, names: list[str]) -> list[tuple[str, bytes]]:
    # A folder's object holds the names of its files, which is all that is needed of it.
    output = repository.run("cat-file", "--batch", stdin="".join(f"{name}\n" for name in names).encode()).stdout
    contents, at = [], 0
    for name in names:
        end = output.index(b"\n", at)
        size = int(output[at:end].rsplit(b" ", 1)[-1])
        contents.append((name, output[end + 1 : end + 1 + size]))
        at = end + size + 2
    return contents


def _load(common_dir: Path, day: str) -> dict[str, Any]:
    try:
        memory = json.loads((common_dir / "conductor" / "ids.json").read_bytes())
    except (OSError, ValueError):
        return {"day": day}
    return memory if isinstance(memory, dict) and memory.get("day") == day else {"day": day}


def _save(common_dir: Path, memory: dict[str, Any]) -> None:
    # A cache and a hint: losing it costs nothing but the time to look again.
    path = common_dir / "conductor" / "ids.json"
    temporary = path.with_suffix(".tmp")
    with contextlib.suppress(OSError):
        temporary.write_text(json.dumps(memory), encoding="utf-8")
        temporary.replace(path)
