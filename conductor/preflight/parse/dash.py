"""What bash reads and dash, the /bin/sh of Debian and Ubuntu, does not: in the tree of a text.

Sources: dash(1); each form tried with dash 0.5.12 of Debian 12.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from conductor.shell.nodes import (
    Assignment,
    Case,
    ExtendedGlob,
    Function,
    Group,
    If,
    Loop,
    Node,
    Parameter,
    Position,
    ProcessFile,
    Redirection,
    Script,
    Sequence,
    Simple,
    Statement,
    Substitution,
    Word,
    Wrapped,
)

Effect = Literal["refused", "ends", "fails", "differs"]
_FUNCTION = re.compile(r"(?:^|[;&|{(\n])[ \t]*function[ \t]+[A-Za-z_]")
_NO_OPERATORS = frozenset({"/", "//", "slice", "^", "^^", ",", ",,", "@"})


@dataclass(frozen=True, slots=True)
class Bashism:
    """One form that dash does not know: `what` is how it is written.

    `effect`: the text is `refused` as a whole; the shell `ends` there; the command `fails`; it `differs` silently.
    `certain` is false where the text may not come there.
    """

    position: Position
    what: str
    effect: Effect
    certain: bool


def bashisms(script: Script, text: str) -> Iterator[Bashism]:
    """Yield what dash does not know in a text, in no order; the text is the one that the script was parsed from."""
    if _FUNCTION.search(text) and (found := next(_functions(script), None)) is not None:
        yield Bashism(found.body.position, f"function {found.name}", "refused", certain=True)
    for statement in script.statements:
        yield from _look(statement, statement.position, certain=True)


def _functions(node: object) -> Iterator[Function]:
    if isinstance(node, Function):
        yield node
    for child in _children(node):
        yield from _functions(child)


def _look(node: object, place: Position, *, certain: bool) -> Iterator[Bashism]:
    """Yield what a node holds; `place` is that of the nearest word or statement around it."""
    place = node.position if isinstance(node, (Statement, Word, Simple)) else place
    found = _of(node)
    if found is not None:
        what, effect = found
        where = node.position if isinstance(node, Redirection) else place
        yield Bashism(where, what, effect, certain or effect == "refused")
    for number, child in enumerate(_children(node)):
        yield from _look(child, place, certain=certain and _comes_there(node, number))


def _comes_there(node: object, number: int) -> bool:
    """Tell whether the text certainly comes to a part of this node, and a failure there is its failure."""
    if isinstance(node, Sequence):
        return node.operator == "&&"
    if isinstance(node, Statement):
        return not (node.background or node.negated)
    return not isinstance(node, (If, Loop, Case, Function, Substitution, ProcessFile)) and number >= 0


def _of(node: object) -> tuple[str, Effect] | None:  # noqa: PLR0911 - a table
    if isinstance(node, ProcessFile):
        return f"{node.operator}…)", "refused"
    if isinstance(node, Assignment) and node.elements is not None:
        return f"{node.name}=(…)", "refused"
    if isinstance(node, ExtendedGlob):
        return f"{node.operator}(…)" if not node.operator.endswith("(") else f"{node.operator}…)", "refused"
    if isinstance(node, Loop) and node.expressions:
        return "for ((…))", "refused"
    if isinstance(node, Redirection) and node.operator == "<<<":
        return "<<<", "refused"
    if isinstance(node, Redirection) and node.operator in {"&>", "&>>"}:
        return node.operator, "differs"
    if isinstance(node, Wrapped) and node.keyword == "time":
        return "time", "fails"
    if isinstance(node, Parameter):
        return _parameter(node)
    return None


def _parameter(node: Parameter) -> tuple[str, Effect] | None:
    if node.indirect:
        return f"${{!{node.name}}}", "ends"
    if node.index is not None:
        return f"${{{node.name}[…]}}", "ends"
    if node.operator in _NO_OPERATORS:
        mark = ":" if node.operator == "slice" else node.operator
        return f"${{{node.name}{mark}…}}", "ends"
    return None


def _children(node: object) -> Iterator[object]:
    if isinstance(node, Group) and node.subshell:
        yield from node.statements
    elif isinstance(node, Node):
        for name in node.__slots__:
            if name != "position":
                yield from _nodes(getattr(node, name))


def _nodes(value: object) -> Iterator[object]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _nodes(each)


def ends_badly(script: Script) -> Position | None:
    """Return the place of a `[[` after which the text certainly ends with a failure, as dash runs it.

    Every condition before is a `[[`, which is no program there and so is false; what then follows is `exit N`.
    """
    asked: Position | None = None
    for statement in script.statements:
        command = statement.command
        if isinstance(command, If) and all(
            not condition or _is_brackets(condition) for condition, _ in command.branches
        ):
            if not command.branches[-1][0]:
                return None  # there is an else, which runs
            asked = asked or command.branches[0][0][0].position
        elif isinstance(command, Simple) and command.words and command.words[0].literal() in {"exit", "return"}:
            code = command.words[1].literal() if len(command.words) > 1 else "0"
            return asked if code not in {"0", None} else None
        elif not isinstance(command, Simple) or not command.words or command.words[0].literal() not in _PASSES:
            return None
    return None


_PASSES = frozenset({"echo", "printf", "set", "export", "cd", ":", "true", "mkdir", "umask", "unset"})


def _is_brackets(statements: tuple[Statement, ...]) -> bool:
    from conductor.shell.nodes import Test

    return len(statements) == 1 and isinstance(statements[0].command, Test) and not statements[0].negated
