"""What a project brought along: evidence of schema 1, and tasks that were COMPLETE, before Conductor asked for proof.

It is found once and kept in the user's state folder, so that what is written by hand later can't pass for old. Where
the history tells, it decides, so that every clone finds the same: tasks were brought along that were COMPLETE in the
commit that brought Conductor's configuration or hooks, lines of schema 1 that stood before the commit with the first
line of schema 2. Where it does not tell, what stands there when Conductor first looks decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conductor.config.places import project_key, state_dir
from conductor.errors import ConductorError, RecordSyntaxError
from conductor.ports.git import Repository

_VERSION = 1
_EVIDENCE = ".conductor/evidence"
# What only Conductor writes; `.conductor` alone is another program's folder too.
_OURS = (_EVIDENCE, ".conductor/bin/guard", ".conductor/accepted.yaml")
_CONFIGURATION = ("CONDUCTOR.md", "conductor.yaml")


@dataclass(frozen=True, slots=True)
class Inherited:
    """What counts as it is: each evidence file's last line of schema 1 (its sha256), and the ids of complete tasks."""

    evidence: dict[str, str] = field(default_factory=dict, hash=False)
    complete: frozenset[str] = frozenset()


def load_inherited(repository: Repository) -> Inherited:
    """Return what the project brought along; where nobody has looked yet, look and remember it."""
    path = _path(repository)
    try:
        return _parse(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        found = find_inherited(repository)
        _keep(path, found)
        return found


def note_inherited(repository: Repository) -> None:
    """Remember what stands there now, unless that was done before: called before Conductor first writes a record."""
    if not _path(repository).exists():
        load_inherited(repository)


def find_inherited(repository: Repository) -> Inherited:
    """Look for what the project brought along, in its history and in its working tree."""
    head = repository.head()
    if head is None:
        return Inherited({}, _complete(_tree_records(repository.root)))
    brought = _first_ours(repository, head)
    complete = _complete(_committed_records(repository, brought) if brought else _tree_records(repository.root))
    return Inherited(_old_evidence(repository, head), complete)


def _path(repository: Repository) -> Path:
    return state_dir() / "inherited" / f"{project_key(repository.common_dir)}.json"


def _parse(data: Any) -> Inherited:
    if data["version"] != _VERSION:
        raise ValueError(data["version"])
    return Inherited({str(name): str(sha) for name, sha in data["evidence"].items()}, frozenset(data["complete"]))


def _keep(path: Path, found: Inherited) -> None:
    from conductor.records.private import make_private, write_private

    body = {"version": _VERSION, "evidence": found.evidence, "complete": sorted(found.complete)}
    try:
        make_private(path.parent.parent, path.parent.name)
        write_private(path, json.dumps(body, indent=1).encode("utf-8"))
    except (OSError, ConductorError):
        return  # A machine without a state folder (CI) looks each time.


def _first_ours(repository: Repository, head: str) -> str | None:
    """Return the first commit behind HEAD that holds Conductor's files, or None."""
    added = _first(repository, head, "--diff-filter=A", "--", *_OURS)
    configured = _first(repository, head, "--extended-regexp", "-G^conductor:", "--", *_CONFIGURATION)
    found = [one for one in (added, configured) if one]
    if len(found) == 2 and found[0] != found[1]:
        answer = repository.run("merge-base", "--is-ancestor", found[1], found[0], check=False)
        return found[1] if answer.returncode == 0 else found[0]
    return found[0] if found else None


def _first(repository: Repository, head: str, *arguments: str) -> str | None:
    answer = repository.run("log", "--format=%H", "--reverse", head, *arguments, check=False)
    return next(iter(answer.stdout.decode().split()), None) if answer.returncode == 0 else None


def _old_evidence(repository: Repository, head: str) -> dict[str, str]:
    if not _files_at(repository, head, _EVIDENCE):
        return {}
    newer = _first(repository, head, '-S{"schema":2,', "--", _EVIDENCE)
    anchor = f"{newer}^" if newer else head
    paths = _files_at(repository, anchor, _EVIDENCE)
    blobs = repository.read_many([f"{anchor}:{path}" for path in paths])
    last = {path: _last_old_line(blob or b"") for path, blob in zip(paths, blobs, strict=True)}
    return {path: sha for path, sha in last.items() if sha}


def _last_old_line(content: bytes) -> str | None:
    from conductor.domain.evidence import hash_line

    last = None
    for text in content.decode("utf-8", "replace").split("\n")[:-1]:
        if not text.startswith('{"schema":1,'):
            break
        last = hash_line(text)
    return last


def _files_at(repository: Repository, revision: str, folder: str) -> list[str]:
    answer = repository.run("ls-tree", "-r", "-z", "--name-only", revision, "--", folder, check=False)
    return [name for name in answer.stdout.decode("utf-8", "surrogateescape").split("\0") if name]


def _committed_records(repository: Repository, revision: str) -> Iterable[tuple[str, bytes]]:
    from conductor.records.files import TASK_ARCHIVE, TASKS

    archives = [name for name in _files_at(repository, revision, TASK_ARCHIVE) if name.endswith(".md")]
    names = [TASKS, *archives]
    blobs = repository.read_many([f"{revision}:{name}" for name in names])
    return [(name, blob) for name, blob in zip(names, blobs, strict=True) if blob is not None]


def _tree_records(root: Path) -> Iterable[tuple[str, bytes]]:
    from conductor.records.files import TASK_ARCHIVE, TASKS

    for path in (root / TASKS, *sorted((root / TASK_ARCHIVE).rglob("*.md"))):
        try:
            yield path.relative_to(root).as_posix(), path.read_bytes()
        except OSError:
            continue  # not there, or not to be read: `conductor check` says which


def _complete(files: Iterable[tuple[str, bytes]]) -> frozenset[str]:
    from conductor.records.document import read_document
    from conductor.records.task_heads import is_complete
    from conductor.records.tasks import TaskFile

    found: set[str] = set()
    for name, content in files:
        try:
            tasks = TaskFile(read_document(content, name)).tasks()
        except RecordSyntaxError:
            continue
        found |= {task.id for task in tasks if is_complete(task.status)}
    return frozenset(found)
