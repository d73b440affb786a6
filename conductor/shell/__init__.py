"""A shell command as a tree, with quotes removed and literals resolved.

    script = parse("pip install $(cat reqs.txt) && echo done")
    [command.words[0].literal() for command in simple_commands(script)]    # ['pip', 'cat', 'echo']

- `parse(text, dialect="bash") -> Script` runs the `shfmt` binary of shfmt-py once (3 ms) and builds `nodes`; raises
  `ShellSyntaxError` (message, line, column) for what is no command in that dialect, `ParserMissing` without shfmt.
- `Script.statements`; a `Statement` has `command`, `redirections`, `background`, `negated`, `position`. Commands:
  `Simple`, `Pipeline`, `Sequence` (`&&`, `||`), `Group`, `If`, `Loop`, `Case`, `Function`, `Test`, `ArithmeticCommand`,
  `Wrapped` (`time`, `coproc`). `Simple.words[0]` is the program; `Simple.assignments` stand before it.
- `simple_commands(script)` and `statements(script)` yield what is in loops, functions and substitutions too.
- `Word.literal() -> str | None` is the word after quote removal, None where it has an expansion. `Word.position` and
  every command's `position` have `offset`, `line`, `column` in the text.
- `Redirection`: `operator`, `target`, `number`, and for a heredoc `body` (a Word) and `expands`.
- `conductor.shell.expand.Expander` resolves words against variables assigned earlier: `Expander(Scope({"P": "pip"}))`.
  `.fields(word)` returns the words it becomes; what can't be known is the character `UNKNOWN` inside them.

Nothing here executes or expands anything on this machine. Importing costs builtin modules only.
"""

from __future__ import annotations

from conductor.shell.nodes import Redirection, Script, Simple, Statement, Word
from conductor.shell.search import simple_commands, statements
from conductor.shell.shfmt import ParserMissing, ShellSyntaxError, run_shfmt
from conductor.shell.tree import build_script

__all__ = [
    "ParserMissing", "Redirection", "Script", "ShellSyntaxError", "Simple", "Statement", "Word", "parse",
    "simple_commands", "statements",
]  # fmt: skip


LONGEST_LIST = 400  # parts; at these Python's stack ends, after seconds of shfmt's
DEEPEST = 100  # shfmt's tree of 400 nested parentheses takes seconds to read


def _depth(text: str) -> int:
    """Return how deep brackets nest, quotes aside: never less than the tree will be."""
    depth = deepest = 0
    for character in text:
        if character in "({":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")}":
            depth = max(depth - 1, 0)
    return deepest


def _is_one_list(text: str) -> bool:
    """Tell whether a text without quotes surely has too long a list or pipe: each part hangs on all before it."""
    if len(text) < LONGEST_LIST or any(mark in text for mark in ("'", '"', "<<", "#", "\\")):
        return False
    pieces = text.replace("||", "|").replace("&&", "|").replace(";", "\n").split("\n")
    return max(piece.count("|") for piece in pieces) > LONGEST_LIST


def parse(text: str, dialect: str = "bash") -> Script:
    """Return the tree of a command or script.

    Raises:
        ShellSyntaxError: it is not a command in that dialect (`bash`, `posix`, `mksh`, `bats`, `zsh`).
        ParserMissing: shfmt is not installed.
    """
    if "\0" in text:
        raise ShellSyntaxError("a command cannot hold a NUL character")
    if _depth(text) > DEEPEST or _is_one_list(text):
        raise ShellSyntaxError("nested too deeply")
    try:
        return build_script(run_shfmt(text, dialect))
    except RecursionError:
        raise ShellSyntaxError("nested too deeply") from None
