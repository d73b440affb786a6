"""Split arguments into options and words as the usual option parsers do."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class Parsed:
    """Options in order as (name, value or None), then words; `rest` is what follows the first word, as typed.

    `at` has the place of the argument that each option's value stands in, or the option itself, `places` those of the
    words.
    """

    __slots__ = ("at", "options", "places", "rest", "words")

    def __init__(self) -> None:
        self.at: list[int] = []
        self.places: list[int] = []
        self.options: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.rest: list[str] = []

    def take(self, name: str, value: str | None, place: int) -> None:
        """Note an option; `place` is the argument of its value, else its own."""
        self.options.append((name, value))
        self.at.append(place)

    def first(self) -> Parsed:
        """Leave the first word and what stands before it; the others are in `rest` only."""
        del self.words[1:], self.places[1:]
        return self

    def then(self, later: Parsed) -> Parsed:
        """Take in what was read of `rest`."""
        place = self.places[-1] + 1
        self.options += later.options
        self.words += later.words
        self.at += [place + each for each in later.at]
        self.places += [place + each for each in later.places]
        self.rest = later.rest
        return self

    def has(self, *names: str) -> bool:
        """Tell whether one of the options was given, with any value but `false`."""
        return any(name in names and value not in {"false", "0"} for name, value in self.options)

    def abbreviates(self, name: str, shortest: int) -> bool:
        """Tell whether a long option or an abbreviation of it, at least that long, was given."""
        return any(name.startswith(given) and len(given) >= shortest for given, _ in self.options)

    def values(self, *names: str) -> list[str]:
        """Return the values of these options, in order."""
        return [value for name, value in self.options if name in names and value is not None]

    def value(self, *names: str) -> str | None:
        """Return the last value of these options."""
        values = self.values(*names)
        return values[-1] if values else None


def parse(
    args: Sequence[str],
    valued: Collection[str] = (),
    *,
    optional: Collection[str] = (),
    stop: bool = False,
    clusters: bool = True,
) -> Parsed:
    """Split arguments. `valued` options take the next argument where none is attached.

    `optional` options take no more than what is attached to them. With `stop`, options end at the first word, and
    `rest` holds what follows it. `-abc` counts as three options unless `clusters` is false (programs with `-name`
    options).
    """
    parsed = Parsed()
    place = 0
    while place < len(args):
        argument = args[place]
        place += 1
        if argument == "--":
            parsed.words += args[place:]
            parsed.places += range(place, len(args))
            parsed.rest = list(args[place + 1 :])
            break
        if len(argument) < 2 or argument[0] != "-":
            parsed.words.append(argument)
            parsed.places.append(place - 1)
            if stop:
                parsed.rest = list(args[place:])
                break
            continue
        if argument.startswith("--") or not clusters:
            place = _long(parsed, argument, args, place, valued)
        else:
            place = _cluster(parsed, argument, args, place, valued, optional)
    return parsed


def _long(parsed: Parsed, argument: str, args: Sequence[str], place: int, valued: Collection[str]) -> int:
    name, equals, value = argument.partition("=")
    if equals:
        parsed.take(name, value, place - 1)
    elif name in valued and place < len(args):
        parsed.take(name, args[place], place)
        return place + 1
    else:
        parsed.take(name, None, place - 1)
    return place


def _cluster(
    parsed: Parsed, argument: str, args: Sequence[str], place: int, valued: Collection[str], optional: Collection[str]
) -> int:
    """Read `-abc`: each letter an option; one that takes a value takes the rest, or the next argument."""
    for number, letter in enumerate(argument[1:], start=1):
        name = "-" + letter
        rest = argument[number + 1 :]
        if name not in valued and (name not in optional or not rest):
            parsed.take(name, None, place - 1)
            continue
        if rest:
            parsed.take(name, rest.removeprefix("="), place - 1)
        elif place < len(args):
            parsed.take(name, args[place], place)
            return place + 1
        else:
            parsed.take(name, None, place - 1)
        break
    return place
