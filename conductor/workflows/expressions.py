"""GitHub's expressions, `${{ … }}`, as far as their values are literal.

Values are None, bool, float, str, list and dict, as in GitHub's documentation ("Evaluate expressions in workflows and
actions"); what can't be seen is an `Unknown` with its name, and with a default where the expression says one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conductor.workflows import partial
from conductor.workflows.expression_tree import (
    Call,
    ExpressionError,
    Literal,
    Member,
    Name,
    Tree,
    find_expressions,
    parse_expression,
)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that can't be seen; `default` is the text that stands beside it as its replacement."""

    name: str
    default: str | None = None


class Open(dict[str, Any]):
    """A context of which more may be set than is seen: a key it lacks is unknown, not empty."""


def interpolate(text: str, contexts: Mapping[str, Any]) -> str:
    """Return the text with every `${{ … }}` replaced by its value, or by a mark where that can't be seen."""
    out, place = [], 0
    for begin, end in find_expressions(text):
        out += [text[place:begin], as_text(evaluate(text[begin + 3 : end - 2], contexts))]
        place = end
    return "".join(out) + text[place:]


def evaluate(expression: str, contexts: Mapping[str, Any]) -> Any:
    """Return the value of one expression; Unknown where it can't be seen, or where the text is no expression."""
    try:
        value = _value(parse_expression(expression), contexts)
    except (ExpressionError, RecursionError):
        return Unknown(" ".join(expression.split())[:60])
    return Unknown(value.path) if isinstance(value, _Named) else value


def value_of(text: str, contexts: Mapping[str, Any]) -> Any:
    """Return the value of a text that is one expression and nothing else; of any other text, the text interpolated."""
    whole = text.strip()
    alone = next(find_expressions(whole), None) == (0, len(whole))
    return evaluate(whole[3:-2], contexts) if alone else interpolate(text, contexts)


def is_true(condition: str, contexts: Mapping[str, Any]) -> bool | None:
    """Return whether an `if:` holds (it may stand without `${{ }}`); None where that can't be seen."""
    text = condition.strip()
    inner = text if "${{" not in text else None
    value = evaluate(inner, contexts) if inner is not None else value_of(text, contexts)
    return _truth(value)


def as_text(value: Any) -> str:
    """Return a value as it stands in a text."""
    if isinstance(value, Unknown):
        return partial.mark(value.name, value.default)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return value if isinstance(value, str) else json.dumps(value, default=as_text)


def _truth(value: Any) -> bool | None:
    if isinstance(value, Unknown):
        return None
    if isinstance(value, str):
        return None if partial.is_open(value) else bool(value)  # a part that is seen makes the whole text true
    return bool(value) or isinstance(value, list | dict)


def _value(tree: Tree, contexts: Mapping[str, Any]) -> Any:
    """Work a tree out."""
    if isinstance(tree, Literal):
        return tree.value
    if isinstance(tree, Name):
        found = contexts.get(tree.name.lower(), Unknown(tree.name))
        return _Named(tree.name.lower(), found) if isinstance(found, Open) else found
    if isinstance(tree, Member):
        whole = _value(tree.whole, contexts)
        return _every(whole) if tree.key is None else _pick(whole, as_text(_value(tree.key, contexts)))
    values = [_value(one, contexts) for one in (tree.given if isinstance(tree, Call) else tree.operands)]
    return _call(tree.name.lower(), values) if isinstance(tree, Call) else _operate(tree.sign, values)


def _operate(sign: str, values: list[Any]) -> Any:
    if sign == "!":
        truth = _truth(values[0])
        return values[0] if truth is None else not truth
    value, other = values
    if sign in {"==", "!="}:
        equal = _equal(value, other)
        return equal if isinstance(equal, Unknown) else equal == (sign == "==")
    if sign in {"&&", "||"}:
        return _both(value, other) if sign == "&&" else _either(value, other)
    return _compare(sign, value, other)


@dataclass(frozen=True, slots=True)
class _Named:
    """An open context with the path that led to it, for the names of what it lacks."""

    path: str
    values: Open


