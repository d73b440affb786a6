"""What those who look into a program may ask of the walk: types only, so that none of them needs the walk itself."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    from conductor.guard.judge.ledger import Source, Step
    from conductor.guard.judge.state import State
    from conductor.rules.judge.call import Call, Facts, Ruling, Write
    from conductor.shell import Script
    from conductor.shell.nodes import Statement
    from conductor.shell.streams import Stream

    class Walker(Protocol):
        """One walk through a command; the attributes say where it is, as `ledger.Recorder` describes them."""

        facts: Facts
        steps: list[Step]
        trail: list[str]
        traps: list[tuple[str, State]]
        status: bool | None
        inside: int
        doubt: int
        source: Source | None
        line: int
        mapped: bool
        calls: int
        deadline: float
        files_s: float

        def run_text(
            self, text: str, state: State, source: str, stdin: Stream = ..., *, file: Source | None = ...
        ) -> Stream:
            """Judge text that a shell would run; `source` says where it is from."""

        def run_apart(self, statements: Iterable[Statement], state: State, stdin: Stream) -> Stream:
            """Run statements in a shell of their own, which they may leave."""

        def execute(self, argv: list[str], state: State, stdin: Stream = ...) -> Stream:
            """Judge one call with its words resolved, and whatever it starts in turn."""

        def run_project(
            self,
            word: str,
            arguments: list[str],
            state: State,
            stdin: Stream,
            language: str = ...,
            program: str = ...,
        ) -> Stream | None:
            """Run a file of the project as far as its text is known, else return None."""

        def read_project(self, word: str, state: State) -> str | None:
            """Return the text of a file of the project; None where it is not known."""

        def parse(self, text: str) -> Script | None:
            """Return a text's tree, None where no shell would take it."""

        def open(self, target: str, state: State, stdin: Stream) -> Stream:
            """Return what reading from a file gives."""

        def keep(self, word: str, text: str, state: State) -> None:
            """Keep a text that is put into a file."""

        def check_variable(self, name: str, value: str | list[str], state: State) -> None:
            """Judge what a variable is given."""

        def call(self, argv: list[str], state: State) -> Call:
            """Hand one call and its writes to the judges."""

        def write(self, write: Write, state: State, *, quiet: bool = ...) -> None:
            """Hand one file change to the judges."""

        def ask(self, reason: str) -> None:
            """Note that something can't be decided from the text."""

        def note(self, text: str, ruling: Ruling | None, state: State) -> None:
            """Keep a step with its ruling, as far as no grant lifts it."""
