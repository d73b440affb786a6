"""Run lines of a recipe, each in a shell of its own, with one parse for all of them."""

from __future__ import annotations

from conductor.guard.judge.ledger import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.guard.judge.state import State
    from conductor.guard.judge.walker import Walker


def run_lines(
    runner: Walker, state: State, name: str, lines: list[tuple[int, str]], trail: str, *, together: bool = False
) -> None:
    """Judge (line number, text) pairs of the file `name`; `together` is one shell for all."""
    if not together:
        lines = [(number, f"(\n{text}\n)") for number, text in lines if text.strip()]
    text, numbers = _joined(lines)
    if not text.strip():
        return
    if runner.is_text(text):
        runner.run_text(text, state.copy(), trail, file=Source(name, numbers))
        return
    for line in lines:  # one that is no command must not hide the others
        one, numbers = _joined([line])
        runner.run_text(one, state.copy(), trail, file=Source(name, numbers))


def _joined(lines: list[tuple[int, str]]) -> tuple[str, tuple[int, ...]]:
    texts, numbers = [], []
    for number, text in lines:
        texts.append(text)
        numbers += [number] * (text.count("\n") + 1)
    return "\n".join(texts), tuple(numbers)
