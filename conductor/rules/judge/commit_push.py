"""commit_push: commits and pushes are made only where the user allowed them."""

from __future__ import annotations

from conductor.programs import known
from conductor.programs.words import COMMITS, PUSHES
from conductor.rules.judge.call import ASK, BLOCK, UNKNOWN, Call, Ruling
from conductor.rules.judge.git import GitCall, read

RULE = "commit_push"
COMMIT, PUSH, FORCE_PUSH = "commit", "push", "force_push"
_HARMS = {
    COMMIT: "commit",
    PUSH: "push",
    FORCE_PUSH: "push over, or remove, what others may have",
}
_FORCES = ("--force", "--force-with-lease", "--delete", "--mirror", "--prune")
# Names people give to aliases of commit and push; git itself has no such commands.
_LIKELY_ALIASES = frozenset({"ci", "cm", "cam", "cmt", "amend", "please", "pushf", "psh", "publish", "acp", "pl", "ps"})


def judge(call: Call) -> Ruling | None:
    """Return a ruling where the call would commit or push."""
    action = _action(call)
    if not action:
        return None
    if action is ASK:
        return Ruling(
            ASK, RULE, f"Whether `{call.text()}` commits or pushes can't be told from the text. Spell it out."
        )
    remedy = f"Ask your user; they can allow it once: conductor grant {action} --once."
    what = _HARMS[action]
    return Ruling(BLOCK, RULE, f"`{call.text()}` would {what}, and your user has not allowed that. {remedy}", action)


def _action(call: Call) -> str:
    git = read(call)
    if git is not None:
        return _git(git, hub=call.name == "hub")
    if call.name == "gh":
        return _github(call.args)
    if call.name == "jj":
        words = known("jj").parse(call.args).words
        if words[:2] == ["git", "push"]:
            if {"--dry-run", "-h", "--help"} & set(call.args):
                return ""
            return FORCE_PUSH if "--deleted" in call.args else PUSH
        return COMMIT if words[:1] in (["commit"], ["ci"]) and not {"-h", "--help"} & set(call.args) else ""
    return ""


def _git(git: GitCall, *, hub: bool) -> str:
    if UNKNOWN in git.command:
        return ASK
    if git.wants_help():
        return ""
    if any(_hides(key, value) for key, _, value in git.settings):
        return ASK if not _records(git.command) else _plain(git)
    if git.command == "config":
        return _alias(git)
    if hub and git.command in {"pull-request", "release", "sync"}:
        return PUSH
    return _plain(git)


def _does(effect: str, command: str) -> bool:
    return known("git").has_word(effect, command)


def _records(command: str) -> bool:
    """Tell whether a subcommand of git commits or pushes."""
    return _does(COMMITS, command) or _does(PUSHES, command)


def _plain(git: GitCall) -> str:
    if git.command in _LIKELY_ALIASES:
        return ASK
    program, words = known("git"), (git.command, *git.options.words)
    commits = program.has_effect(COMMITS, words, git.options)
    if not commits and not program.has_effect(PUSHES, words, git.options):
        return ""
    if git.options.has(*program.command(words).dry) or _short_dry_run(git):
        return ""
    if commits:
        return COMMIT
    return FORCE_PUSH if _does(PUSHES, git.command) and _forces(git) else PUSH


def _forces(git: GitCall) -> bool:
    """Tell whether a push may rewrite or remove refs: by an option, a `+ref` or `:ref`, or a setting that means one."""
    options = git.options
    if options.has("-f", "-d") or any(options.abbreviates(name, 5) for name in _FORCES):
        return True
    refs = options.words if git.command == "push" and options.has("--repo") else options.words[1:]
    refs += [value for key, _, value in git.settings if key.lower().startswith("remote.") and key.endswith(".push")]
    mirrors = any(
        key.lower().startswith("remote.") and key.lower().endswith(".mirror") and value.lower() != "false"
        for key, _, value in git.settings
    )
    return mirrors or any(ref[:1] == "+" or (ref[:1] == ":" and len(ref) > 1) for ref in refs)


def _short_dry_run(git: GitCall) -> bool:
    """Tell whether an abbreviation of --dry-run was given (git accepts unique ones)."""
    return git.command in {"commit", "push"} and git.options.abbreviates("--dry-run", 5)


def _hides(key: str, value: str) -> bool:
    """Tell whether a setting is an alias for committing or pushing. Shell aliases (`!…`) are judged as commands too."""
    if not key.lower().startswith("alias."):
        return False
    first = value.lstrip("!").split()
    words = [word for word in first if word != "git"]
    return bool(words) and (_records(words[0]) or UNKNOWN in words[0] or "push" in words or "commit" in words)


def _alias(git: GitCall) -> str:
    """Judge `git config alias.x value`, and `git config set alias.x value`."""
    words = git.options.words
    if words[:1] == ["set"]:
        words = words[1:]
    if len(words) < 2 or git.options.has("--get", "--unset", "--get-all", "--get-regexp", "--list", "-l"):
        return ""
    if not _hides(words[0], words[1]):
        return ""
    return PUSH if "push" in words[1] else COMMIT


def _github(args: list[str]) -> str:
    gh = known("gh")
    parsed = gh.read(args)
    if parsed.has("--help", "-h", "--dry-run"):
        return ""
    if parsed.words[:1] == ["api"]:
        return "" if not _writes_history(args) else FORCE_PUSH if _rewrites_refs(args) else PUSH
    if not gh.has_effect(PUSHES, parsed.words, parsed):
        return ""
    return FORCE_PUSH if parsed.words[0] == "repo" and parsed.has("--force") else PUSH


def _writes_history(args: list[str]) -> bool:
    """Tell whether a `gh api` call merges or moves a ref on the server."""
    from conductor.rules.judge.http import github_api_writes

    path, writes = github_api_writes(args)
    parts = path.split("/")
    return writes and (
        parts[-1:] in (["merge"], ["merges"], ["merge-upstream"]) or "git" in parts or "contents" in parts
    )


def _rewrites_refs(args: list[str]) -> bool:
    """Tell whether a `gh api` call removes a ref, or moves one by force."""
    parsed = known("gh").command(["api"]).parse(args)
    fields = parsed.values("-f", "--raw-field", "-F", "--field")
    removes = (parsed.value("-X", "--method") or "").upper() == "DELETE" and "/git/refs/" in " ".join(args)
    return removes or any(field.replace(" ", "") == "force=true" for field in fields)
