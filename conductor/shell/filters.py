r"""What a program makes of the text that goes through it, where its words tell: tr, cut, head, tail, rev, awk, sed.

    change, files = filter_of("tr", ["A-Z", "a-z"])
    change("Worker\n")    # 'worker\n'

Only forms whose result is certain are known.
"""

from __future__ import annotations

from conductor.programs.options import parse
from conductor.shell.quoting import unescape_ansi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[str], str]
    Found = tuple[Change, list[str]] | None


_CUTS = frozenset({"-d", "--delimiter", "-f", "--fields", "-c", "--characters", "-b", "--bytes"})


def filter_of(name: str, args: list[str]) -> Found:
    """Return (change of the text, files that it reads in place of its input); None where that is not known."""
    made = _FILTERS.get(name)
    return made(args) if made is not None else None


def _tr(args: list[str]) -> Found:
    words = [word for word in args if word[:1] != "-" or word == "-"]
    options = "".join(word for word in args if word not in words)
    if not words or options not in {"", "-d", "--delete"}:
        return None
    first = _characters(words[0])
    if options:
        return lambda text: "".join(character for character in text if character not in first), []
    second = _characters(words[1]) if len(words) > 1 else ""
    if not second:
        return None
    table = {character: second[min(place, len(second) - 1)] for place, character in enumerate(first)}
    return lambda text: "".join(table.get(character, character) for character in text), []


def _characters(words: str) -> str:
    """Expand tr's ranges and classes."""
    text = unescape_ansi(words).replace("[:lower:]", "a-z").replace("[:upper:]", "A-Z").replace("[:digit:]", "0-9")
    out, place = [], 0
    while place < len(text):
        if text[place + 1 : place + 2] == "-" and place + 2 < len(text):
            out += [chr(code) for code in range(ord(text[place]), min(ord(text[place + 2]), 0x2FFF) + 1)]
            place += 3
        else:
            out.append(text[place])
            place += 1
    return "".join(out)


def _cut(args: list[str]) -> Found:
    given = parse(args, _CUTS)
    fields, letters = given.value("-f", "--fields"), given.value("-c", "--characters", "-b", "--bytes")
    mark = given.value("-d", "--delimiter") or "\t"
    if len(given.options) > 2 or any(name not in _CUTS for name, _ in given.options):
        return None
    begin, dash, end = (fields or letters or "").partition("-")
    if not (f"{begin}{end}".isdecimal() and len(begin + end) < 9) or len(mark) != 1:
        return None
    first = int(begin or 1) - 1
    last = int(end) if end else None if dash else first + 1

    def change(line: str) -> str:
        if letters:
            return line[first:last]
        return mark.join(line.split(mark)[first:last]) if mark in line else line

    return _by_line(change, ends=True), given.words


def _head(args: list[str]) -> Found:
    given = parse([_counted(word) for word in args], {"-n", "--lines", "-c", "--bytes"})
    count, letters = given.value("-n", "--lines") or "10", given.value("-c", "--bytes")
    if not (letters or count).isdigit():
        return None
    if letters:
        return lambda text: text[: int(letters)], given.words
    return lambda text: "".join(_lines(text)[: int(count)]), given.words


def _tail(args: list[str]) -> Found:
    given = parse([_counted(word) for word in args], {"-n", "--lines", "-c", "--bytes"})
    count = given.value("-n", "--lines") or "10"
    if not count.isdigit() or given.has("-c", "--bytes", "-f", "--follow", "-F"):
        return None
    return lambda text: "".join(_lines(text)[-int(count) :] if int(count) else ""), given.words


def _lines(text: str) -> list[str]:
    """Return the lines with their ends; no other character than a line feed ends one."""
    *lines, last = text.split("\n")
    return [*(line + "\n" for line in lines), *([last] if last else [])]


def _counted(word: str) -> str:
    """Return `-5` as `-n5`."""
    return f"-n{word[1:]}" if word[:1] == "-" and word[1:].isdecimal() else word


def _rev(args: list[str]) -> Found:
    return _by_line(lambda line: line[::-1]), args


def _scripted(name: str, args: list[str]) -> Found:
    from conductor.shell.filter_scripts import line_change  # a hook pays for what it imports

    found = line_change(name, args)
    return (_by_line(found[0], ends=name == "awk"), found[1]) if found is not None else None


def _by_line(change: Change, *, ends: bool = False) -> Change:
    """Return the change of a text of which each line is changed; `ends` says that the last one gets its line end."""

    def each(text: str) -> str:
        lines = text.split("\n")
        last = lines.pop()
        whole = "".join(change(line) + "\n" for line in lines)
        return whole + (change(last) + ("\n" if ends else "") if last else "")

    return each


_FILTERS: dict[str, Callable[[list[str]], Found]] = {
    "tr": _tr, "cut": _cut, "head": _head, "tail": _tail, "rev": _rev,
    **dict.fromkeys(("sed", "gsed"), lambda args: _scripted("sed", args)),
    **dict.fromkeys(("awk", "gawk", "mawk"), lambda args: _scripted("awk", args)),
}  # fmt: skip
