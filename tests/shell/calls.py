"""Walk a text and keep the calls that it makes."""

import contextlib

from conductor.shell.calls import Source
from conductor.shell.expand import UNKNOWN
from conductor.shell.flow import Leave
from conductor.shell.state import State
from conductor.shell.streams import Stream
from conductor.shell.visitor import Limits, Visitor
from conductor.shell.walk import Walk


class Recorder(Visitor):
    """Keeps every call; what a program does is not its business."""

    def __init__(self, files=(), programs=(), follows=True, silent=(), names=None, **wants):
        self.found = []
        self.written = []
        self.broken = []
        self.files = dict(files)
        self.programs = dict(programs)
        self.follows = follows
        self.silent = silent
        self.given = []
        self.too_long = []
        self.names = names
        for name, value in wants.items():  # aliases, knows_input, reads_unknown
            setattr(self, name, value)

    def assign(self, name, value, state):
        self.given.append((name, value, name in state.given))

    def is_too_long(self, source):
        self.too_long.append(source.title)

    def find_files(self, call, state):
        return self.names

    def path_of(self, name, state):
        return f"/usr/bin/{name}" if self.programs.get(name) else UNKNOWN

    def reach(self, call, state):
        self.found.append(call)

    def run(self, call, state, stdin):
        return Stream("") if call.argv[0] in self.silent else None

    def write(self, target, state, home, position):
        self.written.append(state.path(target.path))

    def enter(self, call, wrapped, state):
        return state.copy()

    def read(self, call, word, how, state):
        text = self.files.get(state.path(word))
        return None if text is None else Source(text, word)

    def text_of(self, path, state):
        return self.files.get(path)

    def has_file(self, operator, path, state):
        return True if path in self.files else None

    def has_program(self, name, state):
        return self.programs.get(name)

    def is_broken(self, source, error):
        self.broken.append((source.home, error.line))


class KnownState(State):
    """A shell whose environment is all known."""

    knows_all = True


def walk(
    text, *, dialect="bash", cwd="/work", variables=None, limits=None, options=(), arguments=None, kind=State, **given
):
    """Return the recorder of a text that was walked."""
    recorder = Recorder(**given)
    one = Walk(recorder, limits or Limits())
    state = kind(one, cwd, {"HOME": "/root", **(variables or {})}, dialect=dialect)
    state.options = frozenset(options)
    state.arguments = list(arguments or ())
    recorder.state = state
    with contextlib.suppress(Leave):
        one.run_text(Source(text, ""), state)
    one.run_traps()
    return recorder


def calls(text, **given):
    """Return the words of each call, joined by a space."""
    return [" ".join(call.argv) for call in walk(text, **given).found]
