"""The nodes of a parsed shell command: plain immutable-by-convention values with the place they came from.

No dataclasses: this module is on the path of every tool call of an agent, and `dataclasses` costs more than the parse.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Part: TypeAlias = "Text | Parameter | Substitution | ProcessFile | Arithmetic | ExtendedGlob"
    Command: TypeAlias = (
        "Simple | Pipeline | Sequence | Group | If | Loop | Case | Function | Test | ArithmeticCommand | Wrapped"
    )


class Position:
    """A place in the text: `offset` in bytes from 0, `line` and `column` (in bytes) from 1."""

    __slots__ = ("column", "line", "offset")

    def __init__(self, offset: int, line: int, column: int) -> None:
        self.offset = offset
        self.line = line
        self.column = column

    def __repr__(self) -> str:
        return f"{self.line}:{self.column}"


class Node:
    """What all nodes share: a readable form and comparison by content, places aside."""

    __slots__: tuple[str, ...] = ()

    def _content(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in sorted(self.__slots__) if name != "position")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Node) and other._content() == self._content()

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._content()))

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in sorted(self.__slots__) if name != "position")
        return f"{type(self).__name__}({inside})"


class Text(Node):
    """Literal characters after quote removal. `quoted` text is never split, globbed or brace-expanded."""

    __slots__ = ("quoted", "value")

    def __init__(self, value: str, *, quoted: bool) -> None:
        self.value = value
        self.quoted = quoted


class Parameter(Node):
    """`$name` and every `${…}` form.

    `operator` is None, or one of `:- - := = :? ? :+ + # ## % %% ^ ^^ , ,, @` with `argument`, `/` and `//` with
    `argument` and `replacement`, `slice` with `argument` and `replacement` as offset and length; `length` is `${#x}`,
    `indirect` is `${!x}`, `index` the subscript.
    """

    __slots__ = ("argument", "index", "indirect", "length", "name", "operator", "quoted", "replacement")

    def __init__(
        self,
        name: str,
        *,
        quoted: bool,
        operator: str | None = None,
        argument: Word | None = None,
        replacement: Word | None = None,
        index: Word | None = None,
        length: bool = False,
        indirect: bool = False,
    ) -> None:
        self.name = name
        self.quoted = quoted
        self.operator = operator
        self.argument = argument
        self.replacement = replacement
        self.index = index
        self.length = length
        self.indirect = indirect


class Substitution(Node):
    """`$(…)` or backquotes: the commands whose output stands here."""

    __slots__ = ("quoted", "statements")

    def __init__(self, statements: tuple[Statement, ...], *, quoted: bool) -> None:
        self.statements = statements
        self.quoted = quoted


class ProcessFile(Node):
    """`<(…)` or `>(…)`: a file that is another command's output or input. `operator` is `<(`, `>(` or `=(`."""

    __slots__ = ("operator", "statements")

    def __init__(self, operator: str, statements: tuple[Statement, ...]) -> None:
        self.operator = operator
        self.statements = statements


def words_of(expression: Expression) -> tuple[Word, ...]:
    """Return every word of an expression, in the order of the text."""
    found: list[Word] = []
    waiting: list[object] = [expression]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Word):
            found.append(each)
        elif isinstance(each, tuple):
            waiting += reversed(each)
    return tuple(found)


class Arithmetic(Node):
    """`$((…))`. An expression is a Word or a tuple `(operator, operand, …)`."""

    __slots__ = ("expression",)

    def __init__(self, expression: Expression) -> None:
        self.expression = expression

    @property
    def words(self) -> tuple[Word, ...]:
        """Return every word of the expression, in the order of the text."""
        return words_of(self.expression)


class ExtendedGlob(Node):
    """`@(a|b)` and its kin: a pattern that only the file system, or a list of names, can resolve."""

    __slots__ = ("operator", "pattern")

    def __init__(self, operator: str, pattern: str) -> None:
        self.operator = operator
        self.pattern = pattern


class Word(Node):
    """One word as typed, in parts."""

    __slots__ = ("parts", "position")

    def __init__(self, parts: tuple[Part, ...], position: Position) -> None:
        self.parts = parts
        self.position = position

    def literal(self) -> str | None:
        """Return the word after quote removal, or None where it has an expansion, an unquoted glob or a brace list."""
        out, plain = [], ""
        for part in self.parts:
            if not isinstance(part, Text):
                return None
            plain += "" if part.quoted else part.value
            out.append(part.value)
        has_pattern = any(character in "*?{~" for character in plain) or ("[" in plain and "]" in plain)
        return None if has_pattern else "".join(out)  # `[` alone is the program

    def quoted(self) -> bool:
        """Tell whether any part of the word is quoted (for a heredoc's delimiter: its body is not expanded)."""
        return any(isinstance(part, Text) and part.quoted for part in self.parts)


if TYPE_CHECKING:
    Expression: TypeAlias = "Word | tuple[object, ...]"


