"""The values that the followed environment is made of; every fact says where it came from."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from conductor.domain.finding import Location
from conductor.preflight.environment.origin import Origin
from conductor.preflight.environment.owners import Owners

if TYPE_CHECKING:
    from conductor.preflight.environment.files import ImageFiles
    from conductor.preflight.environment.owners import Accounts

Phase = Literal["build", "start"]
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known, with its origin; `sure` is false where it was derived and not looked up."""

    value: str
    origin: Origin
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Interpreter:
    """One Python: `path` is the folder of its commands (`/usr/bin`, `/opt/venv/bin`)."""

    path: str
    version: str | None
    kind: Literal["base", "system", "conda", "venv"]
    origin: Origin
    externally_managed: bool | None = None
    # For a virtual environment: packages of the interpreter below are visible too.
    sees_system: bool = False
    # For a virtual environment: the folder of the Python that it was made of, and that it needs to run.
    home: str | None = None


@dataclass(frozen=True, slots=True)
class LocalProject:
    """A project of the build context as installed from a folder of the image.

    `places` are its top-level modules → path relative to `folder`, None where they cannot be told; `sources` the same
    modules → context path, of those that lay there when it was installed; `scripts` its commands → `module:function`.
    An editable one is read from its folder at run time. `complete`: everything that it requires is known.
    """

    folder: str
    editable: bool
    places: dict[str, str] | None = field(hash=False)
    sources: dict[str, str] = field(hash=False)
    scripts: dict[str, str] = field(hash=False)
    complete: bool


@dataclass(frozen=True, slots=True)
class Distribution:
    """A Python package as installed: `version` without its local part, None where no pin says it."""

    name: str
    version: str | None
    local: str | None
    origin: Origin
    extras: tuple[str, ...] = ()
    project: LocalProject | None = None
    # Nothing that it requires was installed with it (--no-deps).
    alone: bool = False
    # The folder of its commands, and of those of what came along; None where they were left behind.
    commands_in: str | None = None
    # Nothing seen keeps it from being the newest version of the day of the build.
    open: bool = False