def _pick(value: Any, key: str) -> Any:
    if isinstance(value, Unknown):
        return Unknown(f"{value.name}.{key}")
    if isinstance(value, _Named):
        found = _look_up(value.values, key)
        if found is _MISSING:
            return Unknown(f"{value.path}.{key}")
        return _Named(f"{value.path}.{key}", found) if isinstance(found, Open) else found
    if isinstance(value, dict):
        found = _look_up(value, key)
        return None if found is _MISSING else found
    if isinstance(value, list) and key.isdigit():
        return value[int(key)] if int(key) < len(value) else None
    return None


_MISSING = object()


def _look_up(values: Mapping[str, Any], key: str) -> Any:
    if key in values:
        return values[key]
    return next((value for name, value in values.items() if name.lower() == key.lower()), _MISSING)


def _every(value: Any) -> Any:
    if isinstance(value, _Named):
        value = value.values
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list | Unknown) else []


def _either(value: Any, other: Any) -> Any:
    truth = _truth(value)
    if truth is not None:
        return value if truth else other
    if other is True:
        return True
    known = value if isinstance(value, Unknown) else Unknown(*(partial.single(value) or ("", None)))
    if known.default:
        return known
    text = as_text(other)
    # `vars.A || vars.B || 'c'`: the end of the chain is the default of all of it.
    return Unknown(known.name, partial.fill(text) if partial.is_settled(text) else None)


def _both(value: Any, other: Any) -> Any:
    truth = _truth(value)
    if truth is not None:
        return other if truth else value
    if other is False:
        return False
    text = as_text(other)
    name = value.name if isinstance(value, Unknown) else ""
    return Unknown(name, text if isinstance(other, str) and text and partial.is_known(text) else None)


def _equal(value: Any, other: Any) -> Any:
    for one in (value, other):
        if isinstance(one, Unknown) or (isinstance(one, str) and not partial.is_known(one)):
            return Unknown(one.name if isinstance(one, Unknown) else partial.show(one))
    if isinstance(value, str) and isinstance(other, str):
        return value.lower() == other.lower()
    if type(value) is type(other):
        return value == other
    numbers = _number(value), _number(other)
    return numbers[0] == numbers[1]


def _compare(sign: str, value: Any, other: Any) -> Any:
    if isinstance(value, Unknown) or isinstance(other, Unknown):
        return Unknown(value.name if isinstance(value, Unknown) else other.name)
    one, two = _number(value), _number(other)
    return {"<": one < two, "<=": one <= two, ">": one > two, ">=": one >= two}[sign]


def _number(value: Any) -> float:
    if value is None or value == "":
        return 0.0
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _call(name: str, given: list[Any]) -> Any:
    if name in {"success", "always", "failure", "cancelled"}:
        return name in {"success", "always"}
    function = _FUNCTIONS.get(name)
    unknown = next((one for one in given if isinstance(one, Unknown | _Named)), None)
    if function is None or (unknown is not None and name not in {"format", "join"}):
        return Unknown(unknown.name if isinstance(unknown, Unknown) else name)
    try:
        return function(*given)
    except (TypeError, ValueError, IndexError, AttributeError):
        return Unknown(name)


def _format(template: Any, *values: Any) -> str:
    texts = [as_text(value) for value in values]
    pieces = re.split(r"(\{\{|\}\}|\{\d+\})", as_text(template))
    return "".join(
        piece[0] if piece in {"{{", "}}"} else texts[int(piece[1:-1])] if re.fullmatch(r"\{\d+\}", piece) else piece
        for piece in pieces
    )


def _contains(where: Any, what: Any) -> Any:
    if isinstance(where, list):
        return any(_equal(one, what) is True for one in where)
    if not partial.is_known(text := as_text(where)):
        return Unknown(partial.show(text))
    return as_text(what).lower() in text.lower()


def _join(values: Any, separator: Any = ",") -> str:
    return as_text(separator).join(as_text(one) for one in (values if isinstance(values, list) else [values]))


def _from_json(text: Any) -> Any:
    if not isinstance(text, str) or not partial.is_known(text):
        return Unknown("fromJSON")
    return json.loads(text, parse_int=float)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "contains": _contains,
    "startswith": lambda text, start: as_text(text).lower().startswith(as_text(start).lower()),
    "endswith": lambda text, end: as_text(text).lower().endswith(as_text(end).lower()),
    "format": _format,
    "join": _join,
    "tojson": lambda value: json.dumps(value, default=as_text),
    "fromjson": _from_json,
}
