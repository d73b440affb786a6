"""Read what a `pip install` (also `uv pip`, `python -m pip`, `conda run … pip`) asks for, and from where."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from conductor.errors import UsageProblem
from conductor.preflight.limits import MAX_REQUIREMENTS
from conductor.preflight.parse.requirements import (
    Requirement,
    RequirementsFile,
    decode,
    parse_requirement,
    parse_requirements,
)
from conductor.programs import known
from conductor.shell.expand import UNKNOWN

if TYPE_CHECKING:
    from conductor.domain.finding import Location
    from conductor.preflight.environment.model import Command, Environment, Interpreter, LocalProject, Word
    from conductor.preflight.environment.projects import FoundProject
    from conductor.programs.words import Words

# uv's names for what pip calls otherwise.
_AS_PIP = {
    "--default-index": "--index-url", "--index": "--extra-index-url", "--requirements": "--requirement",
    "--constraints": "--constraint",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class IncludedFile:
    """A requirements or constraints file that an installation names.

    `path` is as findings print it (relative to the project), None where its content is not the project's; `content` is
    None where it cannot be read.
    """

    path: str | None
    image_path: str | None
    constraint: bool
    content: RequirementsFile | None
    location: Location


@dataclass(frozen=True, slots=True)
class PipInstall:
    """One installation of Python packages, with the environment before it.

    `requirements` are those of the command line, then those of its files; `where` gives each one's place.
    `options` holds every option in its long form with its values (an empty list of values for a bare one).
    `interpreter` is None where it is not known which Python it installs for; `tool` is `pip` or `uv`.
    `complete` is false where a word or a file could not be read, so more may be installed than is listed.
    `projects` are those of the build context that are installed from a folder, by name; what they require is listed.
    """

    command: Command
    interpreter: Interpreter | None
    requirements: tuple[Requirement, ...]
    where: tuple[Location, ...]
    files: tuple[IncludedFile, ...]
    options: dict[str, tuple[str, ...]] = field(hash=False)
    tool: str
    complete: bool
    projects: dict[str, LocalProject] = field(default_factory=dict, hash=False)

    @property
    def environment(self) -> Environment:
        """Return what holds before the installation."""
        return self.command.before

    def has(self, option: str) -> bool:
        """Tell whether the option (long form) is given on the command line or in one of its files."""
        return option in self.options

    @property
    def index_url(self) -> str | None:
        """Return the index asked first: the option, else PIP_INDEX_URL; None for the default one."""
        given = self.options.get("--index-url")
        return given[-1] if given else self.environment.variables.get("PIP_INDEX_URL")

    @property
    def extra_index_urls(self) -> tuple[str, ...]:
        """Return the further indexes: the options and PIP_EXTRA_INDEX_URL."""
        variable = self.environment.variables.get("PIP_EXTRA_INDEX_URL") or ""
        return (*self.options.get("--extra-index-url", ()), *variable.split())


def pip_words(command: Command) -> tuple[str, str | None, int] | None:
    """Return (tool, the command that starts it, index of the word after `install`) of an installation, or None."""
    texts = [word.text for word in command.words]
    if not texts or texts[0] is None:
        return None
    name = texts[0].rsplit("/", 1)[-1]
    index = 1
    tool, starter = "pip", texts[0]
    if name == "uv":
        tool, index = "uv", _after_word("uv", texts, 1, "pip")
    elif name.startswith("python") and texts[1:3] == ["-m", "pip"]:
        index = 3
    elif name.startswith("python") and texts[1:3] == ["-m", "uv"]:
        tool, index = "uv", _after_word("uv", texts, 3, "pip")
    elif not (name == "pip" or name.startswith(("pip3", "pip2"))):
        return None
    index = _after_word(tool, texts, index, "install") if index else 0
    return (tool, starter, index) if index else None


def named_files(command: Command) -> list[tuple[int, str]]:
    """Return (index of the word, path) of each requirements or constraints file that an installation's words name."""
    parsed = pip_words(command)
    if parsed is None:
        return []
    grammar, words = _grammar(parsed[0]), command.words[parsed[2] :]
    given = grammar.parse([_told(word.text) for word in words])
    pairs = zip(given.at, given.options, strict=True)
    files = [(at, value) for at, (name, value) in pairs if _long(grammar, name) in {"--requirement", "--constraint"}]
    return [(parsed[2] + at, value) for at, value in files if value and "://" not in value and UNKNOWN not in value]


def _after_word(tool: str, texts: list[str | None], index: int, word: str) -> int:
    """Return the index behind a word that is the first after options, 0 where it is not that word."""
    parsed = known(tool).command(["pip"] if word == "install" else []).parse([*map(_told, texts[index:])], stop=True)
    return index + parsed.places[0] + 1 if parsed.words[:1] == [word] else 0


