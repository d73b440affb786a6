"""A shell in an image, and which program it hands to Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conductor.shell.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence


class ImageState(State):
    """A shell in an image: what the base sets is not known, so a variable without a value may have one."""

    def get(self, name: str) -> str | list[str] | None:
        """Return a variable; root's home is known."""
        value = super().get(name)
        return "/root" if value is None and name == "HOME" else value

    def is_unset(self, name: str) -> bool:
        """Tell whether a variable has certainly no value: arguments are all known."""
        return name.isdigit() or name in {"@", "*"}


def python_program(arguments: Sequence[str | None]) -> str | int | None:
    """Return what the arguments of `python` start: a file as typed, or the place of a text (`-c TEXT`).

    None for a module, its input, or what is not known.
    """
    skip = False
    for place, text in enumerate(arguments):
        if skip:
            skip = False
        elif text == "-c":
            return place + 1 if place + 1 < len(arguments) else None
        elif text in {"-m", None, "-"}:
            return None
        elif not text.startswith("-"):
            return text
        else:
            skip = text in {"-W", "-X"}
    return None
