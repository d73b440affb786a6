"""What an interpreter is told to run: a shell's or Python's options read as it reads them."""

from __future__ import annotations

from conductor.programs import find, known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from conductor.programs.options import Parsed
    from conductor.programs.words import Words


class Started:
    """What is run: the `code` of an option, a Python `module`, a `script`, or what the input holds; then `arguments`.

    `idle`: nothing is run, it looks at the grammar, or prints its version · `typed`: it reads its input besides.
    `arguments` of a shell's `-c` begin with its name, `$0`.
    """

    __slots__ = ("arguments", "code", "idle", "module", "script", "typed")

    def __init__(self, options: Parsed, words: Words) -> None:
        self.idle = options.has(*words.idle)
        self.code: str | None = options.value(*words.column("code"), *words.column("text"))
        self.module: str | None = None
        self.script = ""
        self.typed = False
        self.arguments = options.after()


def read_shell(name: str, args: Sequence[str]) -> Started:
    """Return what a shell of that name is told to run."""
    words = interpreter(name) or known("sh")
    options = words.parse(args, stop=True)
    shell = Started(options, words)
    shell.idle = shell.idle or "noexec" in options.values("-o")
    shell.typed = options.has("-s", "-i") and not options.has("-c")
    rest = shell.arguments[1:] if shell.arguments[:1] == ["-"] else shell.arguments
    if shell.code is None and options.has("-c"):
        shell.code, rest = (rest or [""])[0], rest[1:]
    elif shell.code is None and rest and not options.has("-s"):
        shell.script, rest = rest[0], rest[1:]
    shell.arguments = rest
    return shell


def read_python(args: Sequence[str]) -> Started:
    """Return what Python is told to run."""
    words = known("python")
    options = words.parse(args, stop=True)
    python = Started(options, words)
    if python.idle:
        python.code, python.arguments = None, []
        return python
    python.module = options.value("-m")
    python.typed = options.has("-i")
    if options.words:
        python.script, python.arguments = python.arguments[0], python.arguments[1:]
    return python


def module_files(module: str) -> tuple[str, ...]:
    """Return the files of a project that `python -m MODULE` may run, in the order in which they are looked for."""
    inside = module.replace(".", "/")
    return (f"{inside}.py", f"{inside}/__main__.py", f"src/{inside}.py", f"src/{inside}/__main__.py")


def interpreter(name: str) -> Words | None:
    """Return the words of an interpreter, also by a name with a version (`bash5`, `ruby3.2`); None for no interpreter.

    Any Python is `python`.
    """
    for each in (name, name.rstrip("0123456789.-")):
        words = find(each)
        if words is not None and words.language:
            return words
    return None
