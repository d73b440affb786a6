"""guard_tamper: the guard, its hooks, its evidence and the user's grants are not for an agent to change."""

from __future__ import annotations

from conductor.domain.agents import is_mark
from conductor.programs.options import parse
from conductor.rules.judge.call import ASK, BLOCK, Call, Place, Ruling, Write, is_python
from conductor.rules.judge.git import read
from conductor.rules.judge.places import is_inside, whole
from conductor.rules.judge.python_call import python_module

RULE = "guard_tamper"
REMEDY = "Leave it as it is; your user can change it from a terminal of their own."
_FOLDERS = frozenset({".conductor", ".claude", ".codex", ".gemini", ".cursor", ".git"})
_FILES = frozenset({
    ".codex/hooks.json", ".codex/config.toml", ".gemini/settings.json", ".cursor/hooks.json", ".git/config",
    ".git/hooks", ".github/hooks",
})  # fmt: skip
_HOOKED = frozenset({"commit", "push", "merge", "rebase", "am", "cherry-pick", "revert", "pull", "svn", "lfs"})
# Read by Conductor's own tests and by nothing else.
_OF_TESTS = frozenset({
    "CONDUCTOR_CORPUS", "CONDUCTOR_FUZZ", "CONDUCTOR_INSTALLERS", "CONDUCTOR_EVERY_LINE", "CONDUCTOR_WRITES",
    "CONDUCTOR_AGENTS",
})  # fmt: skip
_STATE = frozenset({"XDG_STATE_HOME"})
_SHORT_N = frozenset({"commit", "am"})
_HARMLESS = frozenset({"link", "folder", "rights"})  # but in what Conductor keeps for the user
# What `conductor release` does without asking its user.
_LOOKS = frozenset({"status", "list", "log", "show"})


def judge_write(write: Write, place: Place) -> Ruling | None:
    """Return a ruling where the write would change the guard's files or an agent's hook settings."""
    if place.remote:
        return None
    path = whole(write.path)
    removes = write.kind in {"delete", "move", "revert", "link"}
    names = dict.fromkeys((path, place.facts.resolve(path)))
    kept = next((kept for name in names if (kept := _kept_for_user(name, place, removes=removes))), "")
    protected = kept or ("" if write.kind in _HARMLESS else _protected(path, removes=removes))
    if not protected:
        return None
    return Ruling(BLOCK, RULE, f"`{write.by}` would change {protected}, which the guard rests on. {REMEDY}")


def _kept_for_user(path: str, place: Place, *, removes: bool) -> str:
    """Return the path where Conductor keeps the user's grants, trust and ledgers there, or a folder that holds them."""
    facts = place.facts
    for folder in facts.state:
        above = removes and is_inside(folder, path) and not is_inside(facts.home, path)
        if is_inside(path, folder) or (above and not is_inside(facts.project, path)):
            return path
    return ""


def _protected(path: str, *, removes: bool) -> str:
    """Return the protected part of a path, '' where there is none."""
    parts = path.strip("/").split("/")
    for place, part in enumerate(parts):
        below = parts[place + 1 :]
        if part == ".conductor":
            return ".conductor/" + "/".join(below)
        if part == ".claude" and len(below) == 1 and below[0].startswith("settings") and below[0].endswith(".json"):
            return f".claude/{below[0]}"
        if below and (f"{part}/{below[0]}" in _FILES):
            return f"{part}/{'/'.join(below)}"
        if removes and not below and part in _FOLDERS | {".github"}:
            return part
    return ""


def judge(call: Call) -> Ruling | None:
    """Return a ruling where the call would switch the guard off or answer for the user."""
    why = _why(call)
    if why:
        return Ruling(BLOCK, RULE, f"`{call.text()}` {why}. {REMEDY}")
    return _disguised(call)


