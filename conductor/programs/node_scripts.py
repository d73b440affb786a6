"""Which script of package.json a call of npm, pnpm, yarn or bun names.

Source: `npm help run`; the references of pnpm 9, yarn 4 and bun 1: any word that is none of theirs is a script.
"""

from __future__ import annotations

from conductor.programs import known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def named_script(manager: str, words: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return the script and its arguments; None where the words name none."""
    first, rest = (words[0], list(words[1:])) if words else ("", [])
    if first in {"run", "run-script", "rum", "urn"}:
        return (rest[0], rest[1:]) if rest else None
    if manager != "bun" and first in {"test", "t", "tst"}:
        return "test", rest
    if manager != "bun" and first in {"start", "stop", "restart"}:
        return first, rest
    own = known(manager).own
    return (first, rest) if first and own and first not in own else None
