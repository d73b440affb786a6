"""What can be seen of a repository before it has a configuration: its Dockerfile, workflow, image and handler."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_IMAGE = re.compile(
    r"(?:^|[\s\"'=,])((?:docker\.io|ghcr\.io|quay\.io|[a-z0-9.-]+\.[a-z]{2,}(?::\d+)?)/[a-z0-9._/-]+|"
    r"[a-z0-9_-]+/[a-z0-9._-]+):(?:latest|\$\{\{)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found, as paths relative to the root; None for what was not."""

    dockerfile: str | None
    context: str | None
    workflow: str | None
    image: str | None
    handler: str | None
    smoke_input: str | None
    smoke_example: str | None


def survey_repository(root: Path) -> Survey:
    """Look at the usual places; nothing is executed and nothing outside the root is read."""
    dockerfile = _first(root, ["image/Dockerfile", "Dockerfile", "docker/Dockerfile", "worker/Dockerfile"])
    context = (
        (str(Path(dockerfile).parent) if dockerfile and dockerfile.startswith("image/") else ".")
        if dockerfile
        else None
    )
    workflow, text = _find_workflow(root)
    folder = context or "."
    handler = _first(
        root, [f"{folder}/{name}" for name in ("handler.py", "rp_handler.py", "src/handler.py", "worker.py")]
    )
    smoke_input = _first(
        root, [f"{folder}/smoke/input.json", "smoke/input.json", "test_input.json", f"{folder}/test_input.json"]
    )
    return Survey(
        dockerfile,
        context,
        workflow,
        _find_image(text),
        handler,
        smoke_input,
        _first(root, [f"{folder}/smoke/example.json"]),
    )


def _first(root: Path, names: list[str]) -> str | None:
    return next((Path(name).as_posix() for name in names if (root / name).is_file()), None)


def _find_workflow(root: Path) -> tuple[str | None, str]:
    for path in sorted((root / ".github" / "workflows").glob("*.y*ml")):
        text = path.read_text(encoding="utf-8", errors="replace")
        if "docker/build-push-action" in text or "docker buildx build" in text or "docker build" in text:
            return path.relative_to(root).as_posix(), text
    return None, ""


def _find_image(workflow: str) -> str | None:
    match = _IMAGE.search(workflow)
    if not match:
        return None
    name = match[1]
    return name if "." in name.split("/", 1)[0] else f"docker.io/{name}"
