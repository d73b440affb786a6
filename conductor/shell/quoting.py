"""Quote removal: what a literal means after the shell has read its backslashes."""

from __future__ import annotations

_SIMPLE = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip
_DIGITS = {"x": (16, 2), "u": (16, 4), "U": (16, 8)}


def split_unquoted(raw: str) -> list[tuple[str, bool]]:
    r"""Return runs of (text, quoted) of an unquoted literal: a character after a backslash is quoted."""
    runs: list[tuple[str, bool]] = []
    plain: list[str] = []
    position = 0
    while position < len(raw):
        character = raw[position]
        if character == "\\" and position + 1 < len(raw):
            if plain:
                runs.append(("".join(plain), False))
                plain = []
            if raw[position + 1] != "\n":
                runs.append((raw[position + 1], True))
            position += 2
            continue
        plain.append(character)
        position += 1
    if plain:
        runs.append(("".join(plain), False))
    return runs


def unescape_double(raw: str, escapable: str = '$`"\\') -> str:
    """Return the text between double quotes (or in an expanding heredoc) after its backslashes."""
    if "\\" not in raw:
        return raw
    out = []
    position = 0
    while position < len(raw):
        character = raw[position]
        following = raw[position + 1 : position + 2]
        if character == "\\" and following == "\n":
            position += 2
        elif character == "\\" and following and following in escapable:
            out.append(following)
            position += 2
        else:
            out.append(character)
            position += 1
    return "".join(out)


def unescape_ansi(raw: str) -> str:
    r"""Return the text of `$'…'`, and of `echo -e` and `printf` formats: `\n`, `\x70`, `\160`, `\u0070`, `\cX`."""
    if "\\" not in raw:
        return raw
    out = []
    position = 0
    while position < len(raw):
        if raw[position] != "\\" or position + 1 >= len(raw):
            out.append(raw[position])
            position += 1
            continue
        text, position = _escape(raw, position + 1)
        out.append(text)
    return "".join(out)


def _escape(raw: str, position: int) -> tuple[str, int]:
    """Return what the escape whose letter is at `position` means, and the position after it."""
    letter = raw[position]
    if letter in _SIMPLE:
        return _SIMPLE[letter], position + 1
    if letter in _DIGITS:
        base, longest = _DIGITS[letter]
        return _number(raw, position + 1, base, longest, "\\" + letter)
    if letter in "01234567":
        longest = 4 if letter == "0" else 3
        return _number(raw, position, 8, longest, "\\")
    if letter == "c" and position + 1 < len(raw):
        return chr(ord(raw[position + 1]) & 0x1F), position + 2
    return "\\" + letter, position + 1


def _number(raw: str, position: int, base: int, longest: int, otherwise: str) -> tuple[str, int]:
    allowed = "0123456789abcdefABCDEF" if base == 16 else "01234567"
    end = position
    while end < len(raw) and end - position < longest and raw[end] in allowed:
        end += 1
    if end == position:
        return otherwise, position
    value = int(raw[position:end], base)
    if base == 8:
        value &= 0xFF
    return (chr(value) if value <= 0x10FFFF and not 0xD800 <= value <= 0xDFFF else "\ufffd"), end
