"""Find the image of a project on disk and read it into what the checks are given."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from conductor.config.reading import read_regular
from conductor.errors import UsageProblem
from conductor.preflight.environment.context import Context, load_context
from conductor.preflight.environment.follow import follow
from conductor.preflight.limits import MAX_INSTRUCTIONS
from conductor.preflight.parse.dockerfile import parse_dockerfile
from conductor.preflight.subject import Lookup, Subject

if TYPE_CHECKING:
    from conductor.config.settings import Settings

MAX_DOCKERFILE = 4_000_000
_PLACES = ("image/Dockerfile", "Dockerfile")


def find_dockerfile(root: Path, settings: Settings) -> tuple[Path, Path]:
    """Return (Dockerfile, build context) of a folder, as its configuration says or as they usually stand.

    Raises UsageProblem where there is none.
    """
    if settings.build is not None:
        return root / settings.build.dockerfile, root / settings.build.context
    for name in _PLACES:
        candidate = root / name
        if candidate.is_file():
            return candidate, candidate.parent
    raise UsageProblem(
        f"there is no Dockerfile in {root}",
        hint="name it: conductor preflight path/to/Dockerfile, or set build.dockerfile in CONDUCTOR.md",
    )


def load_subject(
    root: Path,
    settings: Settings,
    *,
    dockerfile: Path | None = None,
    context: Path | None = None,
    lookup: Lookup | None = None,
) -> Subject:
    """Read one image. `dockerfile` and `context` override what the settings say.

    Raises UsageProblem for a file that cannot be read or is no text.
    """
    root = root.resolve()
    if dockerfile is None:
        dockerfile, context = find_dockerfile(root, settings)
    context_root = context or dockerfile.parent
    path = relative(dockerfile, root)
    text = read_dockerfile(dockerfile, path)
    opened = open_context(context_root, root, dockerfile)
    parsed = parse_dockerfile(text)
    if len(parsed.instructions) > MAX_INSTRUCTIONS:
        raise UsageProblem(
            f"has {len(parsed.instructions):,} instructions; at most {MAX_INSTRUCTIONS:,} are judged",
            hint="split the image, or join instructions with && in one RUN",
            path=path,
        )
    return Subject(root, path, parsed, opened, settings, follow(parsed, path, opened, root=root), lookup)


def read_dockerfile(file: Path, shown: str) -> str:
    """Return the text of a Dockerfile."""
    try:
        content = read_regular(file, MAX_DOCKERFILE + 1)
    except OSError as error:
        raise UsageProblem(
            f"cannot be read: {error.strerror}", hint="check the path and its permissions: ls -l", path=shown
        ) from error
    if content is None or len(content) > MAX_DOCKERFILE:
        raise UsageProblem(
            f"is no regular file of at most {MAX_DOCKERFILE:,} bytes", hint="name a Dockerfile", path=shown
        )
    if b"\0" in content:
        raise UsageProblem("is a binary file, not a Dockerfile", hint="name a Dockerfile", path=shown)
    text = content.decode("utf-8", errors="replace")
    if _is_noise(text):
        raise UsageProblem("is a binary file, not a Dockerfile", hint="name a Dockerfile", path=shown)
    return text


def _is_noise(text: str) -> bool:
    """Tell whether a fifth of the text is control characters or bytes that are no UTF-8."""
    strange = sum(
        1 for character in text if character == "\ufffd" or (character < " " and character not in "\t\n\r\f\v")
    )
    return strange > 50 and strange * 5 > len(text)


def open_context(folder: Path, root: Path, dockerfile: Path) -> Context:
    """Return the build context."""
    if not folder.is_dir():
        raise UsageProblem(
            "the build context is no folder",
            hint="correct build.context in CONDUCTOR.md",
            path=relative(folder, root),
        )
    shown = relative(folder, root)
    return load_context(folder.resolve(), "" if shown == "." else shown, dockerfile)


def relative(path: Path, root: Path) -> str:
    """Return the path as findings print it: relative to the project where it is inside."""
    return Path(os.path.relpath(path, root)).as_posix()
