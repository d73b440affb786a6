"""What code does, as (kind, words); and what of its reader the readers of single calls need. Types only."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol, TypeAlias

    Action: TypeAlias = tuple[str, tuple[str, ...]]
    Value: TypeAlias = "str | list[str] | None"

    class Reader(Protocol):
        """Follows the literal values of names through one tree; `handles` are the names that stand for open files."""

        handles: dict[str, str]

        def text_of(self, node: Any) -> str | None:
            """Return a literal text, None for what is none."""

        def value_of(self, node: Any) -> Value:
            """Return a literal text or list of texts, None for what is neither."""

        def dotted(self, node: Any) -> str:
            """Return the name that an expression stands for, '' where that is not clear."""
