"""What a program that fetches addresses does with what it gets: prints it, or puts it into files."""

from __future__ import annotations

from conductor.programs import find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from conductor.programs.options import Parsed
    from conductor.programs.words import Words

UNKNOWN = "\ue000"  # as in conductor.shell.expand: part of a word that only running the command would tell
OUTPUTS = frozenset({"-", "/dev/stdout"})


class Fetched:
    """Where a call puts what it fetches.

    `files` are paths as typed, one that only running would tell is left out. `prints`: it goes to the output ·
    `folder`: where files go whose names only running would tell (many, or what a server calls them), None for none;
    then `files` are what the addresses say.
    """

    __slots__ = ("files", "folder", "prints")

    def __init__(self, files: Sequence[str] = (), *, prints: bool = False, folder: str | None = None) -> None:
        self.files = list(files)
        self.prints = prints
        self.folder = folder


def fetched(name: str, args: Sequence[str]) -> Fetched | None:
    """Return what a call does with what it fetches, None for a program that fetches nothing."""
    words = find(name)
    if words is None or not words.fetches:
        return None
    parsed = words.parse(args)
    if parsed.has(*words.idle):
        return Fetched()
    folder = parsed.value(*words.into)
    given = parsed.values(*words.column("saves"))
    if given:
        # wget's -O is no name in the folder that -P gives.
        named = [name if words.fetches == "saves whole" else _in(folder, name) for name in given if name not in OUTPUTS]
        known = [name for name in named if UNKNOWN not in name]
        return Fetched(
            known, prints=len(named) < len(given), folder=(folder or ".") if len(known) < len(named) else None
        )
    if words.fetches == "prints" and not parsed.has(*words.column("named"), *words.column("many")):
        return Fetched(prints=True)
    return _by_address(words, parsed, folder)


def _by_address(words: Words, parsed: Parsed, folder: str | None) -> Fetched:
    addresses = [*parsed.words, *parsed.values("--url")]
    names = [leaf_of(address, query=words.fetches == "saves whole") for address in addresses]
    unknown = not names or None in names or parsed.has(*words.column("many"))
    return Fetched([_in(folder, name) for name in names if name], folder=(folder or ".") if unknown else None)


def leaf_of(address: str, *, query: bool = False) -> str | None:
    """Return the file name that a download of an address gets, None where only running would tell.

    `query` says that what stands behind `?` is a part of the name, as it is to wget.
    """
    path, mark, asked = address.partition("#")[0].partition("?")
    place, _, name = path.partition("://")[2].rpartition("/") if "://" in path else path.rpartition("/")
    name += mark + asked if query else ""
    return None if not (place and name) or UNKNOWN in name or any(each in name for each in "[]{}*") else name


def _in(folder: str | None, name: str) -> str:
    return f"{folder}/{name}" if folder and name[:1] != "/" else name
