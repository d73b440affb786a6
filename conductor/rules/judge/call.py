"""The values that judges work on: facts, place, call, write and ruling."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

UNKNOWN = "\ue000"  # as in conductor.shell.expand: part of a word that only running the command would tell
ALLOW, ASK, BLOCK = "allow", "ask", "block"
SEVERITY = {ALLOW: 0, ASK: 1, BLOCK: 2}


class Facts:
    """What is known about the project: `venv` is none, exists or active; `origin` is ssh or https.

    `grant` holds what the user allowed (`commit`, `push`, or a rule's name), `files` the project's files relative to
    `project`, an absolute path.
    """

    __slots__ = ("files", "grant", "in_container", "origin", "project", "venv")

    def __init__(
        self,
        *,
        venv: str = "none",
        in_container: bool = False,
        origin: str = "ssh",
        grant: Sequence[str] = (),
        files: Sequence[str] = (),
        project: str = "/project",
    ) -> None:
        self.venv = venv
        self.in_container = in_container
        self.origin = origin
        self.grant = frozenset(grant)
        self.files = frozenset(name.removeprefix("./") for name in files)
        self.project = normalise(project) if project.startswith("/") else "/project"


class Place:
    """Where and as whom a call runs: folder, variables, PATH, and whose machine it is."""

    __slots__ = ("container", "cwd", "elevated", "facts", "remote", "search", "variables", "venv_exists")

    def __init__(
        self,
        facts: Facts,
        *,
        cwd: str,
        variables: Mapping[str, str | list[str]],
        search: tuple[str, ...],
        container: bool,
        elevated: bool,
        remote: bool,
        venv_exists: bool,
    ) -> None:
        self.facts = facts
        self.cwd = cwd
        self.variables = variables
        self.search = search
        self.container = container
        self.elevated = elevated
        self.remote = remote
        self.venv_exists = venv_exists

    def path(self, word: str) -> str:
        """Return a word as an absolute path without `.` and `..`."""
        if word.startswith("~"):
            word = self.text("HOME") + word[1:] if word[1:2] in {"", "/"} else "/home/" + word[1:]
        return normalise(word if word.startswith("/") else f"{self.cwd}/{word}")

    def inside(self, path: str) -> str | None:
        """Return an absolute path relative to the project, None outside it; the root itself is ''."""
        root = self.facts.project
        if path == root:
            return ""
        return path[len(root) + 1 :] if path.startswith(root + "/") else None

    def text(self, name: str) -> str:
        """Return a variable as one text, '' where it is not set."""
        value = self.variables.get(name, "")
        return value if isinstance(value, str) else " ".join(value)

    def is_set(self, name: str) -> bool:
        """Tell whether a variable that switches something on has a value that does."""
        return self.text(name).lower() not in {"", "0", "false", "no", "off"}


class Call:
    """One program with its arguments, quotes and variables resolved. `name` is the program without folder."""

    __slots__ = ("args", "name", "path", "place")

    def __init__(self, argv: Sequence[str], place: Place) -> None:
        self.path = argv[0]
        self.name = program_name(argv[0])
        self.args = list(argv[1:])
        self.place = place

    def text(self) -> str:
        """Return the call as one short line for a person."""
        return show([self.path, *self.args])


class Write:
    """One change to a file. `kind`: delete, overwrite, append, edit, create, move, revert or mode.

    `path` is absolute; `sources` are the names a copy or rename comes from; `by` says what does it.
    """

    __slots__ = ("by", "kind", "path", "sources")

    def __init__(self, kind: str, path: str, by: str, sources: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.path = path
        self.by = by
        self.sources = sources


class Ruling:
    """A judge's answer: verdict (ask or block), the rule, the reason with its remedy, and the grants that lift it."""

    __slots__ = ("action", "reason", "rule", "verdict")

    def __init__(self, verdict: str, rule: str, reason: str, action: str = "") -> None:
        self.verdict = verdict
        self.rule = rule
        self.reason = reason
        self.action = action


def normalise(path: str) -> str:
    """Return an absolute path without empty, `.` and `..` parts."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(part)
    return "/" + "/".join(parts)


def program_name(path: str) -> str:
    """Return a program's name without its folder and `.exe`."""
    name = path.rstrip("/").rpartition("/")[2]
    return name.removesuffix(".exe")


def is_python(name: str) -> bool:
    """Tell whether a program is a Python interpreter by its name: python, python3, python3.11, pypy3, py."""
    stem = name.rstrip("0123456789.")
    return stem in {"python", "pypy", "pythonw", "py", "ipython", "micropython", "graalpy"} and name != "py."


def show(argv: Sequence[str], longest: int = 80) -> str:
    """Return words as one line: unknown parts as `…`, control characters left out, cut where it is long."""
    text = " ".join(word if word and " " not in word else f"'{word}'" for word in argv).replace(UNKNOWN, "…")
    text = "".join(character if character.isprintable() else " " for character in text)
    return text if len(text) <= longest else text[: longest - 1] + "…"
