"""What `RUN --mount` lays over the image's files while one instruction runs, and takes away after it."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conductor.preflight.environment.files import Placed
from conductor.preflight.environment.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conductor.preflight.environment.model import Environment
    from conductor.preflight.parse.dockerfile import Instruction

    Expand = Callable[[str], str | None]
    StageEnd = Callable[[str], Environment | None]


@dataclass(frozen=True, slots=True)
class Mount:
    """One `--mount`: `kind` is bind, cache, tmpfs, secret or ssh; `source` is '' where the whole of `origin` is taken.

    `origin` is the stage or image that `from` names, None for the build context; `target` is absolute, None where it
    is not known.
    """

    kind: str
    source: str | None
    origin: str | None
    target: str | None


def read_mounts(instruction: Instruction, environment: Environment, expand: Expand) -> Iterator[Mount]:
    """Yield the mounts of a RUN, as docs.docker.com/reference/dockerfile describes them."""
    for flag in instruction.flags:
        if flag.name != "mount" or flag.value is None:
            continue
        options = dict(_pair(part) for part in flag.value.split(","))
        kind = options.get("type", "bind")
        written = options.get("target", options.get("dst", options.get("destination")))
        if written is None and kind == "secret":
            written = f"/run/secrets/{options.get('id', '')}"
        target = expand(written) if written else None
        if target is not None and not target.startswith("/"):
            target = None if environment.workdir is None else posixpath.join(environment.workdir, target)
        source = expand(options.get("source", options.get("src", "")))
        yield Mount(kind, source, options.get("from"), posixpath.normpath(target) if target else None)


def lay(instruction: Instruction, environment: Environment, path: str, expand: Expand, stage: StageEnd) -> int:
    """Lay an instruction's mounts over the files; return how many layers there were before.

    `stage` gives the end of the stage of a name, None for an image that nobody followed.
    """
    files = environment.files
    before = len(files.layers) if files is not None else 0
    if files is None:
        return before
    for mount in read_mounts(instruction, environment, expand):
        if mount.kind == "ssh":
            continue
        if mount.target is None:
            files.base_known = False
            continue
        environment.owners.note(mount.target, None, deep=True)
        origin = Origin(path, instruction.line, f"RUN mounts {mount.target}")
        for placed in _placed(mount, environment, origin, stage):
            files.put(placed)
    return before


def lift(instruction: Instruction, environment: Environment, before: int, expand: Expand) -> None:
    """Take the mounts away, with what was written into them; the folders on which they were laid stay."""
    files = environment.files
    mounts = list(read_mounts(instruction, environment, expand))
    if files is None or not mounts:
        return
    gone = [mount.target for mount in mounts if mount.target is not None]
    kept = []
    for layer in files.layers[before:]:
        where = layer if isinstance(layer, str) else layer.path
        if not any(where == target or where.startswith(target.rstrip("/") + "/") for target in gone):
            kept.append(layer)
    files.layers[before:] = kept
    for mount in mounts:
        if mount.kind in {"cache", "tmpfs"} and mount.target and not files.find(mount.target).is_folder:
            files.put(
                Placed(mount.target, None, True, False, None, Origin("", 0, f"a mount was laid on {mount.target}"))
            )


def _placed(mount: Mount, environment: Environment, origin: Origin, stage: StageEnd) -> Iterator[Placed]:
    files, target = environment.files, mount.target or "/"
    if files is None:
        return
    if mount.kind == "tmpfs":
        files.remove(target)
        yield Placed(target, None, True, False, None, origin)
    elif mount.kind == "secret":
        yield Placed(target, None, False, False, None, origin)
    elif mount.kind == "bind" and mount.source is not None and mount.origin is None:
        entry = files.context.find(mount.source or ".")
        if entry is not None:
            files.remove(target)
            yield Placed(target, entry.path, entry.is_folder, False, entry.executable or None, origin)
    elif mount.kind == "bind" and mount.source is not None:
        yield _of_stage(mount, stage(mount.origin or ""), origin)
    else:
        yield Placed(target, None, True, True, None, origin)


def _of_stage(mount: Mount, end: Environment | None, origin: Origin) -> Placed:
    """Return what is mounted from another stage: a file or folder of the context keeps its source there."""
    found = end.files.find(posixpath.join("/", mount.source or "/")) if end is not None and end.files else None
    known = found is not None and found.state == "context"
    if found is None or not known:
        plain = found is not None and found.is_folder is False
        return Placed(mount.target or "/", None, not plain, not plain, None, origin)
    return Placed(mount.target or "/", found.source, bool(found.is_folder), False, found.executable, origin)


def _pair(part: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    return name.strip().lower(), value.strip().strip("\"'") if equals else ""
