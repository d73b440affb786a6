"""GitHub's expression language as a tree: what may stand between `${{` and `}}`.

Grammar as GitHub's documentation ("Evaluate expressions in workflows and actions") and its runner's parser have it:
literals, contexts, members (`.name`, `[index]`, `.*`), calls, `!`, comparisons, `&&`, `||`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[-+]?0x[0-9a-fA-F]+|[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|'(?P<text>(?:[^']|'')*)'"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|(?P<sign>\|\||&&|==|!=|<=|>=|[<>!()\[\].,*]))"
)
_LONGEST = 21_000
_MAX_DEPTH = 50
_LITERALS: dict[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "NaN": float("nan"),
    "Infinity": float("inf"),
}


class ExpressionError(Exception):
    """The text is no expression: `problem` says why, `offset` where in it (from 0)."""

    def __init__(self, problem: str, offset: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands there: None, bool, float or str."""

    value: Any
    offset: int


@dataclass(frozen=True, slots=True)
class Name:
    """A context, as it is written."""

    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class Member:
    """`whole.key` or `whole[key]`; `key` is None for `.*`."""

    whole: Tree
    key: Tree | None
    offset: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function with what it is given; `name` as it is written."""

    name: str
    given: tuple[Tree, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Operation:
    """`!` with one operand, or a comparison, `&&`, `||` with two."""

    sign: str
    operands: tuple[Tree, ...]
    offset: int


Tree = Literal | Name | Member | Call | Operation


def parse_expression(text: str) -> Tree:
    """Return the tree of one expression, without its `${{ }}`. Raises ExpressionError."""
    if len(text) > _LONGEST:
        raise ExpressionError(f"it is longer than GitHub's {_LONGEST:,} characters", 0)
    try:
        return _Reader(_tokenize(text), len(text)).read()
    except RecursionError:
        raise ExpressionError("it is nested too deeply", 0) from None


def find_expressions(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each `${{ … }}` begins and ends; braces inside quotes don't end one."""
    begin = text.find("${{")
    while begin >= 0:
        end = _end_of(text, begin + 3)
        if end is None or end - begin > _LONGEST:
            return
        yield begin, end
        begin = text.find("${{", end)


def find_unclosed(text: str) -> int | None:
    """Return where a `${{` begins that nothing closes, None where there is none."""
    last = 0
    for _, last in find_expressions(text):  # noqa: B007 - the end of the last one is wanted
        pass
    begin = text.find("${{", last)
    return begin if begin >= 0 else None


def walk(tree: Tree) -> Iterator[Tree]:
    """Yield the tree and everything in it, the outer before the inner."""
    yield tree
    inner: tuple[Tree, ...] = ()
    if isinstance(tree, Member):
        inner = (tree.whole,) if tree.key is None else (tree.whole, tree.key)
    elif isinstance(tree, Call):
        inner = tree.given
    elif isinstance(tree, Operation):
        inner = tree.operands
    for one in inner:
        yield from walk(one)


def path_of(tree: Tree) -> tuple[str, ...] | None:
    """Return the names of `steps.build.outputs.digest`, None for a tree that is more than literal members."""
    names: list[str] = []
    while isinstance(tree, Member):
        if not isinstance(tree.key, Literal) or not isinstance(tree.key.value, str):
            return None
        names.append(tree.key.value)
        tree = tree.whole
    return (tree.name, *reversed(names)) if isinstance(tree, Name) else None


def _end_of(text: str, place: int) -> int | None:
    quoted = False
    while place < len(text):
        if not quoted and text.startswith("}}", place):
            return place + 2
        quoted ^= text[place] == "'"
        place += 1
    return None


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    offset: int


def _tokenize(text: str) -> list[_Token]:
    tokens, place, text = [], 0, text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            place += len(text[place:]) - len(text[place:].lstrip())
            raise ExpressionError(_strange(text, place), place)
        kind = match.lastgroup or ""
        tokens.append(
            _Token(kind, match[kind].replace("''", "'") if kind == "text" else match[kind], match.start(kind))
        )
        place = match.end()
    return tokens


