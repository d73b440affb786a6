"""Conditions, loops, pipes, and what leaves them: which statements run, and how certain that is.

A condition that is known decides, where the visitor wants that; a branch whose condition is not known is walked as one
that may not run, and what the branches leave differently is not known afterwards.
"""

from __future__ import annotations

from conductor.shell.conditions import both, decide_match, decide_test, either
from conductor.shell.expand import UNKNOWN, Expander
from conductor.shell.nodes import ArithmeticCommand, Case, Group, If, Loop, Pipeline, Sequence, Simple, Test
from conductor.shell.search import simple_commands
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from conductor.shell.calls import Standing
    from conductor.shell.nodes import Statement
    from conductor.shell.state import State
    from conductor.shell.visitor import Limits, Visitor

    T = TypeVar("T")
    Body = tuple[Statement, ...]

# Programs that are asked a question: what follows `&&` depends on the answer.
QUESTIONS = frozenset({
    "test", "[", "command", "which", "type", "hash", "grep", "egrep", "rg", "cmp", "diff", "pgrep", "id", "false",
})  # fmt: skip
# What stands after `||` and does nothing about the failure.
_SHRUGS = frozenset({"true", ":", "echo", "printf", "exit", "return"})


class Leave(Exception):
    """`exit`, `return`, `break`, `continue` or `exec` was reached; `kind` says which."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Flow:
    """Follows conditions and loops. `status` is whether the last command succeeds, None where that is not known."""

    status: bool | None
    standing: Standing
    visitor: Visitor
    limits: Limits

    def run_all(self, statements: Iterable[Statement], state: State, stdin: Stream) -> Stream:
        """Run statements in order and return what they print."""
        raise NotImplementedError

    def run(self, statement: Statement, state: State, stdin: Stream) -> Stream:
        """Run one statement."""
        raise NotImplementedError

    def run_apart(self, statements: Iterable[Statement], state: State, stdin: Stream) -> Stream:
        """Run statements in a shell of their own, which they may leave."""
        try:
            return self.run_all(statements, state, stdin)
        except Leave:
            return Stream(UNKNOWN)

    def run_asked(self, statements: Body, state: State) -> Stream:
        """Run a substitution's statements in a shell of their own: their output is used, their failure is not seen."""
        outer = self.standing
        self.standing = outer.but(caught=True, tested=True)
        try:
            return self.run_apart(statements, state.copy(), Stream(UNKNOWN))
        finally:
            self.standing = outer

    def _under(self, standing: Standing, statements: Body, state: State, stdin: Stream) -> Stream:
        """Run statements that stand otherwise than what is around them."""
        outer, self.standing = self.standing, standing
        try:
            return self.run_all(statements, state, stdin)
        finally:
            self.standing = outer

    # Lists: `a && b || c`

    def sequence(self, command: Sequence, state: State, stdin: Stream) -> Stream:
        """Run an `&&` and `||` list, however long."""
        first, links = _links(command)
        outer = self.standing
        standings = []
        for operator, right in reversed(links):
            standings.append((outer, operator, right))
            outer = outer.but(ignored=True) if operator == "&&" else _caught(outer, right)
        kept, self.standing = self.standing, outer
        try:
            output = self.run(first, state, stdin)
            left, unsure = first, False
            for standing, operator, right in reversed(standings):
                self.standing = standing
                asked = _asks(left) and (self.status is None or not self.visitor.follows)
                unsure = operator == "&&" and (unsure or asked)
                output = self._link(operator, right, output, state, stdin, unsure=unsure)
                left = right
            return output
        finally:
            self.standing = kept

    def _link(
        self, operator: str, right: Statement, output: Stream, state: State, stdin: Stream, *, unsure: bool
    ) -> Stream:
        """Run one more statement of a list, as far as it is reached; `unsure`: a question before it has no answer."""
        status = self.status if self.visitor.follows else None
        if status is (operator == "||"):
            return output
        if operator == "||" and status is None:
            second = self._maybe((right,), state, stdin)
        elif status is None and self.standing.masked(errexit=False):  # the text goes on where the left fails
            second = self._maybe((right,), state, stdin) if unsure else self._hopefully(right, state, stdin)
        else:
            second = self.run(right, state, stdin)
        self.status = both(status, self.status) if operator == "&&" else either(status, self.status)
        return Stream(output.text + second.text, output.origin or second.origin)

    def _hopefully(self, right: Statement, state: State, stdin: Stream) -> Stream:
        """Run what follows `&&`: what is before it is taken to succeed, and where it leaves, the text may go on."""
        try:
            return self.run(right, state, stdin)
        except Leave:
            return Stream(UNKNOWN)

    def _maybe(self, body: Body, state: State, stdin: Stream) -> Stream:
        """Run what may not be reached; what it leaves differently is not known."""
        return self._choose([body], state, stdin, complete=False)

    # Groups and pipes

    def group(self, command: Group, state: State, stdin: Stream) -> Stream:
        """Run `{ …; }`, or `( … )` in a shell of its own."""
        if command.subshell:
            return self.run_apart(command.statements, state.copy(), stdin)
        return self.run_all(command.statements, state, stdin)

    def pipeline(self, command: Pipeline, state: State, stdin: Stream) -> Stream:
        """Run each part in a shell of its own; the output of one is the input of the next."""
        outer = self.standing
        inside = outer.but(piped=True, caught=outer.caught or "pipefail" not in state.options)
        try:
            for statement in command.statements[:-1]:
                self.standing = inside
                output = self.run_apart((statement,), state.copy(), stdin)
                origin = output.origin or ("piped" if UNKNOWN in output.text else "")
                stdin = Stream(output.text, origin, path=output.path, home=output.home)
            self.standing = outer
            output = self.run_apart(command.statements[-1:], state.copy(), stdin)
        finally:
            self.standing = outer
        self.status = None if "pipefail" in state.options else self.status
        return output

    # Branches

    def branch(self, command: If, state: State, stdin: Stream) -> Stream:
        """Run `if`: the branch that is meant, or each that may be."""
        bodies: list[Body] = []
        for condition, body in command.branches:
            holds: bool | None = True
            if condition:
                unsure = self.standing.conditional or bool(bodies)
                asked = self.standing.but(caught=True, tested=True, conditional=unsure)
                self.status = None
                self._under(asked, condition, state, stdin)
                holds = self.status if self.visitor.follows else None
            if holds is not False:
                bodies.append(body)
            if holds:
                return self._choose(bodies, state, stdin, complete=True)
        return self._choose(bodies, state, stdin, complete=False)

    def case(self, command: Case, state: State, stdin: Stream) -> Stream:
        """Run `case`: the branch that is meant, or each that may be."""
        expander = Expander(state)
        text = expander.text(command.word)
        bodies: list[Body] = []
        for patterns, body in command.items:
            holds: bool | None = False
            for pattern in (expander.pattern(each) for each in patterns):
                holds = either(holds, True if pattern == "*" else decide_match(text, pattern))
            if not self.visitor.follows and not holds:
                holds = None
            if holds is not False:
                bodies.append(body)
            if holds and self.visitor.follows:
                return self._choose(bodies, state, stdin, complete=True)
        return self._choose(bodies, state, stdin, complete=False)

    def _choose(self, bodies: list[Body], state: State, stdin: Stream, *, complete: bool) -> Stream:
        """Run the one body that is meant, or each that may be; `complete` says that one of them is run for sure."""
        if not bodies:
            self.status = True
            return Stream("")
        if complete and len(bodies) == 1:
            return self.run_all(bodies[0], state, stdin)

        def run(body: Body) -> Stream:
            return self.run_all(body, state, stdin)

        return self.choose(bodies, run, state, complete=complete)

    def choose(self, bodies: Iterable[T], run: Callable[[T], Stream], state: State, *, complete: bool) -> Stream:
        """Run each body that may be run as if it were the one; `complete` says that one of them is."""
        before, outer = state.snapshot(), self.standing
        ends = [] if complete else [before]
        texts, origin = [], ""
        for body in bodies:
            state.merge([before])
            self.standing = outer.but(conditional=True)
            try:
                output = run(body)
            except Leave as leave:
                if leave.kind not in {"exit", "exec"}:  # after those nothing follows this branch
                    ends.append(state.snapshot())
                continue
            finally:
                self.standing = outer
            ends.append(state.snapshot())
            texts.append(output.text)
            origin = origin or output.origin
        state.merge(ends or [before])
        self.status = None
        return Stream(state.settle_output(texts if complete else ["", *texts]), origin)

    # Loops

    def loop(self, command: Loop, state: State, stdin: Stream) -> Stream:
        """Run a loop: once for each known item, or once where it is not known how often."""
        for expression in command.expressions:
            self.arithmetic(ArithmeticCommand((expression,)), state, stdin)
        if command.variable is None:
            return self._while(command, state, stdin)
        self.status = True
        texts: list[str] = []
        for item in self._items(command, state)[: self.limits.rounds]:
            state.set(command.variable, item)
            if UNKNOWN in item and not self.visitor.reads_unknown:  # it may stand for no word at all
                texts.append(self._maybe(command.body, state, stdin).text)
                state.set(command.variable, UNKNOWN)
            elif not self._round(command, state, stdin, texts):
                break
        return Stream("".join(texts))

    def _items(self, command: Loop, state: State) -> list[str]:
        """Return what a `for` goes through; a pattern stands for files that nothing tells."""
        if command.items is None:
            return [UNKNOWN] if state.arguments is None else state.arguments
        expander, items = Expander(state), []
        for word in command.items:
            plain = self.visitor.reads_unknown or word.literal() is not None
            fields = expander.fields(word)
            items += [field if plain or not any(mark in field for mark in "*?[") else UNKNOWN for field in fields]
        return items

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
        """Go round while the condition is known to hold and a round changes something."""
        texts: list[str] = []
        asked = self.standing.but(caught=True, tested=True)
        for _ in range(self.limits.rounds):
            before, letter, place = dict(state.variables), state.letter, stdin.place
            self.status = None
            self._under(asked, command.condition, state, stdin)
            holds = self.status if self.visitor.follows else None
            ended = place >= len(stdin.text) and bool(texts)
            if holds is command.until or (holds is None and ended):
                break
            takes_lines = stdin.place > place
            if holds is None and not (takes_lines and self.visitor.reads_unknown):
                texts.append(self._maybe(command.body, state, stdin).text)
                if not takes_lines:
                    break
                continue
            if not self._round(command, state, stdin, texts):
                break
            if stdin.place == place and state.variables == before and state.letter == letter:
                break
        self.status = True
        return Stream("".join(texts))

    # Questions

    def test(self, command: Test, state: State, stdin: Stream) -> Stream:
        """Decide `[[ … ]]`, which dash takes for the name of a program."""
        del stdin
        decided = decide_test(command.expression, state)
        self.status = None if state.dialect == "posix" else decided
        if state.dialect == "posix":
            self.visitor.brackets(command, state)
        return Stream("")

    def arithmetic(self, command: ArithmeticCommand, state: State, stdin: Stream) -> Stream:
        """Decide `((…))`."""
        from conductor.shell.arithmetic import evaluate  # rare, and the guard pays for each module

        del stdin
        value = "0"
        for expression in command.expressions:
            value = evaluate(expression, Expander(state))
        self.status = None if UNKNOWN in value else value != "0"
        return Stream("")


