"""The names of the table, and the file that has each. Written by `make programs`."""

from __future__ import annotations

FILES: dict[str, str] = {
    "installer": "pip",
    "pip": "pip",
    "pip2": "pip",
    "pip3": "pip",
    "uv": "uv",
    "uvx": "uv",
}
