"""Hand calls and writes to the judges and keep what they say."""

from __future__ import annotations

from conductor.guard.writes import writes
from conductor.rules.judge.call import ASK, BLOCK, Call, Facts, Ruling, Write
from conductor.rules.judge.registry import CALL_JUDGES, WRITE_JUDGES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.guard.state import State


class TooMuchError(Exception):
    """The command is nested or repeated beyond what the guard follows, or took longer than its deadline."""


class Step:
    """One call or write that was judged: where it came from, what it is, and the ruling, if any."""

    __slots__ = ("ruling", "text", "trail")

    def __init__(self, text: str, trail: tuple[str, ...], ruling: Ruling | None) -> None:
        self.text = text
        self.trail = trail
        self.ruling = ruling


class Recorder:
    """Collects steps in the order in which they would run; `trail` says where the present one comes from."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.steps: list[Step] = []
        self.trail: list[str] = []

    def call(self, argv: list[str], state: State) -> Call:
        """Hand one call and its writes to the judges."""
        call = Call(argv, state.place())
        rulings = [ruling for judge in CALL_JUDGES if (ruling := judge(call)) is not None]
        self._note_all(call.text(), rulings, state)
        for write in writes(call):
            self.write(write, state, quiet=True)
        return call

    def write(self, write: Write, state: State, *, quiet: bool = False) -> None:
        """Hand one file change to the judges."""
        place = state.place()
        rulings = [ruling for judge in WRITE_JUDGES if (ruling := judge(write, place)) is not None]
        if rulings or not quiet:
            self._note_all(write.by, rulings, state)

    def ask(self, reason: str) -> None:
        """Note that something can't be decided from the text (policy 10)."""
        remedy = "Write the command out with its literal words."
        self.steps.append(Step("", tuple(self.trail), Ruling(ASK, "ask", f"{reason} {remedy}")))

    def _note_all(self, text: str, rulings: list[Ruling], state: State) -> None:
        for ruling in rulings:
            self._note(text, ruling, state)
        if not rulings:
            self._note(text, None, state)

    def _note(self, text: str, ruling: Ruling | None, state: State) -> None:
        if ruling is not None:
            granted = self.facts.grant & {ruling.rule, ruling.action}
            if granted and (ruling.action or ruling.rule in granted):
                ruling = None
        if ruling is not None and state.remote and ruling.verdict == BLOCK:
            ruling = Ruling(ASK, ruling.rule, f"On another host: {ruling.reason}", ruling.action)
        self.steps.append(Step(text, tuple(self.trail), ruling))
