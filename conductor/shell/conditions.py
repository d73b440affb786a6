"""Whether a condition holds: yes, no, or None where only running would tell."""

from __future__ import annotations

from conductor.shell.expand import UNKNOWN, Expander, Scope
from conductor.shell.nodes import Word
from conductor.shell.patterns import matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.shell.nodes import Expression

_NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda left, right: left == right, "-ne": lambda left, right: left != right,
    "-lt": lambda left, right: left < right, "-le": lambda left, right: left <= right,
    "-gt": lambda left, right: left > right, "-ge": lambda left, right: left >= right,
}  # fmt: skip
_FILES = frozenset({"-e", "-f", "-d", "-x", "-r", "-w", "-s", "-L", "-h", "-a"})


class Asked(Scope):
    """A scope that also knows about files."""

    def has_file(self, operator: str, path: str) -> bool | None:
        """Answer `test -f PATH` and its kin; `operator` is one of `-e -f -d -x -r -w -s -L -h -a`."""
        del operator, path
        return None


def both(left: bool | None, right: bool | None) -> bool | None:  # noqa: FBT001 - truth values are what it is about
    """Return `left and right` where either may be unknown."""
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def negate(value: bool | None) -> bool | None:  # noqa: FBT001
    """Return the opposite; the unknown stays unknown."""
    return None if value is None else not value


def either(left: bool | None, right: bool | None) -> bool | None:  # noqa: FBT001
    """Return `left or right` where either may be unknown."""
    return negate(both(negate(left), negate(right)))


def decide_test(expression: Expression, state: Asked) -> bool | None:
    """Decide what stands in `[[ … ]]`; every word in it is expanded, so its substitutions are seen."""
    expander = Expander(state)
    if isinstance(expression, Word):
        return _holds_text(expander.text(expression), state)
    operator = str(expression[0])
    operands = [each for each in expression[1:] if isinstance(each, (Word, tuple))]
    if operator in {"&&", "||", "!"}:
        values = [decide_test(each, state) for each in operands]
        if operator == "!":
            return negate(values[0])
        return both(values[0], values[1]) if operator == "&&" else either(values[0], values[1])
    if len(operands) == 2 and isinstance(operands[1], Word) and operator in {"==", "=", "!="}:
        left = expander.text(operands[0]) if isinstance(operands[0], Word) else UNKNOWN
        found = decide_match(left, expander.pattern(operands[1]))
        return negate(found) if operator == "!=" else found
    texts = [expander.text(each) if isinstance(each, Word) else UNKNOWN for each in operands]
    return _unary(operator, texts[0], state) if len(texts) == 1 else _binary(texts, operator)


def decide_match(text: str, pattern: str) -> bool | None:
    """Decide whether a text matches a shell pattern."""
    if UNKNOWN in text or UNKNOWN in pattern:
        return None
    return matches(pattern, text)


def decide_words(words: list[str], state: Asked) -> bool | None:
    """Decide `test` and `[` by their words, the closing bracket left out."""
    for joint, join in (("-o", either), ("-a", both)):
        if joint in words[1:-1] and len(words) > 4:
            place = words.index(joint, 1)
            return join(decide_words(words[:place], state), decide_words(words[place + 1 :], state))
    if words[:1] == ["!"]:
        return negate(decide_words(words[1:], state))
    if not words:
        return False
    if len(words) == 1:
        return _holds_text(words[0], state)
    if len(words) == 2:
        return _unary(words[0], words[1], state)
    return _binary([words[0], words[2]], words[1]) if len(words) == 3 else None


def _holds_text(text: str, state: Asked) -> bool | None:
    return None if state.is_open(text) else bool(text)


def _unary(operator: str, text: str, state: Asked) -> bool | None:
    if operator in {"-n", "-z"}:
        found = _holds_text(text, state)
        return negate(found) if operator == "-z" else found
    if operator == "-v":
        return None if state.get(text) is None else True
    if operator not in _FILES or UNKNOWN in text:
        return None
    return state.has_file(operator, text)


def _binary(texts: list[str], operator: str) -> bool | None:
    left, right = texts
    if UNKNOWN in left or UNKNOWN in right:
        return None
    if operator in {"=", "=="}:
        return left == right
    if operator == "!=":
        return left != right
    compare = _NUMBERS.get(operator)
    if compare is None or not (_is_number(left) and _is_number(right)):
        return None
    return compare(int(left), int(right))


def _is_number(text: str) -> bool:
    return text.lstrip("-").isdigit() and text.isascii() and len(text) < 19
