"""Patterns that take time in proportion to the text, whatever the text: what repeats, repeats at most so often.

`re` tries every end of a repeat from every start, so that `a.*b` takes quadratic time, and a repeat inside of a repeat
exponential. With a bound each start costs no more than a constant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MOST = 300  # how often anything repeats: longer than what stands between two words of one message
_FEW = 12  # up to here a repeat may stand within another one
_PART = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d*(?:,\d*)?\}|[*+]|\(|\)|.", re.DOTALL)
_COUNT = re.compile(r"\{(?P<least>\d*)(?P<comma>,)?(?P<most>\d*)\}")


def compile_linear(pattern: str) -> re.Pattern[str]:
    """Compile a pattern with a bound on each of its repeats.

    Raises re.error for what is no pattern, and for a repeat within a repeat.
    """
    re.compile(pattern)
    return re.compile("".join(_bounded(pattern)))


def _bounded(pattern: str) -> Iterator[str]:
    inside = [0]  # how often something repeats at most, in each group that is open
    closed = 0  # the same, in what stands before
    for part in _PART.findall(pattern):
        most = _most(part)
        if most is None:
            yield part
            if part == "(":
                inside.append(0)
            closed = inside.pop() if part == ")" else 0
            inside[-1] = max(inside[-1], closed)
            continue
        if min(most, closed) > _FEW:
            raise re.error(f"a repeat within a repeat takes exponential time: {pattern[:120]}", pattern)
        yield _count(part, most)
        inside[-1] = max(inside[-1], most if most > 1 else 0)
        closed = 0


def _most(part: str) -> int | None:
    """Return how often this part of a pattern lets the one before it repeat, None where it is no repeat."""
    if part in {"*", "+"}:
        return MOST
    match = _COUNT.fullmatch(part)
    if not match or not (match["least"] or match["most"]):
        return None
    return int(match["most"] or (MOST if match["comma"] else match["least"]))


def _count(part: str, most: int) -> str:
    match = _COUNT.fullmatch(part)
    if match is None:
        return f"{{{0 if part == '*' else 1},{most}}}"
    return f"{{{match['least'] or 0},{max(most, int(match['least'] or 0))}}}" if match["comma"] else part
