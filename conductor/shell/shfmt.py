"""Run the `shfmt` binary that the package shfmt-py installs, and read its JSON tree.

Only builtin modules: a process started by `posix_spawn` and JSON read by `_json` cost a tenth of `subprocess` and
`json`.
"""

from __future__ import annotations

import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class ShellSyntaxError(Exception):
    """The text is not a command in that dialect. `line` and `column` count from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class ParserMissing(Exception):
    """The `shfmt` binary is not installed."""


# shfmt indents its tree, so that one of depth n takes n² characters: 80,000 times `a&&` would take all memory. A text
# that can take long is read within these seconds of CPU and KiB of memory; a shorter one is spared the shell.
UNBOUNDED = 2000  # characters
_BOUNDED = 'ulimit -t 3; ulimit -v 6000000; exec "$0" "$@"'
_TOO_MUCH = "nested too deeply or too long to be read"

_found: list[str] = []


def find_binary() -> str:
    """Return the path of `shfmt`: beside the interpreter, in the environment's `bin`, else on PATH.

    Raises:
        ParserMissing: it is in none of them.
    """
    if not _found:
        beside = sys.executable.rpartition("/")[0]
        path = posix.environ.get(b"PATH", b"/usr/local/bin:/usr/bin:/bin").decode("utf-8", "surrogateescape")
        for folder in (beside, f"{sys.prefix}/bin", *path.split(":")):
            candidate = f"{folder}/shfmt"
            if folder and posix.access(candidate, 1):
                _found.append(candidate)
                break
        else:
            raise ParserMissing("shfmt is not installed (package shfmt-py)")
    return _found[0]


def run_shfmt(text: str, dialect: str) -> dict[str, Any]:
    """Return shfmt's tree of the text, as its JSON has it.

    Raises:
        ShellSyntaxError: the text is not a command in that dialect.
        ParserMissing: there is no shfmt.
    """
    arguments = [find_binary(), "--to-json", "-ln", dialect]
    if len(text) > UNBOUNDED:
        arguments = ["/bin/sh", "-c", _BOUNDED, *arguments]
    status, output, errors = _run(arguments, text.encode("utf-8", "replace"))
    if status != 0:
        raise _syntax_error(errors.decode("utf-8", "replace"))
    tree, _ = _scanner()(output.decode("utf-8"), 0)
    return tree  # type: ignore[no-any-return]


def _run(arguments: list[str], stdin: bytes) -> tuple[int, bytes, bytes]:
    """Run a program that reads all of its input before it writes, and return its status, output and errors."""
    in_read, in_write = posix.pipe()
    out_read, out_write = posix.pipe()
    err_read, err_write = posix.pipe()
    ends = ((in_read, 0), (out_write, 1), (err_write, 2))
    actions = [(posix.POSIX_SPAWN_DUP2, end, number) for end, number in ends]
    child = posix.posix_spawn(arguments[0], arguments, {}, file_actions=actions)
    for end, _ in ends:
        posix.close(end)
    try:
        while stdin:
            stdin = stdin[posix.write(in_write, stdin) :]
    except BrokenPipeError:
        pass  # it refused early; its message says why
    posix.close(in_write)
    output, errors = _read_all(out_read), _read_all(err_read)
    _, status = posix.waitpid(child, 0)
    return status, output, errors


def _read_all(descriptor: int) -> bytes:
    pieces = []
    while piece := posix.read(descriptor, 1 << 16):
        pieces.append(piece)
    posix.close(descriptor)
    return b"".join(pieces)


class _Plain:
    """The settings `_json.make_scanner` asks for: plain dicts and lists."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float
    memo: dict[str, str] = {}  # noqa: RUF012 - the C scanner wants an attribute


def _scanner() -> Callable[[str, int], tuple[Any, int]]:
    from _json import make_scanner

    return make_scanner(_Plain)  # type: ignore[arg-type]


def _syntax_error(message: str) -> ShellSyntaxError:
    """Read `<standard input>:2:7: text` or `2:7: text`."""
    first = message.strip().partition("\n")[0].removeprefix("<standard input>:")
    line, _, rest = first.partition(":")
    column, _, what = rest.partition(":")
    if line.isdigit() and column.isdigit():
        return ShellSyntaxError(what.strip(), int(line), int(column))
    return ShellSyntaxError(_TOO_MUCH)  # it was ended, or found no memory
