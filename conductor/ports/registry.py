"""A container registry: what image stands behind a name, by digest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An image as the registry serves it.

    `digest` names the manifest for one platform, computed over its bytes: it is what is deployed. `index_digest` names
    the index it was found in, where there is one.
    """

    name: str
    digest: str
    platform: str
    labels: dict[str, str] = field(default_factory=dict, hash=False)
    size_bytes: int = 0
    index_digest: str | None = None

    @property
    def reference(self) -> str:
        """Return `name@sha256:…`, the only form that is ever deployed."""
        return f"{self.name}@{self.digest}"


class Registry(Protocol):
    """Reads manifests and configs."""

    def fetch_image(self, name: str, reference: str, platform: str) -> ImageFacts | None:
        """Return the image `name:reference` (a tag or a digest) for that platform, or None where there is none."""
        ...
