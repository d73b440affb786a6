"""Which files a git call would delete, move, revert or put somewhere."""

from __future__ import annotations

from conductor.rules.judge.call import UNKNOWN, Call, Write
from conductor.rules.judge.git import GitCall, read
from conductor.rules.judge.places import normalise
from conductor.rules.judge.work import FILES, IGNORED, TRACKED, UNTRACKED
from conductor.shell.patterns import has_pattern, matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

RECORDS = frozenset({"TASKS.md", "JOURNAL.md"})
_UNTOLD = UNKNOWN  # a revision that the text does not tell
_HEADS = frozenset({"", "HEAD", "@", "HEAD^0", "HEAD~0"})


def git_writes(call: Call) -> list[Write]:
    """Return the file changes of a git call, none for other programs."""
    git = read(call)
    if git is None or git.wants_help():
        return []
    find = _COMMANDS.get(git.command)
    return find(call, git) if find else []


def git_folder(call: Call, git: GitCall) -> str:
    """Return the absolute folder that a git call works in."""
    tree = git.tree or call.place.text("GIT_WORK_TREE")
    start = call.place.path(git.folder or ".")
    return call.place.path(tree if tree.startswith(("/", "~")) else f"{start}/{tree}") if tree else start


def _top(call: Call, git: GitCall) -> str:
    return call.place.facts.work.top(git_folder(call, git))


def _paths(
    call: Call,
    git: GitCall,
    kind: str,
    words: list[str],
    *,
    loses: tuple[str, ...] = (TRACKED,),
    tree: str = "HEAD",
) -> list[Write]:
    """Return writes to pathspecs: `:/`, `.` and patterns cover files of the project."""
    out = []
    for word in words:
        if word.startswith((":!", ":^", ":(exclude")) or not word:
            continue
        spec = word.rpartition(")")[2] if word.startswith(":(") else word
        top = spec.startswith(":/") or word.startswith(":(top")
        spec = spec.removeprefix(":/").removeprefix(":")
        base = _top(call, git) if top else git_folder(call, git)
        path = normalise(spec) if spec.startswith("/") else normalise(f"{base}/{spec}")
        for each in _matched(call, path) if has_pattern(spec) else [path]:
            if kind == "revert" and has_pattern(spec) and each.rpartition("/")[2] in RECORDS:
                out.append(_sweep(call, git, loses=loses, tree=tree))
            else:
                out.append(_back(kind, each, call, loses, tree))
    return out


def _matched(call: Call, pattern: str) -> list[str]:
    """Return the project's files that a pathspec's pattern takes; its `*` crosses folders."""
    place = call.place
    names = [f"{place.facts.project}/{name}" for name in place.facts.files]
    found = [name for name in names if matches(pattern.replace("**/", "*"), name)]
    # A name may hold the characters of a pattern: `app/[id]/page.tsx`.
    literal = place.inside(pattern)
    return [pattern] if not found and literal and literal in place.facts.files else found


def _back(kind: str, path: str, call: Call, loses: tuple[str, ...], tree: str) -> Write:
    """Return a change to a path and what is below it, with what a revision has there."""
    other = "" if tree in _HEADS else tree
    return Write(kind, path, call.text(), deep=True, loses=loses, head=not other, tree=other)


def _sweep(call: Call, git: GitCall, *, loses: tuple[str, ...] = (TRACKED,), tree: str = "HEAD") -> Write:
    """Return a change of every file of the repository."""
    return _back("sweep", _top(call, git), call, loses, tree)


def _remove(call: Call, git: GitCall) -> list[Write]:
    """Without `-f` git itself refuses where the file holds work; `--cached` leaves the file."""
    options = git.options
    if options.has("-n", "--dry-run"):
        return []
    forced = options.has("-f", "--force") and not options.has("--cached")
    return _paths(call, git, "delete", options.words, loses=(TRACKED,) if forced else ())


def _move(call: Call, git: GitCall) -> list[Write]:
    words = git.options.words
    if git.options.has("-n", "--dry-run") or len(words) < 2:
        return []
    names = tuple(word.rpartition("/")[2] for word in words[:-1])
    target = call.place.path(words[-1])
    moved = _paths(call, git, "move", words[:-1], loses=())
    if len(words) > 2 or words[-1].endswith("/"):
        return moved
    loses = FILES if git.options.has("-f", "--force") else ()
    return [*moved, Write("overwrite", target, call.text(), names, loses=loses)]


def _checkout(call: Call, git: GitCall) -> list[Write]:
    """A path after `--` is reverted; without it, a word that names a record or a file of the project is one too."""
    options = git.options
    forced = options.has("-f", "--force")
    target = (*options.words, "")[0]
    if options.has("-b", "-B", "--orphan", "-t", "--track", "--detach"):
        return [_switched(call, git, target)] if forced else []
    if "--" in git.args:
        before = [word for word in git.args[: git.args.index("--")] if word[:1] != "-"]
        paths = git.args[git.args.index("--") + 1 :]
        return _paths(call, git, "revert", paths, tree=(*before, "HEAD")[0])
    if options.has("--pathspec-from-file"):
        return [_sweep(call, git, tree=_UNTOLD)]
    named = [word for word in options.words if _is_path(call, word)]
    if named:
        return _paths(call, git, "revert", named, tree=target if target not in named else "HEAD")
    return [_switched(call, git, target)] if forced else []


