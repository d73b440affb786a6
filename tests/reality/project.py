"""A project as a value: files by path, and the edits that are made to it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

Shape = dict[str, str]


@dataclass(frozen=True, slots=True)
class Project:
    """Files by path below the context, those that may be executed, and the choices that made it."""

    files: dict[str, bytes]
    shape: Shape
    executable: frozenset[str] = frozenset()
    # What edits call a file by (`@main`), whatever its path is here.
    roles: dict[str, str] = field(default_factory=dict)

    def path_of(self, name: str) -> str:
        """Return the path that a role stands for; any other name stands for itself."""
        return self.roles.get(name, "") if name.startswith("@") else name

    @property
    def digest(self) -> str:
        """A hash over paths, modes and bytes."""
        parts = [
            f"{name} {name in self.executable} {len(content)}\n".encode() + content
            for name, content in sorted(self.files.items())
        ]
        return hashlib.sha256(b"".join(parts)).hexdigest()[:16]

    def write(self, folder: Path) -> None:
        """Write the files below folder."""
        for name, content in sorted(self.files.items()):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o755 if name in self.executable else 0o644)


@dataclass(frozen=True, slots=True)
class Change:
    """In one file, put something where a pattern is first found; without a pattern the file is written or, empty, removed.

    `put` may use the pattern's groups and `{main}`-like names of the project's roles.
    """

    file: str
    find: str
    put: str = ""
    everywhere: bool = False
    encoding: str = "utf-8"

    def apply(self, project: Project) -> Project | None:
        """Return the changed project, or None where it does not apply."""
        path = project.path_of(self.file)
        put = self.put
        for role, place in project.roles.items():
            put = put.replace("{" + role[1:] + "}", place)
        if not path:
            return None
        if not self.find:
            files = {name: content for name, content in project.files.items() if name != path}
            if put:
                files[path] = put.encode(self.encoding)
            elif path not in project.files:
                return None
            return replace(project, files=files)
        if path not in project.files:
            return None
        before = project.files[path].decode()
        after = re.sub(self.find, put, before, count=0 if self.everywhere else 1, flags=re.MULTILINE)
        if after == before:
            return None
        return replace(project, files={**project.files, path: after.encode(self.encoding)})


@dataclass(frozen=True, slots=True)
class Edit:
    """A named change of a project: a twist (it should still work) or a fault (it should not); the real build decides.

    `shows` is the file that shows a fault, empty where only the world outside does (an index, a file's metadata).
    `when` limits it to shapes: a choice's name, to the values it may have, separated by `|`.
    """

    name: str
    shows: str
    changes: tuple[Change, ...]
    when: Shape = field(default_factory=dict)

    def apply(self, project: Project) -> Project | None:
        """Return the edited project, or None where the edit does not fit it."""
        for choice, values in self.when.items():
            if project.shape.get(choice, "") not in values.split("|"):
                return None
        for change in self.changes:
            changed = change.apply(project)
            if changed is None:
                return None
            project = changed
        return project


def edit(name: str, shows: str, file: str, find: str, put: str = "", **when: str) -> Edit:
    """Return an edit of one change."""
    return Edit(name, shows, (Change(file, find, put),), when)
