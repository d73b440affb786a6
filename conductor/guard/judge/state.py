"""What the shell knows while it runs a command: variables, folder, PATH, functions, aliases, files it has written."""

from __future__ import annotations

from conductor.guard.judge.relevant_names import PROGRAMS
from conductor.rules.judge.call import Facts, Past, Place
from conductor.rules.judge.places import normalise
from conductor.shell.conditions import Asked
from conductor.shell.expand import UNKNOWN
from conductor.shell.patterns import matches
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    from conductor.shell.nodes import Statement

    class Shell(Protocol):
        """What a state asks of the walk that it belongs to; `inside` counts the project's files that are being run."""

        inside: int

        def run_apart(self, statements: Iterable[Statement], state: State, stdin: Stream) -> Stream:
            """Run statements in a shell of their own, which they may leave."""


HOST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OUTSIDE = "/outside/bin"  # stands on PATH for an environment outside the project
_FOLDERS = (
    ".conductor", ".git", ".claude", ".codex", ".gemini", ".cursor", ".github", ".git/hooks", ".git/hooks/pre-commit",
    ".git/hooks/pre-push", ".git/hooks/commit-msg", ".conductor/evidence", ".conductor/bin", ".conductor/bin/guard",
    ".claude/settings.json", ".claude/settings.local.json",
)  # fmt: skip
_TEMPORARY = "/tmp"  # noqa: S108 - what $TMPDIR usually is
_CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv", "/proc/1/cgroup")
_BIN = ("/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin")


class State(Asked):
    """One shell's state. A subshell works on a copy; files written are shared."""

    def __init__(self, facts: Facts, runner: Shell) -> None:
        super().__init__()
        self.facts = facts
        self.runner = runner
        self.cwd = facts.cwd
        self.previous = facts.cwd
        self.container = facts.in_container
        self.elevated = False
        self.remote = False
        self.boxed = False
        self.venv_exists = facts.venv in {"exists", "active"}
        self.functions: dict[str, Statement] = {}
        self.aliases: dict[str, str] = {}
        self.files: dict[str, Stream] = {}
        self.past = Past(self.files)
        self.alternatives: dict[str, list[str | list[str]]] = {}
        self.variables = _first_variables(facts)

    def copy(self) -> State:
        """Return the state of a subshell."""
        other = State.__new__(State)
        other.__dict__.update(self.__dict__)
        other.variables = dict(self.variables)
        other.functions = dict(self.functions)
        other.aliases = dict(self.aliases)
        other.alternatives = dict(self.alternatives)
        return other

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
        )

    def get(self, name: str) -> str | list[str] | None:
        """Return a variable, `$PWD` and `$OLDPWD` included."""
        if name == "PWD":
            return self.cwd
        if name == "OLDPWD":
            return self.previous
        return super().get(name)

    def set(self, name: str, value: str | list[str]) -> None:
        """Assign a variable; it has one value again."""
        self.alternatives.pop(name, None)
        super().set(name, value)

    def substitute(self, statements: tuple[Statement, ...]) -> str:
        """Run a substitution's commands in a subshell and return what they print."""
        return self.runner.run_apart(statements, self.copy(), Stream(UNKNOWN)).text.rstrip("\n")

    def process_file(self, operator: str, statements: tuple[Statement, ...]) -> str:
        """Run a process substitution; its output becomes a file of this command."""
        output = self.runner.run_apart(statements, self.copy(), Stream(UNKNOWN, "piped"))
        path = f"/dev/fd/{63 + len(self.files)}"
        if operator != ">(":
            self.files[path] = Stream(output.text, output.origin or "piped", path=output.path)
        return path

    def has_file(self, operator: str, path: str) -> bool | None:
        """Answer `test -f PATH` and its kin: of the files that are known to be there, and of a container's marks."""
        full = self.place().path(path)
        if full in _CONTAINER_MARKS:
            return self.facts.in_container
        inside = self.place().inside(full)
        known = full in self.files or (inside is not None and inside in self.facts.files)
        return True if known and operator != "-d" else None

    def glob(self, pattern: str) -> list[str]:
        """Return the project's files that a pattern matches, as it would spell them; or a known program."""
        target = normalise(pattern if pattern.startswith("/") else f"{self.cwd}/{pattern}")
        root = self.facts.project
        files = sorted(self.facts.files)
        known = [f"{root}/{name}" for name in (*files, *_folders(files), *_FOLDERS)] + sorted(self.files)
        hidden = "/." in target or pattern.startswith(".")
        found = [path for path in known if _matches_path(target, path) and (hidden or "/." not in path[len(root) :])]
        if found:
            prefix = "" if pattern.startswith("/") else self.cwd + "/"
            return [path.removeprefix(prefix) for path in found]
        folders = [*_BIN, f"{root}/.venv/bin", f"{root}/venv/bin"]
        programs = (f"{folder}/{name}" for folder in folders for name in PROGRAMS)
        return [path for path in programs if _matches_path(target, path)][:1]

    def make_environment(self, folders: list[str]) -> None:
        """Note that virtual environments are made: one that a script of the project makes for itself is its own."""
        self.venv_exists = True
        if self.runner.inside:
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