def _grammar(tool: str) -> Words:
    """Return what the words after `install` mean."""
    return known(tool).command(["pip", "install"] if tool == "uv" else ["install"])


def _long(grammar: Words, name: str) -> str:
    """Return the long name of an option, as pip calls it."""
    long = grammar.long(name)
    return _AS_PIP.get(long, long)


def _told(text: str | None) -> str:
    return UNKNOWN if text is None else text


def read_pip_install(command: Command) -> PipInstall | None:
    """Return what the command installs, or None for a command that is no installation."""
    parsed = pip_words(command)
    if parsed is None:
        return None
    tool, starter, index = parsed
    reader = _Reader(command, _grammar(tool))
    reader.arguments(command.words[index:])
    interpreter = _interpreter(command, tool, starter or "pip", reader.options)
    version = interpreter.version if interpreter else None
    pairs = zip(reader.requirements, reader.where, strict=True)
    kept = [(requirement, where) for requirement, where in pairs if marker_holds(requirement.marker, version)]
    return PipInstall(
        command,
        interpreter,
        tuple(requirement for requirement, _ in kept),
        tuple(where for _, where in kept),
        tuple(reader.files),
        {name: tuple(values) for name, values in reader.options.items()},
        tool,
        reader.complete,
        reader.projects,
    )


def marker_holds(marker: str | None, python: str | None) -> bool:
    """Tell whether pip heeds a requirement with this marker (PEP 508) there; true where that cannot be told."""
    if marker is None:
        return True
    from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

    values = {
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }
    if python is None and "python" in marker:
        return True
    if python is not None:
        minor = ".".join(python.split(".")[:2])
        values |= {"python_version": minor, "python_full_version": f"{minor}.0", "implementation_version": f"{minor}.0"}
    try:
        return Marker(marker).evaluate(values)
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, ValueError):
        return True


def _interpreter(command: Command, tool: str, starter: str, options: dict[str, list[str]]) -> Interpreter | None:
    environment = command.before
    if "--python" in options:
        return environment.python(options["--python"][-1])
    if tool == "uv":
        virtual = environment.variables.get("VIRTUAL_ENV")
        if "--system" not in options and virtual:
            return environment.python(f"{virtual}/bin/python")
        if "--system" not in options and (beside := _beside(environment)) is not None:
            return beside
        return environment.python("python") or environment.python("python3")
    return environment.python(starter)


def _beside(environment: Environment) -> Interpreter | None:
    """Return the Python of the `.venv` in the working directory or the nearest folder above it, which uv takes."""
    import posixpath

    folder = environment.workdir
    while folder is not None:
        found = environment.interpreters.get(posixpath.join(folder, ".venv/bin"), {}).get("python")
        if found is not None or folder == "/":
            return found
        folder = posixpath.dirname(folder)
    return None


