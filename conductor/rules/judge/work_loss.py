"""work_loss: what git could not give back is not destroyed without the user's yes."""

from __future__ import annotations

from conductor.programs import known
from conductor.rules.judge.call import ASK, UNKNOWN, Call, Place, Ruling, Write, show
from conductor.rules.judge.git import GitCall, read
from conductor.rules.judge.places import is_disk, is_inside, is_kernel, is_temporary, whole
from conductor.rules.judge.work import FILES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

RULE = "work_loss"
REMEDY = "Ask your user. What a commit, a stash or a copy holds can be brought back."
_NAMED = 5  # how many files a reason names
_DISK_TOOLS = frozenset({"wipefs", "blkdiscard", "mkswap", "sgdisk", "cryptsetup"})
_RIGHTS = frozenset({"chmod", "chown", "chgrp"})


def judge_write(write: Write, place: Place) -> Ruling | None:
    """Return a ruling where the write would destroy what nothing else holds."""
    if not write.loses or write.guess or (place.remote and place.container):
        return None
    lost = _lost(write, place)
    return _ruling(write.by, "lose work that git cannot give back", lost, place) if lost else None


def _ruling(by: str, harm: str, lost: list[str], place: Place) -> Ruling:
    names = [show([place.inside(each) or each]) if each[:1] == "/" else each for each in lost[:_NAMED]]
    more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
    return Ruling(ASK, RULE, f"`{by}` would {harm}: {', '.join(names)}{more}. {REMEDY}")


def _lost(write: Write, place: Place) -> list[str]:
    """Return what would be gone: absolute paths, or words for what has none."""
    path = whole(write.path)
    if is_kernel(path):
        return [path] if is_disk(path) and write.kind in {"delete", "overwrite"} else []
    if place.remote:
        return [path] if write.deep and write.kind == "delete" and _is_far_loss(path, place) else []
    find = _KINDS.get(write.kind)
    return find(write, path, place) if find else []


def _is_far_loss(path: str, place: Place) -> bool:
    """Tell whether a folder of another host is more than what the command works in."""
    return not is_inside(path, place.cwd) and not is_temporary(path, place.facts.home)


def _delete(write: Write, path: str, place: Place) -> list[str]:
    if place.inside(path) is None:
        return _outside(write, path, place)
    if write.deep and (place.inside(path) or "").rstrip("/") in {"", ".git"}:
        return [path]
    return place.facts.work.under(path, write.loses, deep=write.deep)


def _outside(write: Write, path: str, place: Place) -> list[str]:
    """Return the path where it is outside the project and may hold something that is nowhere else."""
    if _holds_project(path, place):
        return [path] if write.deep else []
    if is_temporary(path, place.facts.home) or _was_written(path, place):
        return []
    there = place.facts.work.exists(path)
    return [path] if there or (there is None and not write.creates) else []


def _holds_project(path: str, place: Place) -> bool:
    return path == "/" or is_inside(place.facts.project, path)


def _was_written(path: str, place: Place) -> bool:
    """Tell whether this very command wrote the file, so that nobody else's is lost."""
    return path in place.past.written


def _overwrite(write: Write, path: str, place: Place) -> list[str]:
    if place.inside(path) is None:
        return _outside(write, path, place)
    return place.facts.work.under(path, write.loses, deep=False)


def _move(write: Write, path: str, place: Place) -> list[str]:
    """What is moved is somewhere else afterwards, but the project, git's folder and what is above them are torn out.

    Files outside the project that go to a temporary folder are as good as deleted.
    """
    inside = place.inside(path)
    if inside is None:
        return [path] if _holds_project(path, place) else _outside(write, path, place)
    return [path] if inside.rstrip("/") in {"", ".git"} else []


def _sweep(write: Write, path: str, place: Place) -> list[str]:
    if write.loses == FILES:  # a program that knows nothing of git
        return _delete(write, path, place)
    work = place.facts.work
    popped = ["what was in the stash"] if place.past.popped and work.stashes() else []
    if place.inside(path) is None and not _holds_project(path, place) and is_temporary(path, place.facts.home):
        return []
    lost = work.under(path, write.loses) + popped
    return lost + work.overwritten(path, write.tree) if write.tree else lost


_KINDS: dict[str, Callable[[Write, str, Place], list[str]]] = {
    "delete": _delete,
    "overwrite": _overwrite,
    "move": _move,
    "sweep": _sweep,
    "revert": _sweep,
}


