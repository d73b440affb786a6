"""GitHub's expressions, `${{ … }}`, as far as their values are literal.

Values are None, bool, float, str, list and dict, as in GitHub's documentation ("Evaluate expressions in workflows and
actions"); what can't be seen is an `Unknown` with its name, and with a default where the expression says one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conductor.workflows import partial

_TOKEN = re.compile(
    r"\s*(?:(?P<number>0x[0-9a-fA-F]+|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|'(?P<text>(?:[^']|'')*)'"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|(?P<sign>\|\||&&|==|!=|<=|>=|[<>!()\[\].,*]))"
)
_LONGEST = 5_000
_MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that can't be seen; `default` is the text that stands beside it as its replacement."""

    name: str
    default: str | None = None


class Open(dict[str, Any]):
    """A context of which more may be set than is seen: a key it lacks is unknown, not empty."""


class ExpressionError(Exception):
    """The text is no expression."""


def interpolate(text: str, contexts: Mapping[str, Any]) -> str:
    """Return the text with every `${{ … }}` replaced by its value, or by a mark where that can't be seen."""
    out, place = [], 0
    for begin, end in _expressions(text):
        out += [text[place:begin], as_text(evaluate(text[begin + 3 : end - 2], contexts))]
        place = end
    return "".join(out) + text[place:]


def evaluate(expression: str, contexts: Mapping[str, Any]) -> Any:
    """Return the value of one expression; Unknown where it can't be seen, or where the text is no expression."""
    try:
        return _Reader(expression, contexts).read()
    except (ExpressionError, RecursionError):
        return Unknown(" ".join(expression.split())[:60])


def value_of(text: str, contexts: Mapping[str, Any]) -> Any:
    """Return the value of a text that is one expression and nothing else; of any other text, the text interpolated."""
    whole = text.strip()
    alone = next(_expressions(whole), None) == (0, len(whole))
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


def _expressions(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each `${{ … }}` begins and ends; braces inside quotes don't end one."""
    begin = text.find("${{")
    while begin >= 0:
        end, quoted = begin + 3, False
        while end < len(text) and (quoted or not text.startswith("}}", end)):
            quoted ^= text[end] == "'"
            end += 1
        if end >= len(text) or end - begin > _LONGEST:
            return
        yield begin, end + 2
        begin = text.find("${{", end + 2)


def _truth(value: Any) -> bool | None:
    if isinstance(value, Unknown):
        return None
    if isinstance(value, str):
        # A part that is seen makes the whole text true.
        return bool(value) if partial.is_known(value) or partial.single(value) is None else None
    return bool(value) or isinstance(value, list | dict)


class _Reader:
    """Reads one expression and works it out on the way."""

    def __init__(self, text: str, contexts: Mapping[str, Any]) -> None:
        self._tokens = _tokenize(text)
        self._place = 0
        self._contexts = contexts
        self._depth = 0

    def read(self) -> Any:
        value = self._or()
        if self._place != len(self._tokens):
            raise ExpressionError
        return Unknown(value.path) if isinstance(value, _Named) else value

    def _peek(self) -> str | None:
        kind, token = self._tokens[self._place] if self._place < len(self._tokens) else ("", None)
        return token if kind == "sign" else None

    def _take(self, *signs: str) -> str | None:
        token = self._peek()
        if token is None or token not in signs:
            return None
        self._place += 1
        return token

    def _need(self, sign: str) -> None:
        if self._take(sign) is None:
            raise ExpressionError

    def _or(self) -> Any:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ExpressionError
        value = self._and()
        while self._take("||"):
            other = self._and()
            value = _either(value, other)
        self._depth -= 1
        return value

    def _and(self) -> Any:
        value = self._equality()
        while self._take("&&"):
            other = self._equality()
            value = _both(value, other)
        return value

    def _equality(self) -> Any:
        value = self._order()
        while sign := self._take("==", "!="):
            equal = _equal(value, self._order())
            value = equal if isinstance(equal, Unknown) else equal == (sign == "==")
        return value

    def _order(self) -> Any:
        value = self._not()
        while sign := self._take("<", "<=", ">", ">="):
            value = _compare(sign, value, self._not())
        return value

    def _not(self) -> Any:
        if self._take("!"):
            truth = _truth(value := self._not())
            return value if truth is None else not truth
        return self._member(self._atom())

    def _member(self, value: Any) -> Any:
        while sign := self._take(".", "["):
            if self._take("*"):
                key = None
            elif sign == "[":
                key = as_text(self._or())
            else:
                kind, key = self._tokens[self._place] if self._place < len(self._tokens) else ("", "")
                if kind not in {"name", "number"}:
                    raise ExpressionError
                self._place += 1
            if sign == "[":
                self._need("]")
            value = _every(value) if key is None else _pick(value, key)
        return value

    def _atom(self) -> Any:
        if self._take("("):
            value = self._or()
            self._need(")")
            return value
        if self._place >= len(self._tokens):
            raise ExpressionError
        kind, token = self._tokens[self._place]
        self._place += 1
        if kind == "text":
            return token
        if kind == "number":
            return float(int(token, 16)) if token.startswith("0x") else float(token)
        if kind != "name":
            raise ExpressionError
        literal = {"true": True, "false": False, "null": None}
        if token in literal:
            return literal[token]
        if self._take("("):
            return _call(token.lower(), self._arguments())
        found = self._contexts.get(token.lower(), Unknown(token))
        return _Named(token.lower(), found) if isinstance(found, Open) else found

    def _arguments(self) -> list[Any]:
        given: list[Any] = []
        if self._take(")"):
            return given
        given.append(self._or())
        while self._take(","):
            given.append(self._or())
        self._need(")")
        return given


@dataclass(frozen=True, slots=True)
class _Named:
    """An open context with the path that led to it, for the names of what it lacks."""

    path: str
    values: Open


def _tokenize(text: str) -> list[tuple[str, str]]:
    tokens, place, text = [], 0, text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise ExpressionError
        kind = match.lastgroup or ""
        tokens.append((kind, match[kind].replace("''", "'") if kind == "text" else match[kind]))
        place = match.end()
    return tokens


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
