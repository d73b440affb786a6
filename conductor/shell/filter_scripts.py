r"""What sed and awk make of one line, where their script tells.

Of sed: `s/LITERAL/TEXT/[g]`, with `^` and `$` at its ends, and a whole line in another case (`s/.*/\L&/`); of awk:
`{print $N}` and `{print tolower($N)}`.
"""

from __future__ import annotations

import re

from conductor.programs.options import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[str], str]

_PRINT = re.compile(r"\s*\{\s*print\s+(?:(tolower|toupper)\s*\(\s*)?\$(\d{1,3})\s*\)?\s*;?\s*\}\s*")
_WHOLE_LINE = re.compile(r"\^?(?:\.\*|\\\(\.\*\\\)|\(\.\*\))\$?")
_CASE = re.compile(r"\\([LU])(?:&|\\1)(?:\\E)?")
# A pattern that means its own letters, in basic and in extended expressions.
_LITERAL = re.compile(r"(?:[^\\.*\[\]^$+?(){}|]|\\[./\-])+")
_LOUD = re.compile(r"[&\\]")  # in a replacement


def line_change(name: str, args: list[str]) -> tuple[Change, list[str]] | None:
    """Return (change of each line, files that it reads in place of its input); None where that is not known."""
    return _awk(args) if name == "awk" else _sed(args)


def _awk(args: list[str]) -> tuple[Change, list[str]] | None:
    given = parse(args, {"-F", "--field-separator", "-v", "--assign"})
    printed = _PRINT.fullmatch(given.words[0]) if given.words else None
    mark = given.value("-F", "--field-separator")
    if (
        printed is None
        or given.has("-v", "--assign")
        or (mark is not None and not re.fullmatch(r"[^\\.*\[^$+? ]", mark))
    ):
        return None
    case = {"tolower": str.lower, "toupper": str.upper}.get(printed[1], str)
    number = int(printed[2])

    def change(line: str) -> str:
        fields = [line, *(line.split(mark) if mark else line.split())]
        return case(fields[number] if number < len(fields) else "")

    return change, given.words[1:]


def _sed(args: list[str]) -> tuple[Change, list[str]] | None:
    given = parse(args, {"-e", "--expression", "-f", "--file"})
    if given.has("-i", "--in-place", "-n", "--quiet", "--silent", "-f", "--file", "-z", "-s"):
        return None
    scripts = given.values("-e", "--expression")
    words = given.words if scripts else given.words[1:]
    changes = [_substitution(one.strip()) for script in scripts or given.words[:1] for one in script.split(";")]
    known = [change for change in changes if change is not None]
    if not known or len(known) < len(changes):
        return None

    def change(line: str) -> str:
        for each in known:
            line = each(line)
        return line

    return change, words


def _substitution(script: str) -> Change | None:
    """Return what sed's `s/…/…/` makes of a line."""
    mark = script[1:2]
    if script[:1] != "s" or not mark or mark.isalnum() or mark == "\\":
        return None
    pieces = re.split(rf"(?<!\\){re.escape(mark)}", script[2:])
    if len(pieces) != 3 or pieces[2] not in {"", "g"}:
        return None
    pattern, new = (piece.replace(f"\\{mark}", mark) for piece in pieces[:2])
    if _WHOLE_LINE.fullmatch(pattern) and (case := _CASE.fullmatch(new)):
        return str.lower if case[1] == "L" else str.upper
    start, end = pattern.startswith("^"), pattern.endswith("$") and not pattern.endswith("\\$")
    literal = pattern[start : len(pattern) - end]
    if not _LITERAL.fullmatch(literal) or _LOUD.search(new):
        return None
    plain = re.escape(re.sub(r"\\(.)", r"\1", literal))
    expression = re.compile(("^" if start else "") + plain + ("$" if end else ""))
    return lambda line: expression.sub(lambda _: new, line, count=0 if pieces[2] else 1)
