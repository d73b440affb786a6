"""What can be known of an image without pulling it."""

from __future__ import annotations

from dataclasses import dataclass

from conductor.domain.finding import Confidence


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known of an image; None is unknown, except `torch` and `python`, whose absence `has_*` states.

    `python` is the version that `python` (or, where there is no `python`, `python3`) starts, `3.11`; `python_path` its
    file. `torch` is a full version without local part, `cuda` that of torch or else of the toolkit in the image.
    `flavour` is `devel` where nvcc and a compiler are there, otherwise `runtime`, `base`, `slim`, `full` or None.
    """

    reference: str
    family: str
    python: str | None = None
    has_python: bool | None = None
    python_path: str | None = None
    torch: str | None = None
    has_torch: bool | None = None
    cuda: str | None = None
    cxx11abi: bool | None = None
    os: str | None = None
    glibc: str | None = None
    flavour: str | None = None
    has_nvcc: bool | None = None
    has_compiler: bool | None = None
    externally_managed: bool | None = None
    missing_tools: tuple[str, ...] = ()
    confidence: Confidence = Confidence.MEDIUM
    source: str = ""
