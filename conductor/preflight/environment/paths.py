"""The paths in a command's words, as the image has them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conductor.preflight.environment.model import Command, Environment, Fact


def absolute(environment: Environment, path: str | None) -> str | None:
    """Return the path from the root, or None where it or the working directory is not known."""
    if path is None:
        return None
    if path.startswith("~"):
        path = "/root" + path[1:]
    if not path.startswith("/") and environment.workdir is None:
        return None
    joined = posixpath.normpath(posixpath.join(environment.workdir or "/", path))
    return joined[1:] if joined.startswith("//") else joined  # POSIX keeps two slashes; Linux means one


def operands(command: Command) -> list[str | None]:
    """Return the words that are not options; None where a word is not known."""
    return [text for text in command.arguments if text is None or not text.startswith("-")]


def dash_release(environment: Environment) -> Fact | None:
    """Return the release whose /bin/sh is dash; None where it is another shell, or nobody can say."""
    release, files = environment.os, environment.files
    if release is None or not release.value.startswith(("debian", "ubuntu")):
        return None
    replaced = files is not None and any(
        files.find(sh).state in {"context", "there"} for sh in ("/bin/sh", "/usr/bin/sh")
    )
    return None if replaced else release