def judge(call: Call) -> Ruling | None:
    """Return a ruling where the call would destroy what is no file: stashes, branches, a disk, everybody's rights."""
    place = call.place
    if place.remote and place.container:
        return None
    if call.name.startswith("mkfs") or call.name in _DISK_TOOLS or call.name in {"mke2fs", "newfs"}:
        disks = [word for word in known("mke2fs").parse(call.args).words if is_disk(word)]
        helps = {"--help", "-h", "-n", "--no-act", "-V"} & set(call.args)
        return _ruling(call.text(), "erase a disk", disks, place) if disks and not helps else None
    if call.name in _RIGHTS:
        return _rights(call)
    git = None if place.remote else read(call)
    if git is None or git.wants_help() or git.command not in _GIT:
        return None
    harm, lost = _GIT[git.command](call, git)
    return _ruling(call.text(), harm, lost, place) if lost else None


def _rights(call: Call) -> Ruling | None:
    """Judge `chmod -R` and `chown -R` from the root, the home folder, what is above it, or a folder of the root."""
    parsed = known(call.name).parse(call.args)
    if not (parsed.has("-R") or parsed.abbreviates("--recursive", 5)):
        return None
    home = call.place.facts.home
    paths = [whole(call.place.path(word)) for word in parsed.words[1:] if UNKNOWN not in word]
    tops = [path for path in paths if is_inside(home, path) or path.count("/") == 1]
    return _ruling(call.text(), "change who may use", tops, call.place) if tops else None


def _stash(call: Call, git: GitCall) -> tuple[str, list[str]]:
    place, work = call.place, call.place.facts.work
    if git.options.words[:1] not in (["drop"], ["clear"]):
        return "", []
    count = work.stashes()
    lost = [f"{count} {'stash' if count == 1 else 'stashes'}"] if count else []
    if place.past.stashed and not lost:
        lost = work.under(work.top(place.cwd), FILES)
    return "lose stashed work that git cannot give back", lost


def _branch(call: Call, git: GitCall) -> tuple[str, list[str]]:
    options = git.options
    deletes = options.has("-d") or options.abbreviates("--delete", 5)
    forced = options.has("-D") or (deletes and (options.has("-f") or options.abbreviates("--force", 5)))
    if not forced or options.has("-r") or options.abbreviates("--remotes", 5) or not options.words:
        return "", []
    return "lose commits that are on no other branch", _unmerged(call, options.words)


def _unmerged(call: Call, names: list[str]) -> list[str]:
    """Return those branches that nothing else holds; where a name can't be told, any of them may be meant."""
    unknown = any(UNKNOWN in name for name in names)
    return call.place.facts.work.unmerged([] if unknown else names)


def _update_ref(call: Call, git: GitCall) -> tuple[str, list[str]]:
    if not git.options.has("-d") or not git.options.words:
        return "", []
    name = git.options.words[0]
    if name == "refs/stash":
        return _stash(call, GitCall("stash", ["clear"], git.options, call))
    lost = _unmerged(call, [name.removeprefix("refs/heads/")]) if name.startswith("refs/heads/") else []
    return "lose commits that are on no other branch", lost


def _reflog(_: Call, git: GitCall) -> tuple[str, list[str]]:
    acts = git.options.words[:1] in (["expire"], ["delete"])
    dry = git.options.has("-n") or git.options.abbreviates("--dry-run", 5)
    return "forget", ["what the reflog could bring back"] if acts and not dry else []


def _filter(_: Call, git: GitCall) -> tuple[str, list[str]]:
    dry = git.options.has("--dry-run", "--analyze")
    return "rewrite", [] if dry else ["every commit"]


def _worktree(call: Call, git: GitCall) -> tuple[str, list[str]]:
    words = git.options.words
    if words[:1] != ["remove"] or not (git.options.has("-f") or git.options.abbreviates("--force", 3)):
        return "", []
    lost = [name for word in words[1:] for name in call.place.facts.work.of_worktree(call.place.path(word))]
    return "lose work that git cannot give back", lost


_GIT: dict[str, Callable[[Call, GitCall], tuple[str, list[str]]]] = {
    "stash": _stash,
    "branch": _branch,
    "update-ref": _update_ref,
    "reflog": _reflog,
    "filter-branch": _filter,
    "filter-repo": _filter,
    "worktree": _worktree,
}
