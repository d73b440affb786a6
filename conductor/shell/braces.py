"""Brace expansion: `{a,b}`, `{1..3}`, nested, over words whose other parts stay whole."""

from __future__ import annotations

from itertools import pairwise

from conductor.shell.nodes import Text, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.shell.nodes import Part

    Atoms = list[str | Part]

LONGEST = 256  # words one word may become


def expand_braces(word: Word) -> list[Word]:
    """Return the words that brace expansion makes of one, in order; at most LONGEST."""
    if not any(isinstance(part, Text) and not part.quoted and "{" in part.value for part in word.parts):
        return [word]
    atoms: Atoms = []
    for part in word.parts:
        if isinstance(part, Text) and not part.quoted:
            atoms.extend(part.value)
        else:
            atoms.append(part)
    return [Word(_parts(each), word.position) for each in _expand(atoms, 0)]


def _parts(atoms: Atoms) -> tuple[Part, ...]:
    parts: list[Part] = []
    run: list[str] = []
    for atom in atoms:
        if isinstance(atom, str):
            run.append(atom)
            continue
        if run:
            parts.append(Text("".join(run), quoted=False))
            run = []
        parts.append(atom)
    if run:
        parts.append(Text("".join(run), quoted=False))
    return tuple(parts)


def _expand(atoms: Atoms, depth: int) -> list[Atoms]:
    group = _find_group(atoms) if depth < 16 else None
    if group is None:
        return [atoms]
    start, end, choices = group
    tails = _expand(atoms[end + 1 :], depth + 1)
    out: list[Atoms] = []
    for choice in choices:
        for middle in _expand(choice, depth + 1):
            for tail in tails:
                out.append(atoms[:start] + middle + tail)
                if len(out) >= LONGEST:
                    return out
    return out


def _find_group(atoms: Atoms) -> tuple[int, int, list[Atoms]] | None:
    """Return the first valid brace group: start, end and its choices."""
    for start, atom in enumerate(atoms):
        if atom != "{":
            continue
        depth, commas = 0, []
        for place in range(start, len(atoms)):
            if atoms[place] == "{":
                depth += 1
            elif atoms[place] == "}":
                depth -= 1
            elif atoms[place] == "," and depth == 1:
                commas.append(place)
            if depth == 0:
                choices = _choices(atoms, start, place, commas)
                if choices:
                    return start, place, choices
                break
    return None


def _choices(atoms: Atoms, start: int, end: int, commas: list[int]) -> list[Atoms]:
    if commas:
        edges = [start, *commas, end]
        return [atoms[left + 1 : right] for left, right in pairwise(edges)]
    inside = atoms[start + 1 : end]
    if not all(isinstance(atom, str) for atom in inside):
        return []
    first, dots, last = "".join(atom for atom in inside if isinstance(atom, str)).partition("..")
    return [list(each) for each in _range(first, last)] if dots else []


def _range(first: str, last: str) -> list[str]:
    last = last.partition("..")[0]
    if first.lstrip("-").isdigit() and last.lstrip("-").isdigit() and len(first) < 9 and len(last) < 9:
        low, high = int(first), int(last)
        step = 1 if low <= high else -1
        return [str(number) for number in range(low, high + step, step)[:LONGEST]]
    if len(first) == len(last) == 1 and first.isascii() and last.isascii():
        low, high = ord(first), ord(last)
        step = 1 if low <= high else -1
        return [chr(code) for code in range(low, high + step, step)]
    return []
