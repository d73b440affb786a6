"""The files of a project in which a cause can stand: those of the working tree, or of the commit that failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from conductor.ports.git import Repository

# Below these a word of the log is looked for, in this order; what is found in one is where the cause comes from.
NAMES = (
    "Dockerfile*",
    "*.Dockerfile",
    "requirements*.txt",
    "pyproject.toml",
    "Pipfile",
    "environment.y*ml",
    "*.sh",
    "*.py",
)
_MOST_BYTES = 1_000_000
_MOST_FILES = 400


def read_project(root: Path, dockerfile: str | None) -> dict[str, str]:
    """Return the files of a folder by path: the Dockerfile, then those beside it and at the root."""
    folders = dict.fromkeys([(root / dockerfile).parent] if dockerfile else [])
    folders[root] = None
    names = [path.relative_to(root).as_posix() for folder in folders if folder.is_dir() for path in folder.iterdir()]
    found: dict[str, str] = {}
    for name in choose_files(names, dockerfile):
        path = root / name
        if path.is_file() and path.stat().st_size <= _MOST_BYTES:
            found[name] = path.read_bytes().decode("utf-8", "replace")
    return found


def read_revision(repository: Repository, revision: str, dockerfile: str | None) -> dict[str, str] | None:
    """Return the same files as a commit has them, None where this clone does not have the commit."""
    listed = repository.run("ls-tree", "-r", "--name-only", "-z", f"{revision}^{{commit}}", check=False)
    if listed.returncode != 0:
        return None
    names = choose_files(listed.stdout.decode("utf-8", "replace").split("\0"), dockerfile)
    contents = repository.read_many([f"{revision}:{name}" for name in names])
    return {
        name: content.decode("utf-8", "replace")
        for name, content in zip(names, contents, strict=True)
        if content is not None and len(content) <= _MOST_BYTES
    }


def read_failed(
    repository: Repository, revision: str | None, dockerfile: str | None
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the files as the failed commit has them, or the working tree's, and a note where that is another one."""
    found = read_revision(repository, revision, dockerfile) if revision else None
    if found is not None or revision is None:
        return read_project(repository.root, dockerfile) if found is None else found, ()
    note = f"commit {revision[:7]} is not in this clone: places are those of the working tree (git fetch brings it)"
    return read_project(repository.root, dockerfile), (note,)


def choose_files(names: Iterable[str], dockerfile: str | None) -> list[str]:
    """Return those of the paths in which a cause is looked for, in the order in which they are looked through."""
    return list(dict.fromkeys(_ordered(sorted(name for name in names if name), dockerfile)))[:_MOST_FILES]


def _ordered(names: list[str], dockerfile: str | None) -> Iterator[str]:
    if dockerfile in names:
        yield dockerfile
    folders = [PurePosixPath(dockerfile).parent.as_posix()] if dockerfile else []
    for folder in dict.fromkeys([*folders, "."]):
        inside = [name for name in names if PurePosixPath(name).parent.as_posix() == folder]
        for pattern in NAMES:
            yield from (name for name in inside if fnmatchcase(PurePosixPath(name).name, pattern))
