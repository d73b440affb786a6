"""guard_tamper: the guard, its hooks, its evidence and the user's grants are not for an agent to change."""

from __future__ import annotations

from conductor.rules.judge.call import BLOCK, Call, Place, Ruling, Write, is_python
from conductor.rules.judge.git import read
from conductor.rules.judge.host_pip import python_module
from conductor.rules.judge.options import parse

RULE = "guard_tamper"
REMEDY = "Leave it as it is; your user can change it from a terminal of their own."
_FOLDERS = frozenset({".conductor", ".claude", ".codex", ".gemini", ".cursor", ".git"})
_FILES = frozenset({
    ".codex/hooks.json", ".codex/config.toml", ".gemini/settings.json", ".cursor/hooks.json", ".git/config",
    ".git/hooks", ".github/hooks",
})  # fmt: skip
_HOOKED = frozenset({"commit", "push", "merge", "rebase", "am", "cherry-pick", "revert", "pull", "svn", "lfs"})
_STATE = frozenset({"XDG_STATE_HOME"})
_SHORT_N = frozenset({"commit", "am"})


def judge_write(write: Write, place: Place) -> Ruling | None:
    """Return a ruling where the write would change the guard's files or an agent's hook settings."""
    if place.remote:
        return None
    protected = _protected(write.path, removes=write.kind in {"delete", "move", "revert"})
    if not protected:
        return None
    return Ruling(BLOCK, RULE, f"`{write.by}` would change {protected}, which the guard rests on. {REMEDY}")


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
    return Ruling(BLOCK, RULE, f"`{call.text()}` {why}. {REMEDY}") if why else None


def _why(call: Call) -> str:
    if call.name in {"export", "unset"} and call.args:
        return _variable(call)
    if call.name == "conductor":
        return _conductor(call)
    if call.name in {"uvx", "pipx"} and "conductor" in call.args:
        rest = call.args[call.args.index("conductor") + 1 :]
        return _conductor(Call(["conductor", *rest], call.place))
    if is_python(call.name):
        module, rest = python_module(call.args)
        return (
            _conductor(Call(["conductor", *rest], call.place)) if module in {"conductor", "conductor.cli.main"} else ""
        )
    if call.name == "pre-commit":
        return "would remove the git hooks" if parse(call.args).words[:1] == ["uninstall"] else ""
    return _git(call)


def _variable(call: Call) -> str:
    for word in call.args:
        name, _, value = word.partition("=")
        if (name.startswith("CONDUCTOR_") and name != "CONDUCTOR_CORPUS") or name in _STATE:
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
    state = [name for name in ("HOME", "XDG_CONFIG_HOME") if call.place.text(name + " prefix")]
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
