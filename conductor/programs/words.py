"""What the words after a program's name mean, as data: the one type of the table."""

from __future__ import annotations

from conductor.programs.options import Parsed, Reading

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
CHECKS = "checks"  # runs tests or checks of the code, which no rule stops
RULED = (INSTALLS, PYTHON, BUILDS, PUSHES, DEPLOYS)  # those of a program that a rule may stop
HELP = ("-h", "--help", "--version")


class Words:
    """The words of a program, or of one of its subcommands. Options are written `-r/--requirement`, the long name last.

    `valued`: options that take what is attached, else the next word · `apart`: those that take the next word, attached
    or not · `optional`: options whose value, where there is one, is attached (`-uno`, `--color=always`) · `numbered`:
    those whose value may stand apart where it is a number (`make -j 4`) · `last`: those after which nothing is an
    option (`python -m`) · `flags`: others that have two names; one that the table lacks takes no value.

    `chdir`: options whose value is the folder it starts in · `into`: those whose value is where it puts what it gets
    · `writes`: those whose value is a file that is written · `saves`: those whose value is the file that what it
    fetches is put into · `named`: with these the address names that file · `many`: with these only running would tell
    the files it fetches · `text`: those whose value is shell text that it runs · `code`: those whose value is text in
    the program's own language that it runs · `dry`: with these nothing changes · `idle`: with these it runs nothing of
    what it is given, nor of the project.

    `commands`: the subcommands with words of their own, several names of one separated by a space, two words of one
    joined by `/` (`tool/run`) · `inherits`: they take the program's options too.

    `effects`: effect class → the first words with which it has that effect. `a/b` is a first word with a second, `a/`
    with any second, `a?-x|-y` one with an option; no word at all (`""`) means every word but those in `harmless`.

    `before`: how many words stand before the command that it runs, None where it runs none. `how` it runs that:
    `project` (the project's own environment comes first), `fetches` (it is downloaded where it is not there), `apart`
    (it sees other files), `joined` (the words are shell text), `texts` (each word is one), `each` (once for each word
    of its input). `module`: options with which the words are a Python module; a program that has one runs Python
    scripts by their name.

    `fetches`: it fetches addresses, and `prints` what it gets, `saves` it in a file that the address names, or `saves
    whole`, all in one file that `saves` names, else with what the address asks in the name (wget).

    `language`: what a script is written in that it runs: `sh` for the shells that read what sh reads, `fish` and `csh`
    for those that don't. `own`: the first words that it does itself, where any other is a script of the project.
    `file`: the files of the project that say what it does, the first one there counts.

    `clusters`: `-abc` is three options. `help`: the words that make it print its options, '' where it is not asked.
    """

    __slots__ = (
        "before",
        "clusters",
        "columns",
        "commands",
        "effects",
        "fetches",
        "file",
        "given",
        "harmless",
        "help",
        "how",
        "inherits",
        "language",
        "own",
        "parent",
        "reading",
    )  # fmt: skip

    def __init__(
        self,
        *,
        valued: str = "",
        apart: str = "",
        optional: str = "",
        numbered: str = "",
        last: str = "",
        flags: str = "",
        chdir: str = "",
        into: str = "",
        writes: str = "",
        saves: str = "",
        named: str = "",
        many: str = "",
        text: str = "",
        code: str = "",
        dry: str = "",
        idle: str = "",
        commands: Mapping[str, Words] | None = None,
        inherits: bool = False,
        effects: Mapping[str, str] | None = None,
        harmless: str = "",
        before: int | None = None,
        how: str = "",
        module: str = "",
        fetches: str = "",
        language: str = "",
        own: str = "",
        file: str = "",
        clusters: bool = True,
        help: str = "",  # noqa: A002 - the column's name
    ) -> None:
        # Kept as they stand: a file of the table builds all of them, and one call asks few.
        self.given = {
            "valued": valued, "apart": apart, "optional": optional, "numbered": numbered, "last": last, "flags": flags,
            "chdir": chdir, "into": into, "writes": writes, "text": text, "code": code, "dry": dry, "idle": idle,
            "module": module, "saves": saves, "named": named, "many": many,
        }  # fmt: skip
        self.columns: dict[str, frozenset[str]] = {}
        self.reading: Reading | None = None
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
        self.fetches = fetches
        self.language = language
        self.own = frozenset(own.split())
        self.file = tuple(file.split())
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
        columns = ("valued", "apart", "chdir", "into", "writes", "saves", "text", "code")
        return frozenset().union(*(self.column(column) for column in columns)) - self.optional

    @property
    def optional(self) -> frozenset[str]:
        """Return the options whose value, where there is one, is attached, or a number."""
        return self.column("optional") | self.column("numbered")

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
    def idle(self) -> frozenset[str]:
        """Return the options with which it runs nothing of what it is given."""
        return self.column("idle")

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
        if self.reading is None:
            self.reading = Reading(
                self.valued,
                optional=self.column("optional"),
                numbered=self.column("numbered"),
                apart=self.column("apart"),
                last=self.column("last"),
                clusters=self.clusters,
            )
        return self.reading.parse(args, stop=stop)

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

    __slots__ = ("_late", "argv", "at", "options", "words")

    def __init__(self, words: Words, options: Parsed, after: list[str]) -> None:
        self.words = words
        self.options = options
        argv = after[words.before or 0 :]
        argv = argv[1:] if argv[:1] == ["--"] else argv
        self._late: str | None = None
        if argv[:1] and argv[0] in words.column("text"):  # behind the wrapper's own words: `flock FILE -c TEXT`
            self._late, argv = (argv[1:2] or [""])[0], argv[2:]
        self.at = -len(argv)
        if argv and words.how == "project":  # hatch's `ENVIRONMENT:COMMAND`
            argv = [argv[0].rpartition(":")[2], *argv[1:]]
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
        return self._late if self._late is not None else self.options.value(*self.words.column("text"))

    def texts(self) -> list[str]:
        """Return the shell texts that it runs, each in a shell of its own; none where it runs words."""
        text = self.text()
        if text is not None:
            return [" ".join([text, *("'" + word.replace("'", "'\\''") + "'" for word in self.argv)])]
        if self.words.how == "joined":
            return [" ".join(self.argv)] if self.argv else []
        return self.argv if self.words.how == "texts" else []


NOTHING = Words()