def _strange(text: str, place: int) -> str:
    character = text[place]
    if character == '"':
        return "texts stand in single quotes, not in double ones"
    if character == "'":
        return "a quote is not closed"
    if character in "=&|":
        return f"{character!r} is no operator: write {character * 2}"
    if character in "+-/%":
        return f"{character!r} is no operator: there is no arithmetic"
    return f"{character!r} means nothing here"


class _Reader:
    """Reads the tokens of one expression."""

    def __init__(self, tokens: list[_Token], length: int) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0
        self._length = length

    def read(self) -> Tree:
        tree = self._or()
        if self._place != len(self._tokens):
            token = self._tokens[self._place]
            raise ExpressionError(f"{token.text!r} is not expected here", token.offset)
        return tree

    def _offset(self) -> int:
        return self._tokens[self._place].offset if self._place < len(self._tokens) else self._length

    def _take(self, *signs: str) -> str | None:
        token = self._tokens[self._place] if self._place < len(self._tokens) else None
        if token is None or token.kind != "sign" or token.text not in signs:
            return None
        self._place += 1
        return token.text

    def _need(self, sign: str) -> None:
        if self._take(sign) is None:
            raise ExpressionError(f"{sign!r} is missing", self._offset())

    def _or(self) -> Tree:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ExpressionError("it is nested too deeply", self._offset())
        tree = self._chain(("||",), lambda: self._chain(("&&",), self._equality))
        self._depth -= 1
        return tree

    def _equality(self) -> Tree:
        return self._chain(("==", "!="), lambda: self._chain(("<", "<=", ">", ">="), self._not))

    def _chain(self, signs: tuple[str, ...], operand: Callable[[], Tree]) -> Tree:
        tree = operand()
        offset = self._offset()
        while sign := self._take(*signs):
            tree = Operation(sign, (tree, operand()), offset)
            offset = self._offset()
        return tree

    def _not(self) -> Tree:
        offset, count = self._offset(), 0
        while self._take("!"):
            count += 1
        tree = self._members(self._atom())
        for _ in range(count):
            tree = Operation("!", (tree,), offset)
        return tree

    def _members(self, tree: Tree) -> Tree:
        offset = self._offset()
        while sign := self._take(".", "["):
            key: Tree | None
            if self._take("*"):
                key = None
            elif sign == "[":
                key = self._or()
            else:
                token = self._tokens[self._place] if self._place < len(self._tokens) else None
                if token is None or token.kind not in {"name", "number"}:
                    raise ExpressionError("a name is missing after the dot", self._offset())
                self._place += 1
                key = Literal(token.text, token.offset)
            if sign == "[":
                self._need("]")
            tree = Member(tree, key, offset)
            offset = self._offset()
        return tree

    def _atom(self) -> Tree:
        if self._take("("):
            tree = self._or()
            self._need(")")
            return tree
        if self._place >= len(self._tokens):
            raise ExpressionError("something is missing at its end" if self._tokens else "it is empty", self._length)
        token = self._tokens[self._place]
        self._place += 1
        if token.kind == "text":
            return Literal(token.text, token.offset)
        if token.kind == "number":
            return Literal(_number(token.text), token.offset)
        if token.kind != "name":
            raise ExpressionError(f"{token.text!r} is not expected here", token.offset)
        if token.text in _LITERALS:
            return Literal(_LITERALS[token.text], token.offset)
        if self._take("("):
            return Call(token.text, self._given(), token.offset)
        return Name(token.text, token.offset)

    def _given(self) -> tuple[Tree, ...]:
        if self._take(")"):
            return ()
        given = [self._or()]
        while self._take(","):
            given.append(self._or())
        self._need(")")
        return tuple(given)


def _number(text: str) -> float:
    return float(int(text, 16)) if "0x" in text.lower() else float(text)
