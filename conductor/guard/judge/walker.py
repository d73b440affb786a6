"""What those who look into a program may ask of the judgement: types only, so that none of them needs it itself."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from conductor.guard.judge.ledger import Doubt, Source, Step
    from conductor.guard.judge.state import State
    from conductor.rules.judge.call import Call, Facts, Ruling, Write
    from conductor.shell.streams import Stream
    from conductor.shell.walk import Walk

    class Walker(Protocol):
        """One judgement over a walk; the attributes say where it is, as `ledger.Recorder` describes them."""

        facts: Facts
        walk: Walk
        steps: list[Step]
        inside: int
        follows: bool
        line: int
        files_s: float

        @property
        def source(self) -> Source | None:
            """Return the file of the project that is being run."""

        def run_text(
            self, text: str, state: State, title: str, stdin: Stream = ..., *, file: Source | None = ...
        ) -> Stream:
            """Judge text that a shell of its own would run."""

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

        def is_text(self, text: str) -> bool:
            """Tell whether a shell would take a text."""

        def keep(self, word: str, text: str, state: State) -> None:
            """Keep a text that is put into a file."""

        def assign(self, name: str, value: str | list[str], state: State) -> None:
            """Judge what a variable is given."""

        def call(self, argv: list[str], state: State) -> Call:
            """Hand one call and its writes to the judges."""

        def judge_write(self, write: Write, state: State, *, quiet: bool = ...) -> None:
            """Hand one file change to the judges."""

        def ask(self, reason: str) -> None:
            """Note that something can't be decided from the text."""

        def note(self, text: str, ruling: Ruling | None, state: State) -> None:
            """Keep a step with its ruling, as far as no grant lifts it."""

        def stand_at(self, line: int) -> None:
            """Note that what comes stands in a line of the file that is run."""

        def in_doubt(self, holds: bool = ...) -> Doubt:  # noqa: FBT001 - one question
            """Return a context in which nothing is sure to run."""