@dataclass(slots=True)
class Environment:
    """What holds before one command runs. Copied for each; a key that is missing is unknown, not absent."""

    os: Fact | None = None
    glibc: Fact | None = None
    cuda: Fact | None = None
    torch: Fact | None = None
    torch_cuda: Fact | None = None
    cxx11abi: Fact | None = None
    base: str | None = None
    user: Fact | None = None
    workdir: str | None = "/"
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    variables: dict[str, str | None] = field(default_factory=dict)
    # Folder of commands -> name of a command in it (python, pip3, python3.11) -> the Python that it starts.
    interpreters: dict[str, dict[str, Interpreter]] = field(default_factory=dict)
    packages: dict[tuple[str, str], Distribution] = field(default_factory=dict)  # (interpreter path, name) -> package
    # Folders of commands whose Python may have more packages than are listed, `*` for any, and why.
    unlisted: dict[str, Origin] = field(default_factory=dict)
    # Commands: True is there, False certainly is not; a name that is missing is not known.
    commands: dict[str, bool] = field(default_factory=dict)
    command_origin: dict[str, Origin] = field(default_factory=dict)
    libraries: dict[str, bool] = field(default_factory=dict)
    apt_packages: dict[str, Origin] = field(default_factory=dict)
    repositories: dict[str, Origin] = field(default_factory=dict)
    # Whatever may have put files or commands anywhere: installers, archives, scripts that were not followed.
    opaque: tuple[Origin, ...] = ()
    apt_lists: bool | None = None
    files: ImageFiles | None = None
    # None where nobody looked up which users the base has.
    accounts: Accounts | None = None
    owners: Owners = field(default_factory=Owners)
    build_variables: dict[str, str | None] = field(default_factory=dict)
    # Folder -> the address of the repository that was cloned into it.
    clones: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Environment:
        """Return an environment that can change without changing this one."""
        return replace(
            self,
            variables=dict(self.variables),
            interpreters={folder: dict(names) for folder, names in self.interpreters.items()},
            packages=dict(self.packages),
            unlisted=dict(self.unlisted),
            commands=dict(self.commands),
            command_origin=dict(self.command_origin),
            libraries=dict(self.libraries),
            apt_packages=dict(self.apt_packages),
            repositories=dict(self.repositories),
            build_variables=dict(self.build_variables),
            clones=dict(self.clones),
            files=self.files.copy() if self.files else None,
            accounts=self.accounts.copy() if self.accounts else None,
            owners=self.owners.copy(),
        )

    def lacks(self, command: str) -> bool:
        """Tell whether this command is certainly not there: nothing brought it and nothing unknown may have."""
        return self.commands.get(command) is False and not self.opaque

    @property
    def path(self) -> tuple[str, ...] | None:
        """Return the folders of PATH in order, or None where it holds something unknown."""
        value = self.variables.get("PATH", DEFAULT_PATH)
        return None if value is None else tuple(folder.rstrip("/") for folder in value.split(":") if folder)

    def python(self, command: str = "python") -> Interpreter | None:
        """Return the Python that this command (python, pip3, /opt/venv/bin/pip) starts; None where it is not known."""
        folder, slash, name = command.rpartition("/")
        if slash:
            return self.interpreters.get(posixpath.normpath(posixpath.join(self.workdir or "?", folder)), {}).get(name)
        for candidate in self.path or ():
            found = self.interpreters.get(candidate, {}).get(command)
            if found is not None:
                return found
            if self.opaque and candidate not in DEFAULT_PATH.split(":") and candidate not in self.interpreters:
                return None  # what was not followed may have put a Python there (pyenv, conda)
        return None

    def add_interpreter(self, folder: str, interpreter: Interpreter, *names: str) -> None:
        """Make these commands of that folder start this Python."""
        self.interpreters.setdefault(folder, {}).update(dict.fromkeys(names, interpreter))
        for name in names:
            self.commands[name] = True

    def package(self, interpreter: Interpreter | None, name: str) -> Distribution | None:
        """Return the installed package of that normalised name, or None where nothing installed it."""
        if interpreter is None:
            return None
        return self.packages.get((interpreter.path, name))


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command: `text` is None where it holds something that is only known when it runs."""

    text: str | None
    raw: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command that a RUN, a script or the start executes, with what holds before it.

    `conditional` is true where it may not run; `masked` where its failure does not stop what it is part of;
    `rescued` where another command does its work when it fails; `piped` where it is not the last of a pipe;
    `tested` where it is a condition or only its output is used; `caught` where its text says what to do when it fails
    (`|| true`). `words` are without leading assignments, which are in
    `assignments`. `dialect` is `posix` where dash or its like reads the text, `bash` else.
    """

    words: tuple[Word, ...]
    assignments: tuple[tuple[str, str | None], ...]
    redirects: tuple[tuple[str, str | None], ...]
    path: str
    phase: Phase
    stage: int
    before: Environment
    conditional: bool = False
    masked: bool = False
    piped: bool = False
    tested: bool = False
    rescued: bool = False
    caught: bool = False
    dialect: str = "bash"

    @property
    def name(self) -> str:
        """Return the program without its folder; an empty text where it is not known."""
        text = self.words[0].text if self.words else None
        return (text or "").rsplit("/", 1)[-1]

    @property
    def arguments(self) -> tuple[str | None, ...]:
        """Return the texts of the words after the program."""
        return tuple(word.text for word in self.words[1:])

    @property
    def location(self) -> Location:
        """Return where the command begins."""
        first = self.words[0] if self.words else None
        return Location(self.path, first.line if first else None, first.column if first else None)

    def at(self, index: int) -> Location:
        """Return where the word of this index stands."""
        word = self.words[index]
        return Location(self.path, word.line, word.column)

    def origin(self, what: str) -> Origin:
        """Return the origin of a fact that this command makes."""
        return Origin(self.path, self.words[0].line if self.words else 0, what)
