"""Files that ship with Conductor: templates and the worker image, from the source tree or from the installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def _find(name: str) -> Path:
    packaged = _PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name


def templates_dir() -> Path:
    """Return the folder of the templates that ship with Conductor."""
    return _find("templates")


def image_dir() -> Path:
    """Return the folder of the SeedVR2 worker that ships with Conductor."""
    return _find("image")
