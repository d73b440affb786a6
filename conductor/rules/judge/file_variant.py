"""file_variant: no copies of a project's file under its name plus _v2, _new, .bak and the like."""

from __future__ import annotations

from conductor.rules.judge.call import BLOCK, Place, Ruling, Write

RULE = "file_variant"
REMEDY = "Change {base} itself: git keeps the old version."
MARKS = frozenset({"new", "old", "fixed", "final", "copy", "backup", "bak", "orig", "original", "updated"})
_MAKES = frozenset({"overwrite", "append", "create"})
_SEPARATORS = "_-. "


def judge_write(write: Write, place: Place) -> Ruling | None:
    """Return a ruling where the write would create a variant of an existing file in the project."""
    inside = place.inside(write.path)
    if place.remote or write.kind not in _MAKES or not inside or inside in place.facts.files:
        return None
    base = find_base(inside, place.facts.files, write.sources)
    if base is None:
        return None
    remedy = REMEDY.format(base=base)
    return Ruling(BLOCK, RULE, f"`{write.by}` would create {inside}, a variant of {base}. {remedy}")


def find_base(name: str, files: frozenset[str], sources: tuple[str, ...] = ()) -> str | None:
    """Return the existing file that a new file's name is a variant of, None where there is none."""
    folder, slash, leaf = name.rpartition("/")
    seen: set[str] = set()
    waiting = [leaf]
    while waiting and len(seen) < 32:
        for candidate in _without_mark(waiting.pop()):
            if candidate in seen:
                continue
            seen.add(candidate)
            waiting.append(candidate)
            if folder + slash + candidate in files:
                return folder + slash + candidate
            if candidate in sources:
                return next((each for each in files if each.rpartition("/")[2] == candidate), None)
    return None


def _without_mark(leaf: str) -> list[str]:
    """Return the names that are left when one variant mark is taken off, before or after the extensions."""
    out = []
    for place in range(1, len(leaf)):
        if leaf[place] not in _SEPARATORS:
            continue
        end = place + 1
        while end < len(leaf) and leaf[end].isalnum():
            end += 1
        if end < len(leaf) and leaf[end] not in "._- ":
            continue
        if _is_mark(leaf[place + 1 : end], leaf[place]):
            out.append(leaf[:place] + leaf[end:])
    if leaf.endswith("~"):
        out.append(leaf[:-1])
    return [name for name in out if name]


def _is_mark(word: str, separator: str) -> bool:
    lower = word.lower()
    stem = lower.rstrip("0123456789")
    if stem in MARKS:
        return True
    if stem == "v" and len(lower) > 1:
        return True
    return separator in "-_" and lower.isdigit() and len(lower) < 3