def _links(command: Sequence) -> tuple[Statement, list[tuple[str, Statement]]]:
    """Return the first statement of a list and (operator, statement) of the others, in order."""
    links = [(command.operator, command.right)]
    left = command.left
    while isinstance(left.command, Sequence) and not (left.redirections or left.negated or left.background):
        links.append((left.command.operator, left.command.right))
        left = left.command.left
    return left, links[::-1]


def _caught(standing: Standing, right: Statement) -> Standing:
    """Return how the left of `||` stands: its failure counts where the right ends the text with one."""
    found = [[word.literal() or UNKNOWN for word in each.words] for each in simple_commands(right) if each.words]
    name, code = (*(found[-1] if found else ()), "", "")[:2]
    if name == "exit" and code != "0":
        return standing.but(tail=True)
    if name == "false" or (name == "return" and code != "0"):
        return standing
    return standing.but(caught=True, rescued=standing.rescued or not {words[0] for words in found} <= _SHRUGS)


def _asks(statement: Statement) -> bool:
    """Tell whether a command is only asked whether something is so."""
    command = statement.command
    if statement.negated or isinstance(command, (Test, ArithmeticCommand)):
        return True
    if isinstance(command, Sequence):
        return _asks(command.left) and _asks(command.right)
    return isinstance(command, Simple) and bool(command.words) and command.words[0].literal() in QUESTIONS
