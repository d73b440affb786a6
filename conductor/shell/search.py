"""Find the simple commands of a script, wherever they stand."""

from __future__ import annotations

from conductor.shell.nodes import Node, Simple, Statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def statements(below: object) -> Iterator[Statement]:
    """Yield every statement of a script or node in the order of the text: in loops, substitutions and heredocs too."""
    for node in _nodes(below):
        if isinstance(node, Statement):
            yield node


def simple_commands(below: object) -> Iterator[Simple]:
    """Yield every simple command of a script or node in the order of the text, with those inside its words after it."""
    for node in _nodes(below):
        if isinstance(node, Simple):
            yield node


def _nodes(root: object) -> Iterator[Node]:
    """Yield the nodes below `root`, parents first, without recursion (a deep tree must not end the process)."""
    waiting: list[object] = [root]
    while waiting:
        each = waiting.pop()
        if isinstance(each, tuple):
            waiting.extend(reversed(each))
        elif isinstance(each, Node):
            yield each
            waiting.extend(getattr(each, name) for name in reversed(_order(each)) if name != "position")


def _order(node: Node) -> tuple[str, ...]:
    """Return a node's fields in the order of the text."""
    slots = node.__slots__
    if isinstance(node, Simple):
        return ("assignments", "words")
    if "left" in slots:
        return ("left", "right")
    if "condition" in slots:
        return ("items", "expressions", "condition", "body")
    if "redirections" in slots:
        return ("command", "redirections")
    if "items" in slots:
        return ("word", "items")
    return tuple(slots)
