"""Find the image of a project and read it into what the checks are given, from a folder or from a revision."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from conductor.config.disk import DiskTree
from conductor.errors import UsageProblem
from conductor.preflight.environment.context import LFS_POINTER, Context, load_context
from conductor.preflight.environment.follow import follow
from conductor.preflight.limits import MAX_INSTRUCTIONS
from conductor.preflight.parse.dockerfile import parse_dockerfile
from conductor.preflight.subject import Lookup, Subject
from conductor.workflows.documents import Files
from conductor.workflows.reading import Workflows

if TYPE_CHECKING:
    from conductor.config.settings import Settings
    from conductor.domain.day import Day
    from conductor.ports.tree import Kind, Tree

MAX_DOCKERFILE = 4_000_000
_PLACES = ("image/Dockerfile", "Dockerfile")
_CALLED: dict[Kind, str] = {
    "folder": "a folder",
    "link": "a link that leads nowhere, or out of the project",
    "module": "a git submodule",
    "other": "no regular file",
}


def find_dockerfile(tree: Tree, settings: Settings, shown: str) -> tuple[str, str]:
    """Return (Dockerfile, build context) of a project, as its configuration says or as they usually stand.

    Raises UsageProblem where there is none; `shown` is what the project is called then.
    """
    if settings.build is not None:
        return settings.build.dockerfile, settings.build.context
    for name in _PLACES:
        if _is_file(tree, name):
            return name, name.rpartition("/")[0]
    raise UsageProblem(
        f"there is no Dockerfile in {shown}",
        hint="name it: conductor preflight path/to/Dockerfile, or set build.dockerfile in CONDUCTOR.md",
    )


def _is_file(tree: Tree, path: str) -> bool:
    node = tree.node(path)
    return node is not None and (node.kind == "file" or (node.kind == "link" and tree.read(path, 1) is not None))


def load_subject(
    root: Path,
    settings: Settings,
    *,
    dockerfile: Path | None = None,
    context: Path | None = None,
    lookup: Lookup | None = None,
    tree: Tree | None = None,
) -> Subject:
    """Read one image on disk. `dockerfile` and `context` override what the settings say.

    Where `tree` is given, its files are read in the place of those in the folder. Raises UsageProblem for a file that
    cannot be read or is no text.
    """
    root = root.resolve()
    tree = tree or DiskTree(root)
    if dockerfile is None:
        file, folder = find_dockerfile(tree, settings, str(root))
    else:
        file, folder = relative(dockerfile, root), relative(context or dockerfile.parent, root)
    return read_subject(tree, settings, file, folder, lookup=lookup)


def read_subject(
    tree: Tree,
    settings: Settings,
    dockerfile: str,
    context: str,
    *,
    lookup: Lookup | None = None,
    day: Day | None = None,
) -> Subject:
    """Read one image of a tree, judged for that `day`; both paths are relative to the tree.

    Raises UsageProblem as `load_subject` does.
    """
    dockerfile, folder = str(PurePosixPath(dockerfile)), str(PurePosixPath(context))
    for path in (dockerfile, folder):
        if path.startswith(("../", "/")) or path == "..":
            raise UsageProblem("lies outside the project", hint="name a Dockerfile inside of it", path=path)
    parsed = parse_dockerfile(read_dockerfile(tree, dockerfile))
    opened = open_context(tree, "" if folder == "." else folder, dockerfile)
    if len(parsed.instructions) > MAX_INSTRUCTIONS:
        raise UsageProblem(
            f"has {len(parsed.instructions):,} instructions; at most {MAX_INSTRUCTIONS:,} are judged",
            hint="split the image, or join instructions with && in one RUN",
            path=dockerfile,
        )
    timeline = follow(parsed, dockerfile, opened, root=tree, day=day)
    workflows = Workflows(Files(tree), settings.branch)
    subject = Subject(tree, dockerfile, parsed, opened, settings, timeline, lookup, workflows=workflows)
    return subject if day is None else replace(subject, day=day)


def read_dockerfile(tree: Tree, path: str) -> str:
    """Return the text of a Dockerfile; raises UsageProblem for anything else."""
    content = tree.read(path, MAX_DOCKERFILE + 1)
    if content is None:
        raise UsageProblem(_why_unread(tree, path), hint=f"name a Dockerfile that can be read: ls -l {path}", path=path)
    if len(content) > MAX_DOCKERFILE:
        raise UsageProblem(f"is larger than {MAX_DOCKERFILE:,} bytes", hint="name a Dockerfile", path=path)
    if content.startswith(LFS_POINTER):
        raise UsageProblem(
            "is a pointer of Git LFS, not a Dockerfile", hint=f"git lfs pull --include {path}", path=path
        )
    text = content.decode("utf-8", errors="replace")
    if b"\0" in content or _is_noise(text):
        raise UsageProblem("is a binary file, not a Dockerfile", hint="name a Dockerfile", path=path)
    return text


def _why_unread(tree: Tree, path: str) -> str:
    node = tree.node(path)
    if node is None:
        return "does not exist"
    return "cannot be read" if node.kind == "file" else f"is {_CALLED[node.kind]}, not a Dockerfile"


def _is_noise(text: str) -> bool:
    """Tell whether a fifth of the text is control characters or bytes that are no UTF-8."""
    strange = sum(
        1 for character in text if character == "\ufffd" or (character < " " and character not in "\t\n\r\f\v")
    )
    return strange > 50 and strange * 5 > len(text)


def open_context(tree: Tree, folder: str, dockerfile: str) -> Context:
    """Return the build context; `folder` is "" for the whole project."""
    if tree.names(folder) is None:
        hint = "correct build.context in CONDUCTOR.md"
        raise UsageProblem("the build context is no folder", hint=hint, path=folder)
    return load_context(tree, folder, dockerfile)


def relative(path: Path, root: Path) -> str:
    """Return the path as findings print it: relative to the project where it is inside."""
    return Path(os.path.relpath(path, root)).as_posix()
