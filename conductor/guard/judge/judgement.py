"""Judge what a walk comes to: the guard is a visitor of the walk, which hands every call and write to the judges."""

from __future__ import annotations

from conductor.guard.judge.dispatch import handler_of
from conductor.guard.judge.ledger import Home, Recorder, Source
from conductor.guard.judge.outputs import output_of, path_of
from conductor.guard.judge.relevant_names import PROGRAMS, TRIGGERS
from conductor.guard.judge.state import HOST_PATH, State, names_matching
from conductor.rules.judge.call import Facts, Write, program_name, show
from conductor.rules.judge.places import is_disk
from conductor.shell import Script, ShellSyntaxError, parse
from conductor.shell.calls import Call, Field, Standing
from conductor.shell.calls import Source as Text
from conductor.shell.expand import UNKNOWN
from conductor.shell.flow import Leave
from conductor.shell.streams import NOTHING, Stream
from conductor.shell.visitor import Limits, Visitor
from conductor.shell.walk import Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.programs.words import Wrapped
    from conductor.shell.calls import Target
    from conductor.shell.nodes import Position
    from conductor.shell.state import State as Shell

DEEPEST = 24  # nested shells, functions
DEEPEST_FILES = 3  # files of the project that run one another
LONGEST_FILES_S = 1.0  # of this process's own work, for all files of the project
MOST_CALLS = 2000
LONGEST_TEXT = 1 << 16
_KINDS = {
    ">": "overwrite", ">|": "overwrite", "&>": "overwrite", ">&": "overwrite", ">!": "overwrite", ">>": "append",
    "&>>": "append", "<>": "edit", ">>|": "append", "&>|": "overwrite",
}  # fmt: skip
# Folders of what tools put there.
_NOT_ITS_OWN = frozenset({".git", ".venv", "venv", "node_modules", ".tox", ".nox", "site-packages", "dist-packages"})
_AS_ROOT = frozenset({"gosu", "su-exec", "sudo", "doas", "pkexec"})
_CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv", "/proc/1/cgroup")
COMMAND_VARIABLES = frozenset({
    "GIT_SSH_COMMAND", "GIT_EDITOR", "EDITOR", "VISUAL", "PAGER", "GIT_PAGER", "MANPAGER", "GIT_EXTERNAL_DIFF",
    "GIT_SEQUENCE_EDITOR", "PROMPT_COMMAND", "GIT_ASKPASS", "SSH_ASKPASS", "LESSOPEN", "BROWSER", "GIT_SSH",
    "GIT_PROXY_COMMAND", "RSYNC_RSH", "FZF_DEFAULT_COMMAND",
})  # fmt: skip


