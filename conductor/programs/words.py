"""What the words after a program's name mean, as data: the one type of the table."""

from __future__ import annotations

from conductor.programs.options import Parsed, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Effect classes: what a call does that somebody may have to allow.
INSTALLS = "installs"  # puts, changes or removes programs or packages of the machine or its user
PYTHON = "installs for Python"  # the same of Python distributions, in whichever environment
BUILDS = "builds"  # makes a container image
COMMITS = "commits"
PUSHES = "pushes"  # gives commits or an image to others
DEPLOYS = "deploys"  # changes what runs elsewhere
HELP = ("-h", "--help", "--version")


class Words:
    """The words of a program, or of one of its subcommands. Options are written `-r/--requirement`, the long name last.

    `valued`: options that take what is attached, else the next word · `optional`: options whose value, where there is
    one, is attached (`-uno`, `--color=always`) · `flags`: others that have two names; one that the table lacks takes no
    value · `repeated`: options of which each one counts, not only the last · `chdir`: those whose value is the folder
    it starts in · `into`: those whose value is where it installs to · `dry`: with these nothing changes · `text`: those
    whose value is shell text that it runs · `reads`, `writes`: those whose value is a file that is read, or written.

    `commands`: the subcommands with words of their own, several names of one separated by a space, two words of one
    joined by `/` (`tool/run`) · `inherits`: they take the program's options too.

    `effects`: effect class → the first words with which it has that effect. `a/b` is a first word with a second, `a/`
    with any second, `a?-x|-y` one with an option; no word at all (`""`) means every word but those in `harmless`.

    `before`: how many words stand before the command that it runs, None where it runs none. `how` it runs that:
    `project` (the project's own environment comes first), `fetches` (it is downloaded where it is not there), `apart`
    (it sees other files), `joined` (the words are shell text), `each` (once for each word of its input). `module`:
    options with which the words are a Python module; a program that has one runs Python scripts by their name.

    `clusters`: `-abc` is three options. `help`: the words that make it print its options, '' where it is not asked.
    """

    __slots__ = (
        "before",
        "clusters",
        "columns",
        "commands",
        "effects",
        "given",
        "harmless",
        "help",
        "how",
        "inherits",
        "parent",
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
        text: str = "",
        reads: str = "",
        writes: str = "",
        commands: Mapping[str, Words] | None = None,
        inherits: bool = False,
        effects: Mapping[str, str] | None = None,
        harmless: str = "",
        before: int | None = None,
        how: str = "",
        module: str = "",
        clusters: bool = True,
        help: str = "",  # noqa: A002 - the column's name
    ) -> None:
        # Kept as they stand: a file of the table builds all of them, and one call asks few.
        self.given = {
            "valued": valued, "flags": flags, "optional": optional, "repeated": repeated, "chdir": chdir,
            "into": into, "dry": dry, "text": text, "reads": reads, "writes": writes,
            "module": module,
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
        self.how = how
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
        columns = ("valued", "chdir", "into", "text", "reads", "writes")
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

    def runs(self) -> bool:
        """Tell whether it, or a subcommand, runs the words after it."""
        return self.before is not None or any(command.before is not None for command in self.commands.values())

    def wrapped(self, args: Sequence[str]) -> Wrapped | None:
        """Return the command that the arguments make it run, None where they make it run none."""
        parsed = self.parse(args, stop=True).first()
        for count in (1, 2):
            command = self.commands.get("/".join(parsed.words)) if len(parsed.words) == count else None
            if command is not None and command.before is not None:
                parsed.then(command.parse(parsed.rest, stop=True).first())
                return Wrapped(command, parsed, [*parsed.words[count:], *parsed.rest])
            if count == 2 or not any(name.startswith(f"{parsed.words[0]}/") for name in self.commands if parsed.words):
                break
            parsed.then(self.command(parsed.words).parse(parsed.rest, stop=True).first())
        return None if self.before is None else Wrapped(self, parsed, [*parsed.words, *parsed.rest])

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


class Wrapped:
    """A command that a wrapper runs: `argv`, and the wrapper's own `words` and `options`.

    `at` is the place of the command among the wrapper's arguments.
    """

    __slots__ = ("argv", "at", "options", "words")

    def __init__(self, words: Words, options: Parsed, after: list[str]) -> None:
        self.words = words
        self.options = options
        argv = after[words.before or 0 :]
        argv = argv[1:] if argv[:1] == ["--"] else argv
        self.at = -len(argv)
        if argv and options.has(*words.column("module")):
            argv = ["python", "-m", *argv]
        elif argv and words.column("module") and argv[0].endswith(".py"):
            argv = ["python", *argv]
        self.argv = argv

    def folder(self) -> str | None:
        """Return the folder that the command starts in, None for this one."""
        return self.options.value(*self.words.chdir)

    def text(self) -> str | None:
        """Return the shell text that is given in an option in place of a command."""
        return self.options.value(*self.words.column("text"))


NOTHING = Words()
