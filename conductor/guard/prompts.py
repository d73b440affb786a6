"""Commands that open a prompt: where an agent can type into a running program, what it types has no event of its own.

Only where the agent has a tool for typing that its hooks don't show, or says that it wants a terminal. A program that
reads a pipe or a file is judged by what it reads, and one with a script or a `-c` is no prompt.
"""

from __future__ import annotations

from conductor.guard.call import Call
from conductor.shell import ParserMissing, ShellSyntaxError, parse
from conductor.shell.nodes import Pipeline, Simple
from conductor.shell.search import statements

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.shell.nodes import Statement

# Codex's write_stdin: in none of its versions does it fire a hook (seen in 0.171.0).
TYPES_UNSEEN = ("codex",)
ASKS_FOR_TERMINAL = ("tty", "pty", "interactive", "use_tty")
_SHELLS = ("sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "csh", "tcsh", "pwsh")
_PYTHONS = ("python", "pypy", "ipython", "bpython", "ptpython")
_OTHERS = ("node", "nodejs", "deno", "irb", "pry", "perl", "ruby", "lua", "tclsh", "psh")
# What stands before a program and runs it: its options, and the words that assign, are skipped.
_BEFORE = ("exec", "command", "builtin", "env", "nohup", "setsid", "nice", "stdbuf", "time", "sudo", "doas", "su")
PROMPTS = frozenset((*_SHELLS, *_PYTHONS, *_OTHERS, "su", "sudo", "doas"))
_SEPARATORS = str.maketrans(";&|(){}'\"\n", " " * 9 + " ")
_SHELL_ENDS = ("--version", "--help")
_PYTHON_ENDS = ("--version", "--help", "-V", "-VV", "-h", "-?")
_PYTHON_VALUED = ("-W", "-X", "--check-hash-based-pycs")


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
    name = words[0].rpartition("/")[2]
    rest = words[1:]
    while name in _BEFORE:
        if name in {"sudo", "doas"} and rest and rest[-1] in {"-s", "-i", "--shell", "--login"}:
            return name
        if name == "su":
            return "" if any(word in {"-c", "--command"} for word in rest) else name
        if name == "command" and rest[:1] in (["-v"], ["-V"]):
            return ""
        while rest and (rest[0].startswith("-") or "=" in rest[0]):
            rest = rest[1:]
        if not rest:
            return ""
        name, rest = rest[0].rpartition("/")[2], rest[1:]
    stem = _name(name)
    if stem in _SHELLS:
        opens = _is_bare_shell(rest)
    elif stem in _PYTHONS:
        opens = _is_bare_python(rest)
    else:
        opens = stem in _OTHERS and (not rest or rest[0] in {"-i", "--interactive", "-"})
    return name if opens else ""


def _is_bare_shell(rest: list[str]) -> bool:
    for word in rest:
        if word in _SHELL_ENDS or word[:1] not in {"-", "+"}:
            return False
        if word[:2] != "--" and word[0] == "-" and "c" in word:
            return False
        if "s" in word[1:] and word[:2] != "--":
            return True
    return True


def _is_bare_python(rest: list[str]) -> bool:
    place = 0
    while place < len(rest):
        word = rest[place]
        if word == "-":
            return True
        if word in _PYTHON_ENDS or word[:1] != "-":
            return False
        if word[:2] != "--" and "i" in word:
            return True
        if word[:2] != "--" and any(letter in word for letter in "cm"):
            return False
        place += 2 if word in _PYTHON_VALUED else 1
    return True
