"""What the parts of the walk ask of it: to run texts and calls, and how far they go."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    from conductor.shell.calls import Call, Source, Standing
    from conductor.shell.nodes import Statement
    from conductor.shell.state import State
    from conductor.shell.streams import Stream
    from conductor.shell.visitor import Limits, Visitor

    class Walker(Protocol):
        """The walk; `status` is whether the last command succeeds, None where that is not known."""

        visitor: Visitor
        limits: Limits
        standing: Standing
        status: bool | None
        traps: list[tuple[Source, State, bool]]

        @property
        def may_look_inside(self) -> bool:
            """Tell whether one more text or function is followed."""

        def run_text(self, source: Source, state: State, stdin: Stream = ...) -> Stream:
            """Run a text in this state."""

        def run_shell(self, call: Call, source: Source, state: State, stdin: Stream) -> Stream:
            """Run a text in a shell of its own, which a call starts."""

        def run_apart(self, statements: Iterable[Statement], state: State, stdin: Stream) -> Stream:
            """Run statements in a shell of their own, which they may leave."""

        def execute(self, call: Call, state: State, stdin: Stream = ...) -> Stream:
            """Run one call with its words resolved, and whatever it starts in turn."""

        def script(self, call: Call, word: str, how: str, state: State) -> Source | None:
            """Return the script that a call runs, None where it is not known."""

        def given(self, call: Call, number: int, text: str, title: str = ...) -> Source:
            """Return a text that stands in a word of a call."""

        def open(self, word: str, state: State, stdin: Stream) -> Stream:
            """Return the text of a file."""

        def fill(self, word: str, output: Stream, state: State, *, appends: bool) -> None:
            """Put a text into the file that a word names, behind what it holds where it `appends`."""
