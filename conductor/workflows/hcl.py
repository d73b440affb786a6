"""HCL as bake files use it: blocks, attributes and expressions, as far as their values are literal.

Syntax: HCL's native syntax specification (hashicorp/hcl, hclsyntax/spec.md); what is read here is what `docker buildx
bake` documents. A value that can't be worked out is `UNSEEN`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from conductor.workflows.hcl_values import (
    UNSEEN,
    Expression,
    call_function,
    choose,
    comprehend,
    constant,
    fill_template,
    member,
    negate,
    operate,
)

_TOKEN = re.compile(
    r"(?P<space>[ \t\r]+|#[^\n]*|//[^\n]*|/\*.*?\*/)|(?P<line>\n)"
    r"|(?P<heredoc><<-?(?P<end>[A-Za-z_]\w*)\n.*?\n[ \t]*(?P=end)(?=\n|$))"
    r"|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)"
    r"|(?P<quote>\")|(?P<sign>=>|\|\||&&|==|!=|<=|>=|\.\.\.|[{}()\[\]=,:?.<>!+*/%*-])",
    re.DOTALL,
)
_MAX_DEPTH = 60


class HclError(Exception):
    """The text is not what this reads of HCL."""


@dataclass(slots=True)
class Block:
    """A block, `target "name" { … }`: attributes as functions of the variables, and the blocks inside it."""

    type: str
    labels: tuple[str, ...]
    attributes: dict[str, Expression] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)


def parse_hcl(text: str) -> Block:
    """Return the whole text as one block; raises HclError."""
    try:
        reader = _Reader(_tokenize(text))
        return reader.body(Block("", ()), ends_with=None)
    except RecursionError:
        raise HclError("nested too deeply") from None


def _tokenize(text: str) -> list[tuple[str, Any]]:
    """Return (kind, value); a quoted text is a list of pieces, a piece being a text or the tokens of `${…}`."""
    tokens: list[tuple[str, Any]] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise HclError(f"unexpected {text[place]!r}")
        place = match.end()
        if match["quote"]:
            pieces, place = _read_template(text, place)
            tokens.append(("template", pieces))
        elif match["heredoc"]:
            body = match["heredoc"].split("\n")[1:-1]
            pieces, _ = _read_template("\n".join(line.lstrip() for line in body) + '\n"', 0)
            tokens.append(("template", pieces))
        elif match["line"]:
            tokens.append(("line", "\n"))
        elif not match["space"]:
            kind = next(kind for kind in ("number", "name", "sign") if match[kind])
            tokens.append((kind, match[kind]))
    return tokens


def _read_template(text: str, place: int) -> tuple[list[Any], int]:
    pieces: list[Any] = [""]
    while place < len(text) and text[place] != '"':
        if text.startswith(("$${", "%%{"), place):
            pieces[-1] += text[place + 1 : place + 3]
            place += 3
        elif text.startswith("${", place):
            end = _closing(text, place + 2)
            pieces += [_tokenize(text[place + 2 : end].strip("~ ")), ""]
            place = end + 1
        elif text[place] == "\\" and place + 1 < len(text):
            pieces[-1] += {"n": "\n", "t": "\t", "r": "\r"}.get(text[place + 1], text[place + 1])
            place += 2
        else:
            pieces[-1] += text[place]
            place += 1
    return pieces, place + 1


def _closing(text: str, place: int) -> int:
    """Return where the brace that was opened before `place` is closed, quoted texts and braces inside it aside."""
    depth = 1
    while place < len(text):
        if text[place] == '"':
            _, place = _read_template(text, place + 1)
            continue
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if not depth:
            return place
        place += 1
    raise HclError("an interpolation is not closed")


class _Reader:
    """Reads tokens into blocks and expressions."""

    def __init__(self, tokens: list[tuple[str, Any]]) -> None:
        self.tokens = tokens
        self.place = 0
        self.depth = 0

    def peek(self) -> tuple[str, Any]:
        return self.tokens[self.place] if self.place < len(self.tokens) else ("end", None)

    def take(self, *signs: str) -> str | None:
        kind, value = self.peek()
        if kind != "sign" or value not in signs:
            return None
        self.place += 1
        return str(value)

    def need(self, sign: str) -> None:
        if self.take(sign) is None:
            raise HclError(f"expected {sign!r}, found {self.peek()[1]!r}")

    def lines(self) -> None:
        while self.peek()[0] == "line":
            self.place += 1

    def body(self, block: Block, *, ends_with: str | None) -> Block:
        """Read attributes and blocks into `block`."""
        while True:
            self.lines()
            kind, value = self.peek()
            if kind == "end" and ends_with is None:
                return block
            if ends_with is not None and self.take(ends_with):
                return block
            if kind not in {"name", "template"}:
                raise HclError(f"expected a name, found {value!r}")
            name = value if kind == "name" else _literal(value)
            self.place += 1
            if self.take("="):
                block.attributes[name] = self.expression()
            else:
                block.blocks.append(self._block(name))

    def _block(self, name: str) -> Block:
        labels = []
        while self.peek()[0] in {"name", "template"}:
            kind, value = self.peek()
            labels.append(value if kind == "name" else _literal(value))
            self.place += 1
        self.need("{")
        return self.body(Block(name, tuple(labels)), ends_with="}")

    def expression(self) -> Expression:
        """Read one expression."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise HclError("nested too deeply")
        value = self._binary(0)
        if self.take("?"):
            self.lines()
            then = self.expression()
            self.lines()
            self.need(":")
            self.lines()
            value = choose(value, then, self.expression())
        self.depth -= 1
        return value

    def _binary(self, level: int) -> Expression:
        if level == len(_OPERATORS):
            return self._unary()
        left = self._binary(level + 1)
        while sign := self.take(*_OPERATORS[level]):
            self.lines()
            left = operate(sign, left, self._binary(level + 1))
        return left

    def _unary(self) -> Expression:
        if self.take("!"):
            return negate(self._unary())
        if self.take("-"):
            return operate("-", constant(0), self._unary())
        return self._member(self._atom())

    def _member(self, value: Expression) -> Expression:
        while sign := self.take(".", "["):
            if self.take("*"):  # a splat: the list itself, its members are picked from each
                if sign == "[":
                    self.need("]")
            elif sign == ".":
                value = member(value, constant(self.peek()[1]))
                self.place += 1
            else:
                self.lines()
                value = member(value, self.expression())
                self.lines()
                self.need("]")
        return value

    def _atom(self) -> Expression:
        kind, value = self.peek()
        self.place += 1
        if kind == "template":
            return fill_template([piece if isinstance(piece, str) else _whole(piece) for piece in value])
        if kind == "number":
            return constant(float(value) if "." in value else int(value))
        if kind == "name":
            return self._named(value)
        if kind == "sign" and value == "(":
            self.lines()
            inner = self.expression()
            self.lines()
            self.need(")")
            return inner
        if kind == "sign" and value in "[{":
            return self._collection(value)
        raise HclError(f"unexpected {value!r}")

    def _named(self, name: str) -> Expression:
        if name in {"true", "false", "null"}:
            return constant({"true": True, "false": False, "null": None}[name])
        if self.take("("):
            arguments = self._items(")")
            return lambda scope: call_function(name, [argument(scope) for argument in arguments], scope)
        return lambda scope: scope.get(name, UNSEEN)

    def _items(self, end: str) -> list[Expression]:
        items = []
        self.lines()
        while not self.take(end):
            items.append(self.expression())
            self.take("...")
            self.lines()
            if not self.take(","):
                self.lines()
                self.need(end)
                break
            self.lines()
        return items

    def _collection(self, opened: str) -> Expression:
        closed = {"[": "]", "{": "}"}[opened]
        self.lines()
        if self.peek() == ("name", "for"):
            return self._for(closed)
        if opened == "[":
            items = self._items("]")
            return lambda scope: [item(scope) for item in items]
        pairs: list[tuple[Expression, Expression]] = []
        while not self.take("}"):
            kind, name = self.peek()
            bare = kind == "name" and self.tokens[self.place + 1 : self.place + 2] in ([("sign", "=")], [("sign", ":")])
            if bare:
                self.place += 1
            key = constant(name) if bare else self.expression()
            if not self.take("=", ":"):
                raise HclError("expected '=' in an object")
            self.lines()
            pairs.append((key, self.expression()))
            self.take(",")
            self.lines()
        return lambda scope: {str(key(scope)): value(scope) for key, value in pairs}

    def _for(self, closed: str) -> Expression:
        self.place += 1
        names = []
        while self.peek() != ("name", "in"):
            kind, name = self.peek()
            if kind == "name":
                names.append(name)
            elif kind != "sign" or name != ",":
                raise HclError("expected names after 'for'")
            self.place += 1
        self.place += 1
        source = self.expression()
        self.lines()
        self.need(":")
        self.lines()
        first, second = self.expression(), None
        if self.take("=>"):
            self.lines()
            second = self.expression()
            self.take("...")
        self.lines()
        condition = None
        if self.peek() == ("name", "if"):
            self.place += 1
            condition = self.expression()
            self.lines()
        self.need(closed)
        return lambda scope: comprehend(names, source(scope), first, second, condition, scope)


_OPERATORS = (("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"))


def _literal(pieces: list[Any]) -> str:
    return "".join(piece for piece in pieces if isinstance(piece, str))


def _whole(tokens: list[tuple[str, Any]]) -> Expression:
    reader = _Reader(tokens)
    reader.lines()
    value = reader.expression()
    reader.lines()
    if reader.peek()[0] != "end":
        raise HclError("more than an expression in an interpolation")
    return value
