"""What the words after a program's name mean, as data: the one type of the table."""

from __future__ import annotations

from conductor.programs.options import Parsed, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Effect classes: what a call does that somebody may have to allow.
INSTALLS = "installs"  # puts, changes or removes programs or packages
BUILDS = "builds"  # makes a container image
COMMITS = "commits"
PUSHES = "pushes"  # gives commits or an image to others
DEPLOYS = "deploys"  # changes what runs elsewhere
LOSES = "loses"  # may destroy what nothing else holds
HELP = ("-h", "--help", "--version")


class Words:
    """The words of a program, or of one of its subcommands. Options are written `-r/--requirement`, the long name last.

    `valued`: options that take what is attached, else the next word · `optional`: options whose value, where there is
    one, is attached (`-uno`, `--color=always`) · `flags`: others that have two names; one that the table lacks takes no
    value · `repeated`: options of which each one counts, not only the last ·
    `chdir`: those whose value is the folder it starts in · `into`: those whose value is where it installs to · `dry`:
    with these nothing changes · `reads`, `writes`: those whose value is a file that is read, or written.

    `commands`: the subcommands with words of their own, several names of one separated by a space, two words of one
    joined by `/` (`tool/run`) · `inherits`: they take the program's options too.

    `effects`: effect class → the first words with which it has that effect. `a/b` is a first word with a second, `a/`
    with any second, `a?-x|-y` one with an option; no word at all (`""`) means every word but those in `harmless`.

    `before`: how many words stand before the command that it runs, None where it runs none. `clusters`: `-abc` is three
    options. `help`: the words that make it print its options, '' where it is not asked.
    """

    __slots__ = (
        "before", "clusters", "columns", "commands", "effects", "given", "harmless", "help", "inherits", "parent"
    )  # fmt: skip

    def __init__(
        self,
        *,
        valued: str = "",
        flags: str = "",
        optional: str = "",
        repeated: str = "",
        chdir: str = "",
        into: str = "",
        dry: str = "",
        reads: str = "",
        writes: str = "",
        commands: Mapping[str, Words] | None = None,
        inherits: bool = False,
        effects: Mapping[str, str] | None = None,
        harmless: str = "",
        before: int | None = None,
        clusters: bool = True,
        help: str = "",  # noqa: A002 - the column's name
    ) -> None:
        # Kept as they stand: a file of the table builds all of them, and one call asks few.
        self.given = {
            "valued": valued, "flags": flags, "optional": optional, "repeated": repeated, "chdir": chdir,
            "into": into, "dry": dry, "reads": reads, "writes": writes,
        }  # fmt: skip
        self.columns: dict[str, frozenset[str]] = {}
        self.parent: Words | None = None
        self.inherits = inherits
        self.commands: dict[str, Words] = {}
        for names, command in (commands or {}).items():
            command.parent = self if inherits else None
            self.commands.update(dict.fromkeys(names.split(), command))
        self.effects = effects or {}
        self.harmless = frozenset(harmless.split())
        self.before = before
        self.clusters = clusters
        self.help = help

    def column(self, name: str) -> frozenset[str]:
        """Return the options of a column, under all of their names."""
        found = self.columns.get(name)
        if found is None:
            found = frozenset(self.given[name].replace("/", " ").split())
            if self.parent is not None:
                found |= self.parent.column(name)
            self.columns[name] = found
        return found

    @property
    def valued(self) -> frozenset[str]:
        """Return the options that take a value, under all of their names."""
        columns = ("valued", "chdir", "into", "reads", "writes")
        return frozenset().union(*(self.column(column) for column in columns)) - self.optional

    @property
    def optional(self) -> frozenset[str]:
        """Return the options whose value, where there is one, is attached."""
        return self.column("optional")

    @property
    def repeated(self) -> frozenset[str]:
        """Return the options of which each one counts."""
        return self.column("repeated")

    @property
    def chdir(self) -> frozenset[str]:
        """Return the options whose value is the folder it starts in."""
        return self.column("chdir")

    @property
    def into(self) -> frozenset[str]:
        """Return the options whose value is where it installs to."""
        return self.column("into")

    @property
    def dry(self) -> frozenset[str]:
        """Return the options with which nothing changes."""
        return self.column("dry")

    @property
    def reads(self) -> frozenset[str]:
        """Return the options whose value is a file that is read."""
        return self.column("reads")

    @property
    def writes(self) -> frozenset[str]:
        """Return the options whose value is a file that is written."""
        return self.column("writes")

    def long(self, name: str) -> str:
        """Return an option's last name in the table: `--requirement` for `-r`; an unknown one as it is."""
        for given in self.given.values():
            for group in given.split():
                names = group.split("/")
                if name in names:
                    return names[-1]
        return self.parent.long(name) if self.parent is not None else name

    def parse(self, args: Sequence[str], *, stop: bool = False) -> Parsed:
        """Split arguments as this program does; with `stop`, options end at the first word."""
        return parse(args, self.valued, optional=self.optional, stop=stop, clusters=self.clusters)

    def command(self, words: Sequence[str]) -> Words:
        """Return what a subcommand's words mean (two of them, where the table has the pair)."""
        first, second = (*words, "", "")[:2]
        found = self.commands.get(f"{first}/{second}") or self.commands.get(first)
        return found or (NOTHING if self.commands and not self.inherits else self)

    def read(self, args: Sequence[str]) -> Parsed:
        """Split arguments, those after a subcommand as that one does; `words` begins with the subcommand's own."""
        parsed = self.parse(args, stop=True).first()
        if not parsed.words:
            return parsed
        first = parsed.words[0]
        if any(name.startswith(f"{first}/") for name in self.commands):
            parsed.then(self.command([first]).parse(parsed.rest, stop=True).first())
        return parsed.then(self.command(parsed.words).parse(parsed.rest))

    def has_word(self, effect: str, word: str) -> bool:
        """Tell whether a first word alone has that effect."""
        return word in self.effects.get(effect, "").split()

    def is_open(self, effect: str) -> bool:
        """Tell whether every word has that effect."""
        return self.effects.get(effect) == ""

    def has_effect(self, effect: str, words: Sequence[str], parsed: Parsed) -> bool:
        """Tell whether the first words and the options mean that effect."""
        first, second = (*words, "", "")[:2]
        patterns = self.effects.get(effect)
        if patterns is None:
            return False
        if not patterns:
            return bool(first) and first not in self.harmless
        names = {first, f"{first}/{second}", f"{first}/"} if second else {first}
        for pattern in patterns.split():
            name, _, options = pattern.partition("?")
            if name in names and (not options or parsed.has(*options.split("|"))):
                return True
        return False


NOTHING = Words()