def _switched(call: Call, git: GitCall, branch: str) -> Write:
    """Return a change to another branch over what is there; without force it would leave the records like that too."""
    write = _sweep(call, git, tree=branch)
    write.head = True
    return write


def _is_path(call: Call, word: str) -> bool:
    leaf = word.rpartition("/")[2]
    if leaf in RECORDS | {".", ".."} or word.startswith((".", ":", "/")) or has_pattern(word):
        return True
    inside = call.place.inside(call.place.path(word))
    files = call.place.facts.files
    return bool(inside) and (inside in files or any(file.startswith(f"{inside}/") for file in files))


def _restore(call: Call, git: GitCall) -> list[Write]:
    """`--staged` alone takes a file off the index and leaves it as it is; that of a record counts as reverted."""
    options = git.options
    tree = options.value("-s", "--source") or "HEAD"
    if options.has("-S", "--staged") and not options.has("-W", "--worktree"):
        return _paths(call, git, "revert", _records(options.words), loses=())
    if options.has("--pathspec-from-file"):
        return [_sweep(call, git, tree=tree)]
    return _paths(call, git, "revert", options.words, tree=tree)


def _records(words: list[str]) -> list[str]:
    return [word for word in words if word.rpartition("/")[2] in RECORDS]


def _reset(call: Call, git: GitCall) -> list[Write]:
    options = git.options
    target = (*options.words, "HEAD")[0]
    if options.abbreviates("--hard", 4) or options.has("--merge"):
        return [_sweep(call, git, tree=target)]
    if options.has("--keep"):  # git refuses where a file with work differs
        return [] if target in _HEADS else [_sweep(call, git, loses=(), tree=target)]
    if options.has("--pathspec-from-file"):
        return [_sweep(call, git, loses=(), tree=_UNTOLD)]
    words = git.args[git.args.index("--") + 1 :] if "--" in git.args else options.words
    return _paths(call, git, "revert", _records(words), loses=())


def _stash(call: Call, git: GitCall) -> list[Write]:
    """What a stash takes away can be brought back, but a record is not taken away."""
    words = git.options.words
    if words[:1] in (["list"], ["show"], ["pop"], ["apply"], ["drop"], ["branch"], ["clear"], ["create"], ["store"]):
        return []
    if git.options.has("-u", "--include-untracked", "-a", "--all"):
        return [_sweep(call, git, loses=())]
    named = git.args[git.args.index("--") + 1 :] if "--" in git.args else words[1:] if words[:1] == ["push"] else []
    return _paths(call, git, "revert", named, loses=())


def _clean(call: Call, git: GitCall) -> list[Write]:
    options = git.options
    free = any(key.lower() == "clean.requireforce" and value.lower() == "false" for key, _, value in git.settings)
    acts = options.has("-f", "-i", "--interactive") or options.abbreviates("--force", 3) or free
    if options.has("-n") or options.abbreviates("--dry-run", 3) or not acts:
        return []
    loses = (IGNORED,) if options.has("-X") else (UNTRACKED, IGNORED) if options.has("-x") else (UNTRACKED,)
    return _paths(call, git, "sweep", options.words or ["."], loses=loses)


def _switch(call: Call, git: GitCall) -> list[Write]:
    forced = git.options.has("-f", "--force") or git.options.abbreviates("--discard-changes", 5)
    return [_switched(call, git, (*git.options.words, "")[0])] if forced else []


def _read_tree(call: Call, git: GitCall) -> list[Write]:
    if not git.options.has("--reset", "-u"):
        return []
    tree = (*git.options.words, _UNTOLD)[0]
    return [_sweep(call, git, loses=(TRACKED,) if git.options.has("--reset") else (), tree=tree)]


def _checkout_index(call: Call, git: GitCall) -> list[Write]:
    if not git.options.has("-f", "--force") or git.options.has("--prefix"):
        return []
    everything = git.options.has("-a", "--all")
    return [_sweep(call, git)] if everything else _paths(call, git, "revert", git.options.words)


def _clone(call: Call, git: GitCall) -> list[Write]:
    """A repository arrives in the folder that is named, else in one of its own name."""
    words = git.options.words
    if not words:
        return []
    leaf = words[0].rstrip("/").rpartition("/")[2].rpartition(":")[2].removesuffix(".git")
    target = words[1] if len(words) > 1 else leaf
    return [Write("unpack", call.place.path(f"{git.folder}/{target}" if git.folder else target), call.text())]


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
    "clone": _clone,
}
