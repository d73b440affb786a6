"""Projects of the build context that pip or uv installs from a folder of the image."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conductor.preflight.environment.model import LocalProject
from conductor.preflight.parse.module_places import places_of
from conductor.preflight.parse.project import Project, read_project

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Environment
    from conductor.preflight.parse.requirements import Requirement


@dataclass(frozen=True, slots=True)
class FoundProject:
    """A project in a folder of the image: what it says, the context folder it came from, what becomes of it."""

    project: Project
    source: str
    extras: tuple[str, ...]
    installed: LocalProject


def folder_of(requirement: Requirement) -> tuple[str, tuple[str, ...]] | None:
    """Return (path, extras) of a requirement that is a folder: `.`, `./x[web]`, `file:///app`; None for any other."""
    address = (requirement.address or "").partition("#")[0]
    match = re.fullmatch(r"(.*?)(?:\[([^\]]*)\])?", address)
    path = match[1] if match else address
    if path.startswith("file:"):
        path = "/" + path.removeprefix("file:").lstrip("/")
    elif "://" in path or not path.startswith((".", "/")):
        return None
    if path.endswith((".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz")) or any(mark in path for mark in "*?$"):
        return None
    given = (match[2] or "") if match else ""
    return path, (*requirement.extras, *(part.strip() for part in given.split(",") if part.strip()))


def find_project(
    environment: Environment, path: str, extras: tuple[str, ...], *, editable: bool
) -> FoundProject | None:
    """Return the project that lies in that folder now; None where nobody can tell, or there is none."""
    files = environment.files
    if files is None or (environment.workdir is None and not path.startswith("/")):
        return None
    folder = posixpath.normpath(posixpath.join(environment.workdir or "/", path))
    sources: set[str] = set()

    def read(name: str) -> str | None:
        found = files.find(posixpath.join(folder, name))
        if found.source is None or found.is_folder:
            return None
        sources.add(posixpath.dirname(found.source))
        return files.context.read_text(found.source)

    def kind(relative: str) -> bool | None:
        found = files.find(posixpath.join(folder, relative))
        return bool(found.is_folder) if found.state in {"context", "there"} else None

    project = read_project(read)
    if project is None or not sources:
        return None
    source = min(sources)
    places = places_of(project, kind, lambda relative: files.names(posixpath.join(folder, relative)))
    kept = {}
    for module, relative in (places or {}).items():
        found = files.find(posixpath.normpath(posixpath.join(folder, relative)))
        if found.source is not None:
            kept[module] = found.source
    installed = LocalProject(folder, editable, places, kept, dict(project.scripts), project.complete)
    return FoundProject(project, source, extras, installed)
