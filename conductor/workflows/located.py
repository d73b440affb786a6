"""YAML as GitHub reads it, each value with its place: texts, mappings and lists that remember their line and column.

They are ordinary strings, dictionaries and lists otherwise. GitHub reads YAML 1.2: `on` is a key like another, `yes`
and `off` are words; every scalar is its text, and null is the empty text. Anchors and aliases are followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_MAX_DEPTH = 60
_MAX_NODES = 200_000


class Text(str):  # noqa: SLOT000 - what a str subclass adds stands in its __dict__ either way
    """A scalar. `plain` tells that it stands unquoted; `end_line` is the last line of a block's text."""

    line: int
    column: int
    end_line: int
    plain: bool
    null: bool


class Table(dict[str, Any]):
    """A mapping. `places` are the lines and columns of its keys; `repeated` the keys that stand there twice."""

    line: int
    column: int
    places: dict[str, tuple[int, int]]
    repeated: list[tuple[str, int, int]]


class Row(list[Any]):
    """A list."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class YamlFault:
    """Why a text is not YAML, and where: lines and columns count from 1.

    `certain` is false where it may be YAML that only this reader can't take: too deep, or an anchor that is set anew.
    """

    problem: str
    line: int
    column: int
    certain: bool = True


def read_located(text: str) -> Any:
    """Return the document of a YAML text, or a YamlFault; an empty text is the empty Text."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node = yaml.compose(text, Loader=loader)
        return _Reader().read(node, 0)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        anew = "duplicate anchor" in (error.context or "")
        return YamlFault(error.problem or error.context or "it cannot be read", *where, certain=not anew)
    except yaml.reader.ReaderError as error:
        return YamlFault(f"character #x{_character(error):04x} is not allowed", *_place_of(text, error.position))
    except (RecursionError, ValueError) as error:
        return YamlFault(str(error) or "nested too deeply", 1, 1, certain=False)


def place(value: Any) -> tuple[int, int]:
    """Return the line and column of a value; the file's beginning for one that has none."""
    return getattr(value, "line", 1), getattr(value, "column", 1)


def place_of_key(table: Any, key: str) -> tuple[int, int]:
    """Return where a key of a mapping stands."""
    return table.places.get(key, place(table)) if isinstance(table, Table) else place(table)


def _character(error: Any) -> int:
    character = error.character
    return ord(character[:1]) if isinstance(character, str | bytes) else int(character)


def _place_of(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


class _Reader:
    """Turns a tree of nodes into values; a node that is named twice is read twice, up to a limit."""

    def __init__(self) -> None:
        self.left = _MAX_NODES

    def read(self, node: Any, depth: int) -> Any:
        self.left -= 1
        if depth > _MAX_DEPTH or self.left < 0:
            raise ValueError("nested too deeply, or an alias inside itself")
        if node is None:
            return _text("", 1, 1)
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        if node.id == "mapping":
            return self._table(node, line, column, depth)
        if node.id == "sequence":
            row = Row(self.read(item, depth + 1) for item in node.value)
            row.line, row.column = line, column
            return row
        null = node.tag.endswith(":null")
        # A block's end mark stands before the line that follows it.
        end = node.end_mark.line + (1 if node.end_mark.column else 0)
        return _text("" if null else str(node.value), line, column, max(line, end), plain=not node.style, null=null)

    def _table(self, node: Any, line: int, column: int, depth: int) -> Table:
        table = Table()
        table.line, table.column, table.places, table.repeated = line, column, {}, []
        for key_node, value_node in node.value:
            key = str(key_node.value) if key_node.id == "scalar" else ""
            where = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if key in table:
                table.repeated.append((key, *where))
            table[key] = self.read(value_node, depth + 1)
            table.places[key] = where
        return table


def _text(value: str, line: int, column: int, end_line: int = 1, *, plain: bool = True, null: bool = True) -> Text:
    text = Text(value)
    text.line, text.column, text.end_line, text.plain, text.null = line, column, end_line, plain, null
    return text
