"""Which files a git call would delete, move or revert."""

from __future__ import annotations

from conductor.rules.judge.call import Call, Write, normalise
from conductor.rules.judge.git import GitCall, read
from conductor.shell.patterns import has_pattern, matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def git_writes(call: Call) -> list[Write]:
    """Return the file changes of a git call, none for other programs."""
    git = read(call)
    if git is None or git.wants_help():
        return []
    find = _COMMANDS.get(git.command)
    return find(call, git) if find else []


def _paths(call: Call, git: GitCall, kind: str, words: list[str]) -> list[Write]:
    """Return writes to pathspecs: `:/`, `.` and patterns cover files of the project."""
    base = normalise(f"{call.place.cwd}/{git.folder}") if not git.folder.startswith("/") else git.folder
    out = []
    for word in words:
        if word.startswith((":!", ":^")) or not word:
            continue
        spec = word.rpartition(")")[2] if word.startswith(":(") else word
        top = spec.startswith(":/")
        spec = spec.removeprefix(":/").removeprefix(":")
        path = normalise(spec if spec.startswith("/") else f"{call.place.facts.project if top else base}/{spec}")
        if has_pattern(spec):
            names = [f"{call.place.facts.project}/{name}" for name in call.place.facts.files]
            covered = [name for name in names if matches(path, name)]
            out += [
                Write("sweep" if kind == "revert" else kind, name, call.text()) for name in covered if kind != "revert"
            ]
            if kind == "revert" and any(name.endswith(("/TASKS.md", "/JOURNAL.md")) for name in covered):
                out.append(_sweep(call))
            continue
        out.append(Write(kind, path, call.text()))
    return out


def _sweep(call: Call) -> Write:
    return Write("sweep", call.place.facts.project, call.text())


def _remove(call: Call, git: GitCall) -> list[Write]:
    return [] if git.options.has("-n", "--dry-run") else _paths(call, git, "delete", git.options.words)


def _move(call: Call, git: GitCall) -> list[Write]:
    words = git.options.words
    if git.options.has("-n", "--dry-run") or len(words) < 2:
        return []
    names = tuple(word.rpartition("/")[2] for word in words[:-1])
    target = call.place.path(words[-1])
    moved = _paths(call, git, "move", words[:-1])
    if len(words) > 2 or words[-1].endswith("/"):
        return moved
    return [*moved, Write("overwrite", target, call.text(), names)]


def _checkout(call: Call, git: GitCall) -> list[Write]:
    """A path after `--` is reverted; without it, a word that names a record or a folder of the project is one too."""
    options = git.options
    if options.has("-b", "-B", "--orphan", "-t", "--track", "--detach"):
        return [_sweep(call)] if options.has("-f", "--force") else []
    if "--" in git.args:
        place = git.args.index("--")
        return _paths(call, git, "revert", git.args[place + 1 :])
    if options.has("-f", "--force", "--pathspec-from-file"):
        return [_sweep(call)]
    files = call.place.facts.files
    named = [word for word in options.words if _is_path(word, files)]
    return _paths(call, git, "revert", named)


def _is_path(word: str, files: frozenset[str]) -> bool:
    leaf = word.rpartition("/")[2]
    if leaf in {"TASKS.md", "JOURNAL.md", ".", ".."} or word.startswith((".", ":", "/")) or has_pattern(word):
        return True
    name = word.rstrip("/")
    return name in files or any(file.startswith(name + "/") for file in files)


def _restore(call: Call, git: GitCall) -> list[Write]:
    if git.options.has("--pathspec-from-file"):
        return [_sweep(call)]
    return _paths(call, git, "revert", git.options.words)


def _reset(call: Call, git: GitCall) -> list[Write]:
    if git.options.has("--hard", "--merge", "--keep", "--pathspec-from-file"):
        return [_sweep(call)]
    words = git.args[git.args.index("--") + 1 :] if "--" in git.args else git.options.words
    records = [word for word in words if word.rpartition("/")[2] in {"TASKS.md", "JOURNAL.md"}]
    return _paths(call, git, "revert", records)


def _stash(call: Call, git: GitCall) -> list[Write]:
    words = git.options.words
    if words[:1] in (["list"], ["show"], ["pop"], ["apply"], ["drop"], ["branch"], ["clear"], ["create"], ["store"]):
        return []
    if git.options.has("-u", "--include-untracked", "-a", "--all"):
        return [_sweep(call)]
    named = git.args[git.args.index("--") + 1 :] if "--" in git.args else words[1:] if words[:1] == ["push"] else []
    return _paths(call, git, "revert", named)


def _clean(call: Call, git: GitCall) -> list[Write]:
    options = git.options
    if options.has("-n", "--dry-run") or not options.has("-f", "--force", "-i", "--interactive"):
        return [] if options.has("-n", "--dry-run") or not options.options else [_sweep(call)]
    return _paths(call, git, "delete", options.words) if options.words else [_sweep(call)]


def _switch(call: Call, git: GitCall) -> list[Write]:
    return [_sweep(call)] if git.options.has("-f", "--force", "--discard-changes") else []


def _read_tree(call: Call, git: GitCall) -> list[Write]:
    return [_sweep(call)] if git.options.has("--reset", "-u") else []


def _checkout_index(call: Call, git: GitCall) -> list[Write]:
    if not git.options.has("-f", "--force") or git.options.has("--prefix"):
        return []
    return [_sweep(call)] if git.options.has("-a", "--all") else _paths(call, git, "revert", git.options.words)


_COMMANDS: dict[str, Callable[[Call, GitCall], list[Write]]] = {
    "rm": _remove,
    "mv": _move,
    "checkout": _checkout,
    "restore": _restore,
    "reset": _reset,
    "stash": _stash,
    "clean": _clean,
    "switch": _switch,
    "read-tree": _read_tree,
    "checkout-index": _checkout_index,
}
