"""Follow a command's words to what it runs: through wrappers, make, just, package scripts and project scripts."""

from __future__ import annotations

import re

from conductor.programs import find
from conductor.programs.index import SHELLS
from conductor.programs.interpreters import read_shell
from conductor.programs.words import CHECKS, Words
from conductor.programs.wrapping import program_of, unwrap
from conductor.sessions.selection import js_scripts, justfile, python_runs
from conductor.sessions.selection.make_targets import follow_make
from conductor.sessions.selection.pieces import Piece, Trace
from conductor.sessions.selection.trees import Tree, join, text_of
from conductor.shell import ParserMissing, ShellSyntaxError, Simple, parse, simple_commands
from conductor.shell.expand import UNKNOWN, Expander, Scope

DEEPEST = 12
# Words that are a part of shell text, and programs that select nothing of the project.
_SILENT = frozenset({
    "", ":", "true", "false", "echo", "printf", "test", "[", "[[", "exit", "return", "set", "export", "unset", "local",
    "declare", "readonly", "shift", "trap", "umask", "ulimit", "wait", "read", "cd", "pushd", "popd", "mkdir",
    "rm", "cp", "mv", "ls", "cat", "touch", "grep", "sed", "awk", "head", "tail", "sort", "uniq", "wc", "tee", "find",
    "date", "sleep", "which", "type", "git", "pip", "pip3", "uv", "curl", "wget", "tar", "dirname", "basename", "pwd",
    "chmod", "ln", "diff", "cmp", "tr", "cut", "kill", "poetry", "pipenv", "apt-get",
})  # fmt: skip
_SHEBANG = re.compile(r"#!.*\b\w*sh\b")
_CHECKING = re.compile(r"(?:^|[/_.-])(?:tests?|checks?|verify|ci|lint|unit|spec|runner|run|qa|smoke)(?:[/_.-]|$)")