class _Reader:
    """Collects what the words and the files they name ask for."""

    def __init__(self, command: Command, grammar: Words) -> None:
        self.command = command
        self.grammar = grammar
        self.requirements: list[Requirement] = []
        self.where: list[Location] = []
        self.files: list[IncludedFile] = []
        self.options: dict[str, list[str]] = {}
        self.complete = True
        self.projects: dict[str, LocalProject] = {}
        self._seen: set[str] = set()

    def arguments(self, words: tuple[Word, ...]) -> None:
        parsed = self.grammar.parse([_told(word.text) for word in words])
        options = zip(parsed.at, parsed.options, strict=True)
        found = [*((at, name, value) for at, (name, value) in options), *((at, None, None) for at in parsed.places)]
        # Files last: which extras of a project are meant may be said behind it.
        for at, name, value in sorted(found, key=lambda each: (self._names_file(each[1]), each[0])):
            word = words[at]
            if word.text is None and name is None:
                self.complete = False
            elif name is None:
                self._requirement(word.text or "", word)
            else:
                self._option(name, None if value == UNKNOWN else value or "", word)

    def _names_file(self, name: str | None) -> bool:
        return name is not None and _long(self.grammar, name) in {"--requirement", "--constraint"}

    def _requirement(self, text: str, word: Word, *, editable: bool = False) -> None:
        requirement = parse_requirement(text, word.line, word.column)
        named = requirement is not None and requirement.address is None  # click==8.*, which stays as it is
        if any(mark in text for mark in "*?") and text.endswith((".whl", ".tar.gz", "*")) and not named:
            self._matching(text, word)
            return
        if requirement is None:
            self.complete = False
            return
        requirement = replace(requirement, editable=editable)
        self._take(requirement, replace(self.command.location, line=word.line, column=word.column))

    def _matching(self, pattern: str, word: Word) -> None:
        """Note the wheels of the build context that a pattern stands for; others may lie there too."""
        from conductor.preflight.environment.paths import absolute

        self.complete = False
        files, path = self.command.before.files, absolute(self.command.before, pattern)
        for name in files.matching(path) if files is not None and path is not None else ():
            if name.endswith(".whl") and (found := parse_requirement(name, word.line, word.column)) is not None:
                self._take(found, replace(self.command.location, line=word.line, column=word.column))

    def _take(self, requirement: Requirement, where: Location) -> None:
        """Note one requirement; a folder stands for the project in it and what that requires."""
        from conductor.preflight.environment.projects import find_project, folder_of

        place = folder_of(requirement)
        if place is not None:
            found = find_project(self.command.before, *place, editable=requirement.editable)
            if found is None or found.project.name is None or not found.installed.complete:
                self.complete = False
            if found is not None and found.project.name is not None and found.project.name not in self.projects:
                requirement = replace(requirement, name=found.project.name)
                self.projects[found.project.name] = found.installed
                self._required(found)
        self.requirements.append(requirement)
        self.where.append(where)

    def _required(self, found: FoundProject) -> None:
        """Note what a project requires, at the line of its own file."""
        import posixpath

        from conductor.domain.finding import Location

        context = self.command.before.files.context if self.command.before.files else None
        lines = {
            name: ((context.read_text(posixpath.join(found.source, name)) if context else None) or "").splitlines()
            for name in found.project.files
        }
        for text in found.project.wanted(found.extras):
            at = next(((n, i + 1) for n, all_ in lines.items() for i, line in enumerate(all_) if text in line), None)
            name, line = at or (found.project.files[0], 1)
            requirement = parse_requirement(text, line)
            shown = context.display(posixpath.join(found.source, name)) if context else name
            if requirement is not None:
                self._take(requirement, Location(shown, line))

    def _option(self, name: str, value: str | None, word: Word) -> None:
        long = _long(self.grammar, name)
        values = self.options.setdefault(long, [])
        if value is None:
            self.complete = False
        elif value:
            values.append(value)
        if long in {"--requirement", "--constraint"}:
            self._file(value, word, constraint=long == "--constraint")
        elif long == "--group":
            self.complete = False  # what the group of pyproject.toml lists
        elif long == "--editable" and value:
            self._requirement(value, word, editable=True)

    def _file(self, value: str | None, word: Word, *, constraint: bool) -> None:
        import posixpath

        location = replace(self.command.location, line=word.line, column=word.column)
        environment = self.command.before
        if value is None or environment.workdir is None or environment.files is None or "://" in value:
            self.files.append(IncludedFile(None, None, constraint, None, location))
            self.complete = self.complete and constraint
            return
        image_path = posixpath.normpath(posixpath.join(environment.workdir, value))
        if image_path in self._seen:
            return
        self._seen.add(image_path)
        if posixpath.basename(image_path) in {"pyproject.toml", "setup.py", "setup.cfg"} and not constraint:
            self._project_file(image_path, location)
            return
        found = environment.files.find(image_path)
        context = environment.files.context
        text = decode(context.read(found.source)) if found.source else None
        content = parse_requirements(text) if text is not None else None
        shown = context.display(found.source) if found.source else None
        if content is not None and len(content.requirements) > MAX_REQUIREMENTS:
            raise UsageProblem(
                f"has {len(content.requirements):,} requirements; at most {MAX_REQUIREMENTS:,} are judged",
                hint="name the packages the image needs",
                path=shown,
            )
        self.files.append(IncludedFile(shown, image_path, constraint, content, location))
        if content is None or shown is None:
            self.complete = self.complete and constraint
            return
        self._content(content, shown, image_path, word, constraint=constraint)

    def _project_file(self, image_path: str, location: Location) -> None:
        """Note what a project file requires that uv is given as a requirements file; the project itself stays out."""
        import posixpath

        from conductor.preflight.environment.projects import find_project

        environment = self.command.before
        found = environment.files.find(image_path) if environment.files else None
        context = environment.files.context if environment.files else None
        shown = context.display(found.source) if context and found and found.source else None
        project = find_project(
            environment, posixpath.dirname(image_path), tuple(self.options.get("--extra", ())), editable=False
        )
        content = RequirementsFile((), (), ()) if project is not None else None
        self.files.append(IncludedFile(shown, image_path, False, content, location))
        if project is None or not project.project.complete or "--all-extras" in self.options:
            self.complete = False
        if project is not None:
            self._required(project)

    def _content(self, content: RequirementsFile, shown: str, image_path: str, word: Word, *, constraint: bool) -> None:
        import posixpath

        from conductor.domain.finding import Location

        for requirement in () if constraint else content.requirements:
            self._take(requirement, Location(shown, requirement.line, requirement.column))
        for option in content.options:
            if option.name in {"--requirement", "--constraint"} and option.value:
                inner = posixpath.join(posixpath.dirname(image_path), option.value)
                self._file(inner, word, constraint=constraint or option.name == "--constraint")
            else:
                values = self.options.setdefault(option.name, [])
                values.extend([option.value] if option.value else [])