def _disguised(call: Call) -> Ruling | None:
    """Judge a command that asks its user, with the agent's mark taken off or the clock moved before it.

    It is blocked where that is done to this very call, and asked about where the shell had done it before.
    """
    if not _asks_user(call):
        return None
    variables = call.place.variables
    gone = [name for name, value in variables.items() if value == "" and is_mark(name)]
    moved = [name for name in ("FAKETIME", "LD_PRELOAD") if "faketime" in call.place.text(name).lower()]
    if not gone and not moved:
        return None
    how = f"hides that an agent runs it ({gone[0]} is taken off)" if gone else "moves the clock of grants"
    direct = not call.place.given.isdisjoint((*gone, *moved))
    return Ruling(BLOCK if direct else ASK, RULE, f"`{call.text()}` {how}. {REMEDY}")


def _asks_user(call: Call) -> bool:
    args = _conductor_args(call)
    if args is not None:
        words = parse(args).words
        return words[:1] == ["release"] and not _LOOKS & set(words[1:2]) and not {"-h", "--help"} & set(args)
    git = read(call)
    return git is not None and git.command in _HOOKED and not git.wants_help()


def _conductor_args(call: Call) -> list[str] | None:
    """Return the arguments of Conductor, however it is started; None for another program."""
    if call.name == "conductor":
        return call.args
    if call.name in {"uvx", "pipx"} and "conductor" in call.args:
        return call.args[call.args.index("conductor") + 1 :]
    if is_python(call.name):
        module, rest = python_module(call.args)
        return rest if module in {"conductor", "conductor.cli.main"} else None
    return None


def _why(call: Call) -> str:
    if call.name in {"export", "unset"} and call.args:
        return _variable(call)
    args = _conductor_args(call)
    if args is not None:
        return _conductor(Call(["conductor", *args], call.place))
    if call.name == "pre-commit":
        return "would remove the git hooks" if parse(call.args).words[:1] == ["uninstall"] else ""
    return _git(call)


def _variable(call: Call) -> str:
    for word in call.args:
        name, _, value = word.partition("=")
        if (name.startswith("CONDUCTOR_") and name not in _OF_TESTS) or name in _STATE:
            return f"would change {name}, where Conductor keeps its state"
        if name.startswith("GIT_CONFIG") and "hookspath" in value.lower():
            return "would switch the git hooks off"
    return ""


def _conductor(call: Call) -> str:
    parsed = parse(call.args)
    words = parsed.words
    if {"-h", "--help"} & set(call.args):
        return ""
    if words[:1] in (["grant"], ["trust"], ["uninstall"]) or words[:2] == ["hooks", "uninstall"]:
        return "answers for the user"
    if words[:1] == ["check"] and any(name.startswith("--accept") for name, _ in parsed.options):
        return "answers for the user"
    state = [name for name in ("HOME", "XDG_CONFIG_HOME") if name in call.place.given]
    return f"would change {state[0]}, where Conductor keeps its state" if state else ""


def _git(call: Call) -> str:
    git = read(call)
    if git is None or git.wants_help():
        return ""
    if any(key.lower() == "core.hookspath" for key, _, _ in git.settings):
        return "would switch the git hooks off"
    if git.command == "config":
        return _config(git.options.words, [name for name, _ in git.options.options])
    if git.command not in _HOOKED:
        return ""
    skips = git.options.abbreviates("--no-verify", 8) or (git.command in _SHORT_N and git.options.has("-n"))
    return "would skip the git hooks" if skips else ""


def _config(words: list[str], options: list[str]) -> str:
    action = words[0] if words[:1] in (["set"], ["unset"], ["get"], ["list"], ["remove-section"]) else ""
    words = words[1:] if action else words
    key = words[0].lower() if words else ""
    if key == "core" and (action == "remove-section" or "--remove-section" in options):
        return "would switch the git hooks off"
    if key != "core.hookspath" or action in {"get", "list"} or {"--get", "--get-all"} & set(options):
        return ""
    changes = len(words) > 1 or action == "unset" or {"--unset", "--unset-all"} & set(options)
    return "would switch the git hooks off" if changes else ""