class Judgement(Recorder, Visitor):
    """One judgement: it collects steps in the order in which they would run.

    In a command that was typed every branch counts, reached or not, and nothing leaves it. In a file of the project
    (`inside`) a condition that is known decides, and what is under one that is not known is asked about at most.
    """

    aliases = True
    knows_input = False
    reads_unknown = True

    def __init__(self, facts: Facts, *, deadline_s: float = 0.0) -> None:
        limits = Limits(texts=DEEPEST, calls=MOST_CALLS, length=LONGEST_TEXT, deadline_s=deadline_s, shows=False)
        super().__init__(facts, Walk(self, limits))
        self.walk.standing = Standing(caught=True)  # nobody is there who would see that a command fails
        self.follows = False
        self.files_s = LONGEST_FILES_S
        self.parsed: dict[str, Script | None] = {}

    @property
    def leaves(self) -> bool:
        """Tell whether `exit` and its like end a text: nothing leaves what was typed."""
        return self.inside > 0

    # What is run

    def run_text(
        self, text: str, state: Shell, title: str, stdin: Stream = NOTHING, *, file: Source | None = None
    ) -> Stream:
        """Judge text that a shell of its own would run; `title` says what it is, `file` that it is the project's."""
        if not text.strip() or not self.walk.may_look_inside:
            return Stream("")
        home = Home(file, mapped=True) if file else self.home_of_word(self.walk.home, None, text)
        try:
            return self.walk.run_text(Text(text, home, title=title), state, stdin)
        except Leave:
            return Stream(UNKNOWN)

    def execute(self, argv: list[str], state: Shell, stdin: Stream = NOTHING) -> Stream:
        """Judge one call with its words resolved, and whatever it starts in turn."""
        while argv and not argv[0]:
            argv = argv[1:]
        if not argv:
            return Stream("")
        fields, walk = [Field(word) for word in argv], self.walk
        return walk.execute(Call(fields, walk.standing, masked=True, home=walk.home, position=None), state, stdin)

    def run_project(
        self, word: str, arguments: list[str], state: State, stdin: Stream, language: str = "", program: str = "python3"
    ) -> Stream | None:
        """Run a file of the project as far as its text is known, else return None.

        `language` is what it is read as (its first line and name tell where it is empty); `source` is a shell's that
        goes on in this shell. `program` is the interpreter that runs Python.
        """
        text = self.read_project(word, state)
        if text is None:
            return None
        from conductor.guard.judge.project.scripts import run_file

        return run_file(self, state, word, text, arguments, stdin, language=language, program=program)

    def read_project(self, word: str, state: State) -> str | None:
        """Return the text of a file of the project that a call made now would read; None where it is not known."""
        if UNKNOWN in word or state.remote or (state.container and not self.facts.in_container):
            return None
        if self.inside >= DEEPEST_FILES or self.files_s <= 0:
            return None
        place = state.place()
        name = place.inside(place.path(word))
        if not name or not _NOT_ITS_OWN.isdisjoint(name.split("/")):
            return None
        return self.facts.read(name)

    def keep(self, word: str, text: str, state: State) -> None:
        """Keep a text that is put into a file, behind what this command has put there before."""
        if UNKNOWN not in word:
            path = state.place().path(word)
            before = state.files[path].text if path in state.files else ""
            state.files[path] = Stream(before + text, "piped" if UNKNOWN in text else "")

    # What the walk tells

    def reach(self, call: Call, state: Shell) -> None:
        """Hand a call to the judges."""
        self._stand_at(call.home, call.position)
        argv = call.argv
        if argv[0] and UNKNOWN not in call.name:
            self.call(argv, _own(state))

    def declare(self, call: Call, state: Shell) -> None:
        """Hand what `export` and its kin make known to the judges, each variable by itself."""
        self._stand_at(call.home, call.position)
        for name, value in call.assignments:
            self.call(["export", f"{name}={value}"], _own(state))

    def assign(self, name: str, value: str | list[str], state: Shell) -> None:
        """Judge an assignment: variables of Conductor and git, and variables that hold commands."""
        if name in COMMAND_VARIABLES and isinstance(value, str):
            self.run_text(value, state.copy(), name)
        if name in {"BASH_ENV", "ENV"} and isinstance(value, str) and value:
            self.execute(["source", value], state.copy())
        if name.startswith(("CONDUCTOR_", "GIT_CONFIG")) or name == "XDG_STATE_HOME":
            self.call(["export", f"{name}={value}"], _own(state))

    def follow(self, call: Call, state: Shell, stdin: Stream) -> Stream | None:
        """Look into a program that the guard knows more about than the walk does."""
        argv, own = call.argv, _own(state)
        if not argv[0]:
            return self.execute(argv[1:], state, stdin)
        if UNKNOWN in call.name:
            return self._unresolved(argv, call.name, state, stdin)
        handler = handler_of(program_name(argv[0]))
        if handler is not None:
            return handler(self, own, argv, stdin)
        return self._file(argv, own, stdin) if "/" in argv[0] else None

    def run(self, call: Call, state: Shell, stdin: Stream) -> Stream | None:
        """Return what a program prints."""
        return output_of(_own(state), call.argv, stdin)

    def write(self, target: Target, state: Shell, home: object, position: Position) -> None:
        """Judge the file that a redirection writes."""
        path = target.path
        if path == UNKNOWN or (path.startswith("/dev/") and not is_disk(path)):
            return
        self._stand_at(home, position)
        write = Write(_KINDS[target.operator], state.path(path), f"{target.operator} {show([path])}")
        self.judge_write(write, _own(state))

    # What the walk asks

    def parse(self, text: str, dialect: str) -> Script:
        """Return the tree of a text, each parsed once; what bash can't read may be zsh's."""
        if text not in self.parsed:
            self.parsed[text] = _parsed(text)
        tree = self.parsed[text]
        if tree is None:
            raise ShellSyntaxError(f"not a command of {dialect}")
        return tree

    def is_text(self, text: str) -> bool:
        """Tell whether a shell would take a text."""
        try:
            self.parse(text, "bash")
        except ShellSyntaxError:
            return False
        return True

    def is_broken(self, source: Text, error: ShellSyntaxError) -> None:
        """Ask about a text that can't be read, where it may reach a rule."""
        del error
        if any(trigger in source.text for trigger in TRIGGERS) or UNKNOWN in source.text:
            what = source.title or "The command"
            self.ask(f"{what} can't be read as a shell command, so what it does is not known.")

    def is_too_long(self, source: Text) -> None:
        """Ask about a text that is not read."""
        self.ask(f"{source.title} is longer than the guard reads.")

    def home_of_document(self, home: object, position: Position, text: str) -> object:
        """Return no home: a here-document is read where it is run."""
        del home, position, text
        return None

    def home_of_word(self, home: object, position: Position | None, text: str) -> object:
        """Return the home of a text in a word: all of it stands in the line of that word."""
        del text
        if not isinstance(home, Home) or home.source is None:
            return Home()
        line = home.source.line(position.line) if position is not None and home.mapped else self.line
        return Home(Source(home.source.name, (line,)), mapped=True)

    def text_before(self, path: str, state: Shell) -> str | None:
        """Return the text of the project's file that is appended to."""
        return self.read_project(path, _own(state))

    def has_file(self, operator: str, path: str, state: Shell) -> bool | None:
        """Answer `test -f PATH` and its kin: of the files that are known to be there, and of a container's marks."""
        if path in _CONTAINER_MARKS:
            return self.facts.in_container
        inside = _own(state).place().inside(path)
        return True if inside is not None and inside in self.facts.files and operator != "-d" else None

    def has_program(self, name: str, state: Shell) -> bool | None:
        """Tell whether this machine has a program; in a command that was typed it may be there or not."""
        own = _own(state)
        if not self.inside or own.container != self.facts.in_container or own.remote:
            return None
        from conductor.programs.builtins import BASH  # rare, and a hook pays for each module

        return True if name in BASH else self.facts.finds(name)

    def path_of(self, name: str, state: Shell) -> str:
        """Return where PATH has a program."""
        return path_of(_own(state), name)

    def enter(self, call: Call, wrapped: Wrapped, state: Shell) -> Shell:
        """Return the state in which a wrapper runs its command: with other rights, another PATH, or as it is here."""
        own, options = _own(state), wrapped.options
        if call.name in _AS_ROOT:
            return own.run_as_root()
        if wrapped.words.how == "project":
            return own.run_in_venv()
        if call.name == "exec" and not options.has("-c"):
            return own
        inner = own.copy()
        if call.name == "command" and options.has("-p"):
            inner.variables["PATH"] = HOST_PATH
        for name in options.values("-u", "--unset") if call.name in {"env", "genv"} else ():
            self.call(["unset", name], inner)
        return inner

    def find_files(self, call: Call, state: Shell) -> list[str]:
        """Return the project's files that find or fd finds."""
        from conductor.guard.judge.repeated import names_found

        return names_found(_own(state), call.argv)

    def glob(self, pattern: str, state: Shell) -> list[str]:
        """Return the project's files that a pattern matches, or a known program."""
        return names_matching(pattern, _own(state))

    # Programs whose name or text is the project's or not known

    def _file(self, argv: list[str], state: State, stdin: Stream) -> Stream | None:
        """Run a script of the project, or one that this same command has written."""
        shell = handler_of("bash") if state.path(argv[0]) in state.files else None
        if shell is not None:
            return shell(self, state, ["bash", *argv], stdin)
        return self.run_project(argv[0], argv[1:], state, stdin)

    def _unresolved(self, argv: list[str], name: str, state: Shell, stdin: Stream) -> Stream:
        self.ask(f"The program that `{show(argv)}` starts can't be told from the text.")
        bare = name.replace(UNKNOWN, "")
        if bare in PROGRAMS:
            self.execute([bare, *argv[1:]], state, stdin)
        elif name == UNKNOWN and len(argv) > 1 and argv[1].rpartition("/")[2] in PROGRAMS:
            self.execute(argv[1:], state, stdin)
        return Stream(UNKNOWN)

    def _stand_at(self, home: object, position: Position | None) -> None:
        """Note the line of a file of the project that the walk has come to."""
        if position is not None and isinstance(home, Home) and home.mapped and home.source is not None:
            self.line = home.source.line(position.line)


def _parsed(text: str) -> Script | None:
    for dialect in ("bash", "zsh"):
        try:
            return parse(text, dialect)
        except ShellSyntaxError:
            continue
    return None


def _own(state: Shell) -> State:
    """Return the state as the guard's own."""
    if not isinstance(state, State):
        raise TypeError(state)
    return state
