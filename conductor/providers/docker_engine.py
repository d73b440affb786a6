"""The Docker engine, through its own SDK; which is not imported where there is no socket to talk to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conductor.domain.text import one_line
from conductor.ports.engine import EngineAccess, EngineImage


def find_socket(environment: Mapping[str, str], root: Path = Path("/")) -> str | None:
    """Return the address of the engine's socket, or None where no engine is here."""
    if host := environment.get("DOCKER_HOST"):
        return host
    home = Path(environment.get("HOME", "/root"))
    places = [root / "var/run/docker.sock", home / ".docker/run/docker.sock", home / ".colima/default/docker.sock"]
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        places += [Path(runtime) / "docker.sock", Path(runtime) / "podman/podman.sock"]
    found = next((place for place in places if place.is_socket()), None)
    return f"unix://{found}" if found else None


def open_engine(environment: Mapping[str, str] | None = None, *, timeout_s: float = 5) -> EngineAccess:
    """Return the engine of this machine, or why there is none to ask."""
    socket = find_socket(environment if environment is not None else os.environ)
    if socket is None:
        return EngineAccess(absent=True)
    try:
        import docker
    except ImportError:
        from conductor.config.distribution import find_installation

        return EngineAccess(
            reason=f"an engine's socket is here ({socket}) and the package docker is not installed",
            remedy=find_installation().add_extra("release"),
        )
    try:
        client = docker.DockerClient(base_url=socket, timeout=timeout_s)
        client.ping()
    except Exception as error:  # noqa: BLE001 - the SDK raises urllib3's, requests' and its own errors
        return EngineAccess(reason=f"{socket} does not answer: {one_line(str(error), 200)}", remedy="docker info")
    return EngineAccess(engine=DockerEngine(client))


class DockerEngine:
    """An engine that answered."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def images(self) -> list[EngineImage]:
        """Return every image with its labels and history."""
        found = []
        for row in self._client.api.images(all=False):
            steps = self._client.api.history(row["Id"])
            found.append(
                EngineImage(
                    id=row["Id"],
                    tags=tuple(tag for tag in row.get("RepoTags") or () if tag != "<none>:<none>"),
                    pulled_as=tuple(name for name in row.get("RepoDigests") or () if not name.startswith("<none>")),
                    labels=tuple(sorted((row.get("Labels") or {}).items())),
                    steps=tuple(one_line(step.get("CreatedBy") or "", 1000) for step in steps),
                    created_at=str(row.get("Created", "")),
                )
            )
        return found

    def build_steps(self) -> list[str]:
        """Return the descriptions of the builder's cache."""
        entries = self._client.api.df().get("BuildCache") or []
        return [one_line(entry.get("Description") or "", 1000) for entry in entries]
