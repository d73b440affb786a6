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
    Test,
    Word,
    Wrapped,
)

Effect = Literal["refused", "ends", "fails", "differs"]
_FUNCTION = re.compile(r"(?:^|[;&|{(\n])[ \t]*function[ \t]+[A-Za-z_]")
_PARENTHESIS = re.compile(r"\[\[[^\n]*\(")
# What may hold a parenthesis that the shell does not read: quotes, escapes, and what is put in.
_QUOTED = re.compile(r"""'[^']*'|"(?:[^"\\$`]|\\.|\$(?![({]))*"|\\.|\$\{[^{}]*\}|\$\([^()]*\)|`[^`]*`""")
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
    if _PARENTHESIS.search(text):
        yield from _parentheses(script, text.encode())
    for statement in script.statements:
        yield from _look(statement, statement.position, certain=True)


def _parentheses(node: object, text: bytes) -> Iterator[Bashism]:
    """Yield each `[[` with a bare parenthesis on its line: a syntax error, as words of a command cannot hold one."""
    if isinstance(node, Statement) and isinstance(node.command, Test):
        bare = text[node.position.offset :].partition(b" ]]")[0].decode(errors="replace")
        before = None
        while bare != before:
            before, bare = bare, _QUOTED.sub("", bare)
        if "(" in bare and "[[" in bare and not re.search(r"\$[({]|[`\"]", bare):
            yield Bashism(node.position, "( in [[ … ]]", "refused", certain=True)
    for child in _children(node):
        yield from _parentheses(child, text)


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
            asked = asked or command.branches[0][0][0].position
            if not command.branches[-1][0]:
                # There is an else, which runs.
                return asked if _exits(command.branches[-1][1]) else None
        elif not _passes(statement):
            return asked if _exits((statement,)) else None
    return None


def _passes(statement: Statement) -> bool:
    words = statement.command.words if isinstance(statement.command, Simple) else ()
    return bool(words) and words[0].literal() in _PASSES


def _exits(statements: tuple[Statement, ...]) -> bool:
    """Tell whether these end the text with a failure."""
    for statement in statements:
        if not _passes(statement):
            words = statement.command.words if isinstance(statement.command, Simple) else ()
            leaves = bool(words) and words[0].literal() in {"exit", "return"}
            return leaves and len(words) > 1 and words[1].literal() not in {"0", None}
    return False


_PASSES = frozenset({"echo", "printf", "set", "export", "cd", ":", "true", "mkdir", "umask", "unset"})


def _is_brackets(statements: tuple[Statement, ...]) -> bool:
    return len(statements) == 1 and isinstance(statements[0].command, Test) and not statements[0].negated
