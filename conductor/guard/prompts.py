"""Commands that open a prompt: where an agent can type into a running program, what it types has no event of its own.

Only where the agent has a tool for typing that its hooks don't show, or says that it wants a terminal. A program that
reads a pipe or a file is judged by what it reads, and one with a script or a `-c` is no prompt.
"""

from __future__ import annotations

from conductor.guard.call import Call
from conductor.programs import known
from conductor.programs.index import SHELLS
from conductor.programs.interpreters import read_python, read_shell
from conductor.programs.wrapping import program_of, unwrap, without_assignments
from conductor.shell import ParserMissing, ShellSyntaxError, parse
from conductor.shell.nodes import Pipeline, Simple
from conductor.shell.search import statements

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.programs.interpreters import Started
    from conductor.shell.nodes import Statement

# Codex's write_stdin: in none of its versions does it fire a hook (seen in 0.171.0).
TYPES_UNSEEN = ("codex",)
ASKS_FOR_TERMINAL = ("tty", "pty", "interactive", "use_tty")
_PYTHONS = ("python", "pypy", "ipython", "bpython", "ptpython")
_OTHERS = ("node", "nodejs", "deno", "irb", "pry", "perl", "ruby", "lua", "tclsh", "psh", "pwsh")
PROMPTS = frozenset((*SHELLS.split(), *_PYTHONS, *_OTHERS, "su", "sudo", "doas"))
_SEPARATORS = str.maketrans(";&|(){}'\"\n", " " * 9 + " ")


def is_typed_unseen(call: Call) -> bool:
    """Tell whether what the agent types into this command later will have no event."""
    return call.agent in TYPES_UNSEEN or any(call.arguments.get(name) is True for name in ASKS_FOR_TERMINAL)


def opens_prompt(command: str) -> str:
    """Return the program of the command that waits for what is typed; nothing where there is none."""
    if not any(_name(word) in PROMPTS for word in command.translate(_SEPARATORS).split()):
        return ""
    try:
        script = parse(command)
    except (ShellSyntaxError, ParserMissing):
        return ""
    fed = {id(inner) for one in statements(script) for inner in _fed(one)}
    for one in statements(script):
        if isinstance(one.command, Simple) and not one.background and id(one) not in fed:
            words = [word.literal() for word in one.command.words]
            if words and None not in words and (program := _prompt([str(word) for word in words])):
                return program
    return ""


def _fed(statement: Statement) -> list[Statement]:
    """Return the statements in this one that read a pipe or a file instead of the terminal."""
    if any(one.operator.startswith("<") and not one.number for one in statement.redirections):
        return [statement, *statements(statement.command)]
    if isinstance(statement.command, Pipeline):
        later = statement.command.statements[1:]
        return [*later, *statements(later)]
    return []


def _name(word: str) -> str:
    """Return the program's name without its folder and version."""
    return word.rpartition("/")[2].rstrip("0123456789.")


def _prompt(words: list[str]) -> str:
    words = without_assignments(words)
    while words and (wrapped := unwrap(words)) is not None:
        name = program_of(words[0])
        if wrapped.options.has("-s", "-i", "--shell", "--login") and name in {"sudo", "doas"} and not wrapped.argv:
            return name
        if wrapped.options.has(*wrapped.words.idle):
            return ""
        words = wrapped.argv
    if not words:
        return ""
    name, rest = program_of(words[0]), words[1:]
    if name == "su":
        su = known("su")
        return "" if su.parse(rest).has(*su.column("text")) else name
    stem = _name(name)
    if stem in SHELLS.split():
        opens = _waits(read_shell(stem, rest))
    elif stem in _PYTHONS:
        opens = _waits(read_python(rest))
    else:
        opens = stem in _OTHERS and (not rest or rest[0] in {"-i", "--interactive", "-"})
    return name if opens else ""


def _waits(started: Started) -> bool:
    """Tell whether an interpreter that was started so reads what is typed."""
    if started.idle:
        return False
    return started.typed or (started.code is None and started.module is None and started.script in {"", "-"})
