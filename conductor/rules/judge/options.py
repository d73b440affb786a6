"""Split arguments into options and words as the usual option parsers do."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class Parsed:
    """Options in order as (name, value or None), then words; `rest` is what follows the first word, as typed."""

    __slots__ = ("options", "rest", "words")

    def __init__(self) -> None:
        self.options: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.rest: list[str] = []

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
    attached: Collection[str] = (),
    stop: bool = False,
    clusters: bool = True,
) -> Parsed:
    """Split arguments. `valued` options take the next argument where none is attached.

    Short options that are `attached` take no more than what stands behind their letter. With `stop`, options end at the
    first word, and `rest` holds what follows it. `-abc` counts as three options unless `clusters` is false (programs
    with `-name` options).
    """
    parsed = Parsed()
    place = 0
    while place < len(args):
        argument = args[place]
        place += 1
        if argument == "--":
            parsed.words += args[place:]
            parsed.rest = list(args[place + 1 :])
            break
        if len(argument) < 2 or argument[0] != "-":
            parsed.words.append(argument)
            if stop:
                parsed.rest = list(args[place:])
                break
            continue
        if argument.startswith("--") or not clusters:
            place = _long(parsed, argument, args, place, valued)
        else:
            place = _cluster(parsed, argument, args, place, valued, attached)
    return parsed


def _long(parsed: Parsed, argument: str, args: Sequence[str], place: int, valued: Collection[str]) -> int:
    name, equals, value = argument.partition("=")
    if equals:
        parsed.options.append((name, value))
    elif name in valued and place < len(args):
        parsed.options.append((name, args[place]))
        return place + 1
    else:
        parsed.options.append((name, None))
    return place


def _cluster(
    parsed: Parsed, argument: str, args: Sequence[str], place: int, valued: Collection[str], attached: Collection[str]
) -> int:
    """Read `-abc`: each letter an option; one that takes a value takes the rest, or the next argument."""
    for number, letter in enumerate(argument[1:], start=1):
        name = "-" + letter
        rest = argument[number + 1 :]
        if name not in valued and (name not in attached or not rest):
            parsed.options.append((name, None))
            continue
        if rest:
            parsed.options.append((name, rest.removeprefix("=")))
        elif place < len(args):
            parsed.options.append((name, args[place]))
            return place + 1
        else:
            parsed.options.append((name, None))
        break
    return place
