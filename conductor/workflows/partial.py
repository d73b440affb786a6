"""Text of which a part can't be seen: the name of what would have to be asked stands in it, with a default if any."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence

from conductor.shell.expand import UNKNOWN

# Private-use characters: they stand in no file that is read here, and no tool splits a word at them. For the shell's
# walk, a part with a name is one that is not known.
_BEGIN, _OTHERWISE, _END = f"{UNKNOWN}\ue001", "\ue002", "\ue003"
_ATOM = 0xE100  # stands for a mark, with its number, while a text is changed
_MARK = re.compile(f"{_BEGIN}([^{_OTHERWISE}{_END}]*)(?:{_OTHERWISE}([^{_END}]*))?{_END}")
_ATOMS = re.compile(f"{_MARK.pattern}|.", re.DOTALL)


def mark(name: str, default: str | None = None) -> str:
    """Return the text that stands for `name` (`secrets.USER`), with what it is where nobody sets it."""
    clean = re.sub(f"[{_BEGIN}{_OTHERWISE}{_END}\\s]+", " ", name).strip().replace(" ", "·")
    if default is None or not is_known(default):
        return f"{_BEGIN}{clean}{_END}"
    return f"{_BEGIN}{clean}{_OTHERWISE}{default}{_END}"


def is_known(text: str) -> bool:
    """Tell whether every character of the text can be seen."""
    return UNKNOWN not in text


def is_named(text: str) -> bool:
    """Tell whether every part that can't be seen has a name."""
    return UNKNOWN not in text or UNKNOWN not in _MARK.sub("", text)


def is_open(text: str) -> bool:
    """Tell whether nothing of a text can be seen, so that it may be empty."""
    return bool(text) and not _MARK.sub("", text).strip(UNKNOWN)


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
    return re.sub(f"[{_BEGIN}{_OTHERWISE}{_END}]+", "…", shown)


def lower(text: str) -> str:
    """Return the text in lower case; the names of what can't be seen stay as they are."""
    pieces = _MARK.split(text)
    marks = [mark(found[1], found[2] and found[2].lower()) for found in _MARK.finditer(text)]
    return "".join(piece + one for piece, one in zip((one.lower() for one in pieces[::3]), [*marks, ""], strict=True))


def through(text: str, change: Callable[[str], str]) -> str:
    """Return what a text becomes by a change of its letters; what is known by name goes through as one letter would.

    Of one name alone, the default is changed and the name stays; what has no name makes all of it UNKNOWN.
    """
    if UNKNOWN not in text:
        return change(text)
    if not is_named(text):
        return UNKNOWN
    alone = single(text)
    if alone is not None:
        return mark(alone[0], None if alone[1] is None else change(alone[1]))
    marks = list(dict.fromkeys(found[0] for found in _MARK.finditer(text)))
    changed = change(_MARK.sub(lambda found: chr(_ATOM + marks.index(found[0])), text))
    return "".join(marks[place] if 0 <= (place := ord(letter) - _ATOM) < len(marks) else letter for letter in changed)


def agreed(texts: Sequence[str]) -> str:
    """Return what is seen of one of these texts: words that all begin or end with, UNKNOWN for what differs."""
    if all(one == texts[0] for one in texts):
        return texts[0]
    lists = [[found[0] for found in _ATOMS.finditer(one)] for one in texts]
    first = _alike(lists)
    last = _alike([one[first:][::-1] for one in lists])
    return "".join([*lists[0][:first], UNKNOWN, *lists[0][len(lists[0]) - last :]])


def _alike(lists: Sequence[Sequence[str]]) -> int:
    """Return how many letters and names all begin with, no word cut in two."""
    same = sum(1 for _ in itertools.takewhile(lambda row: len(set(row)) == 1, zip(*lists, strict=False)))
    while same and lists[0][same - 1].isalnum() and any(one[same : same + 1] and one[same].isalnum() for one in lists):
        same -= 1
    return same


def without_beginning(text: str) -> str:
    """Return a line without what can't be seen before it: the end of what a program printed."""
    return re.sub(f"^(?:{UNKNOWN}(?!{_BEGIN[1:]}))+", "", text)


def single(text: str) -> tuple[str, str | None] | None:
    """Return (name, default) of a text that is one mark and nothing else, None for any other."""
    match = _MARK.fullmatch(text)
    return (match[1], match[2]) if match else None
