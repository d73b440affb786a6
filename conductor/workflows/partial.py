"""Text of which a part can't be seen: the name of what would have to be asked stands in it, with a default if any."""

from __future__ import annotations

import re

# Private-use characters: they stand in no file that is read here, and no tool splits a word at them.
_BEGIN, _OTHERWISE, _END = "\ue001", "\ue002", "\ue003"
_MARK = re.compile(f"{_BEGIN}([^{_OTHERWISE}{_END}]*)(?:{_OTHERWISE}([^{_END}]*))?{_END}")
# What the shell's expander can't know (`conductor.shell.expand.UNKNOWN`).
SHELL_UNKNOWN = "\ue000"


def mark(name: str, default: str | None = None) -> str:
    """Return the text that stands for `name` (`secrets.USER`), with what it is where nobody sets it."""
    clean = re.sub(f"[{_BEGIN}{_OTHERWISE}{_END}\\s]+", " ", name).strip().replace(" ", "·")
    if default is None or not is_known(default):
        return f"{_BEGIN}{clean}{_END}"
    return f"{_BEGIN}{clean}{_OTHERWISE}{default}{_END}"


def is_known(text: str) -> bool:
    """Tell whether every character of the text can be seen."""
    return _BEGIN not in text and SHELL_UNKNOWN not in text


def is_settled(text: str) -> bool:
    """Tell whether what can't be seen has a default, all of it."""
    return is_known(fill(text))


def fill(text: str) -> str:
    """Return the text with the defaults in place; what has none stays a mark."""
    return _MARK.sub(lambda match: match[0] if match[2] is None else match[2], text)


def names(text: str) -> tuple[str, ...]:
    """Return what can't be seen, in order, once each."""
    return tuple(dict.fromkeys(match[1].replace("·", " ") for match in _MARK.finditer(text)))


def show(text: str) -> str:
    """Return the text for a person: `${{ secrets.USER }}/worker`."""
    shown = _MARK.sub(lambda match: "${{ " + match[1].replace("·", " ") + " }}", text)
    return re.sub(f"[{SHELL_UNKNOWN}{_BEGIN}{_OTHERWISE}{_END}]+", "…", shown)


def lower(text: str) -> str:
    """Return the text in lower case; the names of what can't be seen stay as they are."""
    pieces = re.split(f"({_BEGIN}[^{_END}]*{_END})", text)
    return "".join(piece if piece.startswith(_BEGIN) else piece.lower() for piece in pieces)


def single(text: str) -> tuple[str, str | None] | None:
    """Return (name, default) of a text that is one mark and nothing else, None for any other."""
    match = _MARK.fullmatch(text)
    return (match[1], match[2]) if match else None
