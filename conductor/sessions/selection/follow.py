"""Follow a command to what it runs: a visitor of the shell's walk that notes what selects tests and checks."""

from __future__ import annotations

import fnmatch
import posixpath
import re

from conductor.programs import find
from conductor.programs.index import SHELLS
from conductor.programs.interpreters import read_shell
from conductor.programs.words import CHECKS, Words
from conductor.programs.wrapping import OTHERWISE, program_of, unwrap
from conductor.sessions.selection import js_scripts, justfile, make_targets, python_runs
from conductor.sessions.selection.pieces import Piece, Trace
from conductor.sessions.selection.places import ROOT, Place, below, short
from conductor.sessions.selection.trees import Tree, text_of
from conductor.shell import ParserMissing, Script, ShellSyntaxError, parse
from conductor.shell.calls import Call, Field, Source, Standing
from conductor.shell.expand import UNKNOWN
from conductor.shell.state import State
from conductor.shell.streams import NOTHING, Stream
from conductor.shell.visitor import Limits, TooMuchError, Visitor
from conductor.shell.walk import Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.programs.words import Wrapped

DEEPEST = 12  # texts inside one another
_INTERPRETED = frozenset(SHELLS.split())
_SOURCES = frozenset({"source", "."})
# Programs that select nothing of the project, and the shell's own.
_SILENT = frozenset({
    "", "echo", "printf", "rm", "cp", "mv", "ls", "cat", "touch", "grep", "sed", "awk", "head", "tail", "sort", "uniq",
    "wc", "tee", "find", "date", "sleep", "git", "pip", "pip3", "uv", "curl", "wget", "tar", "dirname", "basename",
    "pwd", "chmod", "ln", "diff", "cmp", "tr", "cut", "kill", "poetry", "pipenv", "apt-get", "mkdir", "umask", "ulimit",
    "wait", "let", "jobs", "fg", "bg", "dirs", "times", "command", "which", "type", "hash", "cd", "pushd", "alias",
    "exec", "shopt", "builtin", "caller", "enable", "history", "disown", "exit", "return", "trap", "[[",
})  # fmt: skip
_SHEBANG = re.compile(r"#!.*\b\w*sh\b")
_CHECKING = re.compile(r"(?:^|[/_.-])(?:tests?|checks?|verify|ci|lint|unit|spec|runner|run|qa|smoke)(?:[/_.-]|$)")


