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

    def end(self, args: Sequence[str], place: int) -> None:
        """Take every argument from that place on as a word."""
        self.words += args[place:]
        self.places += range(place, len(args))
        self.rest = list(args[place + 1 :])

    def after(self) -> list[str]:
        """Return the first word with all that follows it, as typed: what stands behind the options."""
        return [*self.words[:1], *self.rest]

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


class Reading:
    """How a program reads its options: the names of each kind.

    `valued` take what is attached, else the next word; `apart` always the next word (`bash -euoc pipefail TEXT`);
    `optional` no more than what is attached; `numbered` besides that the next word where it is a number
    (`make -j 4`). What follows one of `last`, or its value, is no option any more (`python -m pip install -U x`).
    `-abc` is three options unless `clusters` is false (programs with `-name` options).
    """

    __slots__ = ("apart", "clusters", "last", "marks", "numbered", "optional", "valued")

    def __init__(
        self,
        valued: Collection[str] = (),
        *,
        optional: Collection[str] = (),
        numbered: Collection[str] = (),
        apart: Collection[str] = (),
        last: Collection[str] = (),
        clusters: bool = True,
    ) -> None:
        self.valued = valued
        self.optional = optional
        self.numbered = numbered
        self.apart = apart
        self.last = last
        self.clusters = clusters
        self.marks = "-+" if any(name[0] == "+" for name in apart) else "-"

    def parse(self, args: Sequence[str], *, stop: bool = False) -> Parsed:
        """Split arguments; with `stop`, options end at the first word, and `rest` holds what follows it."""
        parsed = Parsed()
        place = 0
        while place < len(args):
            argument = args[place]
            place += 1
            if argument == "--":
                parsed.end(args, place)
                break
            if len(argument) < 2 or argument[0] not in self.marks:
                parsed.words.append(argument)
                parsed.places.append(place - 1)
                if stop:
                    parsed.rest = list(args[place:])
                    break
                continue
            if argument.startswith("--") or not self.clusters:
                place = self._long(parsed, argument, args, place)
            else:
                place = self._cluster(parsed, argument, args, place)
            if parsed.options[-1][0] in self.last:
                parsed.rest = list(args[place:])
                break
        return parsed

    def _long(self, parsed: Parsed, argument: str, args: Sequence[str], place: int) -> int:
        name, equals, value = argument.partition("=")
        if equals:
            parsed.take(name, value, place - 1)
            return place
        return self._next(parsed, name, args, place, takes=name in self.valued or name in self.apart)

    def _cluster(self, parsed: Parsed, argument: str, args: Sequence[str], place: int) -> int:
        """Read `-abc`: each letter an option; one that takes a value takes the rest, or the next argument."""
        for number, letter in enumerate(argument[1:], start=1):
            name = argument[0] + letter
            rest = argument[number + 1 :]
            if name in self.apart:
                place = self._next(parsed, name, args, place, takes=True)
            elif rest and (name in self.valued or name in self.optional or self._counts(name, rest)):
                parsed.take(name, rest.removeprefix("="), place - 1)
                break
            else:
                place = self._next(parsed, name, args, place, takes=name in self.valued and not rest)
        return place

    def _next(self, parsed: Parsed, name: str, args: Sequence[str], place: int, *, takes: bool) -> int:
        """Take the next argument as the option's value where it takes one; returns the place behind what was read."""
        if place < len(args) and (takes or self._counts(name, args[place])):
            parsed.take(name, args[place], place)
            return place + 1
        parsed.take(name, None, place - 1)
        return place

    def _counts(self, name: str, value: str) -> bool:
        return name in self.numbered and value[:1].isdigit()


def parse(args: Sequence[str], valued: Collection[str] = (), *, stop: bool = False) -> Parsed:
    """Split the arguments of a program that the table lacks."""
    return Reading(valued).parse(args, stop=stop)
