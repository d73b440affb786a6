"""The values that judges work on: facts, place, call, write and ruling."""

from __future__ import annotations

from conductor.rules.judge.places import home_of, is_inside, normalise, without_proc
from conductor.rules.judge.work import FILES, Work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

UNKNOWN = "\ue000"  # as in conductor.shell.expand: part of a word that only running the command would tell
ALLOW, ASK, BLOCK = "allow", "ask", "block"
SEVERITY = {ALLOW: 0, ASK: 1, BLOCK: 2}


# Where a project is worked on, these are.
_EVERYWHERE = frozenset({
    "git", "make", "ssh", "sh", "bash", "env", "python3", "sed", "grep", "awk", "tar", "cp", "mv", "rm", "ls", "cat",
    "find",
})  # fmt: skip


class Facts:
    """What is known about the project: `venv` is none, exists or active; `origin` is ssh or https.

    `grant` holds what the user allowed (`commit`, `push`, `force_push`, or a rule's name), `files` the project's files
    relative to `project`, an absolute path. `work` is what git could not give back, `cwd` where the command starts,
    `home` the user's folder, `state` the folders that Conductor keeps for the user, `resolve` follows the links of a
    path, where this machine's files are meant. `read` returns the text of a file of the project, None where it is not
    known; `contents` are the texts that are. `finds` tells whether a program is on this machine, None where that is
    not known.
    """

    __slots__ = (
        "_work", "cwd", "files", "finds", "grant", "home", "in_container", "origin", "project", "read", "resolve",
        "state", "venv",
    )  # fmt: skip

    def __init__(
        self,
        *,
        venv: str = "none",
        in_container: bool = False,
        origin: str = "ssh",
        grant: Sequence[str] = (),
        files: Sequence[str] = (),
        project: str = "/project",
        dirty: Sequence[str] | None = None,
        stashes: int = 0,
        unmerged: Sequence[str] = (),
        contents: Mapping[str, str] | None = None,
    ) -> None:
        self.venv = venv
        self.in_container = in_container
        self.origin = origin
        self.grant = frozenset(grant)
        self.files = frozenset(name.removeprefix("./") for name in (*files, *(dirty or ())))
        self.project = normalise(project) if project.startswith("/") else "/project"
        self.cwd = self.project
        self.home = home_of(self.project)
        self.state: tuple[str, ...] = (
            f"{self.home}/.local/state/conductor",
            f"{self.home}/.config/conductor",
            f"{self.project}/.git/conductor",
        )
        self.resolve: Callable[[str], str] = str
        self.finds: Callable[[str], bool | None] = lambda name: True if name in _EVERYWHERE else None
        self.read: Callable[[str], str | None] = (contents or {}).get
        self._work: Work | Callable[[], Work] = Work(self.project, dirty, stashes, unmerged)

    @property
    def work(self) -> Work:
        """Return what git could not give back."""
        if not isinstance(self._work, Work):
            self._work = self._work()
        return self._work

    def read_work(self, read: Callable[[], Work]) -> None:
        """Take the work from elsewhere, once it is asked for."""
        self._work = read


class Past:
    """What the same command did before: the files it wrote, and whether it put work into a stash or took it out.

    `environments` are the folders of virtual environments that a script of the project made for itself, `cloned` those
    of repositories.
    """

    __slots__ = ("cloned", "environments", "popped", "stashed", "written")

    def __init__(self, written: Mapping[str, object]) -> None:
        self.cloned: set[str] = set()
        self.environments: set[str] = set()
        self.written = written
        self.popped = False
        self.stashed = False


class Place:
    """Where and as whom a call runs: folder, variables, PATH, and whose machine it is.

    `given` are the names of the variables that hold for this one call.
    """

    __slots__ = (
        "container", "cwd", "elevated", "facts", "given", "past", "remote", "search", "variables", "venv_exists",
    )  # fmt: skip

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
        past: Past,
        given: frozenset[str] = frozenset(),
    ) -> None:
        self.facts = facts
        self.given = given
        self.past = past
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
        if word.startswith("/proc/"):
            word = without_proc(word, self.cwd)
        return normalise(word if word.startswith("/") else f"{self.cwd}/{word}")

    def inside(self, path: str) -> str | None:
        """Return an absolute path relative to the project, None outside it; the root itself is ''."""
        root = self.facts.project
        return path[len(root) + 1 :] if is_inside(path, root) else None

    def text(self, name: str) -> str:
        """Return a variable as one text, '' where it is not set."""
        value = self.variables.get(name, "")
        return value if isinstance(value, str) else " ".join(value)

    def is_set(self, name: str) -> bool:
        """Tell whether a variable that switches something on has a value that does."""
        return self.text(name).lower() not in {"", "0", "false", "no", "off"}


class Call:
    """One program with its arguments, quotes and variables resolved. `name` is the program without folder.

    `said` is how it was typed, where it stands for something else (`python3 -m pip` for pip).
    """

    __slots__ = ("args", "name", "path", "place", "said")

    def __init__(self, argv: Sequence[str], place: Place, said: str = "") -> None:
        self.said = said
        self.path = argv[0]
        self.name = program_name(argv[0])
        self.args = list(argv[1:])
        self.place = place

    def text(self) -> str:
        """Return the call as one short line for a person."""
        return self.said or show([self.path, *self.args])


class Write:
    """One change to a file, or to all of a folder.

    `kind`: delete, overwrite, append, edit, create, move, revert, sweep (a folder's files, unnamed), unpack (files not
    known into a folder), folder (one is made), link (`path` gets another name), mode (it can't be run any more) or
    rights (who may use it). `path` is absolute; `sources` are the names a copy or rename comes from; `by` says what
    does it. `deep`: with everything below. `loses`: the kinds of work that are gone afterwards (see `work`), none
    where the content stays somewhere. `head`: what comes back is the last commit's; `tree`: the revision whose files
    come over what is there, where it is another. `creates`: it usually makes a new file. `guess`: only the words of
    some code say so.
    """

    __slots__ = ("by", "creates", "deep", "guess", "head", "kind", "loses", "path", "sources", "tree")

    def __init__(
        self,
        kind: str,
        path: str,
        by: str,
        sources: tuple[str, ...] = (),
        *,
        deep: bool = False,
        loses: tuple[str, ...] = FILES,
        head: bool = False,
        tree: str = "",
        creates: bool = False,
        guess: bool = False,
    ) -> None:
        self.kind = kind
        self.path = path
        self.by = by
        self.sources = sources
        self.deep = deep
        self.loses = loses
        self.head = head
        self.tree = tree
        self.creates = creates
        self.guess = guess


class Ruling:
    """A judge's answer: verdict (ask or block), the rule, the reason with its remedy, and the grants that lift it."""

    __slots__ = ("action", "reason", "rule", "verdict")

    def __init__(self, verdict: str, rule: str, reason: str, action: str = "") -> None:
        self.verdict = verdict
        self.rule = rule
        self.reason = reason
        self.action = action


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
