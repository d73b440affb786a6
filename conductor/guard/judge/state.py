"""What the shell knows while it runs a command: variables, folder, PATH, functions, aliases, files it has written."""

from __future__ import annotations

from conductor.guard.judge.relevant_names import PROGRAMS
from conductor.rules.judge.call import Facts, Past, Place
from conductor.rules.judge.places import normalise
from conductor.shell.expand import UNKNOWN
from conductor.shell.patterns import matches
from conductor.shell.state import State as Shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from conductor.shell.state import Snapshot
    from conductor.shell.walk import Walk

    T = TypeVar("T")

HOST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OUTSIDE = "/outside/bin"  # stands on PATH for an environment outside the project
_FOLDERS = (
    ".conductor", ".git", ".claude", ".codex", ".gemini", ".cursor", ".github", ".git/hooks", ".git/hooks/pre-commit",
    ".git/hooks/pre-push", ".git/hooks/commit-msg", ".conductor/evidence", ".conductor/bin", ".conductor/bin/guard",
    ".claude/settings.json", ".claude/settings.local.json",
)  # fmt: skip
_TEMPORARY = "/tmp"  # noqa: S108 - what $TMPDIR usually is
MOST_VALUES = 8  # of one variable
_BIN = ("/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin")


class State(Shell):
    """One shell's state with what the guard knows of it: whose machine it is, and which environments there are."""

    def __init__(self, facts: Facts, walk: Walk) -> None:
        super().__init__(walk, facts.cwd, _first_variables(facts))
        self.facts = facts
        self.container = facts.in_container
        self.elevated = False
        self.remote = False
        self.boxed = False
        self.venv_exists = facts.venv in {"exists", "active"}
        self.past = Past(self.files)

    def settle(self, values: list[T], unknown: T) -> T:
        """Let each branch count: what one of them knows and changed holds, the last one's before the others'."""
        known = [value for value in values if value is not unknown] or values
        return next((value for value in reversed(known) if value != known[0]), known[0])

    def merge(self, ends: list[Snapshot]) -> None:
        """Take on what branches leave: a variable that they set differently may have each of the values."""
        super().merge(ends)
        for name in self.variables if len(ends) > 1 else ():
            values = [end.variables[name] for end in ends if name in end.variables]
            if name != "PATH" and any(value is not values[0] for value in values):
                values = [*self.alternatives.get(name, ()), *values]
                distinct = [each for n, each in enumerate(values) if each not in values[:n]]
                if len(distinct) > 1:
                    self.alternatives[name] = distinct[:MOST_VALUES]

    def settle_output(self, texts: list[str]) -> str:
        """Let each branch count: all that any of them prints."""
        return "".join(texts)

    def change_folder(self, path: str) -> None:
        """Go to a folder; one that is not known is taken to be this one."""
        if UNKNOWN not in path:
            super().change_folder(path)

    def path(self, word: str) -> str:
        """Return the absolute path that a word names from here."""
        return self.place().path(word)

    def place(self) -> Place:
        """Return where a call made now runs."""
        path = self.variables.get("PATH", "")
        return Place(
            self.facts,
            cwd=self.cwd,
            variables=self.variables,
            search=tuple((path if isinstance(path, str) else ":".join(path)).split(":")),
            container=self.container,
            elevated=self.elevated,
            remote=self.remote or self.boxed,
            venv_exists=self.venv_exists,
            past=self.past,
            given=self.given,
        )

    def make_environment(self, folders: list[str], *, own: bool) -> None:
        """Note that virtual environments are made; `own`: by a script of the project for itself."""
        self.venv_exists = True
        if own:
            self.past.environments.update(self.place().path(each) for each in folders if UNKNOWN not in each)

    def run_in_venv(self) -> State:
        """Return a copy whose PATH begins with the project's virtual environment."""
        inner = self.copy()
        inner.variables["PATH"] = f"{self.facts.project}/.venv/bin:{self.variables.get('PATH', '')}"
        return inner

    def run_as_root(self) -> State:
        """Return a copy as sudo and su leave it: PATH reset, virtual environment left."""
        inner = self.copy()
        inner.variables["PATH"] = HOST_PATH
        inner.elevated = True
        return inner


def names_matching(pattern: str, state: State) -> list[str]:
    """Return the project's files that a pattern matches, as it would spell them; or a known program."""
    target = normalise(pattern if pattern.startswith("/") else f"{state.cwd}/{pattern}")
    root = state.facts.project
    files = sorted(state.facts.files)
    known = [f"{root}/{name}" for name in (*files, *_folders(files), *_FOLDERS)] + sorted(state.files)
    hidden = "/." in target or pattern.startswith(".")
    found = [path for path in known if _matches_path(target, path) and (hidden or "/." not in path[len(root) :])]
    if found:
        prefix = "" if pattern.startswith("/") else state.cwd + "/"
        return [path.removeprefix(prefix) for path in found]
    folders = [*_BIN, f"{root}/.venv/bin", f"{root}/venv/bin"]
    programs = (f"{folder}/{name}" for folder in folders for name in PROGRAMS)
    return [path for path in programs if _matches_path(target, path)][:1]


def _matches_path(pattern: str, path: str) -> bool:
    """Match part by part, as the shell does."""
    parts, names = pattern.split("/"), path.split("/")
    if "**" in parts:
        return matches(pattern.replace("**/", "*"), path)
    if len(parts) != len(names):
        return False
    return all(matches(part, name) for part, name in zip(parts, names, strict=True))


def _folders(names: list[str]) -> list[str]:
    """Return the folders that the names stand in."""
    found: dict[str, None] = {}
    for name in names:
        folder = name.rpartition("/")[0]
        while folder and folder not in found:
            found[folder] = None
            folder = folder.rpartition("/")[0]
    return list(found)


def _first_variables(facts: Facts) -> dict[str, str | list[str]]:
    home = facts.home
    variables: dict[str, str | list[str]] = {
        "HOME": home, "IFS": " \t\n", "SHELL": "/bin/bash", "BASH": "/bin/bash", "TMPDIR": _TEMPORARY,
        "PATH": HOST_PATH,
        "0": "bash", "?": "0", "$": "1000", "!": "1001", "-": "", "UID": "1000", "EUID": "1000", "OSTYPE": "linux-gnu",
        "USER": home.rpartition("/")[2], "RANDOM": "1", "LINENO": "1", "SECONDS": "1",
    }  # fmt: skip
    if facts.venv == "active":
        variables["VIRTUAL_ENV"] = f"{facts.project}/.venv"
        variables["PATH"] = f"{facts.project}/.venv/bin:{HOST_PATH}"
    return variables
