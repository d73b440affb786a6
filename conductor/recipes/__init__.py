"""Files that name commands for a project's tasks, read without running anything: makefiles, justfiles, package.json.

On the path of an agent's command, so builtin modules only. A file's text comes through a function from its path to the
text, None where there is none. `calls` reads the words of make and just; `making` and `serving` go through what one
call runs, and whoever looks at it says what to do with each recipe.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Read = Callable[[str], str | None]

UNKNOWN = "\ue000"  # as conductor.shell.expand has it: part of a word that only running would tell
# Where make, just and the package managers of JavaScript look, in order.
MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
JUSTFILES = ("justfile", "Justfile", ".justfile", "JUSTFILE")
PACKAGE = "package.json"


def folders_up(folder: str, top: str) -> Iterator[str]:
    """Yield an absolute folder and those above it, `top` last; a folder that is not below `top` alone."""
    yield folder
    while folder.startswith(f"{top}/"):
        folder = folder.rpartition("/")[0]
        yield folder
