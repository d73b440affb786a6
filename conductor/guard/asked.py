"""`.conductor/local/asked`: what an agent's dialog has asked its user about and nobody has answered yet.

The guard writes a line when it answers `ask` about a commit or a push; git's hook inside the call may count on a yes,
because after a no it would not run. The line goes when the call has run, and when its session goes on with another
call: then the answer was no. The first stage takes it out too, so this is written for a shell's `read`: fields parted
by tabs. Imported before an answer is given: cheap imports only.
"""

from __future__ import annotations

from _json import encode_basestring_ascii
from posix import replace, stat, unlink

from conductor.guard.log import SHOWN, clean, decision_id, now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from conductor.guard.call import Call

FILE = ".conductor/local/asked"


class Question:
    """One call that was asked about: who asked, when, about which actions of commit_push, in which command."""

    __slots__ = ("actions", "agent", "at", "call", "command", "session")

    def __init__(self, session: str, call: str, at: str, agent: str, actions: str, command: str) -> None:
        self.session = session
        self.call = call
        self.at = at  # ISO 8601 in UTC
        self.agent = agent
        self.actions = tuple(action if action != "-" else "" for action in actions.split(","))
        self.command = command


def is_waiting(root: str) -> bool:
    """Tell whether any question waits for its answer in the project."""
    try:
        return stat(f"{root}/{FILE}").st_size > 0
    except OSError:
        return False


def note(call: Call, root: str, actions: Iterable[str]) -> None:
    """Note that the call is asked about for these actions; where that can't be written, git's hook will refuse."""
    names = ",".join(action or "-" for action in actions)
    fields = (word(call.session), word(decision_id(call)), now(), word(call.agent), names)
    line = "\t".join((*fields, encode_basestring_ascii(clean(call.command, SHOWN))))
    withdraw(root, call=decision_id(call))
    _write(root, [*_lines(root), line])


def withdraw(root: str, *, session: str | None = None, but: str = "", call: str = "") -> None:
    """Take out the questions of a call, or those of a session (an agent that names none has one) but for one call."""
    lines = _lines(root)
    left = []
    for line in lines:
        asked_in, asked = (*line.split("\t"), "", "")[:2]
        of_session = session is not None and asked_in == word(session) and asked != word(but)
        if not of_session and not (call and asked == word(call)):
            left.append(line)
    if left != lines:
        _write(root, left)


def read_questions(root: str) -> list[Question]:
    """Return the questions that wait in the project, oldest first."""
    from datetime import datetime
    from json import loads

    found = []
    for line in _lines(root):
        try:
            session, call, at, agent, actions, command = line.split("\t")
            datetime.fromisoformat(at)
            found.append(Question(session, call, at, agent, actions, loads(command)))
        except ValueError:
            continue
    return found


def word(text: str) -> str:
    """Return the text as a word that a shell reads back as it is."""
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in text[:100]) or "_"


def _lines(root: str) -> list[str]:
    try:
        with open(f"{root}/{FILE}", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            return [line for line in file.read().split("\n") if line]
    except OSError:
        return []


def _write(root: str, lines: list[str]) -> None:
    """Replace the lines; none are no file."""
    path = f"{root}/{FILE}"
    try:
        if not lines:
            unlink(path)
            return
        with open(f"{path}.new", "w", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            file.write("".join(f"{line}\n" for line in lines))
        replace(f"{path}.new", path)
    except OSError:
        return
