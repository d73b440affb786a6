"""Evaluate `$((…))` over literals; anything else is UNKNOWN."""

from __future__ import annotations

from conductor.shell.nodes import Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from conductor.shell.nodes import Expression

    class Variables(Protocol):
        """Where a bare name gets its value."""

        def get(self, name: str) -> str | list[str] | None:
            """Return a variable's value."""

        def set(self, name: str, value: str | list[str]) -> None:
            """Assign a variable."""

    class Words(Protocol):
        """What expands a word."""

        @property
        def scope(self) -> Variables:
            """Return where the word's variables are."""

        def text(self, word: Word | None) -> str:
            """Return the word as one text."""


_UNKNOWN = "\ue000"
_LARGEST = 1 << 63
_ASSIGN = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "|=", "^=", "post++", "post--", "++", "--"})
_BINARY: dict[str, Callable[[int, int], int]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left // right if right else 0,
    "%": lambda left, right: left % right if right else 0,
    "<": lambda left, right: int(left < right),
    ">": lambda left, right: int(left > right),
    "==": lambda left, right: int(left == right),
}


def evaluate(expression: Expression, expander: Words) -> str:
    """Return the number as text, or UNKNOWN. Every word in it is expanded, so its substitutions are seen."""
    if isinstance(expression, Word):
        text = expander.text(expression).strip()
        if _is_number(text):
            return text
        value = expander.scope.get(text)
        return value if isinstance(value, str) and _is_number(value) else _UNKNOWN
    values = [evaluate(each, expander) for each in expression[1:] if isinstance(each, (Word, tuple))]
    sign = str(expression[0])
    if sign in _ASSIGN and isinstance(expression[1], Word) and (name := expression[1].literal()):
        expander.scope.set(name, _UNKNOWN)
    operator = _BINARY.get(sign)
    if operator is None or len(values) != 2 or not all(_is_number(value) for value in values):
        return _UNKNOWN
    return str(operator(int(values[0]), int(values[1])) % _LARGEST)


def _is_number(text: str) -> bool:
    return text.lstrip("-").isdigit() and text.isascii() and len(text) < 19
