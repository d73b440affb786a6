"""What `getopts` takes of a script's arguments, as POSIX and bash have it."""

from __future__ import annotations

from conductor.shell.expand import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.shell.state import State


def next_option(letters: str, name: str, words: list[str] | None, state: State) -> bool | None:
    """Set the variables to the next option; tell whether there was one, None where the words are not known.

    `letters` are the options, with a `:` behind those that take a value; one in front asks for no messages.
    """
    place = _place(state)
    word = UNKNOWN if words is None else words[place - 1] if 0 < place <= len(words) else ""
    if words is None or UNKNOWN in word or UNKNOWN in letters:
        for each in (name, "OPTARG"):
            state.set(each, UNKNOWN)
        return None
    if len(word) < 2 or word[0] != "-" or word == "--":
        state.set(name, "?")
        state.set("OPTIND", str(place + 1 if word == "--" else place))
        return False
    letter, rest = word[state.letter : state.letter + 1], word[state.letter + 1 :]
    at = letters.find(letter) if letter != ":" else -1
    takes = at >= 0 and letters[at + 1 : at + 2] == ":"
    if takes:
        value = rest or (*words[place:], None)[0]
        place, state.letter = place + (1 if rest or value is None else 2), 1
    else:
        value = None
        place, state.letter = (place, state.letter + 1) if rest else (place + 1, 1)
    state.set("OPTIND", str(place))
    _tell(state, letters, name, letter, value, right=at >= 0 and takes is (value is not None))
    return True


def _tell(state: State, letters: str, name: str, letter: str, value: str | None, *, right: bool) -> None:
    """Set the option's name and value; what is wrong is `?`, or `:` where a value is missing and nothing is printed."""
    silent = letters[:1] == ":"
    if not right:
        name_of_fault = ":" if silent and letter in letters else "?"
        state.set(name, name_of_fault)
        value = letter if silent else None
    else:
        state.set(name, letter)
    if value is None:
        state.unset("OPTARG")
    else:
        state.set("OPTARG", value)


def _place(state: State) -> int:
    """Return the place of the word that is looked at next, from 1."""
    value = state.variables.get("OPTIND")
    return int(value) if isinstance(value, str) and value.isdigit() and len(value) < 5 else 1