class Assignment(Node):
    """`name=value`, `name+=value`, `name[index]=value` or `name=(…)`; `value` is None for a bare name (`export A`)."""

    __slots__ = ("append", "elements", "index", "name", "value")

    def __init__(
        self,
        name: str,
        value: Word | None,
        *,
        append: bool = False,
        index: Word | None = None,
        elements: tuple[Word, ...] | None = None,
    ) -> None:
        self.name = name
        self.value = value
        self.append = append
        self.index = index
        self.elements = elements


class Redirection(Node):
    """`operator` as typed (`>`, `>>`, `>|`, `&>`, `<`, `<<`, `<<-`, `<<<`, `<>`, `>&`, `<&`, …).

    `target` is the word after it (a heredoc's delimiter); `body` is a heredoc's text, and `expands` tells whether the
    shell expands it; `number` is the descriptor before the operator, or None.
    """

    __slots__ = ("body", "expands", "number", "operator", "position", "target")

    def __init__(
        self, operator: str, target: Word, *, number: str | None, body: Word | None, position: Position
    ) -> None:
        self.operator = operator
        self.target = target
        self.number = number
        self.body = body
        self.expands = body is not None and not target.quoted()
        self.position = position


class Simple(Node):
    """A simple command: assignments, then words. `keyword` is set for `export`, `declare`, `local` and their kin."""

    __slots__ = ("assignments", "keyword", "position", "words")

    def __init__(
        self,
        assignments: tuple[Assignment, ...],
        words: tuple[Word, ...],
        position: Position,
        *,
        keyword: str | None = None,
    ) -> None:
        self.assignments = assignments
        self.words = words
        self.position = position
        self.keyword = keyword


class Pipeline(Node):
    """`a | b |& c`: each statement's output is the next one's input."""

    __slots__ = ("statements",)

    def __init__(self, statements: tuple[Statement, ...]) -> None:
        self.statements = statements


class Sequence(Node):
    """`left && right` or `left || right`."""

    __slots__ = ("left", "operator", "right")

    def __init__(self, left: Statement, operator: str, right: Statement) -> None:
        self.left = left
        self.operator = operator
        self.right = right


class Group(Node):
    """`{ …; }`, or `( … )` where `subshell` is true."""

    __slots__ = ("statements", "subshell")

    def __init__(self, statements: tuple[Statement, ...], *, subshell: bool) -> None:
        self.statements = statements
        self.subshell = subshell


class If(Node):
    """`branches` are pairs of condition and body; an `else` has an empty condition."""

    __slots__ = ("branches",)

    def __init__(self, branches: tuple[tuple[tuple[Statement, ...], tuple[Statement, ...]], ...]) -> None:
        self.branches = branches


class Loop(Node):
    """`for`, `select`, `while`, `until`. `items` is None without an `in` list; `expressions` are a C-style head."""

    __slots__ = ("body", "condition", "expressions", "items", "until", "variable")

    def __init__(
        self,
        *,
        body: tuple[Statement, ...],
        condition: tuple[Statement, ...] = (),
        variable: str | None = None,
        items: tuple[Word, ...] | None = None,
        expressions: tuple[Expression, ...] = (),
        until: bool = False,
    ) -> None:
        self.body = body
        self.until = until
        self.condition = condition
        self.variable = variable
        self.items = items
        self.expressions = expressions


class Case(Node):
    """`case word in …`: items are pairs of patterns and body."""

    __slots__ = ("items", "word")

    def __init__(self, word: Word, items: tuple[tuple[tuple[Word, ...], tuple[Statement, ...]], ...]) -> None:
        self.word = word
        self.items = items


class Function(Node):
    """A function's definition; the body runs where the name is called."""

    __slots__ = ("body", "name")

    def __init__(self, name: str, body: Statement) -> None:
        self.name = name
        self.body = body


class Test(Node):
    """`[[ … ]]`. The expression is a Word or a tuple `(operator, operand, …)`."""

    __slots__ = ("expression",)

    def __init__(self, expression: Expression) -> None:
        self.expression = expression

    @property
    def words(self) -> tuple[Word, ...]:
        """Return every word of the expression, in the order of the text."""
        return words_of(self.expression)


class ArithmeticCommand(Node):
    """`((…))` or `let`."""

    __slots__ = ("expressions",)

    def __init__(self, expressions: tuple[Expression, ...]) -> None:
        self.expressions = expressions


class Wrapped(Node):
    """`time` or `coproc` before a statement."""

    __slots__ = ("keyword", "statement")

    def __init__(self, keyword: str, statement: Statement | None) -> None:
        self.keyword = keyword
        self.statement = statement


class Statement(Node):
    """A command with its redirections. `command` is None for redirections alone (`> file`)."""

    __slots__ = ("background", "command", "negated", "position", "redirections")

    def __init__(
        self,
        command: Command | None,
        redirections: tuple[Redirection, ...],
        position: Position,
        *,
        negated: bool = False,
        background: bool = False,
    ) -> None:
        self.command = command
        self.redirections = redirections
        self.position = position
        self.negated = negated
        self.background = background


class Script(Node):
    """A whole text."""

    __slots__ = ("statements",)

    def __init__(self, statements: tuple[Statement, ...]) -> None:
        self.statements = statements