class CommandFollower:
    """Follows commands through one state of the project into one trace."""

    def __init__(self, tree: Tree, trace: Trace) -> None:
        self.tree = tree
        self.trace = trace
        self._seen: set[tuple[str, str]] = set()

    def text(self, text: str, folder: str, depth: int = 0) -> None:
        """Follow every command of a shell text that is run in that folder (below the root, empty for it)."""
        if depth > DEEPEST or (text, folder) in self._seen:
            return
        self._seen.add((text, folder))
        try:
            script = parse(text.replace("\r\n", "\n"))
        except (ShellSyntaxError, ParserMissing) as error:
            self.trace.leave(f"{_short(text)} (not understood: {error})")
            return
        expander = Expander(Scope())
        for command in simple_commands(script):
            folder = self._simple(command, expander, folder, depth)

    def _simple(self, command: Simple, expander: Expander, folder: str, depth: int) -> str:
        """Follow one command and return the folder that the next one runs in."""
        for assignment in command.assignments:
            if not command.words or command.keyword:
                expander.scope.set(assignment.name, expander.text(assignment.value))
        argv = [field for word in command.words for field in expander.fields(word)]
        if argv and program_of(argv[0]) in {"cd", "pushd"}:
            moved = join(folder, argv[-1]) if len(argv) > 1 and UNKNOWN not in argv[-1] else None
            if moved is None and len(argv) > 1:
                self.trace.leave(f"what follows cd {_short(argv[-1])}")
            return folder if moved is None else moved
        if argv:
            self.argv(argv, folder, depth)
        return folder

    def argv(self, argv: list[str], folder: str, depth: int) -> None:
        """Follow a program with its arguments."""
        if depth > DEEPEST or not argv:
            return
        if UNKNOWN in program_of(argv[0]) and argv[1:2] == ["-m"]:
            argv = ["python", *argv[1:]]
        if UNKNOWN in program_of(argv[0]):
            self.trace.leave(f"the program that {_short(' '.join(argv))} names")
            return
        inner = unwrap(argv)
        if inner is None:
            self._program(program_of(argv[0]), argv, folder, depth)
            return
        moved = inner.folder()
        below = folder if moved is None else join(folder, moved)
        if below is not None and inner.argv:
            self.argv(inner.argv, below, depth + 1)

    def _program(self, name: str, argv: list[str], folder: str, depth: int) -> None:
        if name in SHELLS.split():
            self._shell(name, argv, folder, depth)
        elif name == "eval":
            self._known_text(" ".join(argv[1:]), folder, depth)
        elif name in {"source", "."}:
            self.script(argv[1] if len(argv) > 1 else "", folder, depth, by_shell=True)
        elif name in {"make", "gmake", "remake"}:
            follow_make(self, argv[1:], folder, depth)
        elif name == "just":
            justfile.follow_just(self, argv[1:], folder, depth)
        elif not (
            python_runs.follow(self, name, argv, folder, depth) or js_scripts.follow(self, name, argv, folder, depth)
        ):
            self._other(name, argv, folder, depth)

    def _shell(self, name: str, argv: list[str], folder: str, depth: int) -> None:
        shell = read_shell(name, argv[1:])
        if shell.idle:
            return
        if shell.code is not None:
            self._known_text(shell.code, folder, depth)
        elif shell.script:
            self.script(shell.script, folder, depth, by_shell=True)

    def _known_text(self, text: str, folder: str, depth: int) -> None:
        if UNKNOWN in text.partition(" ")[0]:
            self.trace.leave(f"the commands that {_short(text)} names")
        else:
            self.text(text.replace(UNKNOWN, "$unknown"), folder, depth + 1)

    def script(
        self, word: str, folder: str, depth: int, *, by_shell: bool = False, decides: bool | None = None
    ) -> None:
        """Take a file of the project that is run: the whole of it selects what runs, and a shell's is followed.

        A shell's script decides, and what is called like a test or a check; other programs are what is tried.
        """
        path = join(folder, word) if UNKNOWN not in word else None
        content = self.tree.read(path) if path else None
        if path is None or content is None:
            self.trace.leave(f"{_short(word)} (no readable file of the project)")
            return
        text = text_of(content)
        is_shell = by_shell or path.endswith((".sh", ".bash")) or _SHEBANG.match(text) is not None
        decides = is_shell or _CHECKING.search(path) is not None if decides is None else decides
        self.trace.add(Piece(f"the script {path}", path, _plain(text), decides))
        if is_shell:
            self.text(text, folder, depth + 1)

    def _other(self, name: str, argv: list[str], folder: str, depth: int) -> None:
        words = find(name)
        if "/" in argv[0] and (path := join(folder, argv[0])) and self.tree.read(path) is not None:
            self.script(argv[0], folder, depth)
        elif words is not None and words.file:
            self.whole_file(name, words.file, folder)
        elif words is not None and _checks(words, argv[1:]):
            self.trace.runs_tests = True
            self.trace.leave(f"what the files of {name} leave out")
        elif name not in _SILENT:
            self.trace.leave(f"{name} (a program that is not looked into)")

    def whole_file(self, name: str, paths: tuple[str, ...], folder: str) -> None:
        """Take the first of these files as what the program does."""
        for one in paths:
            path = join(folder, one)
            content = self.tree.read(path) if path else None
            if path and content is not None:
                self.trace.add(Piece(f"{name}'s {one}", path, _plain(text_of(content))))
                self.trace.runs_tests = True
                return
        self.trace.leave(f"{name} (none of {', '.join(paths)} is there)")


def _checks(words: Words, args: list[str]) -> bool:
    """Tell whether a program runs tests or checks with these arguments: always, or by one of its words."""
    return words.is_open(CHECKS) or any(words.has_word(CHECKS, word) for word in words.parse(args).words)


def _plain(text: str) -> str:
    """Return a script's text without trailing spaces, empty lines and lines that are only a comment."""
    lines = [line.rstrip() for line in text.split("\n")]
    return "\n".join(line for line in lines if line and (not line.lstrip().startswith("#") or line.startswith("#!")))


def _short(text: str) -> str:
    words = " ".join(text.replace(UNKNOWN, "…").split())
    return words if len(words) <= 60 else words[:59] + "…"
