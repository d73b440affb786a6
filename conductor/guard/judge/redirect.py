"""Redirections: the files they write, the text they feed."""

from __future__ import annotations

from conductor.guard.judge.alternatives import without_tabs
from conductor.guard.judge.ledger import Recorder
from conductor.guard.judge.state import State
from conductor.rules.judge.call import Write, show
from conductor.rules.judge.places import is_disk
from conductor.shell.expand import UNKNOWN, Expander
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence as Words

    from conductor.shell.nodes import Redirection

_CREATES = {
    ">": "overwrite", ">|": "overwrite", "&>": "overwrite", ">&": "overwrite", ">!": "overwrite", ">>": "append",
    "&>>": "append", "<>": "edit", ">>|": "append", "&>|": "overwrite",
}  # fmt: skip


class Redirector(Recorder):
    """Judges what redirections write and keeps the text of files that a command writes itself."""

    def redirect(
        self, redirections: Words[Redirection], state: State, stdin: Stream
    ) -> tuple[Stream, list[tuple[str, str]]]:
        """Judge the files redirections write; return the input and where the output goes."""
        targets: list[tuple[str, str]] = []
        expander = Expander(state)
        for redirection in redirections:
            operator = redirection.operator
            if operator in {"<<", "<<-"}:
                body = expander.text(redirection.body)
                stdin = Stream(without_tabs(body) if operator == "<<-" else body)
                continue
            target = (expander.fields(redirection.target) or [""])[0]
            if operator == "<<<":
                stdin = Stream(expander.text(redirection.target) + "\n")
            elif operator == "<":
                stdin = self.open(target, state, stdin)
            elif operator == "<&" and redirection.number in {None, "0"} and target not in {"-", "0"}:
                stdin = Stream(UNKNOWN, "piped")
            elif operator in _CREATES and self._is_file(operator, target):
                kind = _CREATES[operator]
                path = state.place().path(target)
                self.write(Write(kind, path, f"{operator} {show([target])}"), state)
                if redirection.number in {None, "1"}:
                    targets.append((kind, path))
        return stdin, targets

    @staticmethod
    def _is_file(operator: str, target: str) -> bool:
        if operator == ">&" and (target.isdigit() or target == "-"):
            return False
        return bool(target) and target != UNKNOWN and (not target.startswith("/dev/") or is_disk(target))

    def open(self, target: str, state: State, stdin: Stream) -> Stream:
        """Return the text of a file that this command has written; another file's is unknown."""
        if target in {"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"}:
            return stdin
        written = state.files.get(target if target.startswith("/dev/fd/") else state.place().path(target))
        return Stream(written.text, written.origin) if written else Stream(UNKNOWN, "file", path=target)

    def send(self, output: Stream, targets: list[tuple[str, str]], state: State) -> Stream:
        """Put output into the files it goes to; return what is left for the pipe."""
        if not targets:
            return output
        for kind, path in targets:
            before = state.files[path].text if kind == "append" and path in state.files else ""
            if kind == "append" and path not in state.files:
                if UNKNOWN in output.text:
                    continue
                before = self.read_project(path, state) or ""
            state.files[path] = Stream(
                before + output.text, output.origin or ("piped" if UNKNOWN in output.text else ""), path=output.path
            )
        return Stream("")

    def read_project(self, word: str, state: State) -> str | None:
        """Return the text of a file of the project, None where it is not known."""
        raise NotImplementedError
