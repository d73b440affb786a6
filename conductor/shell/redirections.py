"""Redirections: the files that they write, the text that they feed."""

from __future__ import annotations

from conductor.shell.calls import Target
from conductor.shell.expand import UNKNOWN, Expander
from conductor.shell.flow import Flow
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.shell.nodes import Redirection, Statement
    from conductor.shell.state import State

_WRITES = frozenset({">", ">>", ">|", "&>", "&>>", ">&", "<>", ">!", ">>|", "&>|"})
_APPENDS = frozenset({">>", "&>>", ">>|"})
_INPUTS = frozenset({"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"})
_DEVICES = "/dev/"  # what is written there is kept by none of them; a process substitution's file is only read


class Redirecting(Flow):
    """Follows redirections, and keeps the text of the files that a text writes itself."""

    home: object

    def redirect(self, statement: Statement, state: State, stdin: Stream) -> tuple[Stream, list[Target]]:
        """Return the input of a statement, and the files that its output goes to."""
        targets: list[Target] = []
        for redirection in statement.redirections:
            stdin = self._input(redirection, state, stdin)
            operator = redirection.operator
            if operator == "<":
                self.visitor.take((Expander(state).fields(redirection.target) or [""])[0], state)
            if operator not in _WRITES:
                continue
            path = (Expander(state).fields(redirection.target) or [""])[0]
            if path and not (operator == ">&" and (path.isdigit() or path == "-")):
                targets.append(Target(operator, path, redirection.number))
                self.visitor.write(targets[-1], state, self.home, redirection.position)
        return stdin, targets

    def _input(self, redirection: Redirection, state: State, stdin: Stream) -> Stream:
        operator, expander = redirection.operator, Expander(state)
        if redirection.body is not None:
            body = expander.text(redirection.body)
            text = "\n".join(line.lstrip("\t") for line in body.split("\n")) if operator == "<<-" else body
            return Stream(text, home=self.visitor.home_of_document(self.home, redirection.body.position, text))
        if operator == "<<<":
            return Stream(expander.text(redirection.target) + "\n")
        if operator == "<":
            return self.open((expander.fields(redirection.target) or [""])[0], state, stdin)
        if operator == "<&" and redirection.number in {None, "0"}:
            target = expander.text(redirection.target)
            return stdin if target in {"-", "0"} else Stream(UNKNOWN, "piped")
        return stdin

    def open(self, word: str, state: State, stdin: Stream) -> Stream:
        """Return the text of a file: what this text has written there, else what the visitor knows of it."""
        if word in _INPUTS:
            return stdin
        path = state.path(word)
        written = state.files.get(path)
        if written is not None:
            return Stream(written.text, written.origin, home=written.home)
        text = None if UNKNOWN in path else self.visitor.text_of(path, state)
        return Stream(UNKNOWN, "file", path=word) if text is None else Stream(text, path=word)

    def send(self, output: Stream, targets: list[Target], state: State) -> Stream:
        """Put output into the files it goes to; return what is left for the pipe."""
        kept = [target for target in targets if target.number in {None, "1"}]
        for target in kept:
            self.fill(target.path, output, state, appends=target.operator in _APPENDS)
        return Stream("") if kept else output

    def fill(self, word: str, output: Stream, state: State, *, appends: bool) -> None:
        """Put a text into the file that a word names, behind what it holds where it `appends`."""
        path = state.path(word)
        if UNKNOWN in path or path.startswith(_DEVICES):
            return
        self.visitor.fill(path, output, appends=appends)
        origin = output.origin or ("piped" if UNKNOWN in output.text else "")
        if not appends:
            state.files[path] = Stream(output.text, origin, path=output.path, home=output.home)
            return
        before = state.files.get(path) or self._before(path, output, state)
        if before is not None:
            state.files[path] = Stream(before.text + output.text, before.origin or origin)

    def _before(self, path: str, output: Stream, state: State) -> Stream | None:
        """Return what a file holds that this text appends to; None where nothing will be known of it."""
        text = self.visitor.text_before(path, state)
        if text is None and self.visitor.reads_unknown:
            return None if UNKNOWN in output.text else Stream("")
        return Stream(UNKNOWN, "file") if text is None else Stream(text)
