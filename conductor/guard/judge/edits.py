"""Judge a file edit made by an agent's edit tool. Cheap imports only: the hook runs this before each edit."""

from __future__ import annotations

from posix import environ, stat
from posixpath import basename, dirname, isabs, join, normpath

from conductor.guard.call import Edit

RECORDS = ("TASKS.md", "JOURNAL.md")
SETTINGS = (
    ".codex/hooks.json",
    ".codex/config.toml",
    ".gemini/settings.json",
    ".cursor/hooks.json",
)
# The same in the user's home, where they hold for every project.
OF_USER = (
    *(
        ".claude/settings.json",
        ".claude/settings.local.json",
        ".claude.json",
        ".codex/hooks.json",
        ".codex/config.toml",
    ),
    *(".gemini/settings.json", ".gemini/trustedFolders.json", ".cursor/hooks.json", ".copilot/hooks/conductor.json"),
    *(".copilot/config.json", ".copilot/settings.json"),
)
_MARKS = ("new", "old", "fixed", "final", "copy", "backup", "bak", "orig")


class EditVerdict:
    """What an edit comes to: verdict `allow`, `ask` or `block`, the policy's name, and why."""

    __slots__ = ("reason", "rule", "verdict")

    def __init__(self, verdict: str, rule: str = "none", reason: str = "") -> None:
        self.verdict = verdict
        self.rule = rule
        self.reason = reason


def judge_edit(
    edit: Edit, cwd: str, root: str, allowed_variants: tuple[str, ...] = (), protected: tuple[str, ...] = ()
) -> EditVerdict:
    """Return what the edit comes to.

    `root` is the project's folder, `cwd` what a relative path starts from, `protected` are folders outside the root
    that hold git's own files, evidence, grants and the user's configuration of Conductor.
    """
    given = _absolute(edit.path, cwd or root)
    said = EditVerdict("allow")
    home = environ.get(b"HOME", b"").decode("utf-8", "surrogateescape")
    # A link may lead into a protected folder, and the root may be one: both names count.
    for path in {normpath(given), _real(given)}:
        if _touches(path, protected):
            return _tamper(f"{path} is git's or Conductor's own", "Use their commands.")
        if home and path in {f"{home}/{name}" for name in OF_USER}:
            return _tamper(f"{path} holds hooks or whom an agent trusts", "Your user can edit it in a terminal.")
        for top in {root, _real(root)}:
            if path.startswith(top + "/"):
                verdict = _judge_inside(edit, path, path[len(top) + 1 :], allowed_variants)
                if verdict.verdict != "allow":
                    return verdict
                said = verdict if verdict.reason else said
    return said


def _absolute(path: str, folder: str) -> str:
    """Return the path as the tool will take it: some expand `~`, some send the address of a file."""
    if path.startswith("file://"):
        from urllib.parse import unquote

        path = "/" + unquote(path.removeprefix("file://").partition("/")[2])
    home = environ.get(b"HOME", b"").decode("utf-8", "surrogateescape")
    if home and (path == "~" or path.startswith("~/")):
        return home + path[1:]
    return path if isabs(path) else join(folder, path)


def _touches(path: str, protected: tuple[str, ...]) -> bool:
    """Tell whether the path is one of the folders, below one, or above one: what is above can be moved away."""
    # In lower case: on some file systems either spelling names the folder.
    lowered = path.lower()
    for folder in {name for given in protected for name in (given.lower(), _real(given).lower())}:
        if lowered == folder or lowered.startswith(folder + "/") or folder.startswith(lowered.rstrip("/") + "/"):
            return True
    return "/.conductor/" in lowered + "/"


def _judge_inside(edit: Edit, path: str, name: str, allowed_variants: tuple[str, ...]) -> EditVerdict:
    lowered = name.lower()
    if lowered.startswith(".conductor/"):
        return _tamper(f"{name} is Conductor's own: evidence, policy and guard", "Use the conductor commands.")
    if lowered == ".git" or lowered.startswith(".git/") or "/.git/" in lowered:
        return _tamper(f"{name} is git's own", "Use git's commands.")
    if lowered in SETTINGS or lowered.startswith((".github/hooks/", ".claude/settings")):
        return _tamper(f"{name} holds the hooks that guard this project", "Your user can edit it in a terminal.")
    if basename(name) in RECORDS:
        return _judge_record(edit, path, name)
    if name in ("CONDUCTOR.md", "conductor.yaml"):
        return EditVerdict(
            "allow",
            "none",
            f"A change in {name} that loosens a rule has no effect before the user runs conductor trust.",
        )
    return _judge_variant(path, name, allowed_variants)


def _tamper(what: str, instead: str) -> EditVerdict:
    return EditVerdict("block", "guard_tamper", f"guard_tamper: {what}. {instead}")


def _judge_record(edit: Edit, path: str, name: str) -> EditVerdict:
    before = edit.old if edit.content is None else _read(path)
    after = edit.new if edit.content is None else edit.content
    if _keeps_lines(before, after):
        return EditVerdict("allow")
    return EditVerdict(
        "block",
        "history",
        f"history: this edit removes or rewrites lines of {name}, and its history is never rewritten. "
        "Use conductor task or conductor journal add; conductor records compact archives old entries.",
    )


def _keeps_lines(before: str, after: str) -> bool:
    """Tell whether every line that says something is still there, in the same order."""
    rest = iter(line.rstrip() for line in after.split("\n"))
    return all(any(line.rstrip() == kept for kept in rest) for line in before.split("\n") if line.strip())


def _judge_variant(path: str, name: str, allowed: tuple[str, ...]) -> EditVerdict:
    if name in allowed or basename(name) in allowed or _exists(path):
        return EditVerdict("allow")
    folder = dirname(path)
    for base in base_names(basename(path)):
        if _exists(join(folder, base)):
            return EditVerdict(
                "block",
                "file_variant",
                f"file_variant: {name} would be a variant of {base}, which exists. "
                f"Edit {base} itself; git keeps what it was.",
            )
    return EditVerdict("allow")


def base_names(name: str) -> list[str]:
    """Return the names that this one would be a variant of: `app_v2.py` → `app.py`, `app.py.bak` → `app.py`."""
    found = []
    stem, dot, suffix = name.rpartition(".")
    if dot and suffix.lower() in _MARKS:
        found.append(stem)
    stem, dot, suffix = name.partition(".") if name.count(".") == 1 else name.rpartition(".")
    if not dot:
        stem, suffix = name, ""
    end = dot + suffix
    lowered = stem.lower()
    for mark in _MARKS:
        found += [stem[: -len(mark) - 1] + end for joint in "_-. " if lowered.endswith(joint + mark)]
    digits = stem.rstrip("0123456789")
    if digits != stem:
        joints = [joint for joint in ("_v", "-v", "-", " v") if digits.lower().endswith(joint)]
        found += [digits[: -len(joint)] + end for joint in joints]
    return [base for base in found if base and base != end]


def _exists(path: str) -> bool:
    try:
        stat(path)
    except OSError:
        return False
    return True


def _real(path: str) -> str:
    from posixpath import realpath

    return realpath(path)


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs more than the whole judgement
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
