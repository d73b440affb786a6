"""Files that name commands for a project's tasks, read without running anything: makefiles, justfiles.

On the path of an agent's command, so builtin modules only. A file's text comes through a function from its path to the
text, None where there is none.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[[str], str | None]

UNKNOWN = "\ue000"  # as conductor.shell.expand has it: part of a word that only running would tell
