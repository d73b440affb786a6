"""Conditions, loops and what leaves them.

In a command that was typed every branch counts, reached or not. In a file of the project a branch runs where its
condition holds, and one whose condition is not known runs in doubt: what it does is asked about at most.
"""

from __future__ import annotations

from conductor.guard.judge.alternatives import keep_alternatives
from conductor.guard.judge.redirect import Redirector
from conductor.guard.judge.state import State
from conductor.shell.conditions import both, decide_match, decide_test, either
from conductor.shell.expand import UNKNOWN, Expander
from conductor.shell.nodes import ArithmeticCommand, Case, Group, If, Loop, Sequence, Simple, Test
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from conductor.shell.nodes import Statement

LONGEST_LOOP = 40
# Programs that are asked a question: what follows `&&` depends on the answer.
_QUESTIONS = frozenset({
    "test", "[", "command", "which", "type", "hash", "grep", "egrep", "rg", "cmp", "diff", "pgrep", "id", "false",
})  # fmt: skip


class Leave(Exception):
    """`exit`, `return`, `break` or `continue` was reached in a file; `kind` says which."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Brancher(Redirector):
    """Follows conditions and loops. `status` is whether the last command succeeds, None where that is not known."""

    status: bool | None = None

    def run_all(self, statements: Iterable[Statement], state: State, stdin: Stream) -> Stream:
        """Run statements in order and return what they print."""
        raise NotImplementedError

    def run(self, statement: Statement, state: State, stdin: Stream) -> Stream:
        """Run one statement."""
        raise NotImplementedError

    def run_in_doubt(self, statements: tuple[Statement, ...], state: State, stdin: Stream) -> Stream:
        """Run what may not be reached."""
        self.doubt += 1
        try:
            return self.run_all(statements, state, stdin)
        except Leave:
            return Stream("")
        finally:
            self.doubt -= 1

    def _sequence(self, command: Sequence, state: State, stdin: Stream) -> Stream:
        left = self.run(command.left, state, stdin)
        before = dict(state.variables)
        first = self.status
        if self.inside and first is (command.operator == "||"):
            return left
        if self.inside and first is None and (command.operator == "||" or _is_question(command.left)):
            right = self.run_in_doubt((command.right,), state, stdin)
        else:
            right = self.run(command.right, state, stdin)
        self.status = both(first, self.status) if command.operator == "&&" else either(first, self.status)
        if command.operator == "||":
            keep_alternatives(state, before)
        return Stream(left.text + right.text, left.origin or right.origin)

    def _group(self, command: Group, state: State, stdin: Stream) -> Stream:
        if not (command.subshell and self.inside):
            return self.run_all(command.statements, state.copy() if command.subshell else state, stdin)
        try:
            return self.run_all(command.statements, state.copy(), stdin)
        except Leave:
            return Stream(UNKNOWN)

    def _if(self, command: If, state: State, stdin: Stream) -> Stream:
        if not self.inside:
            return self._branches([(*condition, *body) for condition, body in command.branches], state, stdin)
        maybe = []
        for condition, body in command.branches:
            self.status = True  # of an `else`, which has no condition
            self.run_all(condition, state, stdin)
            if self.status is not False:
                maybe.append(body)
            if self.status:
                break
        self.status = self.status if maybe else True
        return self._choose(maybe, state, stdin, sure=len(maybe) == 1 and self.status is True)

    def _choose(self, bodies: list[tuple[Statement, ...]], state: State, stdin: Stream, *, sure: bool) -> Stream:
        """Run the one branch that is meant, or each that may be."""
        if sure:
            return self.run_all(bodies[0], state, stdin)
        output = self._branches(bodies, state, stdin)
        self.status = None if bodies else True
        return output

    def _branches(self, bodies: list[tuple[Statement, ...]], state: State, stdin: Stream) -> Stream:
        """Run every branch; a variable that branches set differently has all of these values afterwards."""
        first = dict(state.variables)
        texts, origin = [], ""
        for body in bodies:
            before = dict(state.variables)
            state.variables = {**before, **{name: first[name] for name in first if name != "PATH"}}
            output = (self.run_in_doubt if self.inside else self.run_all)(body, state, stdin)
            keep_alternatives(state, before)
            texts.append(output.text)
            origin = origin or output.origin
        return Stream("".join(texts), origin)

    def _case(self, command: Case, state: State, stdin: Stream) -> Stream:
        expander = Expander(state)
        text = expander.text(command.word)
        patterns = [[expander.pattern(pattern) for pattern in each] for each, _ in command.items]
        bodies = [body for _, body in command.items]
        if not self.inside:
            return self._branches(bodies, state, stdin)
        maybe, found = [], None
        for each, body in zip(patterns, bodies, strict=True):
            found = False
            for pattern in each:
                found = either(found, decide_match(text, pattern) if pattern != "*" else True)
            if found is not False:
                maybe.append(body)
            if found:
                break
        self.status = True
        return self._choose(maybe, state, stdin, sure=len(maybe) == 1 and found is True)

    def _loop(self, command: Loop, state: State, stdin: Stream) -> Stream:
        for expression in command.expressions:
            self._arithmetic(ArithmeticCommand((expression,)), state, stdin)
        if command.variable is None:
            return self._while(command, state, stdin)
        items = [UNKNOWN]
        if command.items is not None:
            expander = Expander(state)
            items = [field for word in command.items for field in expander.fields(word)]
        elif state.arguments is not None:
            items = state.arguments
        texts: list[str] = []
        for item in items[:LONGEST_LOOP]:
            state.set(command.variable, item)
            if not self._round(command, state, stdin, texts):
                break
        return Stream("".join(texts))

    def _round(self, command: Loop, state: State, stdin: Stream, texts: list[str]) -> bool:
        """Run a loop's body once; tell whether the loop goes on."""
        try:
            texts.append(self.run_all(command.body, state, stdin).text)
        except Leave as leave:
            if leave.kind not in {"break", "continue"}:
                raise
            return leave.kind == "continue"
        return True

    def _while(self, command: Loop, state: State, stdin: Stream) -> Stream:
        texts: list[str] = []
        for _ in range(LONGEST_LOOP):
            place = stdin.place
            self.status = None
            self.run_all(command.condition, state, stdin)
            if self.inside and self.status is command.until:
                break
            if texts and stdin.place >= len(stdin.text) and place >= len(stdin.text) and not self._goes_on():
                break
            if self.inside and self.status is None and stdin.place == place:
                texts.append(self.run_in_doubt(command.body, state, stdin).text)
                break
            goes_on = self._goes_on()
            if not self._round(command, state, stdin, texts):
                break
            if not goes_on and (stdin.place == place or stdin.place >= len(stdin.text)):
                break
        return Stream("".join(texts))

    def _goes_on(self) -> bool:
        """Tell whether a loop's condition is known to hold, so that its body may change it."""
        return self.inside > 0 and self.status is not None

    def _test(self, command: Test, state: State, stdin: Stream) -> Stream:
        del stdin
        self.status = decide_test(command.expression, state)
        return Stream("")

    def _arithmetic(self, command: ArithmeticCommand, state: State, stdin: Stream) -> Stream:
        from conductor.shell.arithmetic import evaluate

        del stdin
        value = "0"
        for expression in command.expressions:
            value = evaluate(expression, Expander(state))
        self.status = None if UNKNOWN in value else value != "0"
        return Stream("")


def _is_question(statement: Statement) -> bool:
    """Tell whether a command is only asked whether something is so."""
    command = statement.command
    if statement.negated or isinstance(command, (Test, ArithmeticCommand)):
        return True
    if isinstance(command, Sequence):
        return _is_question(command.left) and _is_question(command.right)
    return isinstance(command, Simple) and bool(command.words) and command.words[0].literal() in _QUESTIONS