class CommandFollower(Visitor):
    """Follows commands through one state of the project into one trace.

    A condition that is known decides; of one that is not, each branch is followed.
    """

    knows_input = False
    reads_unknown = True

    def __init__(self, tree: Tree, trace: Trace) -> None:
        self.tree = tree
        self.trace = trace
        self._walk = Walk(self, Limits(texts=DEEPEST))
        self._trees: dict[str, Script] = {}

    def command(self, text: str) -> None:
        """Follow a shell text that is run in the project's root."""
        call = Call([Field("sh")], Standing(), masked=True, home=None, position=None)
        try:
            self._walk.run_shell(call, Source(text, None), Place(self._walk, ROOT), NOTHING)
        except (TooMuchError, RecursionError):
            self.trace.leave(f"what {short(text)} runs after all that was followed (there is too much of it)")

    # What the parts for one kind of program ask

    def text(self, title: str, text: str, call: Call, state: State) -> None:
        """Follow a shell text that a call runs in a shell of its own; one inside itself is followed once."""
        if title in self._walk.trail:
            return
        if not self._walk.may_look_inside:
            self.trace.leave(f"{title} (too deep)")
            return
        self._walk.run_shell(call, Source(text, None, title=title), state.child("bash"), NOTHING)

    def argv(self, words: list[str], call: Call, state: State) -> None:
        """Follow a program with its arguments, which a call stands for."""
        self._walk.execute(call.inner([Field(word) for word in words]), state)

    def script(self, word: str, state: State, *, decides: bool | None = None) -> None:
        """Take a file of the project that another program than a shell runs: what is called like a check decides."""
        path = self.path(word, state)
        text = None if path is None else self._content(path)
        if path is None or text is None:
            self.trace.leave(f"{short(word)} (no readable file of the project)")
            return
        self._take(path, text, decides=_CHECKING.search(path) is not None if decides is None else decides)

    def whole_file(self, name: str, paths: tuple[str, ...], state: State) -> None:
        """Take the first of these files as what the program does."""
        for one in paths:
            path = self.path(one, state)
            text = self._content(path) if path else None
            if path and text is not None:
                self.trace.add(Piece(f"{name}'s {one}", path, _plain(text)))
                self.trace.runs_tests = True
                return
        self.trace.leave(f"{name} (none of {', '.join(paths)} is there)")

    def folder(self, state: State) -> str:
        """Return the folder that a shell is in, below the project's root, empty for that."""
        return below(state.cwd) or ""

    def path(self, word: str, state: State) -> str | None:
        """Return the path below the root that a word names; None where it leads out or is not known."""
        return None if UNKNOWN in word or not word else below(state.path(word))

    def read_text(self, word: str, state: State) -> str | None:
        """Return the text of a file, as it is or as what is followed has written it; None where there is none."""
        written = state.files.get(state.path(word))
        if written is not None:
            return written.text
        path = self.path(word, state)
        return self._content(path) if path else None

    def _content(self, path: str) -> str | None:
        content = self.tree.read(path)
        return None if content is None else text_of(content)

    def _take(self, path: str, text: str, *, decides: bool) -> None:
        self.trace.add(Piece(f"the script {path}", path, _plain(text), decides))

    # What the walk asks

    def parse(self, text: str, dialect: str) -> Script:
        """Return the tree of a text, each parsed once."""
        del dialect
        if text not in self._trees:
            try:
                self._trees[text] = parse(text.replace("\r\n", "\n"))
            except ParserMissing as error:
                raise ShellSyntaxError(str(error)) from error
        return self._trees[text]

    def read(self, call: Call, word: str, how: str, state: State) -> Source | None:
        """Take a script of the project: a shell's decides, and is followed."""
        path = self.path(word, state)
        text = self._content(path) if path else None
        if path is None or text is None:
            return None
        if how == "path" and not (path.endswith((".sh", ".bash")) or _SHEBANG.match(text)):
            self.script(word, state)
            return None
        self._take(path, text, decides=True)
        title = f"{how} {path} {' '.join(call.argv[1:])}"
        return Source("" if title in self._walk.trail else text, None, title=title)

    def text_of(self, path: str, state: State) -> str | None:
        """Return the text of a file of the project."""
        del state
        inside = below(path)
        return self._content(inside) if inside else None

    def enter(self, call: Call, wrapped: Wrapped, state: State) -> State | None:
        """Follow what a wrapper runs among the project's files."""
        del call
        return None if wrapped.words.how in OTHERWISE else state.copy()

    def find_files(self, call: Call, state: State) -> list[str]:
        """Return no name: which files find finds is not looked into, what it starts is."""
        del call, state
        return []

    def has_file(self, operator: str, path: str, state: State) -> bool | None:
        """Answer `test -f PATH` and its kin; what is not in the tree may be made before."""
        del state
        inside = below(path)
        if inside is None:
            return None
        there = bool(self.tree.names(inside)) if operator == "-d" else self.tree.read(inside) is not None
        return True if there else None

    def glob(self, pattern: str, state: State) -> list[str]:
        """Return the files that a pattern matches in its last part."""
        folder, leaf = posixpath.split(pattern)
        inside = self.path(folder or ".", state)
        if inside is None or any(mark in folder for mark in "*?["):
            return []
        return [posixpath.join(folder, name) for name in self.tree.names(inside) if fnmatch.fnmatchcase(name, leaf)]

    def is_broken(self, source: Source, error: ShellSyntaxError) -> None:
        """Note a text that no shell can read."""
        self.trace.leave(f"{short(source.text)} (not understood: {error})")

    def is_too_long(self, source: Source) -> None:
        """Note a text that is longer than is read."""
        self.trace.leave(f"{short(source.text)} (too long)")

    # What the walk tells

    def reach(self, call: Call, state: State) -> None:
        """Note where a `cd` goes that can't be followed: what comes after it is taken to be where it was before."""
        if call.argv[0] in {"cd", "pushd"} and len(call.argv) > 1:
            word = call.argv[-1]
            if word != "-" and below(state.path(word)) is None:
                self.trace.leave(f"what follows {call.argv[0]} {short(word)}")

    def follow(self, call: Call, state: State, stdin: Stream) -> Stream | None:
        """Follow a program that runs what a file of the project says; leave shells and wrappers to the walk."""
        del stdin
        argv = call.argv
        name = program_of(argv[0])
        if UNKNOWN in name and argv[1:2] == ["-m"]:
            name, argv = "python", ["python", *argv[1:]]
        if UNKNOWN in name:
            self.trace.leave(f"the program that {short(' '.join(argv))} names")
            return Stream(UNKNOWN)
        text = _text_given(name, argv)
        if text is not None and UNKNOWN in text.partition(" ")[0]:
            self.trace.leave(f"the commands that {short(text)} names")
            return Stream(UNKNOWN)
        if unwrap(argv) is not None:
            return None
        parts = (make_targets.follow, justfile.follow, python_runs.follow, js_scripts.follow)
        return Stream(UNKNOWN) if any(part(self, name, argv, call, state) for part in parts) else None

    def run(self, call: Call, state: State, stdin: Stream) -> Stream | None:
        """Note a program that the walk does not look into."""
        argv = call.argv
        name = program_of(argv[0])
        if name in _INTERPRETED or name in _SOURCES:
            self._unread_shell(name, argv, stdin)
        elif argv[:3] == ["git", "rev-parse", "--show-toplevel"]:
            return Stream(f"{ROOT}\n")
        elif not ("/" in argv[0] and self.path(argv[0], state) and self.read_text(argv[0], state) is not None):
            self._other(name, argv, state)
        return None

    def _unread_shell(self, name: str, argv: list[str], stdin: Stream) -> None:
        """Note what a shell was to run that is not known."""
        shell = read_shell(name, argv[1:])
        script = (argv[1:2] or [""])[0] if name in _SOURCES else shell.script
        if script:
            self.trace.leave(f"{short(script)} (no readable file of the project)")
        elif shell.code is None and stdin.text:
            self.trace.leave(f"the commands that {name} reads")

    def _other(self, name: str, argv: list[str], state: State) -> None:
        words = find(name)
        if words is not None and words.file:
            self.whole_file(name, words.file, state)
        elif words is not None and _checks(words, argv[1:]):
            self.trace.runs_tests = True
            self.trace.leave(f"what the files of {name} leave out")
        elif name not in _SILENT:
            self.trace.leave(f"{name} (a program that is not looked into)")


def follow_command(tree: Tree, trace: Trace, text: str) -> None:
    """Follow a command that is run in the project's root, as its files are in that tree."""
    CommandFollower(tree, trace).command(text)


def _text_given(name: str, argv: list[str]) -> str | None:
    """Return the shell text that a shell or `eval` is given in its words, None for none."""
    if name in _INTERPRETED:
        return read_shell(name, argv[1:]).code
    return " ".join(argv[1:]) if name == "eval" else None


def _checks(words: Words, args: list[str]) -> bool:
    """Tell whether a program runs tests or checks with these arguments: always, or by one of its words."""
    return words.is_open(CHECKS) or any(words.has_word(CHECKS, word) for word in words.parse(args).words)


def _plain(text: str) -> str:
    """Return a script's text without trailing spaces, empty lines and lines that are only a comment."""
    lines = [line.rstrip() for line in text.split("\n")]
    return "\n".join(line for line in lines if line and (not line.lstrip().startswith("#") or line.startswith("#!")))
