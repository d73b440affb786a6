"""The values of HCL expressions: templates, operators, comprehensions and the functions of bake's library.

An expression is a function of the variables; a value that can't be worked out here is `UNSEEN`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from conductor.shell.expand import UNKNOWN

Expression = Callable[[Mapping[str, Any]], Any]


class _Unseen:
    """A value that can't be worked out here."""

    def __repr__(self) -> str:
        return "UNSEEN"


UNSEEN = _Unseen()


def fill_template(pieces: list[str | Expression]) -> Expression:
    """Return the expression of a quoted text: a text, or the value itself of an interpolation that stands alone."""

    def fill(scope: Mapping[str, Any]) -> Any:
        values = [piece if isinstance(piece, str) else piece(scope) for piece in pieces]
        if len(values) == 3 and values[0] == values[2] == "" and not isinstance(values[1], str):
            return values[1]
        return "".join(UNKNOWN if value is UNSEEN else show(value) for value in values)

    return fill


def show(value: Any) -> str:
    """Return a value as it stands in a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def pick(value: Any, key: Any) -> Any:
    """Return an element of a list or object, UNSEEN where it has none."""
    if isinstance(value, dict):
        return value.get(str(key), UNSEEN)
    if isinstance(value, list) and str(key).isdigit() and int(key) < len(value):
        return value[int(key)]
    return UNSEEN


def constant(value: Any) -> Expression:
    """Return the expression of a value that stands in the text."""
    return lambda _scope: value


def member(owner: Expression, key: Expression) -> Expression:
    """Return the expression of `owner.key` and `owner[key]`."""
    return lambda scope: pick(owner(scope), key(scope))


def negate(inner: Expression) -> Expression:
    """Return the expression of `!inner`."""
    return lambda scope: UNSEEN if (value := inner(scope)) is UNSEEN else not value


def choose(condition: Expression, then: Expression, otherwise: Expression) -> Expression:
    """Return the expression of `condition ? then : otherwise`."""

    def work_out(scope: Mapping[str, Any]) -> Any:
        holds = condition(scope)
        if holds is UNSEEN:
            return UNSEEN
        return then(scope) if holds else otherwise(scope)

    return work_out


def operate(sign: str, left: Expression, right: Expression) -> Expression:
    """Return the expression of two operands with a sign between them."""

    def work_out(scope: Mapping[str, Any]) -> Any:
        one, two = left(scope), right(scope)
        if sign in {"&&", "||"} and UNSEEN not in (one, two):
            return bool(one and two) if sign == "&&" else bool(one or two)
        if one is UNSEEN or two is UNSEEN:
            return UNSEEN
        if sign in {"==", "!="}:
            return (one == two) == (sign == "==")
        try:
            return _ARITHMETIC[sign](one, two)
        except (TypeError, ZeroDivisionError):
            return UNSEEN

    return work_out


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": lambda a, b: a % b,
}


def comprehend(
    names: list[str],
    source: Any,
    first: Expression,
    second: Expression | None,
    condition: Expression | None,
    scope: Mapping[str, Any],
) -> Any:
    """Return what `[for names in source: first if condition]` or `{for … : first => second}` gives."""
    if isinstance(source, dict):
        rows: list[tuple[Any, Any]] = list(source.items())
    elif isinstance(source, list):
        rows = list(enumerate(source))
    else:
        return UNSEEN
    found: list[tuple[Any, Any]] = []
    for key, value in rows[:1000]:
        inner = {**scope, **dict(zip(names, (key, value) if len(names) > 1 else (value,), strict=False))}
        if condition is None or condition(inner) is True:
            found.append((first(inner), second(inner) if second else None))
    return {str(key): value for key, value in found} if second else [key for key, _ in found]


def call_function(name: str, given: list[Any], scope: Mapping[str, Any]) -> Any:
    """Return what a function gives, one of the file's own (`name()` in the scope) or of bake's library."""
    own = scope.get(f"{name}()")
    if own is not None:
        return own(given, scope)
    function = FUNCTIONS.get(name)
    if function is None or (UNSEEN in given and name not in {"coalesce", "lookup"}):
        return UNSEEN
    try:
        return function(*given)
    except (TypeError, ValueError, IndexError, AttributeError, re.error):
        return UNSEEN


def _format(template: str, *values: Any) -> str:
    rest = iter(values)
    return re.sub(r"%[sdvq]", lambda _match: show(next(rest)), template).replace("%%", "%")


# The functions of bake's standard library that names of images are made with.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "upper": lambda text: str(text).upper(),
    "lower": lambda text: str(text).lower(),
    "trimspace": lambda text: str(text).strip(),
    "trimprefix": lambda text, start: str(text).removeprefix(start),
    "trimsuffix": lambda text, end: str(text).removesuffix(end),
    "trim": lambda text, letters: str(text).strip(letters),
    "replace": lambda text, old, new: str(text).replace(old, new),
    "split": lambda separator, text: str(text).split(separator),
    "join": lambda separator, *lists: separator.join(show(one) for items in lists for one in items),
    "format": _format,
    "concat": lambda *lists: [one for items in lists for one in items],
    "flatten": lambda lists: [one for items in lists for one in (items if isinstance(items, list) else [items])],
    "compact": lambda items: [one for one in items if one not in ("", None)],
    "distinct": lambda items: [one for place, one in enumerate(items) if one not in items[:place]],
    "contains": lambda items, one: one in items,
    "length": len,
    "keys": sorted,
    "values": lambda items: [items[key] for key in sorted(items)],
    "merge": lambda *items: {key: one[key] for one in items for key in one},
    "element": lambda items, index: items[int(index) % len(items)],
    "index": pick,
    "lookup": lambda items, key, *default: items.get(key, default[0] if default else UNSEEN),
    "coalesce": lambda *values: next((one for one in values if one not in ("", None) and one is not UNSEEN), UNSEEN),
    "equal": lambda one, two: one == two,
    "notequal": lambda one, two: one != two,
    "and": lambda one, two: bool(one and two),
    "or": lambda one, two: bool(one or two),
    "not": operator.not_,
    "tostring": show,
    "substr": lambda text, start, size: str(text)[start:] if size < 0 else str(text)[start : start + size],
    "strlen": lambda text: len(str(text)),
    "basename": lambda path: str(path).rpartition("/")[2],
}
