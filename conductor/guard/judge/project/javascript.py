"""What a JavaScript file of the project would start: the literal words that a call of child_process gets."""

from __future__ import annotations

from conductor.guard.judge.foreign_texts import literal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.guard.judge.state import State
    from conductor.guard.judge.walker import Walker

_SHELL = ("exec", "execSync", "execaCommand", "execaCommandSync")
_PROCESS = ("spawn", "spawnSync", "execFile", "execFileSync", "execa", "execaSync")


def run_javascript(runner: Walker, state: State, text: str) -> None:
    """Judge the calls that start programs; whether their functions are called is not known, so they ask at most."""
    for name in (*_SHELL, *_PROCESS):
        place = text.find(f"{name}(")
        while place >= 0:
            before = text[place - 1 : place]
            line = text.rfind("\n", 0, place) + 1
            commented = text[line:place].lstrip()[:2] in {"//", "/*"} or text[line:place].lstrip()[:1] == "*"
            if not (before.isalnum() or before == "_" or commented):
                runner.stand_at(text.count("\n", 0, place) + 1)
                _judge(runner, state, text, place + len(name) + 1, shell=name in _SHELL)
            place = text.find(f"{name}(", place + 1)


def _judge(runner: Walker, state: State, text: str, place: int, *, shell: bool) -> None:
    first, place = literal(text, place)
    if first is None:
        return
    with runner.in_doubt():
        if shell:
            runner.run_text(first, state.copy(), "exec")
            return
        words = [first]
        rest = text[place:].lstrip(", \n\t")
        if rest[:1] == "[":
            inside = rest[1 : rest.find("]")]
            at = 0
            while at < len(inside):
                word, at = literal(inside, at)
                if word is None:
                    break
                words.append(word)
        runner.execute(words, state.copy())
