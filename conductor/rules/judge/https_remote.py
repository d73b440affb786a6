"""https_remote: this project talks to its remotes over SSH; nothing is pushed over HTTPS and no remote turned to it."""

from __future__ import annotations

from conductor.programs import known
from conductor.rules.judge.call import BLOCK, Call, Ruling
from conductor.rules.judge.git import GitCall, read

RULE = "https_remote"
REMEDY = "Use the SSH address: git@HOST:OWNER/NAME.git."


def judge(call: Call) -> Ruling | None:
    """Return a ruling where the call would push over HTTP(S) or point a remote at it."""
    git = read(call)
    if git is not None:
        why = _git(call, git)
    elif call.name == "gh":
        why = _github(call.args)
    else:
        return None
    return Ruling(BLOCK, RULE, f"`{call.text()}` {why}, and this project uses SSH only. {REMEDY}") if why else None


def is_http(url: str) -> bool:
    """Tell whether an address is http or https (also with git's `http::` helper prefix)."""
    return url.lower().startswith(("http://", "https://", "http::", "https::"))


def _git(call: Call, git: GitCall) -> str:
    if git.wants_help():
        return ""
    for key, _, value in git.settings:
        if why := _setting(key, value):
            return why
    check = _COMMANDS.get(git.command)
    return check(call, git) if check else ""


def _push(call: Call, git: GitCall) -> str:
    options = git.options
    if options.has("-n", "--dry-run") or options.abbreviates("--dry-run", 5):
        return ""
    target = options.value("--repo") or (options.words[0] if options.words else "")
    if is_http(target):
        return "would push over HTTPS"
    if call.place.facts.origin == "https" and target in {"", "origin"}:
        return "would push to a remote whose address is HTTPS"
    return ""


def _subtree(call: Call, git: GitCall) -> str:
    if git.options.words[:1] != ["push"]:
        return ""
    if any(is_http(word) for word in git.options.words):
        return "would push over HTTPS"
    return "would push to a remote whose address is HTTPS" if call.place.facts.origin == "https" else ""


def _remote(_: Call, git: GitCall) -> str:
    words = git.options.words
    if words[:1] not in (["add"], ["set-url"]) or git.options.has("--delete"):
        return ""
    new = words[2:3]
    return "would point a remote at HTTPS" if any(is_http(url) for url in new) else ""


def _config(_: Call, git: GitCall) -> str:
    words = git.options.words
    if words[:1] == ["set"]:
        words = words[1:]
    reads = ("--get", "--get-all", "--get-regexp", "--unset", "--unset-all", "-l", "--list", "--get-urlmatch")
    if len(words) < 2 or words[0] in {"get", "unset", "list"} or git.options.has(*reads):
        return ""
    return _setting(words[0], words[1])


def _setting(key: str, value: str) -> str:
    lower = key.lower()
    if lower.startswith("remote.") and lower.endswith((".url", ".pushurl")) and is_http(value):
        return "would point a remote at HTTPS"
    rewrites = lower.startswith("url.") and lower.endswith((".insteadof", ".pushinsteadof"))
    if rewrites and is_http(key[4:]) and not is_http(value):
        return "would turn SSH addresses into HTTPS ones"
    return ""


def _github(args: list[str]) -> str:
    parsed = known("gh").read(args)
    words = parsed.words
    if words[:3] == ["config", "set", "git_protocol"] and words[3:4] == ["https"]:
        return "would make gh use HTTPS"
    if words[:2] == ["auth", "login"] and parsed.value("-p", "--git-protocol") == "https":
        return "would make gh use HTTPS"
    return ""


_COMMANDS = {
    "push": _push,
    "send-pack": _push,
    "http-push": lambda *_: "would push over HTTPS",
    "subtree": _subtree,
    "remote": _remote,
    "config": _config,
    "lfs": _subtree,
}
